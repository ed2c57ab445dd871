import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { PatchShippingLabel } from '../partner-center/label-contract.ts';
import type { LabelRow, LiveLabel, LiveSettings, ResolvedLabel } from './contract.ts';
import { serviceName } from './identity.ts';
import { settingsOf } from './live.ts';
import { rowKey } from './resolve.ts';

/** What labels would change of what is live. */

export interface Changed<T> {
  readonly gained: readonly T[];
  readonly lost: readonly T[];
  readonly kept: readonly T[];
}

export interface LabelChange {
  readonly resolved: ResolvedLabel;
  /** Its name in the service. */
  readonly name: string;
  readonly action: 'create' | 'change' | 'keep';
  readonly live: LiveLabel | undefined;
  readonly rows: Changed<LabelRow>;
  readonly chids: Changed<string>;
  readonly audiences: Changed<string>;
  /** Floor and ceiling, before and after, where they differ. */
  readonly range: { readonly before: string; readonly after: string } | undefined;
  /** What differs and cannot be changed, as clauses. */
  readonly fixed: readonly string[];
}

const compare = <T>(before: readonly T[], after: readonly T[], keyOf: (one: T) => string): Changed<T> => {
  const [old, now] = [new Set(before.map(keyOf)), new Set(after.map(keyOf))];
  return {
    gained: after.filter((one) => !old.has(keyOf(one))),
    lost: before.filter((one) => !now.has(keyOf(one))),
    kept: after.filter((one) => old.has(keyOf(one))),
  };
};

const bare = (id: string): string => id.replace(/[{}]/g, '').toLowerCase();
const shownRange = (floor: string, ceiling: string): string =>
  floor === '' && ceiling === ''
    ? 'every release'
    : `from ${floor === '' ? 'the lowest' : floor}${ceiling === '' ? '' : ` to ${ceiling}`}`;

const fixedOf = (
  before: LiveSettings,
  after: LiveSettings,
  destination: readonly [string, string],
): readonly string[] => {
  const date = (ms: number | null): string => (ms === null ? 'at once' : new Date(ms).toISOString());
  const flag = (name: keyof LiveSettings, what: string): readonly string[] =>
    before[name] === after[name] ? [] : [`${what} is ${String(before[name])} there`];
  return [
    ...(destination[0] === destination[1] ? [] : [`its destination is ${destination[0]} there`]),
    ...flag('automatic', 'isAutoInstallOnApplicableSystems'),
    ...flag('duringUpgrade', 'isAutoInstallDuringOSUpgrade'),
    ...flag('disclosureRestricted', 'isDisclosureRestricted'),
    ...flag('sMode', 'publishToWindows10s'),
    ...(before.goLive === after.goLive ? [] : [`goLiveDate is ${date(before.goLive)} there`]),
  ];
};

const changeOf = (resolved: ResolvedLabel, live: readonly LiveLabel[]): LabelChange => {
  const name = serviceName(resolved);
  const { label, rows, submission } = resolved;
  const there = live.find((one) => one.name === name && one.ids.s === submission?.ids.s);
  const { chids, restrictedToAudiences, inServicePublishInfo: range } = label.targeting;
  const after = shownRange((range?.flooring ?? '').toUpperCase(), (range?.ceiling ?? '').toUpperCase());
  const before = there === undefined ? after : shownRange(there.floor, there.ceiling);
  const change = {
    rows: compare(there?.rows ?? [], rows, rowKey),
    chids: compare(
      there?.chids ?? [],
      (chids ?? []).filter(({ action }) => action !== 'remove').map(({ chid }) => bare(chid)),
      (one) => one,
    ),
    audiences: compare(there?.audiences ?? [], (restrictedToAudiences ?? []).map(bare), (one) => one),
    range: before === after ? undefined : { before, after },
    fixed:
      there === undefined
        ? []
        : fixedOf(there.settings, settingsOf(label.publishingSpecifications), [there.destination, label.destination]),
  };
  const same =
    [change.rows, change.chids, change.audiences].every(
      ({ gained, lost }) => gained.length === 0 && lost.length === 0,
    ) && change.range === undefined;
  return { resolved, name, live: there, ...change, action: there === undefined ? 'create' : same ? 'keep' : 'change' };
};

export const planChanges = (labels: readonly ResolvedLabel[], live: readonly LiveLabel[]): readonly LabelChange[] =>
  labels.map((one) => changeOf(one, live));

export interface Allowed {
  /** Rows, CHIDs and audiences may be taken back. */
  readonly expire: boolean;
  /** A label for few may become one for all. */
  readonly retail: boolean;
}

const widens = ({ live, audiences, chids }: LabelChange): readonly string[] => {
  if (live === undefined) return [];
  const all = ({ lost, kept, gained }: Changed<string>): boolean =>
    lost.length > 0 && kept.length + gained.length === 0;
  return [
    ...(all(audiences) ? ['it would be offered to everybody, and is for a test audience now'] : []),
    ...(all(chids) ? ['it would be offered to every computer, and is for those of its CHIDs now'] : []),
  ];
};

const about = ({ resolved }: LabelChange): string => `"${shownText(resolved.label.id)}"`;

const guards = (change: LabelChange, allowed: Allowed): readonly Diagnostic[] => {
  const { at } = change.resolved;
  const [row] = change.rows.lost;
  const lost = change.rows.lost.length + change.chids.lost.length;
  const example =
    row === undefined ? '' : `, ${row.infId} for ${row.operatingSystemCode}, ${shownText(row.pnpString)} among them`;
  return [
    ...(change.fixed.length === 0
      ? []
      : [
          problem('LABEL_FIXED', `${about(change)}: ${change.fixed.join('; ')}, and no request changes that.`, {
            ...at,
            hint: 'Give the label another name, and expire the one that is there: `winpv label expire`.',
          }),
        ]),
    ...(lost === 0 || allowed.expire
      ? []
      : [
          problem('LABEL_REMOVES', `${about(change)}: ${lost} of what is live would be taken back${example}.`, {
            ...at,
            hint: 'Say --expire when that is meant. Machines that have the driver keep it.',
          }),
        ]),
    ...(allowed.retail
      ? []
      : widens(change).map((why) =>
          problem('LABEL_TO_RETAIL', `${about(change)}: ${why}.`, {
            ...at,
            hint: 'Say --allow-retail when that is meant.',
          }),
        )),
  ];
};

const failed = ({ live, resolved, action }: LabelChange): readonly Diagnostic[] => {
  if (live?.state !== 'failed' || action !== 'keep') return [];
  const message =
    `"${shownText(resolved.label.id)}" (${live.id}) failed at ${live.step}. ${live.messages.join(' ')}`.trim();
  return [
    problem('LABEL_FAILED', message, {
      ...resolved.at,
      severity: 'warning',
      hint: 'It stays as it is. Change what it targets, or give the next one another name.',
    }),
  ];
};

/** What may not be applied without being said, and what may not be applied at all. */
export const checkChanges = (changes: readonly LabelChange[], allowed: Allowed): readonly Diagnostic[] =>
  changes.flatMap((change) => [...guards(change, allowed), ...failed(change)]);

/** The request that brings a label to what it is to be. */
export const patchOf = ({ rows, chids, audiences, range, resolved }: LabelChange): PatchShippingLabel => {
  const { targeting, publishingSpecifications: how } = resolved.label;
  const hardwareIds = [
    ...rows.gained.map((row) => ({ action: 'add' as const, ...row })),
    ...rows.lost.map((row) => ({ action: 'remove' as const, ...row })),
  ];
  const computers = [
    ...chids.gained.map((chid) => ({ action: 'add' as const, chid })),
    ...chids.lost.map((chid) => ({ action: 'remove' as const, chid })),
  ];
  const others = audiences.gained.length + audiences.lost.length > 0;
  const reason = how?.additionalInfoForMsApproval?.businessJustification ?? undefined;
  return {
    targeting: {
      ...(hardwareIds.length === 0 ? {} : { hardwareIds }),
      ...(computers.length === 0 ? {} : { chids: computers }),
      ...(others ? { restrictedToAudiences: targeting.restrictedToAudiences ?? [] } : {}),
      ...(range === undefined
        ? {}
        : { inServicePublishInfo: targeting.inServicePublishInfo ?? { flooring: '', ceiling: '' } }),
      ...(reason === undefined ? {} : { businessJustification: reason }),
    },
  };
};
