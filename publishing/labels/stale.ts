import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { LabelRow, ResolvedLabel } from './contract.ts';
import type { LabelPlan, PlannedOn } from './form.ts';
import { serviceName } from './identity.ts';
import { rowKey } from './resolve.ts';

/** Whether what is live is what a plan was made on, but for what the plan itself has done since. */

const differenceIn = (before: PlannedOn, after: PlannedOn): readonly string[] => {
  const told = (what: string, old: readonly string[], now: readonly string[]): readonly string[] => [
    ...now.filter((one) => !old.includes(one)).map((one) => `has ${what} ${shownText(one)} now`),
    ...old.filter((one) => !now.includes(one)).map((one) => `has ${what} ${shownText(one)} no more`),
  ];
  const rows = (label: PlannedOn): readonly string[] => label.rows.map(shownRow);
  return [
    ...told('the row', rows(before), rows(after)),
    ...told('the CHID', before.chids, after.chids),
    ...told('the audience', before.audiences, after.audiences),
    ...(before.floor === after.floor ? [] : [`has the floor ${after.floor === '' ? 'of none' : after.floor} now`]),
    ...(before.ceiling === after.ceiling
      ? []
      : [`has the ceiling ${after.ceiling === '' ? 'of none' : after.ceiling} now`]),
  ];
};

const shownRow = ({ infId, operatingSystemCode, pnpString }: LabelRow): string =>
  `${infId} ${operatingSystemCode} ${pnpString}`;

const bare = (id: string): string => id.replace(/[{}]/g, '').toLowerCase();

/** A label as it is once the plan is done. */
const asPlanned = ({ id, name, submission }: PlannedOn, { label, rows }: ResolvedLabel): PlannedOn => {
  const { chids, restrictedToAudiences, inServicePublishInfo: range } = label.targeting;
  return {
    ...{ id, name, submission, rows: [...rows] },
    chids: (chids ?? []).map(({ chid }) => bare(chid)),
    audiences: (restrictedToAudiences ?? []).map(bare),
    floor: (range?.flooring ?? '').toUpperCase(),
    ceiling: (range?.ceiling ?? '').toUpperCase(),
  };
};

const isDone = (after: PlannedOn, resolved: ResolvedLabel): boolean => {
  const planned = asPlanned(after, resolved);
  const same = (one: readonly string[], other: readonly string[]): boolean =>
    JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());
  return (
    same(after.rows.map(rowKey), planned.rows.map(rowKey)) &&
    same(after.chids, planned.chids) &&
    same(after.audiences, planned.audiences) &&
    after.floor === planned.floor &&
    after.ceiling === planned.ceiling
  );
};

/** @returns what somebody else changed since, each a clause; nothing when the plan still holds */
export const differences = (
  plan: LabelPlan,
  live: readonly PlannedOn[],
  labels: readonly ResolvedLabel[],
): readonly string[] => {
  const planned = new Map(labels.map((one) => [`${one.submission?.ids.s} ${serviceName(one)}`, one]));
  const before = new Map(plan.live.map((one) => [one.id, one]));
  const now = new Set(live.map(({ id }) => id));
  return [
    ...live.flatMap((after) => {
      const own = planned.get(`${after.submission} ${after.name}`);
      if (own !== undefined && isDone(after, own)) return [];
      const old = before.get(after.id) ?? (own === undefined ? undefined : asPlanned(after, own));
      const name = `label ${after.id} "${shownText(after.name)}"`;
      if (old === undefined) return [`${name} is there now`];
      return differenceIn(old, after).map((what) => `${name} ${what}`);
    }),
    ...plan.live.filter(({ id }) => !now.has(id)).map(({ id, name }) => `label ${id} "${shownText(name)}" is gone`),
  ];
};

const SHOWN = 8;

export const checkStale = (
  plan: LabelPlan | undefined,
  live: readonly PlannedOn[],
  { file, labels }: { readonly file: string; readonly labels: readonly ResolvedLabel[] },
): readonly Diagnostic[] => {
  const found = plan === undefined ? [] : differences(plan, live, labels);
  if (plan === undefined || found.length === 0) return [];
  const more = found.length > SHOWN ? `; and ${found.length - SHOWN} more` : '';
  const message = `What is live was changed since the plan was made at ${plan.made}: ${found.slice(0, SHOWN).join('; ')}${more}.`;
  return [
    problem('LABEL_PLAN_STALE', message, {
      at: { file },
      hint: 'Nothing was changed. Plan again, and look at the table.',
    }),
  ];
};
