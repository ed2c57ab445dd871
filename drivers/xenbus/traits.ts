import type { DriverModel } from '../model.ts';

/** A change of what the drivers of the xenbus package do. */
interface Trait {
  /** First commit of win-xenbus that has it, where it is known. */
  readonly commit: string;
  /** Day of that commit. */
  readonly since: string;
  /** The day is not in the specification: it lies between releases before and after. */
  readonly inferred?: true;
  /** Only these branches have it. */
  readonly lines?: readonly string[];
}

/**
 * What builds of xen, xenbus, xenfilt and xenbus_monitor do differently, by the day of their source (spec xen-pv 1.4 to
 * 1.10, 9). A build has what is not younger than itself; one of a maintenance branch also not younger than the branch.
 */
const TRAITS = {
  /** Ids name the vendor and a table's revisions; before, `CLASS_VBD&REV_02`. */
  vendorIds: { commit: '8a0391c', since: '2013-08-29' },
  /** Children are asked for by name under `XENFILT\Unplug`; before, a service that exists asks. */
  unplugByName: { commit: '7c66224', since: '2013-09-17' },
  /** xen, xenbus and xenfilt compare their versions. */
  moduleCheck: { commit: '51853ab', since: '2014-07-24', inferred: true },
  /** The first 32 grants are left to the crash dump library; before, the eight of the hypervisor. */
  crashReserve: { commit: 'd3fdcf8', since: '2014-12-19', inferred: true },
  /** Counters under `XEN\Unplug` that xen.sys takes away as it reads them. */
  unplugCounters: { commit: '963765d', since: '2015-07-17' },
  /** In safe mode the drivers work and only do not unplug; before, they do nothing. */
  safeModeRuns: { commit: '963765d', since: '2015-07-20', inferred: true },
  /** The vendor's prefix is compiled in; before, it is XS. */
  vendorPrefix: { commit: 'bd0d255', since: '2015-09-08' },
  /** A legacy function is refused while the vendor's own is in the registry. */
  vendorDeviceVeto: { commit: 'bd0d255', since: '2015-09-08' },
  /** The active function keeps its instance id and location in whatever slot it is. */
  instanceKept: { commit: 'bd0d255', since: '2015-09-08', inferred: true },
  /** The monitor reads the key of requests, and what to say, from its parameters. */
  monitorParameters: { commit: 'c38e3f5', since: '2016-08-22' },
  /** Requests for a restart go to a key that the INF names; before, to a status that co-installers looked at. */
  restartRequests: { commit: '012264d', since: '2016-07-08' },
  /** A request is gone when the machine is switched off. */
  volatileRequests: { commit: 'ff7f011', since: '2016-09-01', inferred: true },
  /** Id lists begin with the newest revision. */
  newestFirst: { commit: '63d74d5', since: '2016-09-20' },
  /** What the monitor says is called DialogText; before, DialogMessage. */
  dialogText: { commit: 'edffb14', since: '2016-12-09' },
  /** xenfilt looks at all ids of a device, and calls what it filters PCI and IDE; before, at its device id. */
  filterByIds: { commit: '8f38448', since: '2019-09-27' },
  /** An NVMe controller counts as emulated disks, whichever it is. */
  nvmeCounts: { commit: '8294600', since: '2019-10-02', inferred: true },
  /** xenbus_monitor restarts by itself, `AutoReboot` times; its question is a value of its own. */
  autoReboot: { commit: '816688e', since: '2020-12-09' },
  /** The device id has no revision. */
  deviceIdWithoutRevision: { commit: 'b0b9cc1', since: '2023-09-13' },
  /** A request is turned down unless Enum\XENBUS knows a device of the class. */
  unplugVeto: { commit: 'e3c0bdc', since: '2023-09-28', inferred: true },
  /** The device id has no PCI device id. */
  deviceIdWithoutPciId: { commit: 'df761e9', since: '2025-08-18' },
  /** xenfilt knows which function shall be active, and tells xenbus by EMULATED version 3. */
  precedence: { commit: 'f7663d4', since: '2025-08-18' },
  /** `XEN\ForceUnplug` stands above counters and veto. */
  forceUnplug: { commit: '906c51f', since: '2025-08-18', inferred: true },
  /** The vendor's function is looked for under its own id, and not always under that of C000. */
  vendorDeviceKey: { commit: '8daaca4', since: '2025-08-18', inferred: true },
  /** The monitor takes away what keeps Windows' own storage drivers from booting. */
  startOverrideReset: { commit: '6ec70e7', since: '2025-08-18', inferred: true },
  /** Only QEMU's NVMe controllers count as emulated. */
  nvmeById: { commit: 'de5b538', since: '2025-11-01', inferred: true },
  /** xenfilt writes the active function itself, before any xenbus runs. */
  activeEarly: { commit: '791fd2f', since: '2025-08-18', inferred: true, lines: ['xcp-ng'] },
  /** No automatic restart while an installer runs. */
  waitsForInstaller: { commit: 'a8a8149', since: '2025-08-18', inferred: true, lines: ['xcp-ng'] },
  /** DISKS takes the emulated NVMe controller as well. */
  unplugsNvme: { commit: 'f34c2fc', since: '2026-02-01', inferred: true },
} as const satisfies Readonly<Record<string, Trait>>;

export type TraitName = keyof typeof TRAITS;

/** Last days of master that a maintenance branch has all of (spec xen-pv 2.3: which tables and marks each has). */
const BRANCHED: Readonly<Record<string, string>> = { '8.1': '2015-09-10', '8.2': '2016-12-08' };

/** Whether a build has a change of the table above. */
export const has = ({ built, line }: DriverModel, name: TraitName): boolean => {
  const trait: Trait = TRAITS[name];
  const branched = BRANCHED[line];
  const day = branched !== undefined && branched < built ? branched : built;
  return trait.since <= day && (trait.lines === undefined || trait.lines.includes(line));
};

export const TRAIT_NAMES: readonly TraitName[] = Object.keys(TRAITS) as TraitName[];

/** Day and commit of a change, for people and tests. */
export const traitOf = (name: TraitName): Trait => TRAITS[name];
