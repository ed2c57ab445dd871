import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { type Account, accountLabel } from '../partner-center/account.ts';
import { ensureProduct, ensureSubmission } from './create.ts';
import { handIn } from './hand-in.ts';
import { planHash, SUBMISSION_FORMAT, type SubmissionPlan } from './plan.ts';
import type { ApplyPorts, ApplyTask, Run } from './run.ts';
import type { SubmissionState } from './state.ts';
import { metadataNote, takeBack } from './take-back.ts';

export interface Applied {
  readonly state: SubmissionState;
  readonly diagnostics: readonly Diagnostic[];
}

/** A submission that nothing was done for yet. */
export const newState = (plan: SubmissionPlan, account: Account): SubmissionState => ({
  formatVersion: SUBMISSION_FORMAT,
  tool: 'winpv',
  account: { tenant: account.tenant, clientId: account.clientId, base: account.endpoint.base },
  plan,
  planHash: planHash(plan),
  product: { asked: false },
  submission: { asked: false },
  uploaded: false,
  commit: 'open',
  outcome: 'open',
  messages: [],
  correlationIds: [],
});

/**
 * Whether a state may be gone on with: it is of the same plan and account.
 * @param plan undefined where only the state is looked at
 * @throws WinpvError PUBLISH_STATE_DIFFERS
 */
export const checkState = (
  state: SubmissionState,
  { plan, account, file }: { readonly plan?: SubmissionPlan; readonly account: Account; readonly file: string },
): void => {
  const differs = (why: string, hint: string): WinpvError =>
    new WinpvError('PUBLISH_STATE_DIFFERS', `A submission was begun ${why}. Nothing was changed.`, {
      at: { file },
      hint,
    });
  const { tenant, clientId, base } = state.account;
  // The emulator has another port each time it starts.
  const place = (url: string): string => (/^http:/.test(url) ? 'this machine' : url);
  if (tenant !== account.tenant || clientId !== account.clientId || place(base) !== place(account.endpoint.base)) {
    throw differs(
      `as ${clientId} of ${tenant} at ${new URL(base).host}, and this is ${accountLabel(account)}`,
      'Use that account, or move the file away to begin anew.',
    );
  }
  if (plan !== undefined && planHash(plan) !== state.planHash) {
    const same = plan.package.sha256 === state.plan.package.sha256;
    throw differs(
      same ? 'with other settings' : 'with another package than the one that is there now',
      'Bring back what it was begun with, or move the file away to begin anew: that makes a new product.',
    );
  }
};

/** Does what is left to do of a submission: each step looks whether it is done, and writes down that it is. */
export const applySubmission = async (task: ApplyTask, ports: ApplyPorts): Promise<Applied> => {
  const run: Run = { ...task, ports };
  if (run.state.outcome === 'failed') {
    throw new WinpvError('PUBLISH_WORKFLOW_FAILED', `The submission failed before. ${run.state.messages.join(' ')}`, {
      at: { file: run.store.statePath },
      hint: 'It cannot be mended. Move the file away to begin anew, with a package that is.',
    });
  }
  const p = await ensureProduct(run);
  const s = await ensureSubmission(run, p);
  const ids = { p, s };
  await handIn(run, ids);
  await takeBack(run, ids);
  const late = run.state.outcome === 'signed' && run.state.metadata === undefined;
  return { state: run.state, diagnostics: [...(late ? [metadataNote(ids)] : []), ...run.center.unknownFields()] };
};
