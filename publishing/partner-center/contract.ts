import { z } from 'zod';
import { caseless, dateTime, guid, openEnum, wireCount, wireId, wireStep } from './wire.ts';

/**
 * The Microsoft Hardware dashboard API, field by field: what is asked and what is answered. Unknown fields are refused.
 * Each schema is a codec: `readWire` gives ids as text and enumerations in one spelling, `writeWire` the wire form back.
 * Sources: windows-driver-docs, dashboard folder (get-product-data.md, get-a-submission.md, get-shipping-labels.md,
 * driver-package-metadata.md, manage-preprod-submissions.md and their neighbours), and what clients were seen to meet.
 */
export { isWireId, parseServiceTime, type Read, readWire, writeWire } from './wire.ts';

const nullableText = z.string().nullish();
const nullableFlag = z.boolean().nullish();

export const TEST_HARNESSES = ['hlk', 'hck', 'attestation', 'notset'] as const;
export const DEVICE_TYPES = ['internal', 'external', 'internalExternal', 'notSet'] as const;
export const SUBMISSION_TYPES = ['initial', 'derived'] as const;
export const COMMIT_STATUSES = ['commitPending', 'commitReceived', 'commitComplete', 'commitFailed'] as const;
export const STEP_STATES = ['notStarted', 'started', 'failed', 'completed'] as const;
/** In their order; `manualReview` only when the results need it. */
export const SUBMISSION_STEPS = [
  'packageInfoValidation',
  'preparation',
  'scanning',
  'validation',
  'catalogCreation',
  'manualReview',
  'signing',
  'finalizeIngestion',
] as const;
export const WINDOWS_UPDATE_STEPS = [
  'created',
  'preProcessShippingLabel',
  'finalizePreProcessing',
  'publishJobValidation',
  'updateGeneration',
  'microsoftApproval',
  'publishing',
  'finalizePublishing',
] as const;
export const SHARING_STEPS = [
  'created',
  'preProcessShippingLabel',
  'finalizePreProcessing',
  'publishJobValidation',
  'processSharing',
  'finalizeSharing',
] as const;
const ALL_STEPS = [...SUBMISSION_STEPS, ...WINDOWS_UPDATE_STEPS, 'processSharing', 'finalizeSharing'] as const;
export const DOWNLOAD_TYPES = [
  'initialPackage',
  'derivedPackage',
  'signedPackage',
  'certificationReport',
  'driverMetadata',
  'ExternalNotes',
  'Unknown',
] as const;
export const LABEL_DESTINATIONS = ['windowsUpdate', 'anotherPartner', 'notSet'] as const;
export const HARDWARE_ID_STATES = ['pendingAdd', 'pendingRemove', 'added', 'notSet'] as const;
export const CHID_STATES = ['Unknown', 'PendingAdd', 'Added', 'PendingRemove', 'PendingRecovery', 'Recovered'] as const;
export const TARGET_ACTIONS = ['add', 'remove'] as const;
export const SIGNING_STATUSES = ['NotStarted', 'Processing', 'Succeeded', 'Failed'] as const;

/** `rel` is one of self, next_link, get_submissions, commit_submission, update_submission, update_shippinglabel. */
export const link = z.strictObject({ href: z.string(), rel: z.string(), method: z.string() });
const links = z.array(link).nullish();

/** One page of a list; more follow when a link `next_link` is there. */
const page = <T extends z.ZodType>(item: T) => z.strictObject({ value: z.array(item), links });

// --- tokens (Microsoft Entra ID, client credentials) ---

/** The form fields of a token request: with a secret, or with a signed assertion (certificate, federated). */
export const tokenRequest = z.strictObject({
  grant_type: z.literal('client_credentials'),
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  client_assertion_type: z.literal('urn:ietf:params:oauth:client-assertion-type:jwt-bearer').optional(),
  client_assertion: z.string().min(1).optional(),
  /** Version 1 of the endpoint. */
  resource: z.string().optional(),
  /** Version 2 of the endpoint. */
  scope: z.string().optional(),
});
/** Version 1 has its numbers as text, version 2 as numbers; both are read as numbers. Seconds; times since 1970. */
export const tokenAnswer = z.strictObject({
  token_type: z.string(),
  expires_in: wireCount,
  ext_expires_in: wireCount.optional(),
  expires_on: wireCount.optional(),
  not_before: wireCount.optional(),
  resource: z.string().optional(),
  access_token: z.string().min(1),
});
export const tokenError = z.strictObject({
  error: z.string(),
  error_description: z.string().optional(),
  error_codes: z.array(z.int()).optional(),
  timestamp: z.string().optional(),
  trace_id: z.string().optional(),
  correlation_id: z.string().optional(),
  error_uri: z.string().optional(),
});

// --- errors ---

export const FUNCTIONAL_ERRORS = [
  'invalidInput',
  'requestInvalidForCurrentState',
  'updateUnauthorized',
  'entityNotFound',
  'readOnlyProduct',
] as const;
export const functionalError = z.strictObject({
  error: z.strictObject({
    code: openEnum(FUNCTIONAL_ERRORS),
    message: z.string(),
    validationErrors: z.array(z.strictObject({ target: z.string(), message: z.string() })).nullish(),
    httpErrorCode: z.int().nullish(),
  }),
});
export const gatewayError = z.strictObject({ statusCode: z.int(), message: z.string() });

// --- products ---

const storageController = z.strictObject({
  biosVersion: nullableText,
  firmwareVersion: nullableText,
  driverVersion: nullableText,
  driverName: nullableText,
  deviceVersion: nullableText,
  chipsetName: nullableText,
  proprietaryName: nullableText,
  proprietaryVersion: nullableText,
  microsoftName: nullableText,
  microsoftVersion: nullableText,
  uefiVersion: nullableText,
  acpiVersion: nullableText,
  usedProprietary: nullableFlag,
  usedMicrosoft: nullableFlag,
  usedBootSupport: nullableFlag,
  usedBetterBoot: nullableFlag,
  supportsSector4K512E: nullableFlag,
  supportsSector4K4K: nullableFlag,
  supportsDifferential: nullableFlag,
});
const raidController = z.strictObject({
  firmwareVersion: nullableText,
  filterVersion: nullableText,
  driverVersion: nullableText,
  proprietaryName: nullableText,
  proprietaryVersion: nullableText,
  microsoftName: nullableText,
  microsoftVersion: nullableText,
  additionalInfo: nullableText,
  usedProprietary: nullableFlag,
  usedMicrosoft: nullableFlag,
  isThirdPartyNeeded: nullableFlag,
  isSES: nullableFlag,
  isSAFTE: nullableFlag,
});
const svvp = z.strictObject({
  productVersion: nullableText,
  supportLink: nullableText,
  guestOs: nullableText,
  processorArchitecture: nullableText,
  maxProcessors: wireCount.nullish(),
  maxMemory: wireCount.nullish(),
});
export const additionalAttributes = z.strictObject({
  storageController: storageController.nullish(),
  raidController: raidController.nullish(),
  svvp: svvp.nullish(),
});

const productSettings = {
  productName: z.string(),
  testHarness: caseless(TEST_HARNESSES),
  deviceType: caseless(DEVICE_TYPES).nullish(),
  isTestSign: nullableFlag,
  isFlightSign: nullableFlag,
  marketingNames: z.array(z.string()).nullish(),
  announcementDate: dateTime.nullish(),
  deviceMetadataIds: z.array(guid).nullish(),
  firmwareVersion: nullableText,
  /** OS family to product type: `{ "Windows_v100_GE": "Unclassified" }`. */
  selectedProductTypes: z.record(z.string(), z.string()).nullish(),
  /** OS codes, as os-codes.ts lists them: `WINDOWS_v100_X64_GE_FULL`. */
  requestedSignatures: z.array(z.string()),
  additionalAttributes: additionalAttributes.nullish(),
  packageType: nullableText,
};
export const createProduct = z.strictObject(productSettings);
export const product = z.strictObject({
  id: wireId,
  sharedProductId: wireId.nullish(),
  links,
  isCommitted: nullableFlag,
  isExtensionInf: nullableFlag,
  originType: nullableText,
  sourceProductId: wireId.nullish(),
  sourcePublisherId: wireId.nullish(),
  isRetpolineCompiled: nullableFlag,
  message: nullableText,
  ...productSettings,
  requestedSignatures: z.array(z.string()).nullish(),
  deviceMetadataCategory: nullableText,
  productType: nullableText,
  createdBy: nullableText,
  updatedBy: nullableText,
  createdDateTime: dateTime.nullish(),
  updatedDateTime: dateTime.nullish(),
});
export const productPage = page(product);
export const patchProduct = z.strictObject({
  productName: z.string().optional(),
  marketingNames: z.array(z.string()).nullish(),
  announcementDate: dateTime.nullish(),
});

// --- submissions ---

export const createSubmission = z.strictObject({ name: z.string(), type: caseless(SUBMISSION_TYPES) });
/** `state` describes the current step only: `completed` on an earlier step than the last is no success. */
export const workflowStatus = z.strictObject({
  currentStep: wireStep(ALL_STEPS),
  state: caseless(STEP_STATES),
  messages: z.array(z.string()).nullish(),
  /** A link with a signature: a secret. */
  errorReport: nullableText,
});
export const download = z.strictObject({ type: openEnum(DOWNLOAD_TYPES), url: z.string() });
export const downloads = z.strictObject({
  items: z.array(download).nullish(),
  messages: z.array(z.string()).nullish(),
});
export const submission = z.strictObject({
  id: wireId,
  productId: wireId,
  name: nullableText,
  type: caseless(SUBMISSION_TYPES).nullish(),
  commitStatus: caseless(COMMIT_STATUSES).nullish(),
  isExtensionInf: nullableFlag,
  isUniversal: nullableFlag,
  isDeclarativeInf: nullableFlag,
  createdBy: nullableText,
  createdDateTime: dateTime.nullish(),
  workflowStatus: workflowStatus.nullish(),
  downloads: downloads.nullish(),
  links,
});
export const submissionPage = page(submission);
export const patchSubmission = z.strictObject({ name: z.string() });

export type TestHarness = (typeof TEST_HARNESSES)[number];
export type CommitStatus = (typeof COMMIT_STATUSES)[number];
export type StepState = (typeof STEP_STATES)[number];
export type SubmissionStep = (typeof SUBMISSION_STEPS)[number];
export type Link = z.output<typeof link>;
export type TokenRequest = z.output<typeof tokenRequest>;
export type TokenAnswer = z.output<typeof tokenAnswer>;
export type FunctionalError = z.output<typeof functionalError>;
export type CreateProduct = z.output<typeof createProduct>;
export type Product = z.output<typeof product>;
export type PatchProduct = z.output<typeof patchProduct>;
export type CreateSubmission = z.output<typeof createSubmission>;
export type WorkflowStatus = z.output<typeof workflowStatus>;
export type Submission = z.output<typeof submission>;
