import { createHash } from 'node:crypto';
import { WinpvError } from '../../core/errors.ts';
import { BlobLinkExpired } from '../partner-center/blob.ts';
import type { SubmissionIds } from '../partner-center/client.ts';
import type { Submission } from '../partner-center/contract.ts';
import { ServiceRefusal } from '../partner-center/transport.ts';
import { uploadPackage } from '../partner-center/upload.ts';
import { downloadLink } from './progress.ts';
import { note, type Run, save } from './run.ts';

/** Upload and commit. After the commit nothing can be replaced any more. */
const TRIES = 4;
const PAUSE_MS = 3000;

const isPending = ({ commitStatus }: Submission): boolean => (commitStatus ?? 'commitPending') === 'commitPending';

const look = async (run: Run, ids: SubmissionIds): Promise<Submission> => (await run.center.submission(ids)).value;

const contentOf = async (run: Run): Promise<Uint8Array> => {
  const content = await run.content();
  const { path, sha256 } = run.state.plan.package;
  if (createHash('sha256').update(content).digest('hex') === sha256) return content;
  throw new WinpvError('PUBLISH_PACKAGE_DIFFERS', `${path} is not the package that this submission was planned with.`, {
    at: { file: path },
    hint: 'Bring it back, or give the new package a submission of its own.',
  });
};

const upload = async (run: Run, ids: SubmissionIds, first: Submission): Promise<void> => {
  const content = await contentOf(run);
  let submission = first;
  for (let tries = 1; ; tries += 1) {
    const link = downloadLink(submission, 'initialPackage');
    try {
      if (link === undefined) {
        const message = `Partner Center gives no link to upload the package of submission ${ids.s} to.`;
        throw new BlobLinkExpired('PUBLISH_UPLOAD_FAILED', message, { hint: 'Go on later with --resume.' });
      }
      const { reporter } = run.ports;
      const progress = (done: number, total: number) =>
        reporter.emit({ kind: 'progress', step: 'upload', done, total, unit: 'bytes' });
      const { sentBlocks } = await uploadPackage(run.ports, link, content, { progress });
      if (sentBlocks > 0 || !run.state.uploaded) {
        await save(run, { uploaded: true }, { event: 'package.uploaded', sha256: run.state.plan.package.sha256 });
        note(run, `The package was uploaded and verified: ${content.length} bytes.`);
      }
      return;
    } catch (error) {
      // Links do not live long, and each look at the submission makes new ones.
      if (!(error instanceof BlobLinkExpired) || tries === TRIES) throw error;
    }
    if (!run.center.account.endpoint.emulated && tries > 1) await run.ports.timer.wait(PAUSE_MS);
    submission = await look(run, ids);
  }
};

/** True when the request may have been done nevertheless, so that a look has to tell. */
const mayBeDone = (error: unknown): boolean =>
  (error instanceof ServiceRefusal && error.reason === 'requestInvalidForCurrentState') ||
  (error instanceof WinpvError && error.code === 'PUBLISH_ANSWER_LOST');

/** A 502 to a commit is known to come after it was done: what counts is what the submission says. */
const commit = async (run: Run, ids: SubmissionIds): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    await save(run, { commit: 'asked' }, { event: 'commit.asked', submission: ids.s });
    try {
      await run.center.commit(ids);
      return;
    } catch (error) {
      if (!mayBeDone(error)) throw error;
      if (!isPending(await look(run, ids))) return;
      if (tries === TRIES) throw error;
    }
    await run.ports.timer.wait(run.center.account.endpoint.emulated ? 0 : PAUSE_MS * tries);
  }
};

/**
 * Brings the package to the service, unless that is done.
 * @throws WinpvError PUBLISH_PACKAGE_DIFFERS, PUBLISH_UPLOAD_*, PUBLISH_*
 */
export const handIn = async (run: Run, ids: SubmissionIds): Promise<void> => {
  if (run.state.commit === 'done') return;
  const submission = await look(run, ids);
  if (isPending(submission)) {
    await upload(run, ids, submission);
    await commit(run, ids);
  }
  await save(run, { commit: 'done', uploaded: true }, { event: 'commit.done', product: ids.p, submission: ids.s });
  note(run, `Submission ${ids.s} is committed.`);
};
