import type { DriverNote } from '../../drivers/behaviour.ts';
import { newWorld } from '../new-world.ts';
import type { Finding, Scenario } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, packagesFor } from './input.ts';
import type { Run } from './run.ts';
import { finding, notesOf, outputsOf } from './transcript.ts';

/** Windows Installer marks with this key that it is at work. */
const BUSY = 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress';

type Automatic = Extract<DriverNote, { kind: 'xen.restart-automatic' }>;

const isHasty = (note: DriverNote): note is Automatic => note.kind === 'xen.restart-automatic' && note.whileInstalling;

/** The monitor restarted the machine in the middle of an installation (F48). */
const isInterrupted = (run: Run): boolean => notesOf(outputsOf(run.steps)).some(isHasty);

/** The drivers come with a setup program that is still at work when the first of them wants a restart. */
export const installerBusy: Scenario = {
  id: 'fresh-install-busy',
  summary: 'installs while Windows Installer is at work: nobody may restart the machine before it is done (F48)',
  applies: hasBus,
  runs: (input) => [
    {
      variant: '',
      begin: newWorld(input.guest),
      play: (run) => {
        run.stage = 'install';
        run.play({ kind: 'registry.set', key: BUSY, name: '', type: 'REG_SZ', data: 'setup.msi' });
        for (const { key } of packagesFor(input, input.bundle)) {
          run.play({ kind: 'package.install', package: key });
          run.play({ kind: 'time', ms: 1000 });
          if (isInterrupted(run)) break;
        }
        run.play({ kind: 'time', ms: 60_000 });
        if (isInterrupted(run)) {
          // What was to come after it never comes: the rest is what the finding tells.
          run.restart();
          return;
        }
        run.play({ kind: 'registry.delete', key: BUSY });
        run.untilStable(asFarAs(input, input.bundle, PV));
      },
    },
  ],
};

/** F48: an automatic restart while something is being installed. */
export const hastyRestarts = (run: Run): readonly Finding[] => {
  const note = notesOf(outputsOf(run.steps)).find(isHasty);
  if (note === undefined) return [];
  const message = `The monitor restarts the machine for ${note.by} in the middle of an installation, which stays half done.`;
  const hint = 'Leave AutoReboot out of the INF, or take a monitor that waits for installers (a8a8149, 96c5e32).';
  return [finding('EMULATOR_NOT_STABLE', 'error', { failureMode: 'F48', message, hint })];
};
