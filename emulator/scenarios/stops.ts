import { newDevicePolicy } from '../guest/critical-devices.ts';
import type { Cause, GuestOutput } from '../guest/events.ts';
import { type Attribution, attribute } from './attribute.ts';
import { inactivity } from './inactivity.ts';
import { passedThrough } from './pass-through.ts';
import type { Checkpoint, Run } from './run.ts';
import { forced, installsBus, isRemoved, resetsUnplug, wasUnplugged } from './unplug-facts.ts';
import { unservedDevice } from './unserved.ts';

export type Stopped = Extract<GuestOutput, { kind: 'boot.stopped' }>;

/** The emulated disk was taken away, and should not have been: F13 to F15. Undefined when the request was right. */
const wrongRequest = (run: Run, { expected }: Checkpoint, why: Attribution): Attribution | undefined => {
  const isBroken = expected.broken === true || why.failureMode === undefined;
  if (forced(run.world, 'DISKS') && (isBroken || isRemoved(run, 'DISKS'))) {
    return {
      failureMode: 'F14',
      message: `ForceUnplug takes the emulated disk away at every start, and the PV disk does not come. ${why.message}`,
      hint: 'Delete Services\\XEN\\ForceUnplug with the drivers; set it only with drivers that work.',
    };
  }
  if (installsBus(run) && !resetsUnplug(run, 'DISKS')) {
    return {
      failureMode: 'F13',
      message: 'The emulated disk is taken away before the PV driver is bound: the INF of the bus leaves the request.',
      hint: 'Reach the section that sets XEN\\Unplug to 0 from the install section.',
    };
  }
  if (!isRemoved(run, 'DISKS')) return undefined;
  return {
    failureMode: 'F15',
    message: `The emulated disk is taken away for drivers that were removed: their request was left. ${why.message}`,
    hint: 'Delete Services\\XEN\\Unplug with the drivers.',
  };
};

/**
 * The PV disk is listed, and nothing makes a disk of it: a policy keeps Windows from binding what is new while it starts (F50),
 * or its class is not ready (F57).
 */
const notReady = ({ world }: Run, { pv, because }: Extract<Cause, { kind: 'disk-gone' }>): Attribution | undefined => {
  if (!/(^|, )SCSI\\DISK&VEN_XENSRC/i.test(pv)) return undefined;
  const { bindsCriticalDevices, startsRawDevices } = newDevicePolicy(world.disk.registry);
  const detail = because.kind === 'text' ? because.text : '';
  if (!bindsCriticalDevices || !startsRawDevices) {
    return {
      failureMode: 'F50',
      message: `A policy keeps new devices waiting for a user, and the PV disk is one. ${detail}`,
      hint: 'Write DisableCDDB = 0 and DontStartRawDevices = 0 below Control\\Pnp.',
    };
  }
  return {
    failureMode: 'F57',
    message: `The PV disk is there, and the class of disks is not ready for it. ${detail}`,
    hint: 'See that disk and partmgr start at boot before the machine leaves its emulated disk.',
  };
};

/** A machine that does not start: the first of the reasons that a failure mode has, from the bottom of the stack up. */
export const whyStopped = (
  run: Run,
  {
    checkpoint,
    stop,
    outputs,
  }: { readonly checkpoint: Checkpoint; readonly stop: Stopped; readonly outputs: readonly GuestOutput[] },
): Attribution => {
  const { cause, code } = stop;
  const why = attribute(cause, run);
  const told = (one: Attribution): Attribution => ({
    ...one,
    message: `The machine stops with ${code}. ${one.message}`,
  });
  if (cause.kind !== 'disk-gone') return told(why);
  const inactive = inactivity(outputs, run);
  if (inactive !== undefined && why.failureMode === undefined) return told(inactive);
  const system = run.world.host.settings.disks.find((disk) => disk.system)?.vbd ?? -1;
  const unserved = why.failureMode === undefined ? unservedDevice(outputs, 'vbd', system) : undefined;
  if (unserved !== undefined) return told(unserved);
  const hidden = passedThrough(run.world, system, outputs);
  if (hidden !== undefined) return told(hidden);
  const unready = why.failureMode === undefined ? notReady(run, cause) : undefined;
  if (unready !== undefined) return told(unready);
  const request = wasUnplugged(outputs, 'DISKS') ? wrongRequest(run, checkpoint, why) : undefined;
  return told(request ?? why);
};
