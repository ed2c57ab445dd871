import { MONITORING_DAYS, type RolloutStage } from '../../cloud/windows-update/availability.ts';
import {
  judgeMeasures,
  MEASURES,
  type MeasureCohort,
  type MeasureCount,
  type MeasureName,
  type MeasureVerdict,
  stopReason,
} from '../../cloud/windows-update/measures.ts';
import type { FleetOutcome, FleetVerdict } from './model.ts';

/** Machines of a label that are measured together: a hardware id on one Windows (spec windows-update 5.1). */
export interface StageCohort {
  /** `PCI\VEN_5853&DEV_0001 on 10.0.19045` */
  readonly name: string;
  /** What becomes of its machines, and of how many. */
  readonly outcomes: ReadonlyMap<FleetOutcome, number>;
}

export interface RolloutRequest {
  /** How many machines are offered the label, and since which day. */
  readonly stages: readonly RolloutStage[];
  readonly cohorts: readonly StageCohort[];
  /** Test audiences are not watched, and nothing is stopped for them. */
  readonly watched: boolean;
}

/** A stage of a roll-out, as it would go if nobody stopped it. */
export interface StageReport extends RolloutStage {
  /** That have been offered the label by then. */
  readonly machines: number;
  readonly outcomes: Readonly<Record<FleetVerdict, number>>;
  /** What the measures say on the last day before the next stage. */
  readonly measures: readonly MeasureVerdict[];
}

export interface RolloutStop {
  /** Days since the roll-out began. */
  readonly day: number;
  readonly share: number;
  /** That have been offered the label by then. */
  readonly machines: number;
  /** Of them, those that do not do what they did before. */
  readonly harmed: number;
  readonly reason: string;
}

export interface RolloutReport {
  readonly machines: number;
  readonly stages: readonly StageReport[];
  /** Undefined when nothing stops it. */
  readonly stop: RolloutStop | undefined;
  /** What this rests on, for people. */
  readonly assumed: readonly string[];
}

/** Whether a machine counts as one that failed. A machine that does not start any more is a crash; it reports nothing else. */
const FAILS: Readonly<Record<MeasureName, (outcome: FleetOutcome) => boolean>> = {
  install: ({ findings }) => findings.some(({ code }) => code === 'EMULATOR_PACKAGE_REFUSED'),
  'pnp-error': ({ outcome, findings }) =>
    outcome !== 'no-boot' &&
    findings.some(({ code, severity }) => code === 'EMULATOR_DEVICE_PROBLEM' && severity === 'error'),
  'kernel-crash': ({ outcome }) => outcome === 'no-boot',
  'live-dump': () => false,
};
const NAMES = ['install', 'pnp-error', 'kernel-crash', 'live-dump'] as const;

/** Days from the offer until the measure has counted a machine: machines look once a day; a PnP error has two days to come. */
const DAYS_UNTIL_COUNTED: Readonly<Record<MeasureName, number>> = {
  install: 1,
  'pnp-error': 3,
  'kernel-crash': 1,
  'live-dump': 1,
};

const ASSUMED: readonly string[] = [
  'The days and percentages of a roll-out are not published.',
  'Every stage is taken to reach the same mixture of machines, which take a label within a day of its offer.',
  'A machine that does not start any more is taken to be counted as a kernel crash.',
];

const shareAt = (stages: readonly RolloutStage[], day: number): number =>
  stages.findLast((stage) => day >= stage.day)?.share ?? 0;

const countOf = (outcomes: StageCohort['outcomes'], is: (outcome: FleetOutcome) => boolean): number => {
  let count = 0;
  for (const [outcome, machines] of outcomes) if (is(outcome)) count += machines;
  return count;
};

const all = (): boolean => true;

/** What a measure has counted by a day, within its window; shares of machines, rounded. */
const counted = (
  { outcomes }: StageCohort,
  measure: MeasureName,
  { stages, day }: { readonly stages: readonly RolloutStage[]; readonly day: number },
): MeasureCount => {
  const last = day - DAYS_UNTIL_COUNTED[measure];
  const share = shareAt(stages, last);
  // Crashes are counted for some days, the machines that could have had one as long as they have the driver.
  const gone = shareAt(stages, last - MEASURES[measure].windowDays);
  const installed = (outcome: FleetOutcome): boolean => measure === 'install' || !FAILS.install(outcome);
  return {
    machines: Math.round(share * countOf(outcomes, installed)),
    failed: Math.round((share - gone) * countOf(outcomes, (one) => installed(one) && FAILS[measure](one))),
  };
};

const measuresAt = ({ stages, cohorts }: RolloutRequest, day: number): readonly MeasureVerdict[] =>
  judgeMeasures(
    cohorts.map((cohort): MeasureCohort => {
      const counts = NAMES.map((measure) => [measure, counted(cohort, measure, { stages, day })] as const);
      return { name: cohort.name, counts: Object.fromEntries(counts.filter(([, { machines }]) => machines > 0)) };
    }),
  );

const HARMED: ReadonlySet<FleetVerdict> = new Set(['degraded', 'brand-flip', 'no-boot']);
const VERDICTS: readonly FleetVerdict[] = ['boots', 'restart', 'degraded', 'brand-flip', 'no-boot'];

const machinesOf = (
  cohorts: readonly StageCohort[],
  share: number,
  is: (outcome: FleetOutcome) => boolean = all,
): number => Math.round(share * cohorts.reduce((sum, { outcomes }) => sum + countOf(outcomes, is), 0));

const outcomesOf = (cohorts: readonly StageCohort[], share: number): StageReport['outcomes'] => {
  const of = (verdict: FleetVerdict): number => machinesOf(cohorts, share, ({ outcome }) => outcome === verdict);
  const [boots = 0, restart = 0, degraded = 0, flipped = 0, stopped = 0] = VERDICTS.map(of);
  return { boots, restart, degraded, 'brand-flip': flipped, 'no-boot': stopped };
};

const stopOf = (request: RolloutRequest): RolloutStop | undefined => {
  const { stages, cohorts, watched } = request;
  for (let day = 1; watched && day <= MONITORING_DAYS; day += 1) {
    const reason = stopReason(measuresAt(request, day));
    if (reason === undefined) continue;
    const share = shareAt(stages, day);
    const harmed = machinesOf(cohorts, share, ({ outcome }) => HARMED.has(outcome));
    return { day, share, machines: machinesOf(cohorts, share), harmed, reason };
  }
  return undefined;
};

/**
 * How a roll-out goes, stage by stage, and when the ship room stops it: by what a rehearsal says of the machines that take the
 * label, as Microsoft's measures would see it (spec windows-update 5.1, 7.5).
 */
export const rolloutReport = (request: RolloutRequest): RolloutReport => {
  const { stages, cohorts } = request;
  return {
    machines: machinesOf(cohorts, 1),
    stages: stages.map((stage, index): StageReport => {
      const last = stages[index + 1]?.day ?? MONITORING_DAYS;
      return {
        ...stage,
        machines: machinesOf(cohorts, stage.share),
        outcomes: outcomesOf(cohorts, stage.share),
        measures: measuresAt(request, last),
      };
    }),
    stop: stopOf(request),
    assumed: ASSUMED,
  };
};
