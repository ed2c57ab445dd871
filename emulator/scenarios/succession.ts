import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import type { GuestOutput } from '../guest/events.ts';
import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { DeviceNode, World } from '../guest/world.ts';
import type { Attribution } from './attribute.ts';
import type { Finding } from './contract.ts';
import { connectionIn } from './host-findings.ts';
import type { Checkpoint, Run } from './run.ts';
import { finding, outputsOf } from './transcript.ts';

type Outranked = Extract<GuestOutput, { kind: 'device.outranked' }>;

/** `00FE0001`: signature, feature and identifier score. */
const partsOf = (rank: string) => ({
  signature: rank.slice(0, 2),
  feature: rank.slice(2, 4),
  identifier: rank.slice(4),
});

const nodeAt = ({ session }: World, path: string): DeviceNode | undefined => session?.devices[path.toUpperCase()];

/** Whether the list of a device's ids begins with the oldest revision. */
const listsOldestFirst = (node: DeviceNode | undefined): boolean => {
  const revisions = (node?.hardwareIds ?? []).flatMap((id) => parsePvId(id)?.revision ?? []);
  const [first = '', second = ''] = revisions;
  return first < second;
};

/** Why Windows keeps another package though the release is newer: F11, F25, F27, F55. */
const whyKept = (run: Run, output: Outranked, node: DeviceNode | undefined): Attribution => {
  const { input } = run;
  const [own, other] = [output.package, output.by].map((key) => input.library.packages[key]);
  const [rank, byRank] = [output.rank, output.byRank].map(partsOf);
  const message = `${node?.path ?? output.device} keeps ${other?.path ?? output.by} (rank ${output.byRank}); ${own?.path ?? output.package} ranks ${output.rank}.`;
  if (own !== undefined && other !== undefined && own.provider !== other.provider) {
    const hint = 'Remove the other vendor’s drivers with the cleaner first, and switch off its device on the host.';
    return { failureMode: 'F25', message: `${message} It is another vendor’s.`, hint };
  }
  if (rank !== undefined && byRank !== undefined && byRank.feature < rank.feature) {
    const hint = `Give the install section FeatureScore = 0x${byRank.feature} or lower, as the package before has.`;
    return { failureMode: 'F27', message: `${message} The earlier package has a better feature score.`, hint };
  }
  if (rank !== undefined && byRank !== undefined && byRank.identifier < rank.identifier && listsOldestFirst(node)) {
    const hint = 'Take a bus that lists the newest revision first (63d74d5, 2016), or remove the older package.';
    return { failureMode: 'F11', message: `${message} The bus lists the oldest revision first.`, hint };
  }
  if (output.rank === output.byRank) {
    const hint = 'Raise DriverVer of every driver from release to release.';
    return { failureMode: 'F55', message: `${message} The earlier package has a later date or version.`, hint };
  }
  return { message };
};

/** Devices that Windows leaves to a package that the release was meant to replace. */
export const keptOthers = (run: Run, { after, world, expected }: Checkpoint): readonly Finding[] => {
  const { packages } = run.input.bundle;
  const drivers = new Map<string, Outranked | undefined>();
  for (const output of outputsOf(run.steps.slice(0, after))) {
    if (output.kind === 'device.bound' && packages.includes(output.package)) drivers.set(output.device, undefined);
    if (output.kind !== 'device.outranked' || !packages.includes(output.package) || packages.includes(output.by))
      continue;
    // One that ranks equal in everything is the same driver once more.
    if (run.input.library.packages[output.by] !== undefined && !output.tie) drivers.set(output.device, output);
  }
  return [...drivers.values()].flatMap((output) => {
    const node = output === undefined ? undefined : nodeAt(world, output.device);
    if (output === undefined || node === undefined) return [];
    const why = whyKept(run, output, node);
    if (expected.replaces === 'better-scores' && why.failureMode !== 'F27') return [];
    // A package that loses for no reason that is known is told, and left to people.
    return [finding('EMULATOR_OUTRANKED', why.failureMode === undefined ? 'warning' : 'error', why, output)];
  });
};

/** Paths of PV disks and cards, and of what lists them, by what they are for the user. */
const pvDevices = ({ session }: World): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { facts, path, stack } of Object.values(session?.devices ?? {})) {
    if (stack.length === 0) continue;
    if (facts.kind === 'nic' && facts.path === 'pv') found.set(`network card ${facts.vif}`, path);
    if (facts.kind === 'disk' && facts.path === 'pv') found.set(`disk ${facts.vbd}`, path);
  }
  return found;
};

/** Addresses stay with a connection; a card that is a new device has another. */
const otherConnections = (
  before: World,
  after: World,
  changed: readonly { readonly path: string; readonly now: string }[],
): string =>
  changed
    .flatMap(({ path, now }) => {
      const [old, own] = [connectionIn(before, path), connectionIn(after, now)];
      if (old === undefined || own === undefined || old.identity === own.identity) return [];
      return [` Static addresses stay with the connection "${old.name}"; the card has "${own.name}" now.`];
    })
    .join('');

/** F12: devices that are new ones to Windows after an upgrade, without the settings that they had. */
export const renamed = (run: Run, { world }: Checkpoint): readonly Finding[] => {
  const before = pvDevices(run.begin);
  const after = pvDevices(world);
  const changed = [...before].flatMap(([what, path]) => {
    const now = after.get(what);
    return now === undefined || now.toUpperCase() === path.toUpperCase() ? [] : [{ what, path, now }];
  });
  const [first] = changed;
  if (first === undefined) return [];
  const message = `${changed.map(({ what }) => what).join(', ')}: new devices to Windows after the upgrade. ${first.path} has become ${first.now}.${otherConnections(run.begin, world, changed)}`;
  const hint = 'Copy the settings of network cards before the upgrade, and tell users of new names.';
  return [finding('EMULATOR_DEVICE_RENAMED', 'warning', { failureMode: 'F12', message, hint })];
};

const KEPT_BY = ['XEN', 'XENBUS', 'XENFILT'] as const;

/** F26: someone forbade updates as co-installers understood it, and the release has nothing that asks. */
export const vetoIgnored = (run: Run): readonly Finding[] => {
  const { registry } = run.begin.disk;
  const by = KEPT_BY.find((service) => valueAt(registry, `${SERVICES}\\${service}`, 'AllowUpdate')?.data === 0);
  if (by === undefined) return [];
  const bound = outputsOf(run.steps).find(
    (output) =>
      output.kind === 'device.bound' &&
      run.input.bundle.packages.includes(output.package) &&
      run.input.library.packages[output.package]?.driver === 'xenbus',
  );
  if (bound === undefined) return [];
  const message = `AllowUpdate of ${by} is 0, so that co-installers refused an update; this release installs itself all the same.`;
  const hint =
    'Let the setup program ask for AllowUpdate, and rehearse upgrades from every release that machines have.';
  return [finding('EMULATOR_OUTRANKED', 'error', { failureMode: 'F26', message, hint }, bound)];
};
