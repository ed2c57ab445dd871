import { parseOsCode } from '../../../publishing/partner-center/os-codes.ts';
import { idFlaw, isTwoPart } from '../../../publishing/refusals/hardware-ids.ts';
import { approvalAfterFlight } from '../windows-update/availability.ts';
import { judgeMeasures, measureCohorts, stopReason } from '../windows-update/measures.ts';
import { audienceNames, isAutomatic } from '../windows-update/published.ts';
import { nextShipRoomDay } from '../windows-update/ship-room.ts';
import { isOn } from './faults.ts';
import type { CloudState, LabelRow } from './state.ts';
import { STEP_MS } from './steps.ts';

/** Microsoft's approval of a shipping label: whether a person looks, how long it takes, and what is rejected. */

const rowsOf = ({ targeting }: LabelRow) =>
  (targeting.hardwareIds ?? []).filter(({ distributionState }) => distributionState !== 'pendingRemove');

const isUnclassified = (state: CloudState, { productId }: LabelRow): boolean =>
  Object.values(state.products.get(productId)?.settings.selectedProductTypes ?? {}).some(
    (type) => typeof type === 'string' && /^unclassified$/i.test(type),
  );

/** Whether rows are only taken away, which nobody has to approve (assumed). */
const onlyRemoves = ({ published, targeting }: LabelRow): boolean =>
  published !== undefined &&
  !(targeting.hardwareIds ?? []).some(({ distributionState }) => distributionState === 'pendingAdd') &&
  [...(targeting.restrictedToAudiences ?? [])].sort().join() ===
    [...(published.targeting.restrictedToAudiences ?? [])].sort().join();

/** Whether somebody at Microsoft decides: not for a test audience. */
export const isReviewed = (state: CloudState, row: LabelRow): boolean => {
  if (audienceNames(state, row.targeting).length > 0 || onlyRemoves(row)) return false;
  const restricted = rowsOf(row).some(({ pnpString }) => isTwoPart(pnpString) || idFlaw(pnpString) !== undefined);
  return isAutomatic(row) || restricted || isUnclassified(state, row);
};

const DAY_MS = 86_400_000;
/** How long a review of what is restricted takes is not published. */
const REVIEW_DAYS = 2;

/** When approval ends that begins now: by the ship room's calendar where a person decides, after a flight for automatic labels. */
export const approvalEndsAt = (state: CloudState, row: LabelRow, now: number): number => {
  const soonest = now + STEP_MS.approval;
  if (!isReviewed(state, row)) return soonest;
  return Math.max(soonest, isAutomatic(row) ? approvalAfterFlight(now) : nextShipRoomDay(now + REVIEW_DAYS * DAY_MS));
};

/** Classes that are targeted with computer ids, or must not be (other-policies.md). */
const CHID_CLASSES: Readonly<Record<string, 'needed' | 'refused'>> = { firmware: 'needed', display: 'refused' };

const classesOf = (state: CloudState, row: LabelRow): readonly string[] => {
  const bundles = Object.entries(state.submissions.get(row.submissionId)?.described?.BundleInfoMap ?? {});
  const wanted = new Set(rowsOf(row).map(({ bundleId, infId }) => `${bundleId}\n${infId}`.toLowerCase()));
  return bundles.flatMap(([bundle, { InfInfoMap }]) =>
    Object.entries(InfInfoMap)
      .filter(([inf]) => wanted.has(`${bundle}\n${inf}`.toLowerCase()))
      .map(([, { InfClass }]) => (InfClass ?? '').toLowerCase()),
  );
};

const targetingMessages = (state: CloudState, row: LabelRow): readonly string[] => {
  const rows = rowsOf(row);
  const later = rows.filter(({ operatingSystemCode }) => parseOsCode(operatingSystemCode) !== undefined).length;
  const messages: string[] = [];
  if (later > 0 && later < rows.length) {
    messages.push('Bad targeting: Windows 10 or later and earlier releases need labels of their own.');
  }
  const chids = (row.targeting.chids ?? []).length > 0;
  for (const one of new Set(classesOf(state, row))) {
    const rule = CHID_CLASSES[one];
    if (rule === 'needed' && !chids) messages.push(`Bad targeting: drivers of the class ${one} need CHIDs.`);
    if (rule === 'refused' && chids) messages.push(`Bad targeting: drivers of the class ${one} have no CHIDs.`);
  }
  return messages;
};

/** Ids of the Xen family are taken as the account's, unless a fault says that their owner did not consent. */
const OWN = /^((pci|usb|hdaudio|acpi|root)\\.*ven_5853|(xenbus|xenvif|xenvkbd|root)\\)/;

const ownerMessages = (state: CloudState, row: LabelRow): readonly string[] => {
  const withheld = isOn(state, 'consent-missing');
  const foreign = rowsOf(row).filter(({ pnpString }) => withheld || !OWN.test(pnpString));
  return [...new Set(foreign.map(({ pnpString }) => pnpString))].map(
    (id) => `The hardware id ${id} belongs to another company, which has not agreed.`,
  );
};

const isBlank = (text: string | null | undefined): boolean => (text ?? '').trim() === '';

const textMessages = ({ settings: { publishingSpecifications: how } }: LabelRow): readonly string[] => {
  const { microsoftContact, validationsPerformed, businessJustification } = how?.additionalInfoForMsApproval ?? {};
  return [
    ...(isBlank(businessJustification) ? ['The business justification is missing.'] : []),
    ...(isBlank(validationsPerformed) ? ['The text about validations is missing.'] : []),
    ...(isBlank(microsoftContact) ? ['The contact at Microsoft who sponsors it is missing.'] : []),
  ];
};

const measureMessages = (state: CloudState, row: LabelRow, now: number): readonly string[] => {
  const reports = [...state.installs.values()].filter(({ label }) => label === row.id);
  const reason = stopReason(judgeMeasures(measureCohorts(reports, now)));
  return reason === undefined ? [] : [reason];
};

/** Why Microsoft rejects a label, at the end of its approval; empty when it does not. */
export const rejectionMessages = (state: CloudState, row: LabelRow, now: number): readonly string[] => {
  if (row.settings.destination !== 'windowsUpdate') return [];
  const targeting = targetingMessages(state, row);
  if (!isReviewed(state, row)) return targeting;
  const automatic = isAutomatic(row) ? [...textMessages(row), ...measureMessages(state, row, now)] : [];
  return [...targeting, ...ownerMessages(state, row), ...automatic];
};
