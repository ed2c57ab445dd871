import type { Diagnostic } from '../core/errors.ts';
import type { PlayedRun, RehearsalRequest } from './rehearse.ts';
import { shareValues } from './shared-values.ts';

/** Format of a transcript; one of another is refused. It goes up when worlds, events or outputs take another form, too. */
export const TRANSCRIPT_VERSION = 1;

export interface TranscriptHead {
  /** Of winpv. */
  readonly tool: string;
  /** What was rehearsed, for people. */
  readonly release: string;
  readonly rehearsal: RehearsalRequest;
  /** What was told without running anything. */
  readonly findings: readonly Diagnostic[];
}

/** Takes down runs as they are played. */
export interface Recorder {
  add(played: PlayedRun): void;
  /** The transcript, in parts that belong one after the other. */
  parts(): readonly Uint8Array[];
}

/**
 * Records a rehearsal: what it was played with, and of each run the machine that it began with, its events, what came of each of
 * them, how the machine stood where it was looked at, and the findings. What runs have in common is written once.
 */
export const recordTranscript = ({ tool, release, rehearsal, findings }: TranscriptHead): Recorder => {
  const { add, entries } = shareValues();
  const { library, bundle, before, guests } = rehearsal;
  const shared = add({ library, bundle, before, guests, findings });
  const runs: string[] = [];
  return {
    add: ({ result, run }) => {
      const { guest, scenario, verdict, boots } = result;
      const checkpoints = run.checkpoints.map(({ stage, after, expected, survey }) => ({
        stage,
        after,
        expected,
        survey,
      }));
      const story = { begin: add(run.begin), steps: add(run.steps), checkpoints: add(checkpoints) };
      runs.push(JSON.stringify({ guest, scenario, verdict, boots, ...story, findings: add(result.findings) }));
    },
    parts: () => {
      const head = { version: TRANSCRIPT_VERSION, tool, release, rehearsal: shared };
      return [
        encoded(`${JSON.stringify(head).slice(0, -1)},"values":[\n`),
        ...listed(entries),
        encoded('],"runs":[\n'),
        ...listed(runs),
        encoded(']}\n'),
      ];
    },
  };
};

const encoded = (text: string): Uint8Array => new TextEncoder().encode(text);

/** One a line, so that a damaged place can be named; in blocks, for all of it may be longer than a string can be. */
const listed = (lines: readonly string[]): readonly Uint8Array[] => {
  const blocks: Uint8Array[] = [];
  for (let from = 0; from < lines.length; from += BLOCK) {
    const end = from + BLOCK < lines.length ? ',\n' : '\n';
    blocks.push(encoded(`${lines.slice(from, from + BLOCK).join(',\n')}${end}`));
  }
  return blocks;
};
const BLOCK = 4096;
