import {
  createSubmission,
  patchSubmission,
  type Submission,
  submission,
  submissionPage,
  type WorkflowStatus,
} from '../../../publishing/partner-center/contract.ts';
import { answer, type Call, empty, functional, gateway, isoTime, type Outcome, readBody } from './answers.ts';
import { mintLink, newBlob } from './blobs.ts';
import { isOn, strike } from './faults.ts';
import { linkTo, pageOf, submissionsOf } from './pages.ts';
import { findProduct, noProduct } from './products.ts';
import { accountOf, newId, type ProductRow, type Run, type SubmissionRow, withRow } from './state.ts';
import { isIngested, LATE_MS, STEP_MS } from './steps.ts';

/** What a run looks like from outside. */
export const workflowView = (call: Call, run: Run): WorkflowStatus => ({
  currentStep: run.step,
  state: run.state,
  messages: [...run.messages],
  ...(run.report === undefined ? {} : { errorReport: mintLink(call, run.report, 'r') }),
});

const REPORT_PAGE = 'https://partner.microsoft.com/dashboard/hardware/driver';

const downloadsOf = (call: Call, row: SubmissionRow): NonNullable<Submission['downloads']> => {
  const pending = row.commitStatus === 'commitPending';
  const items: { type: string; url: string }[] = [];
  const add = (type: string, blob: string | undefined, permission: 'r' | 'rwl' = 'r'): void => {
    if (blob !== undefined) items.push({ type, url: mintLink(call, blob, permission) });
  };
  add('initialPackage', row.upload, pending ? 'rwl' : 'r');
  add('derivedPackage', row.shell);
  if (isIngested(row)) {
    add('signedPackage', row.signed);
    items.push({ type: 'certificationReport', url: `${REPORT_PAGE}/${row.productId}/submission/${row.id}` });
  }
  add('driverMetadata', row.metadata);
  return { items, messages: [] };
};

interface ViewOptions {
  /** Only a GET of the one submission carries these dependably. */
  readonly whole: boolean;
}

const viewOf = (call: Call, row: SubmissionRow, { whole }: ViewOptions): Submission => {
  const path = `/products/${row.productId}/submissions/${row.id}`;
  const { inspection, run } = row;
  const pending = row.commitStatus === 'commitPending';
  return {
    id: row.id,
    productId: row.productId,
    name: row.name,
    type: row.type,
    commitStatus: row.commitStatus,
    isExtensionInf: inspection?.isExtensionInf ?? false,
    isUniversal: inspection?.isUniversal ?? false,
    isDeclarativeInf: inspection?.isDeclarativeInf ?? false,
    createdBy: accountOf(call.state).clientId,
    createdDateTime: isoTime(row.createdAt),
    workflowStatus: whole && run !== undefined ? workflowView(call, run) : null,
    downloads: whole ? downloadsOf(call, row) : null,
    links: [
      linkTo(call, path, 'self'),
      ...(pending ? [linkTo(call, `${path}/commit`, 'commit_submission', 'POST')] : []),
      linkTo(call, path, 'update_submission', 'PATCH'),
    ],
  };
};

/** The submission that the path names, when it belongs to the product of the path. */
export const findSubmission = ({ state, ids }: Call): SubmissionRow | undefined => {
  const row = state.submissions.get(ids.s ?? '');
  return row?.productId === ids.p ? row : undefined;
};
export const noSubmission = ({ state }: Call): Outcome => ({
  state,
  response: functional('entityNotFound', 'The submission was not found.'),
});

export const listSubmissions = (call: Call): Outcome => {
  const product = findProduct(call);
  if (product === undefined) return noProduct(call);
  const page = pageOf(call, `/products/${product.id}/submissions`, submissionsOf(call.state, product.id));
  if ('refusal' in page) return { state: call.state, response: page.refusal };
  const value = page.items.map((row) => viewOf(call, row, { whole: false }));
  return { state: call.state, response: answer(call.state, submissionPage, { value, links: page.links }) };
};

export const getSubmission = (call: Call): Outcome => {
  const row = findSubmission(call);
  if (row === undefined) return noSubmission(call);
  return { state: call.state, response: answer(call.state, submission, viewOf(call, row, { whole: true })) };
};

const refusalOf = (call: Call, product: ProductRow, type: 'initial' | 'derived'): Outcome | undefined => {
  const initial = submissionsOf(call.state, product.id).find((row) => row.type === 'initial');
  const refuse = (code: 'requestInvalidForCurrentState' | 'invalidInput', message: string): Outcome => ({
    state: call.state,
    response: functional(code, message),
  });
  if (type === 'initial') {
    return initial === undefined
      ? undefined
      : refuse('requestInvalidForCurrentState', 'The product has an initial submission already.');
  }
  const { testHarness, isTestSign } = product.settings;
  if (testHarness === 'attestation' || isTestSign === true || initial?.inspection?.isExtensionInf === true) {
    return refuse('invalidInput', 'Derived submissions cannot be made for products of this kind.');
  }
  return initial !== undefined && isIngested(initial)
    ? undefined
    : refuse('requestInvalidForCurrentState', 'The product has no finished initial submission.');
};

const packageName = (harness: string, type: string): string => {
  if (type === 'derived' || harness === 'hlk') return 'hlkx';
  return harness === 'hck' ? 'hckx' : 'cab';
};

export const addSubmission = (call: Call): Outcome => {
  const product = findProduct(call);
  if (product === undefined) return noProduct(call);
  const body = readBody(call.request, createSubmission);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const { name, type } = body.value;
  if (name.trim() === '') {
    const flaw = { target: 'name', message: 'A submission needs a name.' };
    return { state: call.state, response: functional('invalidInput', 'Validation Failed.', [flaw]) };
  }
  const refusal = refusalOf(call, product, type);
  if (refusal !== undefined) return refusal;
  const numbered = newId(call.state);
  const extension = packageName(product.settings.testHarness, type);
  const fileName = `${type}_${numbered.id}.${extension}`;
  const upload = newBlob(numbered.state, { fileName, contentType: 'application/octet-stream', now: call.now });
  const initial = submissionsOf(call.state, product.id).find((row) => row.type === 'initial');
  const row: SubmissionRow = {
    id: numbered.id,
    productId: product.id,
    name,
    type,
    createdAt: call.now,
    commitStatus: 'commitPending',
    upload: upload.id,
    ...(type === 'derived' ? { shell: initial?.upload } : {}),
  };
  const state = withRow(upload.state, 'submissions', row.id, row);
  const whole = !isOn(state, 'no-create-downloads');
  return { state, response: answer(state, submission, viewOf({ ...call, state }, row, { whole }), 201) };
};

export const changeSubmission = (call: Call): Outcome => {
  const row = findSubmission(call);
  if (row === undefined) return noSubmission(call);
  const received = call.state.products.get(row.productId)?.receivedFrom !== undefined;
  if (received || row.run?.state === 'failed') {
    const message = received ? 'A submission that was shared cannot be changed.' : 'The workflow failed.';
    return { state: call.state, response: functional('updateUnauthorized', message) };
  }
  const body = readBody(call.request, patchSubmission);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const state = withRow(call.state, 'submissions', row.id, { ...row, name: body.value.name });
  return { state, response: empty(204) };
};

/** Seals the upload and lets the workflow begin. Without an upload the commit fails, which only a GET tells. */
export const commitSubmission = (call: Call): Outcome => {
  const row = findSubmission(call);
  if (row === undefined) return noSubmission(call);
  const unavailable = strike(call.state, 'commit-503');
  if (unavailable.strikes) return { state: unavailable.state, response: gateway(503, 'Service unavailable') };
  if (row.commitStatus !== 'commitPending') {
    const message = 'Only pending submissions can be committed.';
    return { state: call.state, response: functional('requestInvalidForCurrentState', message) };
  }
  const blob = row.upload === undefined ? undefined : call.state.blobs.get(row.upload);
  const lost = strike(call.state, 'upload-lost');
  let { state } = lost;
  if (row.upload === undefined || blob?.content === undefined || lost.strikes) {
    state = withRow(state, 'submissions', row.id, { ...row, commitStatus: 'commitFailed' });
  } else {
    const dueAt = call.now + (isOn(state, 'late-workflow') ? LATE_MS : STEP_MS.first);
    state = withRow(state, 'submissions', row.id, { ...row, commitStatus: 'commitReceived', work: 'inspect', dueAt });
    state = withRow(state, 'blobs', row.upload, { ...blob, sealed: true, uncommitted: [] });
  }
  const odd = strike(state, 'commit-502');
  return { state: odd.state, response: odd.strikes ? gateway(502, 'Bad gateway') : empty(202) };
};

/** Asks for the driver metadata of what another company shared. */
export const createPublisherMetadata = (call: Call): Outcome => {
  const row = findSubmission(call);
  if (row === undefined) return noSubmission(call);
  if (call.state.products.get(row.productId)?.receivedFrom === undefined) {
    const message = 'Publisher metadata is made for submissions that were shared.';
    return { state: call.state, response: functional('requestInvalidForCurrentState', message) };
  }
  const metadataAt = row.metadata === undefined ? call.now + LATE_MS : undefined;
  return { state: withRow(call.state, 'submissions', row.id, { ...row, metadataAt }), response: empty(202) };
};
