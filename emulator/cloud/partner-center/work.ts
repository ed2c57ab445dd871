import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import type { StandInPublisher } from '../../../packaging/signing/publisher-stand-in.ts';
import { printWireJson } from '../../../publishing/partner-center/json.ts';
import { md5Of, newBlob, partOf } from './blobs.ts';
import { describeDrivers, withoutLastIds } from './describe.ts';
import { readUpload } from './drivers.ts';
import { isOn } from './faults.ts';
import { inspectUpload } from './inspect.ts';
import type { Advanced } from './reports.ts';
import { type PackageFault, signDrivers } from './sign-drivers.ts';
import { type CloudState, guidOf, type SubmissionRow, withRow } from './state.ts';

/** What has to be done to the bytes of packages before time can go on: the one part that waits for anything. */

export interface WorkPorts {
  /** The whole content of a blob. */
  readonly contentOf: (state: CloudState, blob: string) => Promise<Uint8Array>;
  readonly publisher: StandInPublisher;
}

const PACKAGE_FAULTS: readonly PackageFault[] = [
  'tamper-image',
  'tamper-inf',
  'drop-file',
  'add-file',
  'wrong-signer',
  'wrong-eku',
  'stale-catalog',
];

interface Content {
  readonly fileName: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  readonly now: number;
}

const store = (before: CloudState, { bytes, ...blob }: Content): Advanced & { readonly id: string } => {
  const made = newBlob(before, blob);
  const row = made.state.blobs.get(made.id);
  if (row === undefined) throw new TypeError('the blob was just made');
  const content = [{ id: '', ...partOf(bytes) }];
  const state = withRow(made.state, 'blobs', made.id, { ...row, content, md5: md5Of(bytes), sealed: true });
  return { state, id: made.id, writes: [bytes] };
};

const bundleIds = (state: CloudState, submission: string) => (folder: string) =>
  guidOf(state, `bundle ${submission} ${folder}`);

interface Job {
  readonly state: CloudState;
  readonly row: SubmissionRow;
  readonly now: number;
  readonly ports: WorkPorts;
}

const harnessOf = ({ state, row }: Job): string => state.products.get(row.productId)?.settings.testHarness ?? 'hlk';
const codesOf = ({ state, row }: Job): readonly string[] =>
  state.products.get(row.productId)?.settings.requestedSignatures ?? [];
const uploadOf = ({ state, row, ports }: Job): Promise<Uint8Array> => ports.contentOf(state, row.upload ?? '');

const done = (state: CloudState, row: SubmissionRow): CloudState =>
  withRow(state, 'submissions', row.id, { ...row, work: undefined });

const inspect = async (job: Job): Promise<Advanced> => {
  const found = inspectUpload(await uploadOf(job), harnessOf(job), job.now);
  const unregistered = isOn(job.state, 'certificate-unregistered')
    ? [
        {
          step: 'preparation' as const,
          message: 'SignatureValidationFailed: the certificate is not one of this account',
        },
      ]
    : [];
  const inspection = { ...found, complaints: [...found.complaints, ...unregistered] };
  return { state: done(job.state, { ...job.row, inspection }), writes: [] };
};

const sign = async (job: Job): Promise<Advanced> => {
  const { state, row, now, ports } = job;
  const { folders } = readUpload(await uploadOf(job), harnessOf(job), now);
  try {
    const bytes = await signDrivers({
      folders,
      attestation: harnessOf(job) === 'attestation',
      codes: codesOf(job),
      bundleIdOf: bundleIds(state, row.id),
      nowMs: now,
      publisher: ports.publisher,
      faults: new Set(PACKAGE_FAULTS.filter((name) => isOn(state, name))),
    });
    const stored = store(state, { fileName: `Signed_${row.id}.zip`, contentType: 'application/zip', bytes, now });
    return { state: done(stored.state, { ...row, signed: stored.id }), writes: stored.writes };
  } catch (error) {
    if (!(error instanceof WinpvError) || row.inspection === undefined) throw error;
    const complaints = [...row.inspection.complaints, { step: 'signing' as const, message: error.message }];
    return { state: done(state, { ...row, inspection: { ...row.inspection, complaints } }), writes: [] };
  }
};

/** What was shared with us has no package here: its metadata is empty. */
const describe = async (job: Job): Promise<Advanced> => {
  const { state, row, now } = job;
  const folders = row.upload === undefined ? [] : readUpload(await uploadOf(job), harnessOf(job), now).folders;
  const whole = describeDrivers(folders, codesOf(job), bundleIds(state, row.id));
  const described = isOn(state, 'metadata-rows-lost') ? withoutLastIds(whole) : whole;
  const bytes = utf8(printWireJson(described));
  const stored = store(state, {
    fileName: `DriverMetadata_${row.id}.json`,
    contentType: 'application/json',
    bytes,
    now,
  });
  return { state: done(stored.state, { ...row, metadata: stored.id, described }), writes: stored.writes };
};

const WORK = { inspect, sign, describe } as const;

/** Nobody asks for systems here: the newest of each architecture. */
const PREPROD_CODES = ['WINDOWS_v100_VB_FULL', 'WINDOWS_v100_X64_GE_FULL', 'WINDOWS_v100_ARM64_GE_FULL'];

const signPreprod = async (before: CloudState, id: string, now: number, ports: WorkPorts): Promise<Advanced> => {
  const row = before.preprod.get(id);
  if (row === undefined) return { state: before, writes: [] };
  const bytes = await ports.contentOf(before, row.upload);
  const { folders, complaints } = readUpload(bytes, 'attestation', now);
  const fail = (problem: string): Advanced => ({
    state: withRow(before, 'preprod', id, { ...row, work: undefined, problem }),
    writes: [],
  });
  const [first] = complaints;
  if (first !== undefined) return fail(first.message);
  try {
    const zip = await signDrivers({
      folders,
      attestation: true,
      codes: PREPROD_CODES,
      bundleIdOf: bundleIds(before, id),
      nowMs: now,
      publisher: ports.publisher,
      faults: new Set(),
    });
    const stored = store(before, { fileName: 'signed.zip', contentType: 'application/zip', bytes: zip, now });
    const next = { ...row, work: undefined, asset: stored.id };
    return { state: withRow(stored.state, 'preprod', id, next), writes: stored.writes };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return fail(error.message);
  }
};

/** Does the first piece of work that waits. @returns undefined when none does */
export const doWork = async (state: CloudState, now: number, ports: WorkPorts): Promise<Advanced | undefined> => {
  const row = [...state.submissions.values()].find(({ work }) => work !== undefined);
  if (row?.work !== undefined) return WORK[row.work]({ state, row, now, ports });
  const preprod = [...state.preprod.values()].find(({ work }) => work !== undefined);
  return preprod === undefined ? undefined : signPreprod(state, preprod.id, now, ports);
};
