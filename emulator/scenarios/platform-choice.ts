import { featuresOf } from '../guest/windows.ts';
import type { ScenarioInput } from './contract.ts';
import { packageWrites } from './input.ts';

/** Whether the bus knows by itself which of several functions is to be the active one (spec xen-pv 1.5, Precedence). */
export const choosesFunction = (input: ScenarioInput): boolean => packageWrites(input, 'xenbus', /\\Precedence\\/i);

/** ForceUnplug in the package whose driver takes over is a decision of the vendor's. */
export const forcesOnPurpose = (input: ScenarioInput): boolean =>
  packageWrites(input, 'xenvbd', /\\XEN\\ForceUnplug\\DISKS$/i);

/**
 * Windows before 8 binds a function that it never saw once it runs, which is too late for what a vendor forces: nothing in a
 * package helps that, and nobody moves such machines.
 */
export const bindsNewFunctions = ({ guest }: ScenarioInput): boolean => featuresOf(guest.windows).driverDatabase;
