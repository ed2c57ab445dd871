import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ARCHITECTURES } from '../../core/architecture.ts';
import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Clock, Files } from '../../core/ports.ts';
import { isWireId } from '../partner-center/contract.ts';
import { planHash, SUBMISSION_FORMAT, submissionPlan } from './plan.ts';

const id = z.string().refine(isWireId, 'an id of Partner Center');
const file = z.strictObject({ path: z.string(), bytes: z.int(), sha256: z.string() });

const labelState = z.strictObject({
  name: z.string(),
  asked: z.boolean(),
  id: id.optional(),
  /** SHA-256 of the change that was asked for last. */
  change: z.string().optional(),
});
/** A shipping label: by its name until its id is known. */
export type LabelState = z.output<typeof labelState>;

/**
 * How far a submission is. Whatever cannot be taken back is written down as `asked` before it is asked for, and with its
 * id when the answer is there. Nothing in here is secret: no link, no token.
 */
export const submissionState = z.strictObject({
  formatVersion: z.literal(SUBMISSION_FORMAT),
  tool: z.literal('winpv'),
  account: z.strictObject({ tenant: z.string(), clientId: z.string(), base: z.string() }),
  plan: submissionPlan,
  planHash: z.string(),
  product: z.strictObject({ asked: z.boolean(), id: id.optional(), found: z.boolean().optional() }),
  submission: z.strictObject({ asked: z.boolean(), id: id.optional() }),
  uploaded: z.boolean(),
  commit: z.enum(['open', 'asked', 'done']),
  /** Where the workflow was when it was last looked at. */
  workflow: z.strictObject({ step: z.string(), state: z.string() }).optional(),
  /** The signed package as it came, from OUT. */
  returned: file.optional(),
  /** What the comparison with the build said. */
  verdict: z.enum(['as-sent', 'differs']).optional(),
  metadata: file.optional(),
  labels: z.array(labelState).optional(),
  outcome: z.enum(['open', 'signed', 'failed']),
  messages: z.array(z.string()),
  correlationIds: z.array(z.string()),
});
export type SubmissionState = z.output<typeof submissionState>;

/** Which submission of a release. */
export interface SubmissionKey {
  readonly out: string;
  readonly brand: string;
  readonly architecture: string;
}

const FOLDER = '.winpv';
const PREFIX = 'submission-';
/** Other files that belong to a submission end in other words. */
const NAME = new RegExp(`^${PREFIX}(.+)-(${ARCHITECTURES.join('|')})\\.json$`);
const MAX_BYTES = 16 * 1024 * 1024;

export const submissionPath = (files: Files, { out, brand, architecture }: SubmissionKey, suffix: string): string =>
  files.join(out, FOLDER, `${PREFIX}${brand}-${architecture}${suffix}`);

/** Names of the submissions that an OUT has. */
export const listSubmissions = async (files: Files, out: string): Promise<readonly SubmissionKey[]> => {
  const folder = files.join(out, FOLDER);
  if ((await files.stat(folder)) === undefined) return [];
  return (await files.list(folder)).flatMap(({ name }) => {
    const match = NAME.exec(name);
    return match === null ? [] : [{ out, brand: match[1] ?? '', architecture: match[2] ?? '' }];
  });
};

const broken = (path: string, why: string): WinpvError =>
  new WinpvError('PUBLISH_STATE_BROKEN', `The state of the submission cannot be read: ${why}.`, {
    at: { file: path },
    hint: 'It was left as it is. The .jsonl file beside it has the ids of what was made.',
  });

/** @throws WinpvError PUBLISH_STATE_BROKEN, PUBLISH_STATE_NEWER */
export const parseState = (bytes: Uint8Array, path: string): SubmissionState => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw broken(path, 'it is not JSON');
  }
  const version: unknown =
    value !== null && typeof value === 'object' && 'formatVersion' in value ? value.formatVersion : undefined;
  if (typeof version === 'number' && version > SUBMISSION_FORMAT) {
    throw new WinpvError(
      'PUBLISH_STATE_NEWER',
      `The state is of format ${version}; this winpv knows ${SUBMISSION_FORMAT}.`,
      {
        at: { file: path },
        hint: 'Go on with the winpv that wrote it. It was left as it is.',
      },
    );
  }
  const read = submissionState.safeParse(value);
  if (!read.success) {
    const [first] = read.error.issues;
    throw broken(path, `${first?.path.join('.') ?? 'it'}: ${first?.message ?? 'has another form'}`);
  }
  if (planHash(read.data.plan) !== read.data.planHash) throw broken(path, 'its plan was changed');
  return read.data;
};

/** An entry of the ledger: what was asked and what came of it, with ids. */
export interface LedgerEvent {
  readonly event: string;
  readonly [fact: string]: string | number | boolean | undefined;
}

export interface SubmissionStore {
  readonly statePath: string;
  load(): Promise<SubmissionState | undefined>;
  /** Writes the ledger, then the state: both are on disk when it returns. @throws WinpvError FILE_UNWRITABLE */
  save(state: SubmissionState, event: LedgerEvent): Promise<void>;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The state file, and beside it a ledger to which lines are only added; each names the hash of the one before it. */
export const openStore = (
  { files, clock }: { readonly files: Files; readonly clock: Clock },
  key: SubmissionKey,
): SubmissionStore => {
  const statePath = submissionPath(files, key, '.json');
  const ledgerPath = submissionPath(files, key, '.jsonl');
  const lines = async (): Promise<string> =>
    (await files.stat(ledgerPath)) === undefined
      ? ''
      : new TextDecoder().decode(await files.read(ledgerPath, { maxBytes: MAX_BYTES }));
  return {
    statePath,
    load: async () =>
      (await files.stat(statePath)) === undefined
        ? undefined
        : parseState(await files.read(statePath, { maxBytes: MAX_BYTES }), statePath),
    save: async (state, event) => {
      const before = await lines();
      const last = before.trimEnd().split('\n').at(-1) ?? '';
      const line = JSON.stringify({ time: new Date(clock.now()).toISOString(), ...event, previous: sha256(last) });
      await files.write(ledgerPath, utf8(`${before}${line}\n`));
      await files.write(statePath, utf8(`${JSON.stringify(submissionState.encode(state), undefined, 2)}\n`));
    },
  };
};
