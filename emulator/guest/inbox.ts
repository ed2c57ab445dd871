import type { FourPartVersion } from '../../core/version.ts';
import { INBOX_MODELS, type InboxModel } from './inbox-devices.ts';
import { type InboxTarget, isFor } from './inbox-services.ts';

export { type ExportAnswer, windowsExports } from './exports.ts';
export { isInboxImage, isInboxModule } from './inbox-files.ts';
export { loadsInSafeMode, type SafeMode } from './safe-mode.ts';

/** The driver that Windows itself has for a device. */
export interface InboxDriver
  extends Pick<InboxModel, 'inf' | 'section' | 'service' | 'className' | 'classGuid' | 'description' | 'bootCritical'> {
  /** The id of the INF that matches best; it is the only one of its Models entry. */
  readonly rankId: string;
}

/** DriverVer of all that comes with Windows (observed: in-box packages carry this day, and the build as version). */
export const INBOX_DATE = { year: 2006, month: 6, day: 21 } as const;
export const inboxVersion = ({
  windows: { major, minor, build },
}: {
  readonly windows: { readonly major: number; readonly minor: number; readonly build: number };
}): FourPartVersion => [major, minor, build, 1];

type ById = ReadonlyMap<string, InboxDriver>;
const tables = new Map<string, ById>();

/** A Windows that has all of the current rows, for callers without a guest. */
const NEWEST: InboxTarget = { arch: 'x64', windows: { build: 26100 } };

const tableOf = (guest: InboxTarget): ById => {
  const key = `${guest.arch} ${guest.windows.build}`;
  const before = tables.get(key);
  if (before !== undefined) return before;
  const table = new Map<string, InboxDriver>();
  for (const model of INBOX_MODELS) {
    if (!isFor(model, guest)) continue;
    const { id, inf, section, service, className, classGuid, description, bootCritical } = model;
    const driver = { inf, section, service, className, classGuid, description, bootCritical, rankId: id };
    table.set(id.toLowerCase(), Object.freeze(driver));
  }
  tables.set(key, table);
  return table;
};

/** Every id that Windows itself drives on a guest, with its driver. */
export const inboxDrivers = (guest: InboxTarget): readonly InboxDriver[] => [...tableOf(guest).values()];

/**
 * What Windows itself drives a device with: the best match of its own INFs, which name one id an entry, so that the first
 * of the device's ids that is known ranks best. Undefined when Windows has nothing for it.
 */
export const inboxDriver = (
  {
    hardwareIds,
    compatibleIds,
  }: { readonly hardwareIds: readonly string[]; readonly compatibleIds: readonly string[] },
  guest: InboxTarget = NEWEST,
): InboxDriver | undefined => {
  const table = tableOf(guest);
  for (const ids of [hardwareIds, compatibleIds]) {
    for (const id of ids) {
      const driver = table.get(id.toLowerCase());
      if (driver !== undefined) return driver;
    }
  }
  return undefined;
};
