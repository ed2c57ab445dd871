import type { Scenario } from './contract.ts';
import { freshInstalls } from './fresh-install.ts';
import { failingBoots, imageCopy, platformSwitch, safeMode, sysprep } from './later-life.ts';

/** Every scenario, in the order in which they are shown. */
export const SCENARIOS: readonly Scenario[] = [
  ...freshInstalls,
  failingBoots,
  platformSwitch,
  sysprep,
  imageCopy,
  safeMode,
];
