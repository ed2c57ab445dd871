import { utf8 } from '../../../core/bytes.ts';
import { type FleetLabel, parseLabels } from '../../fleet/label.ts';
import type { CloudState, LabelRow } from '../partner-center/state.ts';
import type { LabelTimes } from './availability.ts';
import { audienceNames, isAutomatic, labelTimes, offeredTargeting } from './published.ts';

/** Labels of the emulated Partner Center in the form that machines are held against. */

export const TEST_AUDIENCE = 'Test Registry Key';

const signatureOf = (state: CloudState, { productId }: LabelRow): FleetLabel['signature'] => {
  const settings = state.products.get(productId)?.settings;
  if (settings?.isTestSign === true) return 'test';
  return settings?.testHarness === 'attestation' ? 'attestation' : 'whql';
};

/** Automatic labels are flighted among Insiders while Microsoft decides (driver-flighting.md). */
export const isInFlight = (row: LabelRow): boolean =>
  row.published === undefined &&
  isAutomatic(row) &&
  (row.targeting.restrictedToAudiences ?? []).length === 0 &&
  row.run.step === 'microsoftApproval' &&
  row.run.state === 'started';

const flightTimes = (row: LabelRow): LabelTimes => ({
  ...{ submitted: row.createdAt, automatic: true, audiences: [], approved: row.reviewedAt ?? row.createdAt },
  curve: 'at-once',
});

export interface LabelQuestion {
  readonly state: CloudState;
  readonly now: number;
  /** Asked for a machine of the Insiders. */
  readonly insider: boolean;
}

/** A label with what Windows Update has of it now. */
export const offeredLabel = (row: LabelRow, { state, now, insider }: LabelQuestion): FleetLabel => {
  const targeting = offeredTargeting(row, now) ?? row.targeting;
  const { publishingSpecifications, destination } = row.settings;
  const [first] = targeting.hardwareIds ?? [];
  const written = {
    ...{ id: row.id, name: row.settings.name, destination, targeting },
    brand: state.products.get(row.productId)?.settings.productName || 'product',
    driver: (first?.infId ?? 'driver').replace(/\.inf$/i, '').toLowerCase(),
    signature: signatureOf(state, row),
    // accounts that may look are of no concern here
    publishingSpecifications: { ...publishingSpecifications, visibleToAccounts: null },
  };
  const [label] = parseLabels(utf8(JSON.stringify([written])), 'labels of the emulator');
  if (label === undefined) throw new TypeError('one label was written');
  const audiences = audienceNames(state, targeting);
  const times = insider && isInFlight(row) ? flightTimes(row) : labelTimes(state, row, now);
  return { ...label, audiences, times };
};

/** Audiences that no machine can be in by the test registry key alone. */
export const isForOthers = ({ audiences }: FleetLabel, ring: string | undefined): boolean =>
  audiences.length > 0 &&
  !audiences.includes(TEST_AUDIENCE) &&
  !audiences.some((one) => one.toLowerCase() === ring?.toLowerCase());
