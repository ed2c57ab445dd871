import { z } from 'zod';
import { link, SIGNING_STATUSES } from './contract.ts';
import { caseless, dateTime, guid, openEnum, wireId } from './wire.ts';

/** Audiences, translated ids, driver metadata and pre-production packages. */
const nullableText = z.string().nullish();
const links = z.array(link).nullish();

export const audience = z.strictObject({
  id: guid,
  name: nullableText,
  description: nullableText,
  audienceName: nullableText,
  links,
});
export const audiencePage = z.strictObject({ value: z.array(audience), links });

/** observed: what endpoint 17 answers is known from one client only; our ids of what another company shared with us. */
export const relationship = z.strictObject({
  productId: wireId.nullish(),
  submissionId: wireId.nullish(),
  sourcePublisherId: wireId.nullish(),
  sourceProductId: wireId.nullish(),
  sourceSubmissionId: wireId.nullish(),
  links,
});

/** driver-package-metadata.md: the only source of the combinations that a label may name. Names are PascalCase here. */
export const driverMetadata = z.strictObject({
  BundleInfoMap: z.record(
    z.string(),
    z.strictObject({
      Locales: z.array(z.string()).nullish(),
      InfInfoMap: z.record(
        z.string(),
        z.strictObject({
          DriverPackageFamilyId: nullableText,
          InfClass: nullableText,
          DriverVersion: nullableText,
          DriverDate: dateTime.nullish(),
          ExtensionId: guid.nullish(),
          Provider: nullableText,
          ClassGuid: guid.nullish(),
          InstallationComputerHardwareIds: z.array(guid).nullish(),
          /** OS code, then the id in lower case. */
          OSPnPInfoMap: z.record(
            z.string(),
            z.record(
              z.string(),
              z.strictObject({
                Manufacturer: nullableText,
                DeviceDescription: nullableText,
                FeatureScore: z.union([z.number(), z.string()]).nullish(),
              }),
            ),
          ),
        }),
      ),
    }),
  ),
});

export const preprodAsset = z.strictObject({
  id: z.string(),
  packageId: z.string(),
  assetType: openEnum(['SignedFilesZip']),
  createdDate: dateTime.nullish(),
  /** SHA-256 of the asset. */
  contentHash: nullableText,
});
/** A bare array, without the envelope of the other lists. */
export const preprodAssets = z.array(preprodAsset);
export const preprodPackage = z.strictObject({
  id: z.string(),
  etag: nullableText,
  lastModified: dateTime.nullish(),
  signingStatus: caseless(SIGNING_STATUSES),
  error: z.strictObject({ message: nullableText }).nullish(),
  assets: preprodAssets.nullish(),
  assetsContinuationToken: nullableText,
});

export type Audience = z.output<typeof audience>;
export type Relationship = z.output<typeof relationship>;
export type DriverMetadata = z.output<typeof driverMetadata>;
export type PreprodPackage = z.output<typeof preprodPackage>;
export type PreprodAsset = z.output<typeof preprodAsset>;
