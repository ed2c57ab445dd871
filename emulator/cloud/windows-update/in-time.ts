import type { WrittenLabel } from '../../../publishing/labels/contract.ts';
import type { FleetLabel } from '../../fleet/label.ts';
import {
  type CloudState,
  emptyState,
  guidOf,
  type LabelRow,
  type SubmissionRow,
  withRow,
} from '../partner-center/state.ts';
import { STEP_MS } from '../partner-center/steps.ts';
import { advance } from '../partner-center/workflow.ts';
import { finalizedAt } from './availability.ts';
import { offeredLabel } from './offered-labels.ts';
import { labelTimes } from './published.ts';
import { type LabelRollout, rolloutsOf } from './rollout.ts';

/** Labels on the emulated Windows Update by time alone: put into its state as those of approved submissions, without bytes. */

/** A label that is meant, with the names of its audiences. */
export interface PlannedLabel {
  readonly label: WrittenLabel;
  readonly audienceNames: readonly string[];
}

/** A label as machines are offered it, and where it stands. */
export interface LabelInTime {
  readonly label: FleetLabel;
  readonly rollout: LabelRollout;
}

const DAY_MS = 86_400_000;
/** Days until a label that does not come to everyone is given up. */
export const MAX_DAYS = 120;

const NOBODY = {
  ...{ tenant: '', clientId: '', clientSecret: '', sellerId: '', seed: 'labels in time' },
  keys: { root: '', publisher: '' },
};

/** What `winpv submit` asks for when nobody says more: tested drivers are Unclassified, attested ones have no type. */
const productOf = ({ brand, signature }: WrittenLabel, createdAt: number) => ({
  ...{ id: `${brand} ${signature}`, sharedProductId: '0', createdAt, updatedAt: createdAt },
  settings: {
    ...{ productName: brand, announcementDate: null, deviceMetadataIds: null, deviceType: 'internal' as const },
    ...{ marketingNames: [], isTestSign: signature === 'test', isFlightSign: false, firmwareVersion: '0' },
    testHarness: signature === 'attestation' ? ('attestation' as const) : ('hlk' as const),
    selectedProductTypes: signature === 'attestation' ? {} : { Windows_v100: 'Unclassified' },
    ...{ requestedSignatures: [], additionalAttributes: {} },
  },
});

/** Of a product, and signed. */
const submissionOf = (id: string, createdAt: number): SubmissionRow => ({
  ...{ id, productId: id, name: id, type: 'initial', createdAt, commitStatus: 'commitComplete', signed: id },
  run: { step: 'finalizeIngestion', state: 'completed', messages: [] },
});

const withAudience = (state: CloudState, audienceName: string): CloudState => {
  const id = guidOf(state, `audience ${audienceName}`);
  return state.audiences.has(id) ? state : withRow(state, 'audiences', id, { audienceName, description: '' });
};

const withLabel = (before: CloudState, { label, audienceNames }: PlannedLabel, nowMs: number): CloudState => {
  const product = productOf(label, nowMs);
  const known = audienceNames.reduce(withAudience, before);
  const {
    id,
    brand: _brand,
    driver: _driver,
    version: _version,
    signature: _signature,
    targeting,
    ...settings
  } = label;
  const named = audienceNames.map((name) => guidOf(known, `audience ${name}`));
  const row: LabelRow = {
    ...{ id, productId: product.id, submissionId: product.id, createdAt: nowMs, dueAt: nowMs + STEP_MS.between },
    settings: { ...settings, name: label.name ?? id },
    targeting: {
      ...targeting,
      hardwareIds: (targeting.hardwareIds ?? []).map((one) => ({ ...one, distributionState: 'pendingAdd' as const })),
      chids: (targeting.chids ?? []).map(({ chid }) => ({ chid, distributionState: 'PendingAdd' as const })),
      restrictedToAudiences: [...(targeting.restrictedToAudiences ?? []), ...named],
    },
    run: { step: 'preProcessShippingLabel', state: 'notStarted', messages: [] },
  };
  const submitted = withRow(known, 'submissions', product.id, submissionOf(product.id, nowMs));
  return withRow(withRow(submitted, 'products', product.id, product), 'labels', id, row);
};

const isRejected = ({ published, run }: LabelRow): boolean => published === undefined && run.state === 'failed';

/** The labels of a service as its machines are offered them. */
export const labelsNow = (state: CloudState, now: number): readonly LabelInTime[] =>
  rolloutsOf(state, now).flatMap((rollout) => {
    const row = state.labels.get(rollout.id);
    return row === undefined ? [] : [{ label: offeredLabel(row, { state, now, insider: false }), rollout }];
  });

/**
 * Brings labels through Microsoft's approval, the ship room's calendar and their roll-outs, until each has come to all its
 * machines or never will. Those for another partner are none of Windows Update's.
 */
export const labelsInTime = (
  planned: readonly PlannedLabel[],
  nowMs: number,
): { readonly now: number; readonly labels: readonly LabelInTime[] } => {
  const until = nowMs + MAX_DAYS * DAY_MS;
  const begun = planned.reduce(
    (before, one) => withLabel(before, one, nowMs),
    emptyState({ ...NOBODY, createdAt: nowMs }),
  );
  // Nobody reports anything, so that the workflows go on by themselves, each step at its own time.
  const { state } = advance(begun, until);
  const ends = [...state.labels.values()].map((row) =>
    isRejected(row) ? nowMs : Math.min(until, finalizedAt(labelTimes(state, row, until))),
  );
  const now = Math.max(nowMs, ...ends);
  return { now, labels: labelsNow(state, now) };
};
