import { WinpvError } from '../../core/errors.ts';
import type { LabelRelease, LabelSignature, ResolvedLabel, SubmittedBrand } from '../../publishing/labels/contract.ts';
import { type LabelFile, parseLabelFile } from '../../publishing/labels/form.ts';
import type { PartnerCenter } from '../../publishing/partner-center/client.ts';
import { readWire } from '../../publishing/partner-center/contract.ts';
import { parseWireJson } from '../../publishing/partner-center/json.ts';
import { driverMetadata } from '../../publishing/partner-center/other-contract.ts';
import type { Run } from '../../publishing/submission/run.ts';
import {
  listSubmissions,
  openStore,
  type SubmissionKey,
  type SubmissionState,
  type SubmissionStore,
} from '../../publishing/submission/state.ts';
import { RECORD_NAME } from '../../release/output.ts';
import { releasedBrands } from '../../release/reading/label-facts.ts';
import type { Io } from '../io.ts';
import type { Context } from '../outcome.ts';

/** Labels and what they are of: the file that is named, the record of a release, and its submissions. */

const MAX_LABELS = 32 * 1024 * 1024;
const MAX_METADATA = 64 * 1024 * 1024;

/** A submission of a release, with the journal that labels are written down in. */
export interface Journal {
  readonly key: SubmissionKey;
  readonly store: SubmissionStore;
  readonly state: SubmissionState;
  readonly submitted: SubmittedBrand;
}

export interface ReleaseInput {
  readonly release: LabelRelease;
  readonly journals: readonly Journal[];
}

const signatureOf = ({ plan }: SubmissionState): LabelSignature | undefined => {
  if (!('create' in plan.product)) return undefined;
  const { testHarness, isTestSign } = plan.product.create;
  if (isTestSign === true) return 'test';
  return testHarness === 'attestation' ? 'attestation' : 'whql';
};

const isUnclassified = ({ plan }: SubmissionState): boolean =>
  'create' in plan.product &&
  Object.values(plan.product.create.selectedProductTypes ?? {}).some((type) => /^unclassified$/i.test(String(type)));

const metadataOf = async (io: Io, out: string, { metadata }: SubmissionState) => {
  if (metadata === undefined) return undefined;
  const path = io.files.join(out, metadata.path);
  const what = `The driver metadata in ${path}`;
  const wire = parseWireJson(await io.files.read(path, { maxBytes: MAX_METADATA }), what);
  return readWire(driverMetadata, wire, { what, unknownFields: 'report' }).value;
};

const journalOf = async (io: Io, out: string, key: SubmissionKey): Promise<readonly Journal[]> => {
  const store = openStore(io, key);
  const state = await store.load();
  const [p, s] = [state?.product.id, state?.submission.id];
  if (state === undefined || p === undefined || s === undefined) return [];
  const { brand, architecture } = key;
  const facts = { signature: signatureOf(state), unclassified: isUnclassified(state) };
  const submitted = { brand, architecture, ids: { p, s }, ...facts, metadata: await metadataOf(io, out, state) };
  return [{ key, store, state, submitted }];
};

/** @throws WinpvError FILE_*, CONFIG_*, PUBLISH_STATE_* */
export const readRelease = async (io: Io, out: string): Promise<ReleaseInput> => {
  const file = io.files.join(out, RECORD_NAME);
  if ((await io.files.stat(file)) === undefined) {
    throw new WinpvError('FILE_NOT_FOUND', `There is no ${file}.`, {
      at: { file },
      hint: 'Name with --release what `winpv release` wrote.',
    });
  }
  const brands = releasedBrands(await io.files.read(file), file);
  const journals: Journal[] = [];
  for (const key of await listSubmissions(io.files, out)) journals.push(...(await journalOf(io, out, key)));
  return { release: { file, brands, submissions: journals.map(({ submitted }) => submitted) }, journals };
};

export const readLabels = async (io: Io, file: string): Promise<LabelFile> =>
  parseLabelFile(await io.files.read(file, { maxBytes: MAX_LABELS }), file);

export interface RunOptions {
  readonly wait: boolean;
  readonly maxWaitMs: number;
}

/** A run for each submission: its state is one, however many of its labels are worked on. */
export const runsFor = async (
  { io, reporter }: Context,
  center: PartnerCenter,
  journals: readonly Journal[],
  options: RunOptions,
): Promise<(resolved: Pick<ResolvedLabel, 'submission'>) => Run> => {
  const ports = { http: await io.http(), clock: io.clock, timer: io.timer, files: io.files, reporter };
  const runs = new Map<string, Run>(
    journals.map(({ key, store, state, submitted }) => [
      submitted.ids.s,
      {
        ...{ key, center, store, state, ports, ...options },
        content: async () => new Uint8Array(),
        checkReturned: async () => [],
      },
    ]),
  );
  return ({ submission }) => {
    const run = runs.get(submission?.ids.s ?? '');
    if (run === undefined) throw new TypeError('a label of no submission cannot be worked on');
    return run;
  };
};
