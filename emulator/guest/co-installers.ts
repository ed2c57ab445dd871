import type { CoInstaller, CoInstallerCall } from '../../drivers/co-installer.ts';
import { coInstallerNamed } from '../../drivers/co-installers.ts';
import type { DriverModel } from '../../drivers/model.ts';
import type { InstallFacts } from '../package/facts.ts';
import type { Candidate } from './candidates.ts';
import { imagePath } from './loader.ts';
import { CLASSES, ENUM, type GuestMachine } from './machine.ts';
import type { DeviceNode } from './world.ts';

/** Where a device's co-installers are registered: below its software key. */
export const CO_INSTALLERS = 'CoInstallers32';

/** `xenbus_coinst_8_2_0_1.dll,Entry` */
const fileOf = (entry: string): string => entry.split(',')[0]?.trim() ?? '';

/** The libraries that an install section registers. */
const registeredBy = ({ coInstallers }: InstallFacts): readonly string[] =>
  coInstallers.flatMap(({ name, data }) => {
    if (name.toLowerCase() !== CO_INSTALLERS.toLowerCase()) return [];
    return typeof data === 'string'
      ? [fileOf(data)]
      : Array.isArray(data)
        ? (data as readonly string[]).map(fileOf)
        : [];
  });

/** The build that a package's co-installer is of is that of the driver beside it. */
const modelBeside = (machine: GuestMachine, { copyFiles }: InstallFacts, driver: string): DriverModel | undefined => {
  for (const { image } of copyFiles) {
    const model = image === undefined ? undefined : machine.image(image)?.model;
    if (model?.image === driver) return model;
  }
  return undefined;
};

interface KnownCall {
  readonly file: string;
  readonly known: CoInstaller;
  readonly call: CoInstallerCall;
}

/** The calls of a package's co-installers; one that nothing is known of is told. */
const callsOf = (machine: GuestMachine, install: InstallFacts, { model }: Candidate): readonly KnownCall[] =>
  registeredBy(install).flatMap((file) => {
    const known = coInstallerNamed(file);
    const build = known === undefined ? undefined : modelBeside(machine, install, known.driver);
    if (known !== undefined && build !== undefined) {
      return [{ file, known, call: { model: build, description: model?.description ?? '' } }];
    }
    machine.say({ kind: 'emulator.unmodelled', what: `the co-installer ${file}` });
    return [];
  });

const installOf = (machine: GuestMachine, { package: key, model }: Candidate): InstallFacts | undefined => {
  const facts = key === undefined ? undefined : machine.package(key);
  const target = facts === undefined ? undefined : machine.targetOf(facts);
  return model?.install === undefined ? undefined : target?.installs[model.install];
};

/**
 * Asks the co-installers of a driver whether a device may get it. While booting no program runs, so that nobody is asked.
 * @returns why one of them refused, which is told
 */
export const refusal = (machine: GuestMachine, { path }: DeviceNode, candidate: Candidate): string | undefined => {
  const install = machine.phase === 'boot' ? undefined : installOf(machine, candidate);
  if (install === undefined || install.coInstallers.length === 0) return undefined;
  for (const { file, known, call } of callsOf(machine, install, candidate)) {
    const reason = known.before?.(call, machine);
    if (reason === undefined) continue;
    machine.say({
      kind: 'device.refused',
      device: path,
      package: candidate.package ?? candidate.name,
      by: file,
      reason,
    });
    return reason;
  }
  return undefined;
};

/** Lets the co-installers of a driver that was installed finish. */
export const afterInstall = (
  machine: GuestMachine,
  node: DeviceNode,
  install: InstallFacts,
  candidate: Candidate,
): void => {
  if (install.coInstallers.length === 0) return;
  for (const { known, call } of callsOf(machine, install, candidate)) {
    const because = known.after?.(call, machine);
    if (because !== undefined) machine.wantRestart(node.path, `${known.driver}: ${because}`);
  }
};

/** Calls the co-installers that a device has before it goes, or before it loses its driver. */
export const beforeRemoval = (machine: GuestMachine, { path }: DeviceNode): void => {
  const driver = machine.text(`${ENUM}\\${path}`, 'Driver');
  if (driver === undefined) return;
  const key = `${CLASSES}\\${driver}`;
  for (const entry of machine.texts(key, CO_INSTALLERS)) {
    const known = coInstallerNamed(fileOf(entry));
    const image = known === undefined ? undefined : machine.file(imagePath(machine, known.driver))?.image;
    const model = image === undefined ? undefined : machine.image(image)?.model;
    if (known === undefined || model === undefined) {
      machine.say({ kind: 'emulator.unmodelled', what: `the co-installer ${fileOf(entry)}` });
      continue;
    }
    known.remove?.({ model, description: machine.text(key, 'DriverDesc') ?? '' }, machine);
  }
};
