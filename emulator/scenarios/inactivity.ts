import type { DriverNote } from '../../drivers/behaviour.ts';
import type { DriverModel } from '../../drivers/model.ts';
import { has } from '../../drivers/xenbus/traits.ts';
import type { GuestOutput } from '../guest/events.ts';
import { SERVICES } from '../guest/machine.ts';
import { keyAt, valueAt } from '../guest/registry.ts';
import type { Attribution } from './attribute.ts';
import { bundleIds, installsService, packageWrites } from './input.ts';
import type { Run } from './run.ts';
import { notesOf } from './transcript.ts';

type Note<K extends DriverNote['kind']> = Extract<DriverNote, { kind: K }>;

const isNote =
  <K extends DriverNote['kind']>(kind: K) =>
  (note: DriverNote): note is Note<K> =>
    note.kind === kind;

/** The build of a module in memory. */
const moduleModel = ({ world, input }: Run, module: string): DriverModel | undefined => {
  const image = world.session?.loaded[module]?.image;
  return image === undefined ? undefined : input.library.images[image]?.model;
};

/** Whether xenfilt in memory chooses the active function and xenbus is of a time that knew nothing of it (spec xen-pv 1.5). */
const isMixed = (run: Run): boolean => {
  const [filter, bus] = ['xenfilt', 'xenbus'].map((module) => moduleModel(run, module));
  return filter !== undefined && bus !== undefined && has(filter, 'precedence') && !has(bus, 'precedence');
};

/** Why the bus lists nothing though it is there: F24, F22, F30. */
export const inactivity = (outputs: readonly GuestOutput[], run: Run): Attribution | undefined => {
  const { world } = run;
  const notes = notesOf(outputs);
  // In safe mode the drivers of some years do nothing on purpose.
  const inert = notes.filter(isNote('xen.inert')).find(({ reason }) => !reason.includes('safe mode'));
  if (inert !== undefined) {
    return {
      failureMode: 'F24',
      message: `${inert.module} does nothing: ${inert.reason}`,
      hint: 'Ship xen.sys, xenbus.sys and xenfilt.sys of one build.',
    };
  }
  const active = notes.filter(isNote('xen.active'));
  if (active.length === 0) return undefined;
  if (active.every((note) => !note.active)) {
    if (isMixed(run)) {
      return {
        failureMode: 'F23',
        message: `xenfilt chooses the active function, and the older xenbus does not ask it: none is active. ${active[0]?.because ?? ''}`,
        hint: 'Replace the package of the bus on all platform functions at once, and restart before anything else.',
      };
    }
    const left = leftPrecedence(run);
    if (left !== undefined) return left;
    return {
      failureMode: 'F22',
      message: `No platform function is the active one: ${active[0]?.because ?? ''}`,
      hint: 'Remove ActiveDeviceID below the service of xenfilt before a machine is moved.',
    };
  }
  const supported = valueAt(world.disk.registry, `${SERVICES}\\xenbus\\Parameters`, 'SupportedClasses')?.data;
  if (typeof supported === 'object' && supported !== null && supported.some((name) => name !== '')) {
    return filtersNothing(run);
  }
  return {
    failureMode: 'F30',
    message: 'The bus lists no devices: SupportedClasses below its parameters is missing or empty.',
    hint: 'HKR,"Parameters","SupportedClasses",0x00010000,"VIF","VBD",... in AddReg of the service of xenbus.',
  };
};

const endOf = (name: string): RegExp => new RegExp(`\\\\precedence\\\\${name.replace(/\W/g, '\\$&')}$`, 'i');

/** Functions that the release is not for may be preferred by what another package has left; no INF takes it away (spec xen-pv 1.5). */
const leftPrecedence = (run: Run): Attribution | undefined => {
  const place = `${SERVICES}\\xenfilt\\Parameters\\Precedence`;
  const values = Object.keys(keyAt(run.world.disk.registry, place)?.values ?? {});
  const own = [...bundleIds(run.input)];
  const other = values.find(
    (name) =>
      !own.some((id) => id === name || id.startsWith(`${name}&`)) && !packageWrites(run.input, 'xenbus', endOf(name)),
  );
  if (other === undefined) return undefined;
  return {
    message: `No platform function is the active one: xenfilt still prefers ${other.toUpperCase()}, for which the release has no ids. Another package left that.`,
    hint: 'Remove the drivers of another vendor with its cleaner, which deletes Precedence below the parameters of xenfilt.',
    helpless: true,
  };
};

/**
 * Without the PCI bus among its parameters, under the word that its build knows, xenfilt hides nothing and never unplugs. They
 * are an earlier release's when the INF does not install the filter (F19).
 */
const filtersNothing = (run: Run): Attribution | undefined => {
  const { disk } = run.world;
  const filter = moduleModel(run, 'xenfilt');
  if (filter === undefined) return undefined;
  const values = keyAt(disk.registry, `${SERVICES}\\xenfilt\\Parameters`)?.values ?? {};
  const word = has(filter, 'filterByIds') ? 'PCI' : 'DEVICE';
  const isNamed = Object.values(values).some(({ data }) => typeof data === 'string' && data.toUpperCase() === word);
  // The first builds had a list of devices.
  if (isNamed || Object.hasOwn(values, 'filterdevices')) return undefined;
  return {
    failureMode: installsService(run.input, 'xenfilt') ? 'F30' : 'F19',
    message: 'xenfilt takes part in no device: its parameters do not name the PCI bus, and nothing is ever unplugged.',
    hint: 'HKR,"Parameters","*PNP0A03",0x00000000,"PCI" in AddReg of the service of xenfilt.',
  };
};

const REQUEST_KEY = 'Give xenbus, its children and the monitor one RequestKey, and let no INF make that key.';

/** A driver that asks for a restart on a machine where no service listens (F47); in safe mode none is meant to. */
export const nobodyListens = (
  outputs: readonly GuestOutput[],
  run: Run,
  wasRunning: boolean,
): Attribution | undefined => {
  if (wasRunning || startsMonitor(outputs)) return undefined;
  if (!outputs.every((output) => output.kind !== 'boot.started' || output.mode === 'normal')) return undefined;
  const asked = notesOf(outputs).find(isNote('xen.reboot-requested'));
  const model = asked === undefined ? undefined : moduleModel(run, asked.by);
  // Before there were requests, co-installers looked whether a restart is wanted.
  if (asked === undefined || model === undefined || !has(model, 'restartRequests')) return undefined;
  return {
    failureMode: 'F47',
    message: `${asked.by} asks for a restart (${asked.because}), and no monitor runs that would make it.`,
    hint: 'Install xenbus_monitor with the bus, as a service that starts by itself and at once.',
  };
};

const startsMonitor = (outputs: readonly GuestOutput[]): boolean =>
  outputs.some((output) => output.kind === 'service.started' && output.service.toLowerCase() === MONITOR);

/** A restart that is wanted in a boot in which the monitor was started, and that it does not hear of (F29). */
export const unheard = (outputs: readonly GuestOutput[]): Attribution | undefined => {
  if (!startsMonitor(outputs)) return undefined;
  const notes = notesOf(outputs);
  if (notes.some(({ kind }) => kind === 'xen.restart-prompt' || kind === 'xen.restart-automatic')) return undefined;
  const refused = notes
    .filter(isNote('xen.warning'))
    .find(({ message }) => message.startsWith('A restart cannot be asked for'));
  if (refused !== undefined) {
    return { failureMode: 'F29', message: `${refused.module}: ${refused.message}`, hint: REQUEST_KEY };
  }
  const asked = notes.find(isNote('xen.reboot-requested'));
  if (asked === undefined) return undefined;
  return {
    failureMode: 'F29',
    message: `${asked.by} asks for a restart (${asked.because}), and the monitor does not hear of it.`,
    hint: REQUEST_KEY,
  };
};
const MONITOR = 'xenbus_monitor';

/** Why a machine still wants a restart after all that a user would make. */
export const restlessness = (outputs: readonly GuestOutput[], run: Run): Attribution => {
  const inert = inactivity(outputs, run);
  if (inert !== undefined) return inert;
  const wanted = outputs
    .filter((output): output is Extract<GuestOutput, { kind: 'restart.wanted' }> => output.kind === 'restart.wanted')
    .at(-1);
  const asked = notesOf(outputs).filter(isNote('xen.reboot-requested')).at(-1);
  const because = asked?.because ?? wanted?.because;
  if (because === undefined) {
    return {
      failureMode: 'F29',
      message: 'A restart is asked for at every start, and no driver asks: the key of requests outlives the restart.',
      hint: REQUEST_KEY,
    };
  }
  return { failureMode: 'F47', message: `The machine is not stable after three restarts: ${because}` };
};
