import { z } from 'zod';
import { ERROR_CODES } from '../core/error-codes.ts';
import { type Diagnostic, WinpvError } from '../core/errors.ts';
import type { RehearsalRequest } from './rehearse.ts';
import type { Finding } from './scenarios/contract.ts';
import type { Checkpoint, Step } from './scenarios/run.ts';
import { readSharedValues, SharedValuesFlaw } from './shared-values.ts';
import { TRANSCRIPT_VERSION } from './transcript.ts';

/** A run as it was taken down. */
export interface SavedRun {
  readonly guest: string;
  readonly scenario: string;
  readonly verdict: 'pass' | 'fail';
  readonly boots: number;
  readonly begin: Checkpoint['world'];
  readonly steps: readonly Step[];
  readonly checkpoints: readonly Pick<Checkpoint, 'stage' | 'after' | 'expected' | 'survey'>[];
  readonly findings: readonly Finding[];
}

export interface Transcript {
  /** The version of winpv that made it. */
  readonly tool: string;
  readonly release: string;
  readonly rehearsal: Omit<RehearsalRequest, 'scenarios'>;
  /** What was told without running anything. */
  readonly findings: readonly Diagnostic[];
  readonly runs: readonly SavedRun[];
}

/** The most that a transcript may be long: runs of everything there is have a tenth of it. */
export const MAX_TRANSCRIPT_BYTES = 256 * 1024 * 1024;

const reference = z.tuple([z.int().nonnegative()]);
const documentSchema = z.strictObject({
  version: z.unknown(),
  tool: z.string().max(64),
  release: z.string(),
  rehearsal: reference,
  values: z.array(z.unknown()).max(5_000_000),
  runs: z
    .array(
      z.strictObject({
        guest: z.string(),
        scenario: z.string(),
        verdict: z.enum(['pass', 'fail']),
        boots: z.int().nonnegative(),
        ...{ begin: reference, steps: reference, checkpoints: reference, findings: reference },
      }),
    )
    .max(100_000),
});

/** As far as a replay needs it to be what it says before it plays anything. */
const bundleSchema = z.looseObject({ label: z.string(), packages: z.array(z.string()) });
const guestSchema = z.looseObject({
  id: z.string(),
  arch: z.string(),
  windows: z.looseObject({ name: z.string(), build: z.number() }),
});
const findingSchema = z.looseObject({
  code: z.string().refine((code) => Object.hasOwn(ERROR_CODES, code), 'has to be a code of winpv'),
  severity: z.enum(['error', 'warning', 'info']),
  message: z.string(),
  hint: z.string().optional(),
  failureMode: z.string().optional(),
  at: z.looseObject({ file: z.string(), line: z.number().optional(), column: z.number().optional() }).optional(),
});
const rehearsalSchema = z.looseObject({
  library: z.looseObject({ packages: z.looseObject({}), images: z.looseObject({}) }),
  bundle: bundleSchema,
  before: z.array(bundleSchema),
  guests: z.array(guestSchema),
  findings: z.array(findingSchema),
});
const storySchema = z.looseObject({
  begin: z.looseObject({
    version: z.number(),
    boots: z.number(),
    timeMs: z.number(),
    guest: guestSchema,
    disk: z.looseObject({ registry: z.looseObject({}), files: z.looseObject({}), store: z.array(z.looseObject({})) }),
    host: z.looseObject({ settings: z.looseObject({}), store: z.looseObject({}), unplug: z.looseObject({}) }),
  }),
  steps: z
    .array(
      z.looseObject({
        stage: z.string(),
        event: z.looseObject({ kind: z.string() }),
        outputs: z.array(z.looseObject({ kind: z.string() })),
      }),
    )
    .max(10_000),
  checkpoints: z.array(
    z.looseObject({
      stage: z.string(),
      after: z.int().nonnegative(),
      expected: z.looseObject({}),
      survey: z.looseObject({}),
    }),
  ),
  findings: z.array(findingSchema),
});

/**
 * @param bytes the whole file
 * @throws WinpvError CHECK_TRANSCRIPT with the place: another version, no JSON, or no transcript
 */
export const parseTranscript = (bytes: Uint8Array, file: string): Transcript => {
  const text = textOf(bytes, file);
  const parsed = jsonOf(text, file);
  const version = typeof parsed === 'object' && parsed !== null && 'version' in parsed ? parsed.version : undefined;
  if (version !== TRANSCRIPT_VERSION) throw otherVersion(version, text, file);
  const document = shaped(documentSchema, parsed, file, '');
  try {
    const resolve = readSharedValues(document.values);
    const checked = new WeakSet<object>();
    const rehearsal = shaped(rehearsalSchema, resolve(document.rehearsal), file, 'rehearsal');
    const runs = document.runs.map((run, index): SavedRun => {
      const story = {
        begin: resolve(run.begin),
        steps: resolve(run.steps),
        checkpoints: resolve(run.checkpoints),
        findings: resolve(run.findings),
      };
      // Runs share what they consist of, which is looked at once.
      const fresh = Object.values(story).some(
        (part) => typeof part !== 'object' || part === null || !checked.has(part),
      );
      if (fresh) shaped(storySchema, story, file, `runs.${index}`);
      for (const part of Object.values(story)) if (typeof part === 'object' && part !== null) checked.add(part);
      return { ...run, ...story } as unknown as SavedRun;
    });
    const { findings, ...played } = rehearsal as unknown as Transcript['rehearsal'] & Pick<Transcript, 'findings'>;
    return { tool: document.tool, release: document.release, rehearsal: played, findings, runs };
  } catch (error) {
    if (error instanceof SharedValuesFlaw) throw noTranscript(file, `\`values\`: ${error.message}`);
    throw error;
  }
};

const HINT = 'Save it again with `winpv check --save`.';

const noTranscript = (file: string, why: string): WinpvError =>
  new WinpvError('CHECK_TRANSCRIPT', `The file is no transcript that can be replayed: ${why}.`, {
    at: { file },
    hint: HINT,
  });

const textOf = (bytes: Uint8Array, file: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new WinpvError('CHECK_TRANSCRIPT', 'The file is no transcript: it is not UTF-8 text.', {
      at: { file },
      hint: HINT,
    });
  }
};

const jsonOf = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    const told = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    const place = placeOf(text, told === undefined ? text.length : Number(told));
    throw new WinpvError('CHECK_TRANSCRIPT', 'The file is damaged: it is no JSON from here on.', {
      at: { file, ...place },
      hint: HINT,
    });
  }
};

/** Line and column of an offset, from 1. */
const placeOf = (text: string, offset: number): { readonly line: number; readonly column: number } => {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
};

const otherVersion = (version: unknown, text: string, file: string): WinpvError => {
  const key = text.search(/"version"\s*:/);
  if (version === undefined || key < 0) return noTranscript(file, 'it says no version');
  const shown = JSON.stringify(version)?.slice(0, 40);
  return new WinpvError(
    'CHECK_TRANSCRIPT',
    `The transcript has version ${shown}; this winpv replays version ${TRANSCRIPT_VERSION}.`,
    { at: { file, ...placeOf(text, key) }, hint: 'Replay it with the winpv that saved it, or save it again.' },
  );
};

const shaped = <S extends z.ZodType>(schema: S, value: unknown, file: string, where: string): z.output<S> => {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first] = result.error.issues;
  const path = [...(where === '' ? [] : [where]), ...(first?.path ?? [])].join('.');
  throw noTranscript(file, `${path === '' ? 'the whole' : `\`${path}\``}: ${first?.message ?? 'has another form'}`);
};
