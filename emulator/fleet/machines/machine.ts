import { z } from 'zod';
import { type CalendarDate, checkedDate, parseDate } from '../../../core/date.ts';
import { closestName, shownText } from '../../../core/spelling.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { chidsOf, type Smbios, smbiosSchema } from './chids.ts';
import { idComplaint, platformComplaint } from './machine-ids.ts';
import {
  buildComplaint,
  type MachineArch,
  type MachineType,
  type MachineWindows,
  parseWindows,
} from './windows-release.ts';

/** A driver as a machine has it on a device. */
export interface MachineDriver {
  /** `oem12.inf`, or a file of Windows itself. */
  readonly inf: string;
  readonly provider: string;
  /** Undefined when the record does not say: ranked as the oldest. */
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
  /** `0xSSGGTHHH`; undefined when the record does not say. */
  readonly rank: number | undefined;
  /** The vendor prefix that a bus was built with. */
  readonly prefix: string | undefined;
  /** It is taken to come with Windows, whoever its INF names. */
  readonly isInbox?: boolean;
}

export interface MachineDevice {
  readonly id: string;
  /** Most specific first, as Windows reports them. */
  readonly hardwareIds: readonly string[];
  readonly compatibleIds: readonly string[];
  /** CM_PROB_*; 0 for none. */
  readonly problem: number;
  readonly driver: MachineDriver | null;
}

/** A machine of a fleet but for who it is: machines of one configuration are offered the same. */
export interface MachineConfiguration {
  /** As written. */
  readonly os: string;
  readonly windows: MachineWindows;
  readonly arch: MachineArch;
  readonly type: MachineType;
  readonly sMode: boolean;
  /** Drivers are not taken from Windows Update. */
  readonly excludesDrivers: boolean;
  /** Updates come from a WSUS. */
  readonly wsus: boolean;
  /** As written; `Drivers` is the test ring. */
  readonly ring: string | undefined;
  /** Lower case, without braces; undefined when the record tells neither them nor SMBIOS. */
  readonly chids: ReadonlyMap<string, number> | undefined;
  readonly devices: readonly MachineDevice[];
}

const MAX_DEVICES = 1024;
const MAX_IDS = 64;

const text = z.string().min(1).max(512);
const isoOrUsDate = z
  .string()
  .regex(/^(\d{4}-\d{2}-\d{2}(T[\d:.]{1,16}Z?)?|\d{1,2}[/-]\d{1,2}[/-]\d{4})$/, 'has to be a date: YYYY-MM-DD');
const rank = z.union([
  z.int().min(0).max(0xffff_ffff),
  z.string().regex(/^(0x[0-9a-f]{1,8}|[0-9a-f]{8})$/i, 'has to be eight hex digits'),
]);
const driverVersion = z
  .string()
  .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'has to be up to four numbers')
  .refine((version) => version.split('.').every((part) => Number(part) <= 0xffff), 'has a number above 65535');

const driverSchema = z.strictObject({
  inf: text,
  provider: text,
  date: isoOrUsDate.nullish(),
  version: driverVersion.nullish(),
  rank: rank.nullish(),
  prefix: text.nullish(),
});

const deviceSchema = z.strictObject({
  id: text,
  hardwareIds: z.array(text).max(MAX_IDS),
  compatibleIds: z.array(text).max(MAX_IDS),
  problem: z.int().min(0).max(0xffff).nullish(),
  driver: driverSchema.nullable(),
});

/** A line of a fleet, but for `id` (contract 8); what may be left out may also be null, as programs write it. */
const configurationSchema = z.strictObject({
  os: text,
  arch: z.enum(['x86', 'x64', 'arm64']),
  type: z.enum(['workstation', 'server', 'dc']),
  sMode: z.boolean().nullish(),
  policy: z.strictObject({ excludeDrivers: z.boolean().nullish(), wsus: z.boolean().nullish() }).nullish(),
  ring: text.nullish(),
  chids: z.array(z.string().regex(/^\{?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}\}?$/i, 'has to be a GUID')).nullish(),
  smbios: smbiosSchema.nullish(),
  devices: z.array(deviceSchema).max(MAX_DEVICES),
});

const policySchema = configurationSchema.shape.policy.unwrap().unwrap();
/** Keys at a place, by the last name of its path. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  '': ['id', ...Object.keys(configurationSchema.shape)],
  driver: Object.keys(driverSchema.shape),
  policy: Object.keys(policySchema.shape),
  smbios: Object.keys(smbiosSchema.shape),
};

/** Why a line is no machine; the text stands alone. */
export class NoMachine extends Error {}

const unknownKey = (keys: readonly string[], path: readonly PropertyKey[]): string => {
  const [key = ''] = keys;
  const meant = closestName(key, KEYS[String(path.at(-1) ?? '')] ?? Object.keys(deviceSchema.shape));
  const place = [...path, key].join('.');
  return `\`${shownText(place)}\` is not a key of a machine.${meant === undefined ? '' : ` Did you mean \`${meant}\`?`}`;
};

const complaintOf = (error: z.ZodError): string => {
  const [issue] = error.issues;
  if (issue === undefined) return 'The line is no machine.';
  if (issue.code === 'unrecognized_keys') return unknownKey(issue.keys, issue.path);
  const place = issue.path.join('.');
  return place === ''
    ? 'The line is no JSON object.'
    : `\`${place}\` ${issue.message.replace(/^Invalid input: /, '')}.`;
};

const dateOf = (written: string | null | undefined): CalendarDate | undefined => {
  if (written == null) return undefined;
  const iso = parseDate(written.slice(0, 10));
  if (iso !== undefined) return iso;
  const [month = 0, day = 0, year = 0] = written.split(/[/-]/).map(Number);
  const date = checkedDate(year, month, day);
  if (date === undefined) throw new NoMachine(`"${shownText(written)}" is no day of the calendar.`);
  return date;
};

const versionOf = (written: string | null | undefined): FourPartVersion | undefined => {
  if (written == null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = written.split('.').map(Number);
  return [a, b, c, d];
};

const rankNumber = (written: number | string | null | undefined): number | undefined =>
  typeof written === 'string' ? Number.parseInt(written.replace(/^0x/i, ''), 16) : (written ?? undefined);

const driverOf = (driver: z.output<typeof driverSchema> | null): MachineDriver | null =>
  driver === null
    ? null
    : {
        ...{
          inf: driver.inf,
          provider: driver.provider,
          date: dateOf(driver.date),
          version: versionOf(driver.version),
        },
        ...{ rank: rankNumber(driver.rank), prefix: driver.prefix ?? undefined },
      };

const checkDevices = (devices: readonly MachineDevice[]): void => {
  const seen = new Set<string>();
  for (const { id, hardwareIds, compatibleIds } of devices) {
    if (seen.has(id.toUpperCase())) throw new NoMachine(`The device ${shownText(id)} is there twice.`);
    seen.add(id.toUpperCase());
    for (const one of [...hardwareIds, ...compatibleIds]) {
      const complaint = idComplaint(one);
      if (complaint !== undefined) throw new NoMachine(`${complaint}.`);
    }
  }
  const complaint = platformComplaint(devices);
  if (complaint !== undefined) throw new NoMachine(complaint);
};

/** Rings whose machines run builds that are no releases. */
const INSIDER = /insider|canary|dev\b|beta|preview|flight|wif|wis|\brp\b/i;
export const isInsider = (ring: string | undefined): boolean => ring !== undefined && INSIDER.test(ring);
/** `TargetRing` of a machine that opted into the test audience (spec windows-update 5.2). */
export const isTestRing = (ring: string | undefined): boolean => ring?.toLowerCase() === 'drivers';

/**
 * Computer ids with their levels. Those that a record lists are all that the machine has; which level one has is told by SMBIOS, or
 * else by its place: the most specific first, as Windows lists them (assumed).
 */
const levelsOf = (
  chids: readonly string[] | null | undefined,
  smbios: Smbios | null | undefined,
): ReadonlyMap<string, number> | undefined => {
  const made = smbios == null ? undefined : chidsOf(smbios);
  if (chids == null) return made;
  const bare = chids.map((chid) => chid.replace(/[{}]/g, '').toLowerCase());
  return new Map(bare.map((chid, index) => [chid, made?.get(chid) ?? index] as const));
};

const configurationOf = (value: unknown): MachineConfiguration => {
  const read = configurationSchema.safeParse(value);
  if (!read.success) throw new NoMachine(complaintOf(read.error));
  const { os, arch, type, chids, smbios } = read.data;
  const [ring, sMode] = [read.data.ring ?? undefined, read.data.sMode ?? false];
  const windows = parseWindows(os);
  if (windows === undefined) throw new NoMachine(`\`os\` has to be like 10.0.19045, not "${shownText(os)}".`);
  const complaint = buildComplaint({ windows, arch, type, insider: isInsider(ring) });
  if (complaint !== undefined) throw new NoMachine(`\`os\` "${os}": ${complaint}.`);
  const devices = read.data.devices.map(
    ({ id, hardwareIds, compatibleIds, problem, driver }): MachineDevice => ({
      ...{ id, hardwareIds, compatibleIds, problem: problem ?? 0, driver: driverOf(driver) },
    }),
  );
  checkDevices(devices);
  return {
    ...{ os, windows, arch, type, sMode, ring, devices },
    ...{ excludesDrivers: read.data.policy?.excludeDrivers === true, wsus: read.data.policy?.wsus === true },
    chids: levelsOf(chids, smbios),
  };
};

export interface Machine {
  readonly id: string;
  readonly configuration: MachineConfiguration;
}

const MAX_ID = 256;

/** Whether a value can name a machine. @throws NoMachine */
export const checkedId = (id: unknown): string => {
  if (typeof id !== 'string' || id === '' || id.length > MAX_ID)
    throw new NoMachine('`id` has to be text of 1 to 256 characters.');
  return id;
};

/** A machine from what JSON says. @throws NoMachine */
export const machineOf = (value: unknown): Machine => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new NoMachine('The line is no JSON object.');
  const { id, ...rest } = value as Readonly<Record<string, unknown>>;
  return { id: checkedId(id), configuration: configurationOf(rest) };
};

/** A machine without its id, for those whose id is known. @throws NoMachine */
export const configurationFrom = configurationOf;
