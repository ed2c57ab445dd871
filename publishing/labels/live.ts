import { createHash } from 'node:crypto';
import type { PartnerCenter, SubmissionIds } from '../partner-center/client.ts';
import type { ShippingLabel } from '../partner-center/label-contract.ts';
import type { Audience } from '../partner-center/other-contract.ts';
import { redact } from '../partner-center/redact.ts';
import { parseServiceTime } from '../partner-center/wire.ts';
import type { LiveLabel, LiveSettings, ResolvedLabel, WrittenLabel } from './contract.ts';
import type { PlannedOn } from './form.ts';
import { rowKey } from './resolve.ts';

/** What the service has. */

const bare = (id: string): string => id.replace(/[{}]/g, '').toLowerCase();

export const settingsOf = (how: WrittenLabel['publishingSpecifications']): LiveSettings => {
  const goLive = parseServiceTime(how?.goLiveDate ?? '');
  return {
    duringUpgrade: how?.isAutoInstallDuringOSUpgrade === true,
    automatic: how?.isAutoInstallOnApplicableSystems === true,
    disclosureRestricted: how?.isDisclosureRestricted === true,
    sMode: how?.publishToWindows10s === true,
    goLive: goLive ?? null,
  };
};

/** What is about to be taken back counts as gone, and what is about to be added as there. */
export const liveLabelOf = (label: ShippingLabel): LiveLabel => {
  const { targeting, workflowStatus } = label;
  const rows = (targeting?.hardwareIds ?? [])
    .filter(({ distributionState }) => distributionState !== 'pendingRemove')
    .map(({ bundleId, infId, operatingSystemCode, pnpString }) => ({
      bundleId,
      infId,
      operatingSystemCode,
      pnpString,
    }));
  return {
    id: label.id,
    ids: { p: label.productId, s: label.submissionId },
    name: label.name ?? '',
    destination: label.destination ?? 'notSet',
    settings: settingsOf(label.publishingSpecifications),
    rows,
    chids: (targeting?.chids ?? [])
      .filter(({ distributionState }) => distributionState !== 'PendingRemove')
      .map(({ chid }) => bare(chid))
      .sort(),
    audiences: (targeting?.restrictedToAudiences ?? []).map(bare).sort(),
    floor: (targeting?.inServicePublishInfo?.flooring ?? '').toUpperCase(),
    ceiling: (targeting?.inServicePublishInfo?.ceiling ?? '').toUpperCase(),
    step: redact(workflowStatus?.currentStep ?? ''),
    state: workflowStatus?.state ?? '',
    messages: (workflowStatus?.messages ?? []).map((text) => redact(text)),
  };
};

/** Every label of these products, with what it targets. @throws WinpvError PUBLISH_* */
export const readLive = async (center: PartnerCenter, products: readonly string[]): Promise<readonly LiveLabel[]> => {
  const found: LiveLabel[] = [];
  for (const p of new Set(products)) {
    for await (const { id: s } of center.submissions(p)) found.push(...(await readSubmission(center, { p, s })));
  }
  return found;
};

const readSubmission = async (center: PartnerCenter, ids: SubmissionIds): Promise<readonly LiveLabel[]> => {
  const found: LiveLabel[] = [];
  for await (const { id: l } of center.labels(ids)) found.push(liveLabelOf((await center.label({ ...ids, l })).value));
  return found;
};

/** As a plan keeps it: what other changes would touch, and not how far the service is with it. */
export const plannedOn = (live: readonly LiveLabel[]): readonly PlannedOn[] =>
  live
    .map(({ id, name, ids, rows, chids, audiences, floor, ceiling }) => ({
      ...{ id, name, submission: ids.s, floor, ceiling, chids: [...chids], audiences: [...audiences] },
      rows: [...rows].sort((a, b) => (rowKey(a) < rowKey(b) ? -1 : 1)),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

export const fingerprintOf = (live: readonly PlannedOn[]): string =>
  createHash('sha256').update(JSON.stringify(live)).digest('hex');

/** Audiences by the ids that the account has for them; a name that it has not is left for the check to tell. */
export const withAudiences = (resolved: ResolvedLabel, audiences: readonly Audience[]): ResolvedLabel => {
  const idOf = (name: string): string | undefined =>
    audiences.find(({ audienceName }) => audienceName?.toLowerCase() === name.toLowerCase())?.id;
  const { label, audienceNames } = resolved;
  const found = audienceNames.flatMap((name) => idOf(name) ?? []);
  if (found.length === 0) return resolved;
  const ids = [...new Set([...(label.targeting.restrictedToAudiences ?? []), ...found])];
  return {
    ...resolved,
    label: { ...label, targeting: { ...label.targeting, restrictedToAudiences: ids } },
    audienceNames: audienceNames.filter((name) => idOf(name) === undefined),
  };
};
