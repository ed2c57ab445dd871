import type { CreateShippingLabel } from '../../../publishing/partner-center/label-contract.ts';
import { parseOsCode } from '../../../publishing/partner-center/os-codes.ts';
import type { DriverMetadata } from '../../../publishing/partner-center/other-contract.ts';
import type { AudienceRow, LabelTargeting } from './state.ts';

/** What makes a shipping label right (create-a-new-shipping-label.md, update-a-shipping-label.md). */
export interface FieldFlaw {
  readonly target: string;
  readonly message: string;
}

export interface LabelFacts {
  /** Undefined when there is none yet. */
  readonly metadata: DriverMetadata | undefined;
  readonly isExtensionInf: boolean;
  readonly audiences: ReadonlyMap<string, AudienceRow>;
}

const FLOORS = ['TH', 'RS1', 'RS2', 'RS3', 'RS4', 'RS5', '19H1', 'VB', 'FE', 'CO', 'MN', 'NI', 'GE', '25H2'];
const CEILINGS = FLOORS.slice(0, FLOORS.indexOf('CO') + 1);

const specificationFlaws = (label: CreateShippingLabel, isExtensionInf: boolean): readonly FieldFlaw[] => {
  const flaws: FieldFlaw[] = [];
  const { destination, publishingSpecifications: publishing, recipientSpecifications: recipient } = label;
  if (label.name.trim() === '') flaws.push({ target: 'name', message: 'A shipping label needs a name.' });
  if (destination === 'notSet') flaws.push({ target: 'destination', message: 'The destination is not set.' });
  if (destination === 'anotherPartner' && (recipient === null || recipient === undefined)) {
    flaws.push({ target: 'recipientSpecifications', message: 'A label for a partner needs its recipient.' });
  }
  if (destination !== 'windowsUpdate') return flaws;
  if (publishing === null || publishing === undefined) {
    return [...flaws, { target: 'publishingSpecifications', message: 'A label for Windows Update needs them.' }];
  }
  const target = 'publishingSpecifications';
  const automatic =
    publishing.isAutoInstallDuringOSUpgrade === true || publishing.isAutoInstallOnApplicableSystems === true;
  if (automatic && publishing.manualAcquisition === true) {
    flaws.push({ target: `${target}.manualAcquisition`, message: 'What installs by itself is not acquired by hand.' });
  }
  if (automatic && (publishing.additionalInfoForMsApproval ?? undefined) === undefined) {
    flaws.push({ target: `${target}.additionalInfoForMsApproval`, message: 'Needed for what installs by itself.' });
  }
  if (!automatic && publishing.manualAcquisition !== true) {
    flaws.push({
      target: `${target}.manualAcquisition`,
      message: 'What does not install by itself is acquired by hand.',
    });
  }
  if (!automatic && isExtensionInf) {
    flaws.push({ target, message: 'An extension INF has to install by itself.' });
  }
  return flaws;
};

/** Whether the metadata has the combination that a row names. */
const isKnownRow = (metadata: DriverMetadata, row: NonNullable<LabelTargeting['hardwareIds']>[number]): boolean => {
  const inf = Object.entries(metadata.BundleInfoMap)
    .filter(([bundle]) => bundle.toLowerCase() === row.bundleId.toLowerCase())
    .flatMap(([, { InfInfoMap }]) => Object.entries(InfInfoMap))
    .find(([name]) => name.toLowerCase() === row.infId.toLowerCase())?.[1];
  const ids = Object.entries(inf?.OSPnPInfoMap ?? {}).find(
    ([code]) => code.toLowerCase() === row.operatingSystemCode.toLowerCase(),
  )?.[1];
  return ids !== undefined && Object.hasOwn(ids, row.pnpString);
};

const rangeFlaws = ({
  inServicePublishInfo: range,
  coEngDriverPublishInfo: builds,
}: LabelTargeting): readonly FieldFlaw[] => {
  const given = (text: string | null | undefined): text is string => typeof text === 'string' && text !== '';
  const flaws: FieldFlaw[] = [];
  if ((range ?? undefined) !== undefined && (builds ?? undefined) !== undefined) {
    flaws.push({ target: 'targeting.coEngDriverPublishInfo', message: 'Not together with inServicePublishInfo.' });
  }
  if (given(range?.flooring) && !FLOORS.includes(range.flooring.toUpperCase())) {
    flaws.push({ target: 'targeting.inServicePublishInfo.flooring', message: 'The floor is not known.' });
  }
  if (given(range?.ceiling) && !CEILINGS.includes(range.ceiling.toUpperCase())) {
    flaws.push({ target: 'targeting.inServicePublishInfo.ceiling', message: 'The ceiling is not known.' });
  }
  return flaws;
};

/** The rows, computers, audiences and releases that a label or a change of one names. */
export const targetingFlaws = (targeting: LabelTargeting, facts: LabelFacts): readonly FieldFlaw[] => {
  const rows = targeting.hardwareIds ?? [];
  const { metadata, audiences } = facts;
  const rowFlaws = rows.flatMap((row, index): readonly FieldFlaw[] => {
    if (metadata !== undefined && isKnownRow(metadata, row)) return [];
    const message = 'The driver metadata has no such combination.';
    return [{ target: `targeting.hardwareIds[${index}]`, message }];
  });
  const old = rows.some(({ operatingSystemCode }) => parseOsCode(operatingSystemCode) === undefined);
  const chidFlaws =
    old && (targeting.chids ?? []).length > 0
      ? [{ target: 'targeting.chids', message: 'CHIDs are for Windows 10 and later only.' }]
      : [];
  const unknown = (targeting.restrictedToAudiences ?? []).some((id) => !audiences.has(id.toLowerCase()));
  const audienceFlaws = unknown
    ? [{ target: 'targeting.restrictedToAudiences', message: 'An audience is not known.' }]
    : [];
  return [...rowFlaws, ...chidFlaws, ...audienceFlaws, ...rangeFlaws(targeting)];
};

export const labelFlaws = (label: CreateShippingLabel, facts: LabelFacts): readonly FieldFlaw[] => [
  ...specificationFlaws(label, facts.isExtensionInf),
  ...targetingFlaws(label.targeting ?? {}, facts),
];
