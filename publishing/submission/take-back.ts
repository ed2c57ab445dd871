import { createHash } from 'node:crypto';
import { utf8 } from '../../core/bytes.ts';
import { problem, WinpvError } from '../../core/errors.ts';
import { parseZip } from '../../packaging/formats/zip/parse.ts';
import { BlobLinkExpired } from '../partner-center/blob.ts';
import type { Paced, SubmissionIds } from '../partner-center/client.ts';
import { readWire, type Submission } from '../partner-center/contract.ts';
import { downloadFile } from '../partner-center/download.ts';
import { parseWireJson } from '../partner-center/json.ts';
import { driverMetadata } from '../partner-center/other-contract.ts';
import { redact } from '../partner-center/redact.ts';
import { downloadLink, pollWait, progressOf } from './progress.ts';
import { note, type ReturnedFile, type Run, save } from './run.ts';
import { submissionPath } from './state.ts';

/** Waiting for the service, and taking back what it signed. */
const MAX_PACKAGE_BYTES = 2 ** 31 - 1;
const MAX_METADATA_BYTES = 64 * 1024 * 1024;
const MAX_REPORT_BYTES = 16 * 1024 * 1024;
const MAX_UNPACKED_BYTES = 2 ** 31;
const LINK_TRIES = 4;
const METADATA_LOOKS = 4;

interface Waiting {
  looks: number;
  waitedMs: number;
}

const rest = async (run: Run, waiting: Waiting, toldMs: number | undefined): Promise<void> => {
  const { emulated } = run.center.account.endpoint;
  const ms = pollWait(waiting.looks, { toldMs, emulated });
  if (waiting.waitedMs + ms > run.maxWaitMs) {
    const { submission, workflow } = run.state;
    const where = workflow === undefined ? '' : ` It is at ${workflow.step}.`;
    throw new WinpvError('PUBLISH_WAIT_TIMEOUT', `Submission ${submission.id ?? ''} is not done yet.${where}`, {
      hint: 'It goes on without winpv. `winpv status` shows it, and `winpv submit … --resume` takes it up again.',
    });
  }
  waiting.looks += 1;
  waiting.waitedMs += ms;
  await run.ports.timer.wait(ms);
};

const relative = (run: Run, path: string): string => run.ports.files.relative(run.key.out, path);

const keep = async (run: Run, suffix: string, bytes: Uint8Array) => {
  const path = submissionPath(run.ports.files, run.key, suffix);
  await run.ports.files.write(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path: relative(run, path), bytes: bytes.length, sha256 };
};

/** Gets a file by the submission's link to it, and by a new link when that one is no good any more. */
const fetchFile = async (
  run: Run,
  ids: SubmissionIds,
  first: Submission,
  {
    linkOf,
    what,
    maxBytes,
  }: { linkOf: (submission: Submission) => string | undefined; what: string; maxBytes: number },
): Promise<Uint8Array | undefined> => {
  let submission = first;
  for (let tries = 1; ; tries += 1) {
    const link = linkOf(submission);
    if (link === undefined) return undefined;
    try {
      return await downloadFile(run.ports, link, { what, maxBytes });
    } catch (error) {
      if (!(error instanceof BlobLinkExpired) || tries === LINK_TRIES) throw error;
    }
    submission = (await run.center.submission(ids)).value;
  }
};

/** The report of a failed step, kept beside the state without links in it. */
const keepReport = async (run: Run, ids: SubmissionIds, submission: Submission): Promise<string | undefined> => {
  try {
    const linkOf = (one: Submission): string | undefined => one.workflowStatus?.errorReport ?? undefined;
    const options = { linkOf, what: 'The error report', maxBytes: MAX_REPORT_BYTES };
    const bytes = await fetchFile(run, ids, submission, options);
    if (bytes === undefined) return undefined;
    const lines = new TextDecoder()
      .decode(bytes)
      .split(/\r?\n/)
      .map((line) => redact(line));
    return (await keep(run, '-report.txt', utf8(lines.join('\n')))).path;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const fail = async (run: Run, ids: SubmissionIds, submission: Submission): Promise<never> => {
  const progress = progressOf(submission);
  const { where, messages } = progress.kind === 'failed' ? progress : { where: '', messages: [] };
  const report = await keepReport(run, ids, submission);
  await save(
    run,
    { outcome: 'failed', messages: [...messages], workflow: { step: where, state: 'failed' } },
    { event: 'submission.failed', submission: ids.s, where },
  );
  const said = messages.length === 0 ? '' : ` ${messages.join(' ')}`;
  const commit = where === 'commit';
  throw new WinpvError(
    commit ? 'PUBLISH_COMMIT_FAILED' : 'PUBLISH_WORKFLOW_FAILED',
    `Submission ${ids.s} of product ${ids.p} failed at ${where}.${said}`,
    {
      hint: `${report === undefined ? '' : `The report is in ${report}. `}A submission that failed cannot be mended: it takes a new product, after the package is.`,
    },
  );
};

const noteStep = async (run: Run, ids: SubmissionIds, step: string, state: string): Promise<void> => {
  const before = run.state.workflow;
  if (before?.step === step && before.state === state) return;
  await save(run, { workflow: { step, state } }, { event: 'workflow', submission: ids.s, step, state });
  note(run, `${step}: ${state}`);
};

/** Looks until the signed package is there; once only when nobody waits. */
const untilSigned = async (run: Run, ids: SubmissionIds, waiting: Waiting): Promise<Submission | undefined> => {
  for (;;) {
    const { value, waitMs }: Paced<Submission> = await run.center.submission(ids);
    const progress = progressOf(value);
    if (progress.kind === 'failed') return fail(run, ids, value);
    if (progress.kind === 'running') await noteStep(run, ids, progress.step, progress.state);
    if (progress.kind === 'signed' && progress.link !== undefined) {
      await noteStep(run, ids, 'finalizeIngestion', 'completed');
      return value;
    }
    if (!run.wait) return undefined;
    await rest(run, waiting, waitMs);
  }
};

const unpack = async (run: Run, files: readonly ReturnedFile[]): Promise<void> => {
  const { files: disk } = run.ports;
  const folder = disk.join(run.key.out, run.state.plan.signedFolder);
  const [stage, aside] = ['partial', 'old'].map((word) =>
    disk.join(run.key.out, '.winpv', `${run.state.plan.signedFolder}-${word}`),
  ) as [string, string];
  const whole = disk.unfinished(stage);
  await disk.remove(stage);
  await disk.remove(aside);
  try {
    for (const { name, bytes } of files) await disk.write(disk.join(stage, ...name.split('/')), bytes);
    await disk.replace({ from: stage, to: folder, aside });
  } catch (error) {
    // Half a package keeps a full disk full.
    await disk.remove(stage).catch(() => undefined);
    throw error;
  } finally {
    whole();
  }
};

/** Compares before anything is put where others take it from. */
const accept = async (run: Run, bytes: Uint8Array, name: string): Promise<void> => {
  const files = parseZip(bytes, name, { maxBytes: MAX_UNPACKED_BYTES }).map((entry) => ({
    name: entry.name,
    bytes: entry.bytes(),
  }));
  const found = await run.checkReturned(files);
  if (found.some(({ severity }) => severity === 'error')) {
    await save(run, { verdict: 'differs' }, { event: 'returned.differs', findings: found.length });
    throw WinpvError.of(found);
  }
  await unpack(run, files);
  await save(run, { verdict: 'as-sent', outcome: 'signed' }, { event: 'returned.accepted', files: files.length });
  note(run, `The signed package is what was sent: ${run.state.plan.signedFolder}.`);
};

const takeSigned = async (run: Run, ids: SubmissionIds, submission: Submission): Promise<void> => {
  const linkOf = (one: Submission): string | undefined => downloadLink(one, 'signedPackage');
  const options = { linkOf, what: 'The signed package', maxBytes: MAX_PACKAGE_BYTES };
  const bytes = await fetchFile(run, ids, submission, options);
  if (bytes === undefined) {
    throw new WinpvError('PUBLISH_DOWNLOAD_FAILED', 'The signed package is gone from the submission.');
  }
  const returned = await keep(run, '-returned.zip', bytes);
  await save(run, { returned }, { event: 'returned.downloaded', sha256: returned.sha256 });
  await accept(run, bytes, returned.path);
};

/** The driver metadata comes when it comes: labels need it, the signed package does not. */
const takeMetadata = async (run: Run, ids: SubmissionIds, waiting: Waiting): Promise<void> => {
  for (let looks = 1; ; looks += 1) {
    const { value, waitMs } = await run.center.submission(ids);
    const linkOf = (one: Submission): string | undefined => downloadLink(one, 'driverMetadata');
    const options = { linkOf, what: 'The driver metadata', maxBytes: MAX_METADATA_BYTES };
    const bytes = await fetchFile(run, ids, value, options);
    if (bytes !== undefined) {
      readWire(driverMetadata, parseWireJson(bytes, 'the driver metadata'), {
        what: 'The driver metadata',
        unknownFields: 'report',
      });
      const metadata = await keep(run, '-metadata.json', bytes);
      await save(run, { metadata }, { event: 'metadata.downloaded', sha256: metadata.sha256 });
      return;
    }
    if (!run.wait || looks === METADATA_LOOKS) return;
    await rest(run, waiting, waitMs);
  }
};

/** True when the file that the state tells of is there as it was. */
const isKept = async (run: Run): Promise<boolean> => {
  const { returned, verdict, plan } = run.state;
  const { files } = run.ports;
  if (returned === undefined || verdict !== 'as-sent') return false;
  return (await files.stat(files.join(run.key.out, plan.signedFolder)))?.kind === 'folder';
};

/**
 * Waits for the signed package, takes it back, compares it, and fetches the driver metadata when it is there.
 * @throws WinpvError PUBLISH_WORKFLOW_FAILED, PUBLISH_COMMIT_FAILED, PUBLISH_WAIT_TIMEOUT, PUBLISH_DOWNLOAD_FAILED, what the
 *   comparison says
 */
export const takeBack = async (run: Run, ids: SubmissionIds): Promise<void> => {
  const waiting: Waiting = { looks: 0, waitedMs: 0 };
  if (!(await isKept(run))) {
    const submission = await untilSigned(run, ids, waiting);
    if (submission === undefined) return;
    await takeSigned(run, ids, submission);
  }
  if (run.state.metadata === undefined) await takeMetadata(run, ids, waiting);
};

export const metadataNote = (ids: SubmissionIds) =>
  problem('PUBLISH_METADATA_LATE', `The driver metadata of submission ${ids.s} is not there yet; labels need it.`, {
    severity: 'info',
    hint: 'It comes minutes to hours after the signed package; `winpv submit … --resume` fetches it then.',
  });
