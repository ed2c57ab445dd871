import type { Scenario } from './contract.ts';
import { crashDump, hibernation } from './crash-dump.ts';
import { diskIoScenarios } from './disk-io.ts';
import { foreignFilters, foreignOffer, foreignStack, rebrand, rebrandByHand } from './foreign.ts';
import { foreignStorageFilter } from './foreign-storage.ts';
import { freshInstalls, installOneByOne } from './fresh-install.ts';
import { ejectADisk, plugACard, plugADisk, resize } from './hot-plug.ts';
import { installerBusy } from './installer-busy.ts';
import { failingBoots, imageCopy, platformSwitch, safeMode, sysprep } from './later-life.ts';
import { migrate, migrateEarly, migrateSlowly, migrateToOtherPlatform, staticAddress } from './migration.ts';
import { signingStates } from './signing-states.ts';
import { staleFiles } from './stale-files.ts';
import { uninstall, uninstallDevices } from './uninstall.ts';
import { downgrade, rollback, upgradeByWindowsUpdate, upgradeInPlace } from './upgrade.ts';

/** Every scenario, in the order in which they are shown. */
export const SCENARIOS: readonly Scenario[] = [
  ...freshInstalls,
  staticAddress,
  installOneByOne,
  installerBusy,
  ...signingStates,
  upgradeInPlace,
  upgradeByWindowsUpdate,
  staleFiles,
  rollback,
  downgrade,
  foreignStack,
  foreignOffer,
  foreignFilters,
  foreignStorageFilter,
  rebrand,
  rebrandByHand,
  failingBoots,
  platformSwitch,
  sysprep,
  imageCopy,
  safeMode,
  migrate,
  migrateSlowly,
  migrateEarly,
  migrateToOtherPlatform,
  plugADisk,
  ejectADisk,
  plugACard,
  resize,
  ...diskIoScenarios,
  crashDump,
  hibernation,
  uninstall,
  uninstallDevices,
];
