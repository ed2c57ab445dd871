import type { IoEvent, IoOutput } from '../guest/io-events.ts';
import type { Finding } from './contract.ts';
import type { Checkpoint, Run, Step } from './run.ts';
import { finding } from './transcript.ts';

type Output<K extends IoOutput['kind']> = Extract<IoOutput, { kind: K }>;

const isDone = (output: Step['outputs'][number]): output is Output<'io.done'> => output.kind === 'io.done';
const isFailed = (output: Step['outputs'][number]): output is Output<'io.failed'> => output.kind === 'io.failed';

/** Requests that change what is read of a disk afterwards. */
const changes = (event: Step['event']): event is Exclude<IoEvent, { kind: 'io.read' | 'io.flush' | 'io.power-loss' }> =>
  event.kind === 'io.write' || event.kind === 'io.delete' || event.kind === 'io.retrim';

/** What was read first of each range, by its disk; forgotten when something is written to the disk. */
const otherReads = (steps: readonly Step[]): readonly Finding[] => {
  const known = new Map<string, string>();
  const found: Finding[] = [];
  for (const { event, outputs, stage } of steps) {
    if (changes(event)) {
      for (const key of known.keys()) if (key.startsWith(`${event.vbd} `)) known.delete(key);
    }
    if (event.kind !== 'io.read') continue;
    const read = outputs.find(isDone);
    if (read?.sha256 === undefined) continue;
    const key = `${event.vbd} ${event.block} ${event.blocks}`;
    const before = known.get(key) ?? read.sha256;
    known.set(key, before);
    if (before === read.sha256) continue;
    const message = `Disk ${event.vbd} does not have what it had: ${event.blocks} blocks from ${event.block} on, read ${stage}.`;
    found.push(finding('EMULATOR_DISK_DATA', 'error', { message }, read));
  }
  return found;
};

/** A disk goes on as it was, whoever serves it: requests are answered, and what is read stays the same. */
export const lostData = ({ steps }: Run, { expected, after }: Checkpoint): readonly Finding[] => {
  if (expected.keepsData !== true) return [];
  const until = steps.slice(0, after);
  const failed = until
    .flatMap(({ outputs }) => outputs.filter(isFailed))
    .map((output) => {
      const message = `A ${output.op} of disk ${output.vbd} fails with ${output.srbStatus}. ${output.because}`;
      return finding('EMULATOR_DISK_DATA', 'error', { message }, output);
    });
  return [...failed, ...otherReads(until)];
};
