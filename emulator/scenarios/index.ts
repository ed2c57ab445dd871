import type { Scenario } from './contract.ts';
import { freshInstall } from './fresh-install.ts';

/** Every scenario, in the order in which they are shown. */
export const SCENARIOS: readonly Scenario[] = [freshInstall];
