import { boot, goodControlSet } from './guest/boot.ts';
import { crash } from './guest/crash.ts';
import { settle, startWaiting } from './guest/devices.ts';
import { balloon } from './guest/dump-machine.ts';
import type { GuestEvent, GuestOutput } from './guest/events.ts';
import { hibernate, resume } from './guest/hibernation.ts';
import { hostEvent } from './guest/host-change.ts';
import type { IoEvent } from './guest/io-events.ts';
import { CLASSES, ENUM, GuestMachine } from './guest/machine.ts';
import { setAddress } from './guest/network-connections.ts';
import { deleteFile } from './guest/pending-files.ts';
import { runServices } from './guest/services.ts';
import { stagePackage } from './guest/stage.ts';
import { diskIo, losePower } from './guest/storage-io.ts';
import { deletePackage, disableDevice, installPackage, rollBack, uninstallDevice } from './guest/update.ts';
import { withSwitches } from './guest/windows.ts';
import type { World } from './guest/world.ts';
import type { PackageLibrary } from './package/facts.ts';
import { changeHost } from './xen/host.ts';

/** What an event leaves, and what happened on the way. */
export type Transition = readonly [world: World, outputs: readonly GuestOutput[]];

/**
 * The emulator: one event happens to a guest. Pure; the world before stays as it is and shares what did not change.
 * @param library what the packages and images that the world and the event name are made of
 */
export const transition = (world: World, event: GuestEvent, library: PackageLibrary): Transition => {
  const changed = withSettings(world, event);
  const machine = new GuestMachine(changed, library);
  act(machine, event, changed);
  if (machine.running) {
    settle(machine);
    runServices(machine);
    settle(machine);
  }
  const after = machine.world();
  const up = machine.outputs.some(({ kind }) => kind === 'boot.running');
  const good = up ? goodControlSet(machine) : undefined;
  const timeMs = after.timeMs + (event.kind === 'time' ? event.ms : 0);
  const disk = good === undefined ? after.disk : { ...after.disk, lastKnownGood: good };
  return [{ ...after, timeMs, disk }, machine.outputs];
};

/** Settings of the host and the firmware are turned while nothing runs on them. */
const withSettings = (world: World, event: GuestEvent): World => {
  if (event.kind === 'host') return { ...world, host: changeHost(world.host, event.change) };
  if (event.kind !== 'guest') return world;
  const { kind: _kind, ...switches } = event;
  return { ...world, guest: withSwitches(world.guest, switches) };
};

const act = (machine: GuestMachine, event: GuestEvent, world: World): void => {
  switch (event.kind) {
    case 'power.on':
    case 'restart': {
      if (event.kind === 'power.on' && event.mode === undefined && machine.hibernated !== undefined) {
        resume(machine, world.disk.lastKnownGood);
        return;
      }
      machine.hibernated = undefined;
      const options = event.kind === 'power.on' ? (event.options ?? []) : machine.session.options;
      boot(machine, { mode: event.mode ?? 'normal', options }, world.disk.lastKnownGood);
      return;
    }
    case 'power.off':
      machine.switchOff();
      return;
    case 'registry.set':
      machine.setValue(event.key, event.name, event.type, event.data);
      return;
    case 'registry.delete':
      if (event.name === undefined) machine.deleteKey(event.key);
      else machine.deleteValue(event.key, event.name);
      return;
    case 'file.delete':
      deleteFile(machine, event.path);
      return;
    case 'file.write':
      machine.writeFile(event.path, event.image);
      return;
    case 'sysprep':
      generalise(machine);
      return;
    case 'time':
    case 'host':
    case 'guest':
      return;
    case 'resume':
      if (world.session === undefined) resume(machine, world.disk.lastKnownGood);
      return;
    case 'domain.migrate':
    case 'disk.plug':
    case 'disk.resize':
    case 'disk.eject':
    case 'nic.plug':
    case 'nic.unplug':
    case 'store.write':
      hostEvent(machine, event);
      return;
    case 'io.power-loss':
      losePower(machine);
      return;
    default:
      if (machine.running) actRunning(machine, event);
  }
};

type DiskIo = Exclude<IoEvent, { kind: 'io.power-loss' }>;
type RunningEvent = Extract<
  GuestEvent,
  {
    kind:
      | `package.${string}`
      | `device.${string}`
      | 'service.stop'
      | 'nic.address'
      | 'crash'
      | 'hibernate'
      | 'memory.balloon'
      | DiskIo['kind'];
  }
>;

/** What needs a Windows that runs; nothing happens on one that does not. */
const actRunning = (machine: GuestMachine, event: RunningEvent): void => {
  switch (event.kind) {
    case 'package.stage':
      stagePackage(machine, event.package);
      return;
    case 'package.install':
    case 'package.force':
      installPackage(machine, event.package, { force: event.kind === 'package.force' });
      return;
    case 'package.delete':
      deletePackage(machine, event.published);
      return;
    case 'device.uninstall':
      uninstallDevice(machine, event.path);
      return;
    case 'device.disable':
      disableDevice(machine, event.path);
      return;
    case 'device.rollback':
      rollBack(machine, event.path);
      return;
    case 'device.rescan':
      for (const node of machine.nodes()) machine.stale.add(node.path.toUpperCase());
      settle(machine);
      startWaiting(machine);
      return;
    case 'crash':
      crash(machine, event);
      return;
    case 'hibernate':
      hibernate(machine, event);
      return;
    case 'memory.balloon':
      balloon(machine, event.first, event.pages);
      return;
    case 'nic.address':
      setAddress(machine, event.vif, event.address);
      return;
    case 'io.write':
    case 'io.read':
    case 'io.flush':
    case 'io.delete':
    case 'io.retrim':
      diskIo(machine, event);
      return;
    case 'service.stop':
      machine.change({ services: machine.session.services.filter((one) => one !== event.service.toLowerCase()) });
      return;
  }
};

/** sysprep /generalize: the devices and their driver keys are forgotten; what is staged, installed and set stays. */
const generalise = (machine: GuestMachine): void => {
  for (const bus of machine.keyNames(ENUM)) machine.deleteKey(`${ENUM}\\${bus}`);
  for (const classGuid of machine.keyNames(CLASSES)) {
    for (const name of machine.keyNames(`${CLASSES}\\${classGuid}`)) {
      if (/^\d{4}$/.test(name)) machine.deleteKey(`${CLASSES}\\${classGuid}\\${name}`);
    }
  }
};
