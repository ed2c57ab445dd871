import { utf8 } from '../../core/bytes.ts';
import type { RegistryData } from '../../drivers/behaviour.ts';
import type { GuestEvent, GuestOutput } from '../../emulator/guest/events.ts';
import { CLASSES, ENUM } from '../../emulator/guest/machine.ts';
import { keyAt, keyNames, valueAt } from '../../emulator/guest/registry.ts';
import type { World } from '../../emulator/guest/world.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import { transition } from '../../emulator/transition.ts';
import { DEVICE, deviceWith, type PackageOptions, packageOf, worldWith } from './emulated-install.ts';
import { image } from './pv-package.ts';
import { guestNamed } from './rehearsal.ts';

export const GUEST = guestNamed('windows-10-22h2-x64');
export const DEVICE_KEY = `${ENUM}\\${DEVICE}`;
export const SYSTEM_CLASS = '{4d36e97d-e325-11ce-bfc1-08002be10318}';

export interface SmallInf {
  readonly version?: string;
  readonly date?: string;
  /** Of the one Models line. */
  readonly ids?: string;
  /** More of [Version]. */
  readonly head?: string;
  /** `Class` and `ClassGuid`. */
  readonly className?: string;
  readonly classGuid?: string;
  /** Instead of the one line. */
  readonly models?: string;
}

/** An INF for one device, whose install sections are given; it may copy demo.sys, other.sys and tool.exe. */
export const smallInf = (
  sections: string,
  {
    version = '1.0.0.0',
    date = '01/31/2024',
    ids = 'ROOT\\DEMO',
    head = '',
    className = 'System',
    classGuid = SYSTEM_CLASS,
    models = `A demo device=Install,${ids}`,
  }: SmallInf = {},
): string => `[Version]
Signature="$Windows NT$"
Class=${className}
ClassGuid=${classGuid}
Provider=Demo maker
DriverVer=${[date, version].filter((part) => part !== '').join(',')}
${head}
[Manufacturer]
Demo factory=Models,NTamd64
[Models.NTamd64]
${models}
[SourceDisksNames]
1=Disk
[SourceDisksFiles]
demo.sys=1
other.sys=1
tool.exe=1
[DestinationDirs]
DefaultDestDir=12
${sections}`;

/** A driver that can be loaded; another for each `build`. */
export const driverImage =
  (build: string) =>
  (path: string): Uint8Array =>
    image({ name: path, strings: [build] });

export interface SmallPackage {
  readonly key: string;
  readonly library: PackageLibrary;
}

export const small = (name: string, text: string, options: PackageOptions = {}): SmallPackage =>
  packageOf(utf8(text), GUEST, { name: `${name}.inf`, content: driverImage('1'), ...options });

export interface SmallRun {
  readonly world: World;
  readonly outputs: readonly GuestOutput[];
}

/** A guest with one device that no driver of Windows is for. */
export const deviceWorld = (hardware: readonly string[] = ['ROOT\\DEMO'], compatible: readonly string[] = []): World =>
  worldWith(GUEST, deviceWith(hardware, compatible));

/** What events leave, in a guest that has heard of these packages. */
export const playedSmall = (
  world: World,
  packages: readonly SmallPackage[],
  ...events: readonly GuestEvent[]
): SmallRun => {
  const library: PackageLibrary = {
    packages: Object.assign({}, ...packages.map((one) => one.library.packages)),
    images: Object.assign({}, ...packages.map((one) => one.library.images)),
  };
  const outputs: GuestOutput[] = [];
  let now = world;
  for (const event of events) {
    const [after, said] = transition(now, event, library);
    now = after;
    outputs.push(...said);
  }
  return { world: now, outputs };
};

export const install = ({ key }: SmallPackage): GuestEvent => ({ kind: 'package.install', package: key });
export const stage = ({ key }: SmallPackage): GuestEvent => ({ kind: 'package.stage', package: key });
export const force = ({ key }: SmallPackage): GuestEvent => ({ kind: 'package.force', package: key });

/** One package installed on the device. */
export const installedSmall = (text: string, options: PackageOptions = {}, world = deviceWorld()): SmallRun => {
  const one = small('demo', text, options);
  return playedSmall(world, [one], install(one));
};

export const dataAt = ({ disk }: World, key: string, name: string): RegistryData | undefined =>
  valueAt(disk.registry, key, name)?.data;

export const keysOf = ({ disk }: World, key: string): readonly string[] => keyNames(keyAt(disk.registry, key));
export const hasKey = ({ disk }: World, key: string): boolean => keyAt(disk.registry, key) !== undefined;

export const softwareKey = (world: World): string => `${CLASSES}\\${String(dataAt(world, DEVICE_KEY, 'Driver'))}`;

/** The INF that drives the device. */
export const drivenBy = (world: World): RegistryData | undefined => dataAt(world, softwareKey(world), 'InfPath');

export const problems = (outputs: readonly GuestOutput[]) =>
  outputs.flatMap((output) => (output.kind === 'device.problem' ? [{ code: output.code, cause: output.cause }] : []));

export const unmodelled = (outputs: readonly GuestOutput[]): readonly string[] =>
  outputs.flatMap((output) => (output.kind === 'emulator.unmodelled' ? [output.what] : []));

export const restarts = (outputs: readonly GuestOutput[]): readonly string[] =>
  outputs.flatMap((output) => (output.kind === 'restart.wanted' ? [output.because] : []));
