import type { GuestOutput } from '../guest/events.ts';
import type { DeviceNode } from '../guest/world.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Finding, RunResult } from './contract.ts';
import { dumpFindings } from './dump-findings.ts';
import { givenUp, keptDevice, lostAddresses, wrongSizes } from './host-findings.ts';
import { nobodyListens, restlessness, unheard } from './inactivity.ts';
import { hastyRestarts } from './installer-busy.ts';
import { ioFindings } from './io-findings.ts';
import { busyFiles, leftServices } from './leftovers.ts';
import { withoutLent } from './lent.ts';
import { located } from './locate.ts';
import { losses } from './losses.ts';
import { refusals, vetoes } from './refusals.ts';
import { diskSettings, filterFindings } from './registry-state.ts';
import type { Checkpoint, Run } from './run.ts';
import { type Stopped, whyStopped } from './stops.ts';
import { foreignFilters } from './storage-filters.ts';
import { keptOthers, renamed, vetoIgnored } from './succession.ts';
import { bootsOf, finding, lastBoot, notesOf, outputsOf, severityOf } from './transcript.ts';

/** Judges what a run did against what its scenario demanded. Each finding names one cause; what follows from it is not told again. */
export const judgeRun = (run: Run, scenario: string): RunResult => {
  const refused = refusals(run);
  // Whatever is missing then is so because of that.
  const found = [
    ...refused,
    ...vetoIgnored(run),
    ...(refused.length > 0 ? [] : run.checkpoints).flatMap((checkpoint) =>
      located(run, asAdvice(judgeCheckpoint(run, checkpoint), checkpoint), checkpoint.after),
    ),
  ];
  const dumps = refused.length > 0 ? [] : dumpFindings(run);
  const io = refused.length > 0 ? [] : ioFindings(run);
  const silent = found.length === 0 ? restartRequests(run) : [];
  const all = located(run, unique([...found, ...dumps, ...io, ...silent, ...notes(run)]));
  const findings = withoutLent(run, all);
  return {
    guest: run.input.guest.id,
    scenario,
    verdict: findings.some(({ severity }) => severity === 'error') ? 'fail' : 'pass',
    findings,
    boots: run.world.boots,
  };
};

/** One finding for each cause: the first that was found of it. */
const unique = (found: readonly Finding[]): readonly Finding[] => {
  const kept = new Map<string, Finding>();
  for (const one of found) {
    const key =
      one.severity === 'error' && one.failureMode !== undefined ? one.failureMode : `${one.code} ${one.message}`;
    if (!kept.has(key)) kept.set(key, one);
  }
  return [...kept.values()];
};

/** What no release can help is a warning, and stands for no failure mode of this one. */
const asAdvice = (found: readonly Finding[], { expected: { advice } }: Checkpoint): readonly Finding[] => {
  if (advice === undefined) return found;
  return found.map(({ failureMode: _mode, ...one }) =>
    one.severity === 'error' ? { ...one, severity: 'warning', hint: advice } : one,
  );
};

const judgeCheckpoint = (run: Run, checkpoint: Checkpoint): readonly Finding[] => {
  const { survey, expected, after } = checkpoint;
  const outputs = lastBoot(run, after);
  const stop = outputs.find((output): output is Stopped => output.kind === 'boot.stopped');
  if (stop !== undefined) {
    const why = whyStopped(run, { checkpoint, stop, outputs });
    return [finding('EMULATOR_NO_BOOT', severityOf(why), why, stop)];
  }
  const kept = expected.replaces === undefined ? [] : keptOthers(run, checkpoint);
  const broken = (expected.broken === true ? [] : survey.problems)
    .filter(concerns)
    .map((node) => brokenDevice(run, node, outputs));
  const services = outputs.flatMap((output) =>
    output.kind === 'service.failed'
      ? [finding('EMULATOR_SERVICE_FAILED', 'error', attribute(output.cause, run), output)]
      : [],
  );
  // What broke a device, or is there in its place, is the reason for what is lost.
  const isExplained = broken.length > 0 || kept.some(({ severity }) => severity === 'error');
  const lost = isExplained ? [] : losses(run, { checkpoint, outputs });
  const isRestless = expected.settled && survey.restartWanted && broken.length + lost.length === 0;
  return [
    ...kept,
    ...broken,
    ...services,
    ...lost,
    ...(isRestless ? [finding('EMULATOR_NOT_STABLE', 'error', restlessness(outputs, run))] : []),
    ...filterFindings(checkpoint),
    ...diskSettings(run, checkpoint),
    ...foreignFilters(checkpoint),
    ...leftServices(run, checkpoint),
    ...(expected.keepsNames === true ? renamed(run, checkpoint) : []),
    ...(isExplained ? [] : hostFindings(run, checkpoint)),
  ];
};

/** What hosts did to a machine that ran, and what became of it. */
const hostFindings = (run: Run, checkpoint: Checkpoint): readonly Finding[] => [
  ...givenUp(run, checkpoint),
  ...lostAddresses(run, checkpoint),
  ...wrongSizes(checkpoint),
  ...keptDevice(checkpoint),
];

/** Whether a device that does not work is one that the release, or one before it, is for. */
const concerns = ({ problem, facts }: DeviceNode): boolean => {
  const cause = problem?.cause;
  // That a device waits for a restart follows from something else, and shows in what is lost.
  if (cause?.kind === 'restart-pending') return false;
  if (cause?.kind === 'driver' && cause.failure.kind === 'other' && cause.failure.waits === true) return false;
  if (cause?.kind !== 'no-driver') return true;
  const isPv = facts.kind === 'xen-class' || facts.kind === 'nic';
  return isPv && (cause.nearest.length > 0 || cause.wanted.length === 0);
};

const brokenDevice = (run: Run, node: DeviceNode, outputs: readonly GuestOutput[]): Finding => {
  const event = outputs.findLast((output) => output.kind === 'device.problem' && output.device === node.path);
  const told = longList(node, outputs) ?? attribute(node.problem?.cause ?? { kind: 'none' }, run);
  const message = `${node.path} has problem ${node.problem?.code ?? 0}. ${told.message}`;
  return finding('EMULATOR_DEVICE_PROBLEM', 'error', { ...told, message }, event);
};

/** F10 */
const longList = (node: DeviceNode, outputs: readonly GuestOutput[]): Attribution | undefined => {
  if (node.problem?.cause.kind !== 'no-driver' || node.hardwareIds.length > 0) return undefined;
  const note = notesOf(outputs).find((one) => one.kind === 'xen.id-list' && one.device === node.deviceId);
  if (note?.kind !== 'xen.id-list') return undefined;
  return {
    failureMode: 'F10',
    message: `The list of ids of ${note.device} is ${note.bytes} bytes long: Windows does not take it.`,
    hint: 'Use a shorter vendor prefix, or a bus with fewer revisions.',
  };
};

/** F29 and F47, in whichever boot a restart was wanted; told when nothing else is wrong. */
const restartRequests = (run: Run): readonly Finding[] => {
  const wasRunning = run.begin.session?.services.includes('xenbus_monitor') === true;
  const why = bootsOf(run.steps)
    .map((outputs, boot) => unheard(outputs) ?? nobodyListens(outputs, run, boot === 0 && wasRunning))
    .find((one) => one !== undefined);
  return why === undefined ? [] : [finding('EMULATOR_NOT_STABLE', 'warning', why)];
};

/** What has to be known beside the verdict. */
const notes = (run: Run): readonly Finding[] => {
  const outputs = outputsOf(run.steps);
  const unmodelled = outputs.flatMap((output) =>
    output.kind === 'emulator.unmodelled'
      ? [finding('EMULATOR_UNMODELLED', 'info', { message: output.what }, output)]
      : [],
  );
  const undecided = notesOf(outputs).flatMap((note) =>
    note.kind === 'xen.undecided'
      ? [finding('EMULATOR_UNDECIDED', 'info', { message: `${note.module} on ${note.device}: ${note.reason}` })]
      : [],
  );
  // Versions and days of releases that winpv knows are made up: that they are equal says nothing.
  const made = new Set(run.input.before.flatMap(({ given, packages }) => (given === true ? [] : packages)));
  const ties = outputs.flatMap((output) =>
    output.kind === 'device.outranked' &&
    output.tie &&
    run.input.bundle.packages.includes(output.package) &&
    !made.has(output.by)
      ? [
          finding(
            'EMULATOR_TIE',
            'warning',
            { message: `${output.package} and ${output.by} rank equal for ${output.device}.` },
            output,
          ),
        ]
      : [],
  );
  return [...vetoes(run), ...hastyRestarts(run), ...busyFiles(run), ...unmodelled, ...undecided, ...ties];
};
