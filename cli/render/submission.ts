import type { SubmissionPlan } from '../../publishing/submission/plan.ts';
import type { SubmissionState } from '../../publishing/submission/state.ts';

/** A planned submission for people. */
export const submissionPlanLines = ({ plan }: { readonly plan: SubmissionPlan }): readonly string[] => [
  `${plan.brand} ${plan.architecture}: nothing was sent.`,
  `  package     ${plan.package.path}, ${plan.package.bytes} bytes, SHA-256 ${plan.package.sha256}`,
  ...('existing' in plan.product
    ? [`  product     ${plan.product.existing}, which is there`]
    : [
        `  product     ${plan.product.create.productName}, ${plan.product.create.testHarness}`,
        `  signatures  ${plan.product.create.requestedSignatures.join(', ')}`,
      ]),
  `  submission  ${plan.submission.name}, ${plan.submission.type}`,
  `  signed to   ${plan.signedFolder}`,
];

const where = ({ outcome, commit, workflow, verdict }: SubmissionState): string => {
  if (outcome === 'signed') return 'signed, and as it was sent';
  if (outcome === 'failed') return `failed at ${workflow?.step ?? 'commit'}`;
  if (verdict === 'differs') return 'signed, and NOT as it was sent: not taken';
  if (commit !== 'done') return 'not committed yet';
  return workflow === undefined ? 'committed' : `${workflow.step}: ${workflow.state}`;
};

/** What there is of a submission, in a few lines. */
export const submissionLines = (state: SubmissionState): readonly string[] => {
  const { plan, product, submission, metadata, messages } = state;
  return [
    `${plan.brand} ${plan.architecture}: ${where(state)}`,
    `  product ${product.id ?? 'not made yet'}, submission ${submission.id ?? 'not made yet'}`,
    ...(state.outcome === 'signed' ? [`  signed package in ${plan.signedFolder}`] : []),
    ...(metadata === undefined ? [] : [`  driver metadata in ${metadata.path}`]),
    ...messages.map((message) => `  ${message}`),
  ];
};

/** The state as `--json` tells it. */
export const submissionResult = (state: SubmissionState) => ({
  brand: state.plan.brand,
  architecture: state.plan.architecture,
  product: state.product.id ?? null,
  submission: state.submission.id ?? null,
  uploaded: state.uploaded,
  commit: state.commit,
  workflow: state.workflow ?? null,
  outcome: state.outcome,
  verdict: state.verdict ?? null,
  package: state.plan.package,
  signed: state.outcome === 'signed' ? state.plan.signedFolder : null,
  returned: state.returned ?? null,
  metadata: state.metadata ?? null,
  messages: state.messages,
  correlationIds: state.correlationIds,
});
