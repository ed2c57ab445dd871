import { parseDate } from '../../core/date.ts';
import { formatRevision } from '../../drivers/ids.ts';
import type {
  FleetOutcome,
  FleetState,
  FleetStateDevice,
  InstalledDriver,
} from '../../emulator/fleet/outcome/model.ts';
import { type FleetStock, fleetRehearsal } from '../../emulator/fleet/outcome/outcome.ts';
import type { GuestSpec } from '../../emulator/guest/guest.ts';
import { guestSpecs } from '../../emulator/guest/windows.ts';
import { registeredBuild } from '../../emulator/history/register.ts';
import { buildVersion, KNOWN_RELEASES } from '../../emulator/history/releases.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { TEMPLATES } from './history.ts';
import { bundleOf, togetherIn } from './rehearsal.ts';

/** 64-bit systems that fleets have. */
const GUESTS: readonly GuestSpec[] = guestSpecs().filter(
  ({ arch, windows }) => arch === 'x64' && windows.build >= 14393,
);

/** Releases that were handed in, by their labels. */
export const stockOf = (releases: Readonly<Record<string, readonly CheckedFile[]>>): FleetStock => {
  const bundles = Object.entries(releases).map(([label, files]) => bundleOf(files, GUESTS, label));
  return { library: togetherIn(bundles), releases: bundles.map(({ bundle }) => bundle), templates: TEMPLATES };
};

/** Keys of a release's packages: all, or those of some drivers. */
export const offersOf = ({ releases }: FleetStock, label: string, ...drivers: readonly string[]): readonly string[] =>
  (releases.find((one) => one.label === label)?.packages ?? []).filter(
    (key) => drivers.length === 0 || drivers.some((driver) => key.includes(`:${driver}/`)),
  );

export interface MachineTraits {
  /** What its drivers are; none for a machine on emulated hardware. */
  readonly release?: string;
  readonly prefix?: string;
  readonly provider?: string;
  readonly platform?: string;
  /** A function of a vendor beside the platform's: without a driver, or with the one of the release. */
  readonly vendorDevice?: string;
  readonly boundTo?: 'platform' | 'vendor-device';
  readonly problems?: Readonly<Record<string, number>>;
}

const NAMES = { VBD: 'xenvbd', VIF: 'xenvif', IFACE: 'xeniface', CONS: 'xencons', VKBD: 'xenvkbd' } as const;

const driverOf = (driver: string, { release, provider = 'Xen Project' }: MachineTraits): InstalledDriver | null => {
  const known = KNOWN_RELEASES.find(({ label }) => label === release);
  const build = known?.builds.find((one) => one.driver === driver);
  if (known === undefined || build === undefined) return null;
  const version = buildVersion(known, build);
  return { inf: `${driver}.inf`, provider, date: parseDate(build.built), version };
};

const rowsOf = (driver: string, { release }: MachineTraits): readonly string[] => {
  const build = KNOWN_RELEASES.find(({ label }) => label === release)?.builds.find((one) => one.driver === driver);
  const state = build === undefined ? undefined : registeredBuild(driver, build.commit)?.state;
  return (state?.table.rows ?? []).map(({ revision }) => formatRevision(revision));
};

const platformDevice = (code: string, driver: InstalledDriver | null): FleetStateDevice => ({
  hardwareIds: [`PCI\\VEN_5853&DEV_${code}&SUBSYS_${code}5853&REV_01`, `PCI\\VEN_5853&DEV_${code}&SUBSYS_${code}5853`],
  compatibleIds: [`PCI\\VEN_5853&DEV_${code}&REV_01`, `PCI\\VEN_5853&DEV_${code}`],
  driver,
  ...(driver === null ? { problem: 28 } : {}),
});

/** The devices of a machine as `pnputil /enum-devices` would tell of them. */
export const devicesOf = (traits: MachineTraits): readonly FleetStateDevice[] => {
  const { release, prefix = 'XP', platform = '0001', vendorDevice, boundTo = 'platform', problems = {} } = traits;
  const bus = driverOf('xenbus', traits);
  const active = boundTo === 'platform' ? platform : (vendorDevice ?? platform);
  const child = (enumerator: string, type: string, driver: string, rows: readonly string[]): FleetStateDevice => ({
    hardwareIds: rows.map((row) => `${enumerator}\\VEN_${prefix}${active}&DEV_${type}&REV_${row}`),
    compatibleIds: [],
    driver: driverOf(driver, traits),
    ...(problems[driver] === undefined ? {} : { problem: problems[driver] }),
  });
  return [
    platformDevice(platform, boundTo === 'platform' ? bus : null),
    ...(vendorDevice === undefined ? [] : [platformDevice(vendorDevice, boundTo === 'vendor-device' ? bus : null)]),
    ...(release === undefined
      ? []
      : [
          ...Object.entries(NAMES).map(([type, driver]) => child('XENBUS', type, driver, rowsOf('xenbus', traits))),
          child('XENVIF', 'NET', 'xennet', rowsOf('xenvif', traits)),
        ]),
  ];
};

/** A workstation of Windows 10 22H2. */
export const stateOf = (
  traits: MachineTraits,
  offered: readonly string[],
  more: Partial<FleetState> = {},
): FleetState => ({
  ...{ os: '10.0.19045', arch: 'x64', type: 'workstation' },
  devices: devicesOf(traits),
  offered,
  ...more,
});

/** The outcomes of states, in their order. */
export const fleetOutcomes = (states: readonly FleetState[], stock: FleetStock): readonly FleetOutcome[] => {
  const { outcomeOf } = fleetRehearsal(stock);
  return states.map(outcomeOf);
};
