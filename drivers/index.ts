import { WinpvError } from '../core/errors.ts';
import type { DriverDefinition, DriverGeneration } from './contract.ts';
import { xenbus } from './xenbus/definition.ts';
import { xencons } from './xencons/definition.ts';
import { xencrsh } from './xencrsh/definition.ts';
import { xendisk } from './xendisk/definition.ts';
import { xenhid } from './xenhid/definition.ts';
import { xeniface } from './xeniface/definition.ts';
import { xennet } from './xennet/definition.ts';
import { xenvbd } from './xenvbd/definition.ts';
import { xenvif } from './xenvif/definition.ts';
import { xenvkbd } from './xenvkbd/definition.ts';

/** Every driver of the family, in the order of releases: each bus before what hangs below it. */
export const DRIVERS: readonly DriverDefinition[] = [
  ...[xenbus, xenvbd, xendisk, xencrsh],
  ...[xenvif, xennet, xeniface, xenvkbd, xenhid, xencons],
];

/** The names of them all: what a project or a brand may speak of. */
export const FAMILY: readonly string[] = DRIVERS.map(({ name }) => name);

/** @throws WinpvError DRIVER_UNKNOWN, with the names there are */
export const driverNamed = (name: string): DriverDefinition => {
  const driver = DRIVERS.find((candidate) => candidate.name === name);
  if (driver !== undefined) return driver;
  throw new WinpvError('DRIVER_UNKNOWN', `There is no driver "${name}".`, {
    hint: `The drivers are ${FAMILY.join(', ')}.`,
  });
};

/** The generation of that name, or the newest when none is given; undefined when the driver has no such generation. */
export const generationOf = (driver: DriverDefinition, name?: string): DriverGeneration | undefined =>
  name === undefined ? driver.generations[0] : driver.generations.find((generation) => generation.name === name);
