import type { Diagnostic } from '../../core/errors.ts';
import type { SubmissionIds } from '../partner-center/client.ts';
import type { CreateShippingLabel } from '../partner-center/label-contract.ts';
import type { DriverMetadata } from '../partner-center/other-contract.ts';

/** One combination that a label offers (spec hardware-api 7): only those of the driver metadata are legal. */
export interface LabelRow {
  /** Empty where nothing was submitted yet. */
  readonly bundleId: string;
  readonly infId: string;
  readonly operatingSystemCode: string;
  /** Lower case. */
  readonly pnpString: string;
}

export const SIGNATURES = ['whql', 'attestation', 'test'] as const;
export type LabelSignature = (typeof SIGNATURES)[number];

/** What a release packed for one driver, from its record. */
export interface ReleasedPackage {
  readonly driver: string;
  readonly architecture: string;
  readonly version: string;
  /** Inf2Cat's names. */
  readonly windows: readonly string[];
  readonly hardwareIds: readonly string[];
}
export interface ReleasedBrand {
  readonly id: string;
  readonly packages: readonly ReleasedPackage[];
}

/** A submission of a release, as far as labels have to know it. */
export interface SubmittedBrand {
  readonly brand: string;
  readonly architecture: string;
  readonly ids: SubmissionIds;
  /** Undefined for a product that was there before, of which nothing is known. */
  readonly signature: LabelSignature | undefined;
  /** A product type of the submission is Unclassified. */
  readonly unclassified: boolean;
  /** Undefined until Microsoft has made it. */
  readonly metadata: DriverMetadata | undefined;
}

export interface LabelRelease {
  readonly file: string;
  readonly brands: readonly ReleasedBrand[];
  readonly submissions: readonly SubmittedBrand[];
}

/** A label in the form that `winpv fleet simulate` takes too (contract 8): the service's own names of fields. */
export interface WrittenLabel extends Omit<CreateShippingLabel, 'name' | 'targeting'> {
  readonly id: string;
  readonly name?: string | undefined;
  readonly brand: string;
  readonly driver: string;
  readonly version?: string | undefined;
  readonly signature: LabelSignature;
  readonly targeting: NonNullable<CreateShippingLabel['targeting']>;
}

/** A label whose rows are known, for one submission. */
export interface ResolvedLabel {
  readonly label: WrittenLabel;
  readonly rows: readonly LabelRow[];
  readonly submission: SubmittedBrand | undefined;
  readonly architecture: string | undefined;
  /** By name, where a file names them; ids stand in the label once the service was asked. */
  readonly audienceNames: readonly string[];
  /** Where the file has it. */
  readonly at: Pick<Diagnostic, 'at'>;
}

/** A label as the service has it. */
export interface LiveLabel {
  readonly id: string;
  readonly ids: SubmissionIds;
  readonly name: string;
  readonly destination: string;
  readonly settings: LiveSettings;
  /** What is offered, or is about to be. */
  readonly rows: readonly LabelRow[];
  /** Lower case, without braces. */
  readonly chids: readonly string[];
  readonly audiences: readonly string[];
  readonly floor: string;
  readonly ceiling: string;
  readonly step: string;
  readonly state: string;
  readonly messages: readonly string[];
}

/** What no request changes once a label is made. */
export interface LiveSettings {
  readonly duringUpgrade: boolean;
  readonly automatic: boolean;
  readonly disclosureRestricted: boolean;
  readonly sMode: boolean;
  /** Milliseconds since 1970; null for at once. */
  readonly goLive: number | null;
}
