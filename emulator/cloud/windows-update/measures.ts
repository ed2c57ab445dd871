/**
 * Microsoft's driver measures and the ship room's stop (spec windows-update 5.1; overview-of-microsoft-driver-measure-dictionary.md,
 * measure-attributes.md). Systemic measures are for every driver.
 */

export const MEASURE_NAMES = ['install', 'pnp-error', 'kernel-crash', 'live-dump'] as const;
export type MeasureName = (typeof MEASURE_NAMES)[number];

export interface MeasureDefinition {
  /** As the measure's page numbers it. */
  readonly id: number;
  readonly title: string;
  readonly windowDays: number;
  /** The largest part of the machines that may fail. */
  readonly mostFailing: number;
  /** It has a high-failure alert, which needs few machines. */
  readonly alerts: boolean;
}

export const MEASURES: Readonly<Record<MeasureName, MeasureDefinition>> = {
  install: { id: 26387215, title: 'installation completes', windowDays: 30, mostFailing: 0.05, alerts: true },
  'pnp-error': {
    ...{ id: 26387262, title: 'no PnP error within 2 days of installation' },
    ...{ windowDays: 30, mostFailing: 0.05, alerts: true },
  },
  'kernel-crash': { id: 26118008, title: 'no kernel crash', windowDays: 7, mostFailing: 0.01, alerts: false },
  'live-dump': { id: 25739929, title: 'no live kernel dump', windowDays: 7, mostFailing: 0.03, alerts: false },
};

/** Machines that are needed to judge a driver, and one cohort of it. */
export const LEAST_MACHINES = 100;
export const LEAST_COHORT = 500;
/** The high-failure alert: at least so many machines, of which at least this part fails. */
export const ALERT_MACHINES = 10;
export const ALERT_FAILING = 0.5;

/** Machines that were asked, and those of them that failed. */
export interface MeasureCount {
  readonly machines: number;
  readonly failed: number;
}

/** Hardware id × CHID × Windows, as far as the label distinguishes them; a measure that nobody reported for is absent. */
export interface MeasureCohort {
  readonly name: string;
  readonly counts: Readonly<Partial<Record<MeasureName, MeasureCount>>>;
}

export type MeasureResult = 'passes' | 'fails' | 'alert' | 'insufficient-data';

export interface CohortVerdict extends MeasureCount {
  /** `N small cohorts` for those that were merged. */
  readonly name: string;
  readonly result: MeasureResult;
}

export interface MeasureVerdict extends MeasureCount {
  readonly measure: MeasureName;
  readonly id: number;
  readonly result: MeasureResult;
  /** Part of the machines that failed; 0 when there are none. */
  readonly failing: number;
  readonly mostFailing: number;
  /** Those that were judged by themselves. */
  readonly cohorts: readonly CohortVerdict[];
  readonly why: string;
  /** It rests on how the service groups cohorts, which is published in part. */
  readonly assumed: boolean;
}

interface Counted extends MeasureCount {
  readonly name: string;
}

const partOf = ({ machines, failed }: MeasureCount): number => (machines === 0 ? 0 : failed / machines);
const percent = (part: number): string => `${Number((part * 100).toFixed(2))} %`;

const sum = (counts: readonly MeasureCount[]): MeasureCount => ({
  machines: counts.reduce((total, { machines }) => total + machines, 0),
  failed: counts.reduce((total, { failed }) => total + failed, 0),
});

const resultOf = (count: MeasureCount, definition: MeasureDefinition, least: number): MeasureResult => {
  if (definition.alerts && count.machines >= ALERT_MACHINES && partOf(count) >= ALERT_FAILING) return 'alert';
  if (count.machines < least) return 'insufficient-data';
  return partOf(count) > definition.mostFailing ? 'fails' : 'passes';
};

/** Cohorts that are large enough by themselves, and the others as one. */
const merged = (counts: readonly Counted[]): readonly Counted[] => {
  const small = counts.filter(({ machines }) => machines < LEAST_COHORT);
  const large = counts.filter(({ machines }) => machines >= LEAST_COHORT);
  if (small.length < 2) return counts;
  return [...large, { name: `${small.length} small cohorts`, ...sum(small) }];
};

const SEVERITY: readonly MeasureResult[] = ['insufficient-data', 'passes', 'fails', 'alert'];
const worst = (results: readonly MeasureResult[]): MeasureResult =>
  results.reduce((one, other) => (SEVERITY.indexOf(other) > SEVERITY.indexOf(one) ? other : one), 'insufficient-data');

const reasonOf = (result: MeasureResult, count: Counted, definition: MeasureDefinition): string => {
  const { title, mostFailing } = definition;
  const numbers = `${count.failed} of ${count.machines} machines (${percent(partOf(count))})`;
  const where = count.name === '' ? '' : ` of ${count.name}`;
  switch (result) {
    case 'alert':
      return `${title}: high failure, ${numbers}${where} fail.`;
    case 'fails':
      return `${title}: ${numbers}${where} fail, and ${percent(mostFailing)} may.`;
    case 'passes':
      return `${title}: ${numbers} fail, and ${percent(mostFailing)} may.`;
    case 'insufficient-data':
      return `${title}: data insufficient, ${count.machines} of ${LEAST_MACHINES} machines.`;
  }
};

const judge = (measure: MeasureName, cohorts: readonly MeasureCohort[]): MeasureVerdict => {
  const definition = MEASURES[measure];
  const counts = cohorts.flatMap(({ name, counts: { [measure]: count } }) =>
    count === undefined ? [] : [{ name, ...count }],
  );
  const whole: Counted = { name: '', ...sum(counts) };
  // few machines are enough for the alert: it looks at each cohort before they are merged
  const alerts = counts.filter((count) => resultOf(count, definition, LEAST_COHORT) === 'alert');
  const judged = [...alerts, ...merged(counts).filter((count) => !alerts.includes(count))].map(
    (count): CohortVerdict => ({ ...count, result: resultOf(count, definition, LEAST_COHORT) }),
  );
  const own = resultOf(whole, definition, LEAST_MACHINES);
  // one failing cohort is enough; one that passes says nothing of the whole
  const bad = judged.filter(({ result: one }) => one === 'fails' || one === 'alert');
  const result = worst([own, ...bad.map((cohort) => cohort.result)]);
  const speaks = own === result ? whole : (bad.find((cohort) => cohort.result === result) ?? whole);
  return {
    ...{ measure, id: definition.id, result, machines: whole.machines, failed: whole.failed },
    ...{ failing: partOf(whole), mostFailing: definition.mostFailing },
    cohorts: judged,
    why: reasonOf(result, speaks, definition),
    assumed: counts.length > 1,
  };
};

/** Judges a driver by its measures, over all machines and cohort by cohort. */
export const judgeMeasures = (cohorts: readonly MeasureCohort[]): readonly MeasureVerdict[] =>
  MEASURE_NAMES.map((measure) => judge(measure, cohorts));

/** Why the ship room stops a roll-out: a measure fails, or so many machines fail early; undefined when it goes on. */
export const stopReason = (verdicts: readonly MeasureVerdict[]): string | undefined => {
  const bad = verdicts.find(({ result }) => result === 'alert') ?? verdicts.find(({ result }) => result === 'fails');
  return bad === undefined ? undefined : `Measure ${bad.id}, ${bad.why}`;
};

/** What a machine reported of one driver; milliseconds since 1970. */
export interface InstallReport {
  readonly cohort: string;
  /** When it tried to install. */
  readonly at: number;
  /** The installation ended well. */
  readonly installed: boolean;
  readonly pnpErrorAt?: number | undefined;
  readonly crashedAt?: number | undefined;
  readonly liveDumpAt?: number | undefined;
}

const DAY_MS = 86_400_000;
/** A PnP error counts when it comes so soon after the installation. */
const PNP_ERROR_DAYS = 2;

const within = (when: number | undefined, from: number, to: number): boolean =>
  when !== undefined && when >= from && when <= to;

/** What a machine is counted as; undefined when it is not of the measure's population. */
const failsAt = (report: InstallReport, measure: MeasureName, at: number): boolean | undefined => {
  const begin = at - MEASURES[measure].windowDays * DAY_MS;
  if (report.at > at) return undefined;
  if (measure === 'install') return report.at < begin ? undefined : !report.installed;
  if (!report.installed) return undefined;
  if (measure === 'pnp-error') {
    if (report.at < begin) return undefined;
    return within(report.pnpErrorAt, report.at, Math.min(at, report.at + PNP_ERROR_DAYS * DAY_MS));
  }
  const when = measure === 'kernel-crash' ? report.crashedAt : report.liveDumpAt;
  return within(when, Math.max(begin, report.at), at);
};

/** Counts reports as the measures see them at an instant: each machine once, within the window of each. */
export const measureCohorts = (reports: Iterable<InstallReport>, at: number): readonly MeasureCohort[] => {
  const cohorts = new Map<string, Partial<Record<MeasureName, { machines: number; failed: number }>>>();
  for (const report of reports) {
    const counts = cohorts.get(report.cohort) ?? {};
    cohorts.set(report.cohort, counts);
    for (const measure of MEASURE_NAMES) {
      const fails = failsAt(report, measure, at);
      if (fails === undefined) continue;
      const count = counts[measure] ?? { machines: 0, failed: 0 };
      counts[measure] = count;
      count.machines += 1;
      if (fails) count.failed += 1;
    }
  }
  return [...cohorts].map(([name, counts]) => ({ name, counts }));
};
