import type { Submission } from '../partner-center/contract.ts';
import { redact } from '../partner-center/redact.ts';

/** What a submission's answer means for whoever waits. */
export type Progress =
  | { readonly kind: 'open' }
  | { readonly kind: 'running'; readonly step: string; readonly state: string }
  /** Done, and the signed package can be had; `link` is a secret. */
  | { readonly kind: 'signed'; readonly link: string | undefined }
  | { readonly kind: 'failed'; readonly where: string; readonly messages: readonly string[]; readonly report?: string };

export const downloadLink = (submission: Submission, type: string): string | undefined =>
  submission.downloads?.items?.find((item) => item.type === type)?.url;

/**
 * `completed` says something of the current step only: success is a signed package, or the last step completed. Failure is
 * a commit that failed, or a step.
 */
export const progressOf = (submission: Submission): Progress => {
  const { commitStatus, workflowStatus } = submission;
  const messages = [...(workflowStatus?.messages ?? []), ...(submission.downloads?.messages ?? [])].map((text) =>
    redact(text),
  );
  const report = workflowStatus?.errorReport ?? undefined;
  if (commitStatus === 'commitFailed' || workflowStatus?.state === 'failed') {
    const where = commitStatus === 'commitFailed' ? 'commit' : redact(workflowStatus?.currentStep ?? 'a step');
    return { kind: 'failed', where, messages, ...(report === undefined ? {} : { report }) };
  }
  const link = downloadLink(submission, 'signedPackage');
  const last = workflowStatus?.currentStep === 'finalizeIngestion' && workflowStatus.state === 'completed';
  if (link !== undefined || last) return { kind: 'signed', link };
  if (commitStatus === 'commitPending' || commitStatus === undefined || commitStatus === null) return { kind: 'open' };
  if (workflowStatus === undefined || workflowStatus === null) {
    return { kind: 'running', step: 'received', state: 'notStarted' };
  }
  return { kind: 'running', step: redact(workflowStatus.currentStep), state: workflowStatus.state };
};

const FIRST_MS = 30_000;
const MAX_MS = 300_000;
const EMULATED = { firstMs: 50, maxMs: 1000 };

/**
 * How long to wait before the next look: what the service asks for; else longer each time, from 30 s to 5 min. The emulator
 * on this machine may be asked more often.
 */
export const pollWait = (
  looks: number,
  { toldMs, emulated }: { readonly toldMs: number | undefined; readonly emulated: boolean },
): number => {
  if (toldMs !== undefined) return Math.min(toldMs, 2 * MAX_MS);
  const { firstMs, maxMs } = emulated ? EMULATED : { firstMs: FIRST_MS, maxMs: MAX_MS };
  return Math.min(maxMs, firstMs * 1.5 ** looks);
};
