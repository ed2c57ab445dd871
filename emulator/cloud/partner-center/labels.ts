import {
  createShippingLabel,
  type PatchShippingLabel,
  patchShippingLabel,
  type ShippingLabel,
  shippingLabel,
  shippingLabelPage,
} from '../../../publishing/partner-center/label-contract.ts';
import { isLocked } from '../windows-update/published.ts';
import { answer, type Call, empty, functional, type Outcome, readBody } from './answers.ts';
import { isOn } from './faults.ts';
import { type LabelFacts, labelFlaws, targetingFlaws } from './label-rules.ts';
import { canCancel } from './label-workflow.ts';
import { linkTo, pageOf } from './pages.ts';
import { type LabelRow, type LabelTargeting, newId, type SubmissionRow, withRow } from './state.ts';
import { isPrepared, LIST_LATE_MS, STEP_MS } from './steps.ts';
import { findSubmission, noSubmission, workflowView } from './submissions.ts';

const viewOf = (call: Call, row: LabelRow, targeting: boolean): ShippingLabel => {
  const path = `/products/${row.productId}/submissions/${row.submissionId}/shippingLabels/${row.id}`;
  return {
    id: row.id,
    productId: row.productId,
    submissionId: row.submissionId,
    ...row.settings,
    ...(targeting ? { targeting: row.targeting } : {}),
    workflowStatus: workflowView(call, row.run),
    links: [linkTo(call, path, 'self'), linkTo(call, path, 'update_shippinglabel', 'PATCH')],
  };
};

const findLabel = ({ state, ids }: Call): LabelRow | undefined => {
  const row = state.labels.get(ids.l ?? '');
  return row?.productId === ids.p && row?.submissionId === ids.s ? row : undefined;
};
const noLabel = ({ state }: Call): Outcome => ({
  state,
  response: functional('entityNotFound', 'The shipping label was not found.'),
});

/** A list of labels leaves `targeting` out. */
export const listLabels = (call: Call): Outcome => {
  const submission = findSubmission(call);
  if (submission === undefined) return noSubmission(call);
  const until = isOn(call.state, 'label-list-late') ? call.now - LIST_LATE_MS : call.now;
  const rows = [...call.state.labels.values()].filter(
    ({ submissionId, createdAt }) => submissionId === submission.id && createdAt <= until,
  );
  const path = `/products/${submission.productId}/submissions/${submission.id}/shippingLabels`;
  const page = pageOf(call, path, rows);
  if ('refusal' in page) return { state: call.state, response: page.refusal };
  const value = page.items.map((row) => viewOf(call, row, false));
  return { state: call.state, response: answer(call.state, shippingLabelPage, { value, links: page.links }) };
};

export const getLabel = (call: Call): Outcome => {
  const row = findLabel(call);
  if (row === undefined) return noLabel(call);
  const targeting = call.request.query.get('includeTargetingInfo')?.toLowerCase() === 'true';
  return { state: call.state, response: answer(call.state, shippingLabel, viewOf(call, row, targeting)) };
};

const factsOf = (call: Call, submission: SubmissionRow): LabelFacts => ({
  metadata: submission.described,
  isExtensionInf: submission.inspection?.isExtensionInf === true,
  audiences: call.state.audiences,
});

const pendingRows = (targeting: LabelTargeting): LabelTargeting => ({
  ...targeting,
  hardwareIds: (targeting.hardwareIds ?? []).map(({ action: _action, ...row }) => ({
    ...row,
    distributionState: 'pendingAdd' as const,
  })),
  chids: (targeting.chids ?? []).map(({ chid }) => ({ chid, distributionState: 'PendingAdd' as const })),
});

const invalid = (call: Call, flaws: readonly { readonly target: string; readonly message: string }[]): Outcome => ({
  state: call.state,
  response: functional('invalidInput', 'Validation Failed.', flaws),
});

export const addLabel = (call: Call): Outcome => {
  const submission = findSubmission(call);
  if (submission === undefined) return noSubmission(call);
  const product = call.state.products.get(submission.productId);
  const body = readBody(call.request, createShippingLabel);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  if (!isPrepared(submission)) {
    const message = 'The submission is not ready for a shipping label.';
    return { state: call.state, response: functional('requestInvalidForCurrentState', message) };
  }
  if (product?.receivedFrom !== undefined && body.value.destination === 'anotherPartner') {
    const message = 'Not allowed to create the shipping labels on a read only product.';
    return { state: call.state, response: functional('readOnlyProduct', message) };
  }
  const flaws = labelFlaws(body.value, factsOf(call, submission));
  if (flaws.length > 0) return invalid(call, flaws);
  const numbered = newId(call.state);
  const { targeting, ...settings } = body.value;
  const row: LabelRow = {
    id: numbered.id,
    productId: submission.productId,
    submissionId: submission.id,
    settings,
    targeting: pendingRows(targeting ?? {}),
    createdAt: call.now,
    run: { step: 'preProcessShippingLabel', state: 'notStarted', messages: [] },
    dueAt: call.now + STEP_MS.between,
  };
  const state = withRow(numbered.state, 'labels', row.id, row);
  return { state, response: answer(state, shippingLabel, viewOf({ ...call, state }, row, false), 201) };
};

type HardwareIdRow = NonNullable<LabelTargeting['hardwareIds']>[number];

const rowKey = ({ bundleId, infId, operatingSystemCode, pnpString }: HardwareIdRow): string =>
  [bundleId, infId, operatingSystemCode, pnpString].join('\n').toLowerCase();

/** Adds and removes rows; what is removed is there until the workflow has run. */
const changedRows = (rows: readonly HardwareIdRow[], changes: PatchShippingLabel['targeting']['hardwareIds']) => {
  const byKey = new Map(rows.map((row) => [rowKey(row), row]));
  for (const { action, ...row } of changes ?? []) {
    const distributionState = action === 'add' ? ('pendingAdd' as const) : ('pendingRemove' as const);
    if (action === 'add' || byKey.has(rowKey(row))) byKey.set(rowKey(row), { ...row, distributionState });
  }
  return [...byKey.values()];
};

const changedChids = (
  rows: NonNullable<LabelTargeting['chids']>,
  changes: PatchShippingLabel['targeting']['chids'],
) => {
  const byId = new Map(rows.map((row) => [row.chid.toLowerCase(), row]));
  for (const { action, chid } of changes ?? []) {
    const distributionState = action === 'add' ? ('PendingAdd' as const) : ('PendingRemove' as const);
    if (action === 'add' || byId.has(chid.toLowerCase())) byId.set(chid.toLowerCase(), { chid, distributionState });
  }
  return [...byId.values()];
};

const changedTargeting = (before: LabelTargeting, change: PatchShippingLabel['targeting']): LabelTargeting => ({
  ...before,
  hardwareIds: changedRows(before.hardwareIds ?? [], change.hardwareIds),
  chids: changedChids(before.chids ?? [], change.chids),
  ...(change.restrictedToAudiences === undefined ? {} : { restrictedToAudiences: change.restrictedToAudiences }),
  ...(change.inServicePublishInfo === undefined ? {} : { inServicePublishInfo: change.inServicePublishInfo }),
  ...(change.coEngDriverPublishInfo === undefined ? {} : { coEngDriverPublishInfo: change.coEngDriverPublishInfo }),
});

/** Why a label cannot be changed now. */
const busyMessage = ({ state, now }: Call, row: LabelRow): string | undefined => {
  if (row.dueAt !== undefined || row.cancelAt !== undefined) return 'A workflow of the label is running; try again.';
  return isLocked(state, row, now)
    ? 'The label is locked while it is rolled out gradually; it can be cancelled.'
    : undefined;
};

export const changeLabel = (call: Call): Outcome => {
  const row = findLabel(call);
  const submission = findSubmission(call);
  if (row === undefined || submission === undefined) return noLabel(call);
  const body = readBody(call.request, patchShippingLabel);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const busy = busyMessage(call, row);
  if (busy !== undefined) return { state: call.state, response: functional('invalidInput', busy) };
  const { targeting } = body.value;
  const added = (targeting.hardwareIds ?? []).filter(({ action }) => action === 'add');
  const flaws = targetingFlaws({ ...targeting, hardwareIds: added }, factsOf(call, submission));
  if (flaws.length > 0) return invalid(call, flaws);
  const next: LabelRow = {
    ...row,
    targeting: changedTargeting(row.targeting, targeting),
    run: { step: 'preProcessShippingLabel', state: 'notStarted', messages: [] },
    ...{ reviewedAt: undefined, approvedAt: undefined, dueAt: call.now + STEP_MS.between },
  };
  return { state: withRow(call.state, 'labels', row.id, next), response: empty(204) };
};

/** A shared label cannot be cancelled. */
export const cancelLabel = (call: Call): Outcome => {
  const row = findLabel(call);
  if (row === undefined) return noLabel(call);
  if (!canCancel(call.state, row, call.now)) {
    const message = 'The label cannot be cancelled in this state.';
    return { state: call.state, response: functional('requestInvalidForCurrentState', message) };
  }
  const next: LabelRow = { ...row, cancelAt: row.cancelAt ?? call.now + STEP_MS.cancel };
  return { state: withRow(call.state, 'labels', row.id, next), response: empty(204) };
};
