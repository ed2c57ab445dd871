import { type CloudState, withoutRow, withRow } from './state.ts';

/** What can be made to go wrong, or odd. `times`: how often it strikes when nothing else is said; without, until switched off. */
interface Fault {
  readonly summary: string;
  readonly times?: number;
}

const stepFaults = Object.fromEntries(
  [
    'packageInfoValidation',
    'preparation',
    'scanning',
    'validation',
    'catalogCreation',
    'signing',
    'finalizeIngestion',
  ].map((step) => [`fail-${step}`, { summary: `the step ${step} of submissions fails, with a report` }]),
);

export const FAULTS: Readonly<Record<string, Fault>> = {
  'tamper-image': { summary: 'an image in the signed package differs from what was sent; its signature is good' },
  'tamper-inf': { summary: 'an INF in the signed package differs from what was sent; the catalog fits it' },
  'drop-file': { summary: 'an image is missing from the signed package' },
  'add-file': { summary: 'the signed package has a file that was not sent' },
  'wrong-signer': { summary: 'the signed package is signed by somebody else' },
  'wrong-eku': {
    summary: 'the signed package is signed for the other programme: attestation for HLK, HLK for attestation',
  },
  'stale-catalog': { summary: 'a catalog in the signed package does not list the image beside it' },
  'cut-download': { summary: 'downloads end in the middle' },
  'commit-502': { summary: 'commit is done, and answered with 502' },
  'commit-503': { summary: 'commit is not done, and answered with 503', times: 1 },
  throttle: { summary: 'calls are answered with 429 and Retry-After', times: 3 },
  'server-error': { summary: 'calls are answered with 500', times: 2 },
  'html-page': { summary: 'calls are answered with a page of HTML' },
  'cut-answer': { summary: 'answers of the API end in the middle', times: 1 },
  'drop-after-post': { summary: 'a POST is done, and the connection drops before the answer', times: 1 },
  'drop-before-post': { summary: 'the connection drops before a POST is done', times: 1 },
  'expired-token': { summary: 'a good token is answered with 401', times: 1 },
  'bad-token-server': { summary: 'the token endpoint answers with 500', times: 1 },
  'role-missing': { summary: 'the application lacks its role: 403' },
  'sas-expired': { summary: 'a link of the blob store is answered with 403', times: 1 },
  'blob-503': { summary: 'the blob store is busy: 503', times: 2 },
  'upload-lost': { summary: 'what is uploaded to the blob store is lost before commit' },
  'no-create-downloads': { summary: 'the answer to a new submission has no downloads' },
  'late-workflow': { summary: 'the workflow status is null for hours after commit' },
  'numeric-step': { summary: 'currentStep is a number' },
  'skip-steps': { summary: 'submissions skip scanning and catalogCreation' },
  'manual-review': { summary: 'submissions wait for a person for days' },
  'late-metadata': { summary: 'the driver metadata comes hours after the signed package' },
  'no-metadata': { summary: 'the driver metadata never comes' },
  'odd-case': { summary: 'enumerations begin with a capital letter' },
  'odd-links': { summary: 'links name another host' },
  'zoneless-dates': { summary: 'times have no zone' },
  'fail-label': { summary: 'shipping labels fail in their first step, with a report' },
  'approval-held': { summary: 'Microsoft does not approve shipping labels' },
  'approval-rejected': { summary: 'Microsoft rejects a shipping label, with a report', times: 1 },
  'consent-missing': { summary: 'the owner of the ids has not agreed: Microsoft rejects labels that it reviews' },
  'rollout-paused': { summary: 'roll-outs of labels are paused: nobody is offered them' },
  'measure-failing': { summary: 'machines report PnP errors: the ship room pauses every roll-out' },
  'go-live-ignored': { summary: 'labels are published before their go-live date' },
  'rows-lost': { summary: 'a published label lacks its last row, though it says that the row was added', times: 1 },
  'metadata-rows-lost': { summary: 'the driver metadata lacks the last id of every INF' },
  'wrong-offer': { summary: 'machines are offered the package of another submission' },
  'expired-offered': { summary: 'rows that were removed are offered for another day' },
  'label-list-late': { summary: 'lists of labels lack those of the last ten minutes' },
  'later-page-error': { summary: 'every page of a list but the first is answered with 500' },
  'certificate-unregistered': { summary: "the certificate of the upload's signature is not one of the account" },
  ...stepFaults,
};

export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);
export const isFault = (name: string): boolean => Object.hasOwn(FAULTS, name);

export const isOn = (state: CloudState, name: string): boolean => state.faults.has(name);

/** @param times how often it strikes; undefined for its own number */
export const switchOn = (state: CloudState, name: string, times?: number): CloudState =>
  withRow(state, 'faults', name, { times: times ?? FAULTS[name]?.times });

export const switchOff = (state: CloudState, name: string): CloudState =>
  state.faults.has(name) ? withoutRow(state, 'faults', name) : state;

/** Lets a fault strike once, when it is on. */
export const strike = (state: CloudState, name: string): { readonly state: CloudState; readonly strikes: boolean } => {
  const row = state.faults.get(name);
  if (row === undefined) return { state, strikes: false };
  if (row.times === undefined) return { state, strikes: true };
  return {
    state: row.times > 1 ? withRow(state, 'faults', name, { times: row.times - 1 }) : switchOff(state, name),
    strikes: true,
  };
};
