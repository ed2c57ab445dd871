import { z } from 'zod';
import {
  CHID_STATES,
  HARDWARE_ID_STATES,
  LABEL_DESTINATIONS,
  link,
  TARGET_ACTIONS,
  workflowStatus,
} from './contract.ts';
import { caseless, dateTime, guid, wireId } from './wire.ts';

/** Shipping labels: get-shipping-labels.md, create-a-new-shipping-label.md, update-a-shipping-label.md. */
const nullableText = z.string().nullish();
const nullableFlag = z.boolean().nullish();

export const additionalInfoForMsApproval = z.strictObject({
  microsoftContact: nullableText,
  validationsPerformed: nullableText,
  affectedOems: z.array(z.string()).nullish(),
  isRebootRequired: nullableFlag,
  isCoEngineered: nullableFlag,
  isForUnreleasedHardware: nullableFlag,
  hasUiSoftware: nullableFlag,
  businessJustification: nullableText,
});
export const publishingSpecifications = z.strictObject({
  /** null: at once after certification. */
  goLiveDate: dateTime.nullish(),
  visibleToAccounts: z.array(wireId).nullish(),
  isAutoInstallDuringOSUpgrade: nullableFlag,
  isAutoInstallOnApplicableSystems: nullableFlag,
  manualAcquisition: nullableFlag,
  isDisclosureRestricted: nullableFlag,
  publishToWindows10s: nullableFlag,
  additionalInfoForMsApproval: additionalInfoForMsApproval.nullish(),
});
export const recipientSpecifications = z.strictObject({
  receiverPublisherId: z.string(),
  enforceChidTargeting: nullableFlag,
});

const hardwareIdFields = {
  bundleId: z.string(),
  infId: z.string(),
  operatingSystemCode: z.string(),
  pnpString: z.string(),
};
export const hardwareIdRow = z.strictObject({
  ...hardwareIdFields,
  distributionState: caseless(HARDWARE_ID_STATES).nullish(),
  action: caseless(TARGET_ACTIONS).nullish(),
});
export const chidRow = z.strictObject({
  chid: guid,
  distributionState: caseless(CHID_STATES).nullish(),
  action: caseless(TARGET_ACTIONS).nullish(),
});
const inServicePublishInfo = z.strictObject({ flooring: nullableText, ceiling: nullableText });
const coEngDriverPublishInfo = z.strictObject({
  flooringBuildNumber: z.int().nonnegative().nullish(),
  ceilingBuildNumber: z.int().nonnegative().nullish(),
});
export const targeting = z.strictObject({
  hardwareIds: z.array(hardwareIdRow).nullish(),
  chids: z.array(chidRow).nullish(),
  restrictedToAudiences: z.array(guid).nullish(),
  inServicePublishInfo: inServicePublishInfo.nullish(),
  coEngDriverPublishInfo: coEngDriverPublishInfo.nullish(),
});

export const createShippingLabel = z.strictObject({
  name: z.string(),
  destination: caseless(LABEL_DESTINATIONS),
  publishingSpecifications: publishingSpecifications.nullish(),
  recipientSpecifications: recipientSpecifications.nullish(),
  targeting: targeting.nullish(),
});
export const shippingLabel = z.strictObject({
  id: wireId,
  productId: wireId,
  submissionId: wireId,
  name: nullableText,
  destination: caseless(LABEL_DESTINATIONS).nullish(),
  publishingSpecifications: publishingSpecifications.nullish(),
  recipientSpecifications: recipientSpecifications.nullish(),
  /** Only when it was asked for, and never in a list. */
  targeting: targeting.nullish(),
  workflowStatus: workflowStatus.nullish(),
  links: z.array(link).nullish(),
});
export const shippingLabelPage = z.strictObject({ value: z.array(shippingLabel), links: z.array(link).nullish() });

/** `action` is obligatory in each row; `restrictedToAudiences` replaces, and empty it makes a test publication a retail one. */
export const patchShippingLabel = z.strictObject({
  targeting: z.strictObject({
    hardwareIds: z.array(z.strictObject({ action: caseless(TARGET_ACTIONS), ...hardwareIdFields })).nullish(),
    chids: z.array(z.strictObject({ action: caseless(TARGET_ACTIONS), chid: guid })).nullish(),
    restrictedToAudiences: z.array(guid).nullish(),
    inServicePublishInfo: inServicePublishInfo.nullish(),
    coEngDriverPublishInfo: coEngDriverPublishInfo.nullish(),
    businessJustification: nullableText,
  }),
});

export type HardwareIdRow = z.output<typeof hardwareIdRow>;
export type ChidRow = z.output<typeof chidRow>;
export type Targeting = z.output<typeof targeting>;
export type CreateShippingLabel = z.output<typeof createShippingLabel>;
export type ShippingLabel = z.output<typeof shippingLabel>;
export type PatchShippingLabel = z.output<typeof patchShippingLabel>;
