import { shownText } from '../../core/spelling.ts';
import type { SettledLabel } from '../../publishing/labels/apply.ts';
import type { LabelRow, LiveLabel, ResolvedLabel } from '../../publishing/labels/contract.ts';
import type { Changed, LabelChange } from '../../publishing/labels/diff.ts';
import { shownCode } from '../../publishing/labels/systems.ts';
import { shownStage, stageOf } from '../../publishing/labels/workflow.ts';

/** Labels for people: what each offers, to whom and how, and what would be another. */

const ACTIONS: Readonly<Record<LabelChange['action'], string>> = { create: 'new', change: 'changed', keep: 'as it is' };

const channelOf = ({ label }: ResolvedLabel): string => {
  if (label.destination !== 'windowsUpdate') return label.destination;
  const how = label.publishingSpecifications;
  const [automatic, upgrade] = [
    how?.isAutoInstallOnApplicableSystems === true,
    how?.isAutoInstallDuringOSUpgrade === true,
  ];
  if (automatic) return upgrade ? 'automatic, and during upgrades' : 'automatic';
  return upgrade ? 'during upgrades' : 'optional';
};

/** The measures of the ship room (overview-of-microsoft-driver-measure-dictionary.md), for what Microsoft watches. */
const MEASURES =
  'measured over 30 days: 95 % of installations complete, 5 % at most with a problem within 2 days; over 7: 1 % at most crash, 3 % dump live';

/** Audiences by the names that people know them by. */
export type NameAudience = (id: string) => string;

const whereTo = (resolved: ResolvedLabel, nameOf: NameAudience): readonly string[] => {
  const { targeting, publishingSpecifications: how, destination } = resolved.label;
  const audiences = [...resolved.audienceNames, ...(targeting.restrictedToAudiences ?? []).map(nameOf)];
  const { flooring, ceiling } = targeting.inServicePublishInfo ?? {};
  const chids = (targeting.chids ?? []).length;
  const for_ =
    destination === 'windowsUpdate'
      ? audiences.length === 0
        ? 'everybody'
        : audiences.map(shownText).join(', ')
      : 'a partner';
  return [
    channelOf(resolved),
    `for ${for_}`,
    ...(flooring ? [`from ${flooring}`] : []),
    ...(ceiling ? [`up to ${ceiling}`] : []),
    ...(chids === 0 ? [] : [`on computers of ${chids} CHID${chids === 1 ? '' : 's'}`]),
    how?.goLiveDate ? `not before ${shownText(how.goLiveDate)}` : 'once approved',
    ...(how?.isDisclosureRestricted === true ? ['undisclosed until then'] : []),
    ...(how?.publishToWindows10s === true ? ['S mode too'] : []),
  ];
};

const signed = (mark: string, rows: readonly LabelRow[]) => rows.map((row) => ({ mark, row }));

/** One line an id, with the Windows that it has a row for; ids in the order they come. */
const rowLines = (rows: Changed<LabelRow>): readonly string[] => {
  const all = [...signed('+', rows.gained), ...signed('-', rows.lost), ...signed(' ', rows.kept)];
  const groups = new Map<string, string[]>();
  for (const { mark, row } of all) {
    const key = `${mark} ${shownText(row.infId)}  ${shownText(row.pnpString)}`;
    const codes = groups.get(key);
    if (codes === undefined) groups.set(key, [shownCode(shownText(row.operatingSystemCode))]);
    else codes.push(shownCode(shownText(row.operatingSystemCode)));
  }
  const width = Math.max(0, ...[...groups.keys()].map((key) => key.length));
  return [...groups].map(([key, codes]) => `  ${key.padEnd(width)}  ${codes.join(', ')}`);
};

const signs = (what: string, { gained, lost }: Changed<string>): readonly string[] => [
  ...gained.map((one) => `  + ${what} ${shownText(one)}`),
  ...lost.map((one) => `  - ${what} ${shownText(one)}`),
];

const changeLines = (change: LabelChange, nameOf: NameAudience): readonly string[] => {
  const { resolved, live, rows, action } = change;
  const { label } = resolved;
  const there = live === undefined ? '' : `, ${live.id}`;
  return [
    `${shownText(label.id)}: ${ACTIONS[action]}${there}; ${shownText(label.brand)} ${shownText(label.driver)}, ${label.signature}`,
    `  ${whereTo(resolved, nameOf).join(', ')}`,
    ...rowLines(rows),
    ...(action === 'create' ? [] : [...signs('CHID', change.chids), ...signs('audience', change.audiences)]),
    ...(change.range === undefined ? [] : [`  ~ ${change.range.before} becomes ${change.range.after}`]),
  ];
};

const counted = (changes: readonly LabelChange[]): string => {
  const of = (action: LabelChange['action']): number => changes.filter((one) => one.action === action).length;
  const rows = (pick: (change: LabelChange) => readonly LabelRow[]): number =>
    changes.reduce((sum, change) => sum + pick(change).length, 0);
  return (
    `${of('create')} new, ${of('change')} changed, ${of('keep')} as they are; ` +
    `rows: ${rows(({ rows: one }) => one.gained)} gained, ${rows(({ rows: one }) => one.lost)} lost, ${rows(({ rows: one }) => one.kept)} kept`
  );
};

/** @param others live labels that the file says nothing of */
export const planLines = (
  changes: readonly LabelChange[],
  others: readonly LiveLabel[],
  nameOf: NameAudience,
): readonly string[] => [
  ...changes.flatMap((change) => changeLines(change, nameOf)),
  ...others.map((one) => `${shownText(one.name)}: not in the file, left alone (${one.id}, ${one.rows.length} rows)`),
  counted(changes),
  ...(changes.some(({ resolved }) => resolved.label.destination === 'windowsUpdate') ? [MEASURES] : []),
];

const changedResult = <T>({ gained, lost, kept }: Changed<T>) => ({ gained, lost, kept });

/** A change as `--json` tells it. */
export const changeResult = (change: LabelChange) => ({
  label: change.resolved.label.id,
  name: change.name,
  action: change.action,
  live: change.live?.id ?? null,
  rows: changedResult(change.rows),
  chids: changedResult(change.chids),
  audiences: changedResult(change.audiences),
  range: change.range ?? null,
});

export const liveResult = (live: LiveLabel) => ({
  id: live.id,
  product: live.ids.p,
  submission: live.ids.s,
  name: live.name,
  destination: live.destination,
  ...live.settings,
  goLive: live.settings.goLive === null ? null : new Date(live.settings.goLive).toISOString(),
  hardwareIds: live.rows,
  chids: live.chids,
  audiences: live.audiences,
  floor: live.floor === '' ? null : live.floor,
  ceiling: live.ceiling === '' ? null : live.ceiling,
  stage: stageOf(live),
  step: live.step,
  state: live.state,
  messages: live.messages,
});

export const liveLines = (live: LiveLabel, whole: boolean): readonly string[] => [
  `${live.id}  ${shownText(live.name)}: ${shownStage(live)}, ${live.rows.length} rows`,
  ...(whole ? rowLines({ gained: [], lost: [], kept: live.rows }) : []),
  ...(whole && live.audiences.length > 0 ? [`  audiences ${live.audiences.join(', ')}`] : []),
  ...live.messages.map((message) => `  ${shownText(message)}`),
];

export const appliedLines = (applied: readonly SettledLabel[]): readonly string[] => [
  ...applied.map(({ change, live }) => {
    const done = { create: 'made', change: 'changed', keep: 'as it was' }[change.action];
    return `${shownText(change.resolved.label.id)}: ${done}, ${live.id}; ${shownStage(live)}`;
  }),
  ...(applied.length === 0 ? ['no label to apply'] : []),
];
