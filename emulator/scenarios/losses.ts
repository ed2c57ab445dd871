import type { GuestOutput } from '../guest/events.ts';
import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { Attribution } from './attribute.ts';
import type { Finding } from './contract.ts';
import { inactivity, unheard } from './inactivity.ts';
import { passedThrough } from './pass-through.ts';
import { type Checkpoint, fits, type Run, type WantedPath } from './run.ts';
import type { Reached } from './survey.ts';
import { finding, notesOf, severityOf } from './transcript.ts';
import { forced, isRemoved, wasUnplugged } from './unplug-facts.ts';
import { unservedDevice } from './unserved.ts';

/** What a boot did, up to a checkpoint. */
export interface LastBoot {
  readonly checkpoint: Checkpoint;
  readonly outputs: readonly GuestOutput[];
}

interface Missed extends LastBoot {
  readonly what: string;
  readonly isNic: boolean;
  readonly reached: Reached;
  readonly wanted: WantedPath;
}

/** Disks and cards that are not where they were expected. */
export const losses = (run: Run, { checkpoint, outputs }: LastBoot): readonly Finding[] => {
  const { survey, expected } = checkpoint;
  const all: readonly Missed[] = [
    ...survey.disks.map((reached) => ({
      ...{ checkpoint, outputs, reached, isNic: false, what: `disk ${reached.id}`, wanted: expected.disks },
    })),
    ...survey.nics.map((reached) => ({
      ...{ checkpoint, outputs, reached, isNic: true, what: `network card ${reached.id}`, wanted: expected.nics },
    })),
  ];
  return all
    .filter(({ reached, wanted }) => !fits(reached.path, wanted))
    .map((one) => {
      const lost = one.isNic ? 'EMULATOR_NIC_LOST' : 'EMULATOR_DISK_LOST';
      const why = one.reached.path === undefined ? lossOf(run, one) : otherPath(run, one);
      return finding(one.reached.path === undefined ? lost : 'EMULATOR_NOT_PV', severityOf(why), why);
    });
};

/** Why a device is on neither path. */
const lossOf = (run: Run, { what, isNic, reached, outputs }: Missed): Attribution => {
  const type = isNic ? 'NICS' : 'DISKS';
  const unserved = unservedDevice(outputs, isNic ? 'vif' : 'vbd', reached.id);
  if (unserved !== undefined) return { ...unserved, message: `${what} is gone. ${unserved.message}` };
  const inactive = inactivity(outputs, run);
  if (inactive !== undefined) return { ...inactive, message: `${what} is gone. ${inactive.message}` };
  if (!wasUnplugged(outputs, type)) return { message: `${what} is gone: nothing lists it.` };
  const message = `${what} is gone: its emulated device was unplugged, and nothing took its place.`;
  const ofDisk = forced(run.world, type) ? 'F14' : undefined;
  const failureMode = isRemoved(run, type) ? 'F15' : isNic ? 'F58' : ofDisk;
  return { message, ...(failureMode === undefined ? {} : { failureMode }) };
};

/** Why a device is on the other path. */
const otherPath = (run: Run, missed: Missed): Attribution => {
  const { what, reached, wanted, outputs } = missed;
  const message = `${what} is on the ${reached.path} path; it should be on the ${wanted} one.`;
  const why = wanted === 'pv' ? notPv(run, missed) : undefined;
  if (why !== undefined) return { ...why, message: `${message} ${why.message}` };
  if (wanted === 'emulated' && isSafeMode(outputs)) {
    const hint = 'The drivers must not take emulated devices away in safe mode.';
    return { failureMode: 'F49', message: `${message} The machine is in safe mode.`, hint };
  }
  const silent = unheard(outputs);
  if (silent !== undefined) return { ...silent, message: `${message} ${silent.message}` };
  return missed.checkpoint.survey.restartWanted
    ? { failureMode: 'F47', message: `${message} A restart is wanted, and nobody makes it.` }
    : { message };
};

const isSafeMode = (outputs: readonly GuestOutput[]): boolean =>
  outputs.some((output) => output.kind === 'boot.started' && output.mode === 'safe');

const notPv = (run: Run, missed: Missed): Attribution | undefined =>
  inactivity(missed.outputs, run) ??
  undriven(missed) ??
  unsupported(run, missed) ??
  (missed.isNic ? undefined : passedThrough(run.world, missed.reached.id, missed.outputs)) ??
  vetoed(missed);

const FUNCTION = /^PCI\\VEN_5853&DEV_([0-9A-F]{4})/i;

/** F02: no platform function of the host has a driver. */
const undriven = ({ checkpoint }: Missed): Attribution | undefined => {
  const functions = checkpoint.functions;
  if (functions.length === 0 || functions.some(({ driven }) => driven)) return undefined;
  const names = functions.map(({ path }) => FUNCTION.exec(path)?.[1] ?? path).join(', ');
  return {
    failureMode: 'F02',
    message: `The host presents the platform function ${names}, and no package of the bus has an id for it.`,
    hint: 'Give the INF of xenbus the ids of 0001, 0002 and the vendor’s own function.',
  };
};

/** F30: the bus lists other classes, and not the one that this device is of. */
const unsupported = ({ world }: Run, { isNic }: Missed): Attribution | undefined => {
  const wanted = isNic ? 'VIF' : 'VBD';
  const data = valueAt(world.disk.registry, `${SERVICES}\\xenbus\\Parameters`, 'SupportedClasses')?.data;
  const names = typeof data === 'object' && data !== null ? data : [];
  if (names.some((name) => name !== '' && wanted.startsWith(name.toUpperCase()))) return undefined;
  return {
    failureMode: 'F30',
    message: `SupportedClasses below the parameters of xenbus lacks ${wanted}, so that the bus lists no such device.`,
    hint: 'HKR,"Parameters","SupportedClasses",0x00010000,"VIF","VBD",... in AddReg of the service of xenbus.',
  };
};

/** F16: the request was turned down, as Windows had forgotten the devices of the bus. */
const vetoed = ({ isNic, outputs }: Missed): Attribution | undefined => {
  const type = isNic ? 'NICS' : 'DISKS';
  if (!notesOf(outputs).some((note) => note.kind === 'xen.unplug-vetoed' && note.type === type)) return undefined;
  return {
    failureMode: 'F16',
    message: 'Windows had forgotten the devices of the bus, so that the request to unplug was turned down.',
    hint: 'Restart twice after an image was generalised.',
  };
};
