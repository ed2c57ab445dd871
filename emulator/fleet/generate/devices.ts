import { formatDate, parseDate } from '../../../core/date.ts';
import { formatVersion } from '../../../core/version.ts';
import { formatRevision } from '../../../drivers/ids.ts';
import { registeredBuild } from '../../history/register.ts';
import { buildVersion, KNOWN_RELEASES } from '../../history/releases.ts';
import type { FleetDistribution } from './distribution.ts';

/** A device as a line of a fleet has it (cli-contract 8). */
export interface GeneratedDevice {
  readonly id: string;
  readonly hardwareIds: readonly string[];
  readonly compatibleIds: readonly string[];
  readonly problem?: number;
  readonly driver: {
    readonly inf: string;
    readonly provider: string;
    readonly date: string;
    readonly version: string;
    readonly rank: number;
    readonly prefix?: string;
  } | null;
}

type Stack = FleetDistribution['stacks'][number];
type Platform = FleetDistribution['platforms'][number];

const NO_DRIVER = 28;

/** The day from which all ids of a package stand on one Models line, with a feature score (spec xen-pv 3.2, G7). */
const ONE_LINE_SINCE = '2025-08-18';

/** Score of a match: the position of the id, by whether the INF has it as hardware id or further down its line (spec windows-update 3.2). */
const HARDWARE = 0x0000;
const AS_COMPATIBLE = 0x1000;
const COMPATIBLE = 0x2000;
const BOTH_COMPATIBLE = 0x3000;
const FEATURE = { none: 0xff_0000, given: 0xfe_0000 } as const;

const build = (driver: string, { like }: Stack) => {
  const release = KNOWN_RELEASES.find(({ label }) => label === like);
  const own = release?.builds.find((one) => one.driver === driver);
  return release === undefined || own === undefined ? undefined : { release, own };
};

const isOneLine = (driver: string, stack: Stack): boolean => (build(driver, stack)?.own.built ?? '') >= ONE_LINE_SINCE;

const driverOf = (driver: string, stack: Stack, rank: number): GeneratedDevice['driver'] => {
  const found = build(driver, stack);
  const date = stack.date ?? found?.own.built;
  const day = date === undefined ? undefined : parseDate(date);
  if (found === undefined || day === undefined) return null;
  const { provider = '', prefix, version } = stack;
  return {
    inf: `${driver}.inf`,
    provider,
    date: formatDate(day),
    version: version ?? formatVersion(buildVersion(found.release, found.own)),
    rank,
    ...(prefix === undefined ? {} : { prefix }),
  };
};

const served = (driver: GeneratedDevice['driver']): Pick<GeneratedDevice, 'driver' | 'problem'> =>
  driver === null ? { driver, problem: NO_DRIVER } : { driver };

/** The function as Windows 10 lists it (spec windows-update 1.2). */
const functionDevice = (code: string, slot: number, driver: GeneratedDevice['driver']): GeneratedDevice => {
  const both = `PCI\\VEN_5853&DEV_${code}`;
  const whole = `${both}&SUBSYS_${code}5853&REV_01`;
  return {
    id: `${whole}\\3&267A616A&0&${(slot << 3).toString(16).toUpperCase().padStart(2, '0')}`,
    hardwareIds: [whole, `${both}&SUBSYS_${code}5853`, `${both}&CC_FF8000`, `${both}&CC_FF80`],
    compatibleIds: [`${both}&REV_01`, both, 'PCI\\VEN_5853&CC_FF8000', 'PCI\\VEN_5853&CC_FF80', 'PCI\\VEN_5853'],
    ...served(driver),
  };
};

/** Where a bus of the stack finds 0001 or 0002: a line of its own, or further down the only one. */
const functionRank = (code: string, stack: Stack): number => {
  if (code >= 'C000') return isOneLine('xenbus', stack) ? FEATURE.given | HARDWARE : FEATURE.none | HARDWARE;
  const atVendor = 1;
  if (!isOneLine('xenbus', stack)) return FEATURE.none | (COMPATIBLE + atVendor);
  const further = code === '0001' ? 0x100 : 0;
  return FEATURE.given | (BOTH_COMPATIBLE + atVendor + further);
};

interface Child {
  readonly bus: string;
  readonly type: string;
  readonly driver: string;
  readonly parent: 'xenbus' | 'xenvif';
  readonly instance: string;
}

const childDevice = ({ bus, type, driver, parent, instance }: Child, stack: Stack, active: string): GeneratedDevice => {
  const parentBuild = build(parent, stack)?.own;
  const rows = parentBuild === undefined ? [] : (registeredBuild(parent, parentBuild.commit)?.state?.table.rows ?? []);
  // Newest first (spec xen-pv 1.4).
  const revisions = rows.map(({ revision }) => formatRevision(revision)).toReversed();
  const own = build(driver, stack)?.own;
  const binds = own === undefined ? undefined : registeredBuild(driver, own.commit)?.need?.binds;
  const place = binds === undefined ? -1 : revisions.indexOf(binds);
  const { prefix = '' } = stack;
  const rank = isOneLine(driver, stack) ? FEATURE.given | (AS_COMPATIBLE + place) : FEATURE.none | (HARDWARE + place);
  return {
    id: `${bus}\\VEN_${prefix}&DEV_${type}\\${instance}`,
    hardwareIds: revisions.map((revision) => `${bus}\\VEN_${prefix}${active}&DEV_${type}&REV_${revision}`),
    compatibleIds: [],
    ...served(place < 0 ? null : driverOf(driver, stack, rank)),
  };
};

const CHILDREN: readonly (readonly [type: string, driver: string])[] = [
  ['VBD', 'xenvbd'],
  ['VIF', 'xenvif'],
  ['IFACE', 'xeniface'],
];

const FIRST_SLOT = 2;

/** The devices that matter of a machine with a stack on a platform. */
export const generatedDevices = (stack: Stack, at: Platform, nics: number): readonly GeneratedDevice[] => {
  const { platform, vendorDevice, boundTo = 'platform' } = at;
  const hasStack = stack.like !== null;
  const active = boundTo === 'vendor-device' && vendorDevice !== undefined ? vendorDevice : platform;
  const busAt = (code: string): GeneratedDevice['driver'] =>
    hasStack && code === active ? driverOf('xenbus', stack, functionRank(code, stack)) : null;
  const functions = [platform, ...(vendorDevice === undefined ? [] : [vendorDevice])].map((code, index) =>
    functionDevice(code, FIRST_SLOT + index, busAt(code)),
  );
  if (!hasStack) return functions;
  const classes = CHILDREN.filter(([type]) => type !== 'VIF' || nics > 0);
  const children = classes.map(
    ([type, driver]) => ({ bus: 'XENBUS', type, driver, parent: 'xenbus', instance: '_' }) as const,
  );
  const cards = Array.from(
    { length: nics },
    (_, vif) => ({ bus: 'XENVIF', type: 'NET', driver: 'xennet', parent: 'xenvif', instance: String(vif) }) as const,
  );
  return [...functions, ...[...children, ...cards].map((child) => childDevice(child, stack, active))];
};
