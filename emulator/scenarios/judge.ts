import type { Cause, GuestOutput } from '../guest/events.ts';
import type { DeviceNode } from '../guest/world.ts';
import { attribute } from './attribute.ts';
import type { Finding, RunResult } from './contract.ts';
import { restlessness } from './inactivity.ts';
import { missed } from './losses.ts';
import { refusals } from './refusals.ts';
import { filterFindings } from './registry-state.ts';
import type { Checkpoint, Run } from './run.ts';
import { type Stopped, whyStopped } from './stops.ts';
import { finding, lastBoot, notesOf, outputsOf } from './transcript.ts';

/** Judges what a run did against what its scenario demanded. Each finding names one cause; what follows from it is not told again. */
export const judgeRun = (run: Run, scenario: string): RunResult => {
  const found = [
    ...refusals(run),
    ...run.checkpoints.flatMap((checkpoint) => asAdvice(judgeCheckpoint(run, checkpoint), checkpoint)),
    ...notes(run),
  ];
  const findings = unique(found);
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
  if (stop !== undefined) return [finding('EMULATOR_NO_BOOT', 'error', whyStopped(run, stop, outputs), stop)];
  const broken = (expected.broken === true ? [] : survey.problems)
    .filter((node) => concerns(run, node))
    .map((node) => brokenDevice(run, node, outputs));
  const services = outputs.flatMap((output) =>
    output.kind === 'service.failed'
      ? [finding('EMULATOR_SERVICE_FAILED', 'error', attribute(output.cause, run), output)]
      : [],
  );
  const root = broken[0];
  const lost = [
    ...survey.disks.flatMap((disk) => missed(run, { disk, root, checkpoint, outputs })),
    ...survey.nics.flatMap((nic) => missed(run, { nic, root, checkpoint, outputs })),
  ];
  const restless =
    expected.settled && survey.restartWanted && broken.length === 0
      ? [finding('EMULATOR_NOT_STABLE', 'error', restlessness(outputs))]
      : [];
  return [...broken, ...services, ...lost, ...restless, ...filterFindings(checkpoint)];
};

/** Whether a device that does not work is one that the release has a driver for. */
const concerns = (run: Run, { problem, facts }: DeviceNode): boolean => {
  const cause = problem?.cause;
  if (cause?.kind !== 'no-driver') return true;
  return facts.kind === 'xen-class' || facts.kind === 'nic'
    ? cause.nearest.length > 0 || isInRelease(run, cause)
    : false;
};

const isInRelease = (_run: Run, { nearest }: Extract<Cause, { kind: 'no-driver' }>): boolean => nearest.length > 0;

const brokenDevice = (run: Run, node: DeviceNode, outputs: readonly GuestOutput[]): Finding => {
  const event = outputs.findLast((output) => output.kind === 'device.problem' && output.device === node.path);
  const long = notesOf(outputs).find((note) => note.kind === 'xen.id-list' && note.bytes >= LONGEST_LIST);
  const why = attribute(node.problem?.cause ?? { kind: 'none' }, run);
  const told =
    long?.kind === 'xen.id-list' && node.problem?.cause.kind === 'no-driver'
      ? {
          failureMode: 'F10',
          message: `The list of ids of ${long.device} is ${long.bytes} bytes long: Windows does not take it.`,
        }
      : why;
  const code = node.problem?.code ?? 0;
  return finding(
    'EMULATOR_DEVICE_PROBLEM',
    'error',
    { ...told, message: `${node.path} has problem ${code}. ${told.message}` },
    event,
  );
};
const LONGEST_LIST = 1024;

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
  const ties = outputs.flatMap((output) =>
    output.kind === 'device.outranked' && output.tie && run.input.bundle.packages.includes(output.package)
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
  return [...unmodelled, ...undecided, ...ties];
};
