import { formatDate } from '../../core/date.ts';
import type { FourPartVersion } from '../../core/version.ts';
import { boundBetween } from '../../drivers/revision-bindings.ts';
import type { BusState } from '../../drivers/revision-register.ts';
import { boundRevision, xenbusPeriod } from '../../packaging/bundle/bus-states.ts';
import type { PackageInf } from '../../packaging/bundle/package-view.ts';
import type { PvFacts } from '../../packaging/formats/inf/pv/facts.ts';

/** An INF of the Xen PV family. */
export type PvInf = PackageInf & { readonly pv: PvFacts };

/** Days in ISO 8601: from the first on, and before the second. */
export interface Period {
  readonly from: string;
  readonly before: string;
}

/** The last day that the specification knows of: a build without a credible day of its own has everything. */
const LAST_KNOWN_DAY = '2026-08-01';
const EVER: Period = { from: '', before: '9999' };

/** Branches of 2016 went on after master had moved on (spec xen-pv 2.3): days of their releases, by the first commit. */
const BRANCH_PERIODS: Readonly<Record<string, Period>> = {
  '054281d': { from: '2015-09-08', before: '2016-07-08' },
  '329a5d1': { from: '2016-07-08', before: '2018-03-21' },
  '6790a1d': { from: '2018-03-21', before: '2020-01-01' },
};
const BRANCHES_ENDED = '2020-01-01';

/** Days of this form sort as texts. */
const latest = (...days: readonly string[]): string => [...days].sort().at(-1) ?? '';
const earliest = (...days: readonly string[]): string => [...days].sort()[0] ?? '';

const narrowed = (a: Period, b: Period): Period => {
  const both = { from: latest(a.from, b.from), before: earliest(a.before, b.before) };
  return both.from < both.before ? both : a;
};

/** The branch that a version is of: XCP-ng has changes of its own in what it builds from master. */
export const lineOf = ({ model }: PackageInf): string => {
  const [major, minor] = model.version.driverVer?.version ?? ([0, 0, 0, 0] satisfies FourPartVersion);
  if (major === 8 && (minor === 1 || minor === 2)) return `8.${minor}`;
  return major >= 9 && /xcp-ng/i.test(model.version.provider) ? 'xcp-ng' : 'master';
};

export const isBranch = (line: string): boolean => line.startsWith('8.');

/** The first day on which a bus can have been in this state; undefined for one whose INF binds what tells its age. */
export const firstDay = ({ line, since, commits }: BusState): string | undefined =>
  isBranch(line) ? (BRANCH_PERIODS[commits[0] ?? '']?.from ?? since) : since;

/** When a bus in this state was built. */
export const busPeriod = ({ pv }: PvInf, { since = '', until = '9999', line, commits }: BusState): Period => {
  if (isBranch(line)) return BRANCH_PERIODS[commits[0] ?? ''] ?? EVER;
  return narrowed({ from: since, before: until }, pv.kind === 'xenbus' ? xenbusPeriod(pv) : EVER);
};

/** INFs without co-installers are from then on, and such with them from before (spec xen-pv 3.2, G6). */
const CO_INSTALLERS_GONE = '2023-09-13';
const CO_INSTALLERS_WENT = '2023-10-03';

/** When a child was built, by what its INF binds and looks like. */
export const childPeriod = ({ pv }: PvInf, line: string): Period => {
  const form = pv.coInstallers
    ? { from: '', before: CO_INSTALLERS_WENT }
    : { from: CO_INSTALLERS_GONE, before: '9999' };
  const bound = boundBetween(pv.kind, boundRevision(pv) ?? '');
  if (bound === undefined) return isBranch(line) ? { from: '', before: BRANCHES_ENDED } : form;
  if (isBranch(line)) return { from: bound.since, before: BRANCHES_ENDED };
  // What an INF binds says more than its form: vendors go on shipping co-installers.
  return narrowed({ from: bound.since, before: bound.until ?? '9999' }, form);
};

const dayBefore = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** The day of an INF; undefined for one that is none, as templates have (F33). */
export const statedDay = ({ model }: PackageInf): string | undefined => {
  const date = model.version.driverVer?.date;
  return date === undefined || date.year < 2013 ? undefined : formatDate(date);
};

/** A day for a build: the one that its INF states as far as that can be, else the last that can be. */
export const buildDay = (stated: string | undefined, { from, before }: Period): string => {
  if (stated !== undefined && stated >= from && stated < before) return stated;
  return before === '9999' ? LAST_KNOWN_DAY : dayBefore(before);
};
