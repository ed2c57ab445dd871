import type { GuestOutput } from '../guest/events.ts';
import type { Attribution } from './attribute.ts';
import type { Finding } from './contract.ts';
import { inactivity } from './inactivity.ts';
import { type Checkpoint, fits, type Run } from './run.ts';
import type { Reached } from './survey.ts';
import { finding, notesOf, outputsOf } from './transcript.ts';
import { resetsUnplug } from './unplug-facts.ts';

interface Missing {
  readonly disk?: Reached;
  readonly nic?: Reached;
  readonly root: Finding | undefined;
  readonly checkpoint: Checkpoint;
  readonly outputs: readonly GuestOutput[];
}

/** A disk or a card that is not where it was expected. What broke a device before is the reason, and is told once. */
export const missed = (run: Run, { disk, nic, root, checkpoint, outputs }: Missing): readonly Finding[] => {
  const { expected } = checkpoint;
  const wanted = disk === undefined ? expected.nics : expected.disks;
  const reached = disk ?? nic;
  if (reached === undefined || fits(reached.path, wanted)) return [];
  if (root !== undefined) return [];
  const what = disk === undefined ? `network card ${reached.id}` : `disk ${reached.id}`;
  if (reached.path === undefined) {
    const code = disk === undefined ? 'EMULATOR_NIC_LOST' : 'EMULATOR_DISK_LOST';
    return [finding(code, 'error', lossOf(run, what, outputs))];
  }
  return [finding('EMULATOR_NOT_PV', 'error', notPv(run, { what, path: reached.path, wanted, outputs }))];
};

/** Why a device is on neither path. */
const lossOf = (run: Run, what: string, outputs: readonly GuestOutput[]): Attribution => {
  const notes = notesOf(outputs);
  const isNic = what.startsWith('network');
  const unplugged = notes.some((note) => note.kind === 'xen.unplug' && (isNic ? note.nics : note.disks));
  const inactive = inactivity(outputs);
  if (inactive !== undefined) return { ...inactive, message: `${what} is gone. ${inactive.message}` };
  const failureMode = !unplugged ? undefined : isNic ? 'F58' : resetsUnplug(run) ? undefined : 'F13';
  const message = `${what} is gone: ${unplugged ? 'its emulated device was unplugged, and nothing took its place' : 'nothing lists it'}.`;
  return { message, ...(failureMode === undefined ? {} : { failureMode }) };
};

interface Unmet {
  readonly what: string;
  readonly path: string;
  readonly wanted: string;
  readonly outputs: readonly GuestOutput[];
}

const notPv = (run: Run, { what, path, wanted, outputs }: Unmet): Attribution => {
  const message = `${what} is on the ${path} path; it should be on the ${wanted} one.`;
  const inactive = inactivity(outputs);
  if (inactive !== undefined) return { ...inactive, message: `${message} ${inactive.message}` };
  const outranked = outputsOf(run.steps).find((output) => output.kind === 'device.outranked');
  if (outranked?.kind === 'device.outranked' && run.input.bundle.packages.includes(outranked.package)) {
    return { message: `${message} ${outranked.package} was outranked by ${outranked.by}.` };
  }
  const wantsRestart = run.survey.restartWanted;
  return wantsRestart
    ? { failureMode: 'F47', message: `${message} A restart is wanted, and nobody makes it.` }
    : { message };
};
