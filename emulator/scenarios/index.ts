import type { Scenario } from './contract.ts';
import { foreignStack, rebrand } from './foreign.ts';
import { freshInstalls, installOneByOne } from './fresh-install.ts';
import { installerBusy } from './installer-busy.ts';
import { failingBoots, imageCopy, platformSwitch, safeMode, sysprep } from './later-life.ts';
import { uninstall, uninstallDevices } from './uninstall.ts';
import { downgrade, rollback, upgradeByWindowsUpdate, upgradeInPlace } from './upgrade.ts';

/** Every scenario, in the order in which they are shown. */
export const SCENARIOS: readonly Scenario[] = [
  ...freshInstalls,
  installOneByOne,
  installerBusy,
  upgradeInPlace,
  upgradeByWindowsUpdate,
  rollback,
  downgrade,
  foreignStack,
  rebrand,
  failingBoots,
  platformSwitch,
  sysprep,
  imageCopy,
  safeMode,
  uninstall,
  uninstallDevices,
];
