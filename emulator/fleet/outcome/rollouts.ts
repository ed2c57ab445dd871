import { ROLLOUT_STAGES, type RolloutCurve } from '../../cloud/windows-update/availability.ts';
import type { FleetLabel } from '../label.ts';
import type { GroupTotals } from '../totals.ts';
import type { FleetOutcome } from './model.ts';
import { type RolloutReport, rolloutReport, type StageCohort } from './stages.ts';

/** How the roll-out of a label would go in a fleet. */
export interface LabelRollout extends RolloutReport {
  readonly label: string;
  readonly curve: RolloutCurve;
}

type Group = { readonly machines: number; readonly group: GroupTotals };

/** Machines of a label by their Windows (spec windows-update 5.1); ids of one package are taken together. */
const cohortsOf = (label: FleetLabel, groups: readonly Group[]): readonly StageCohort[] => {
  const cohorts = new Map<string, Map<FleetOutcome, number>>();
  for (const { machines, group } of groups) {
    const offer = group.offers.find((one) => one.label === label);
    if (offer === undefined) continue;
    const name = `${offer.package.infName} on ${group.windows}`;
    const outcomes = cohorts.get(name) ?? new Map<FleetOutcome, number>();
    outcomes.set(group.outcome, (outcomes.get(group.outcome) ?? 0) + machines);
    cohorts.set(name, outcomes);
  }
  return [...cohorts].map(([name, outcomes]) => ({ name, outcomes }));
};

/** The curve that the label has; else what Microsoft does for most: everyone at once for optional ones, 1 % first for automatic ones. */
const curveOf = ({ times, class: kind }: FleetLabel): RolloutCurve =>
  times?.curve ?? (kind === 'optional' ? 'at-once' : 'one-percent');

/** Each label that machines are offered, with its roll-out from the first machine to the last, and where the ship room stops it. */
export const labelRollouts = (labels: readonly FleetLabel[], groups: readonly Group[]): readonly LabelRollout[] =>
  labels.flatMap((label) => {
    const cohorts = cohortsOf(label, groups);
    if (cohorts.length === 0) return [];
    const curve = curveOf(label);
    const watched = label.audiences.length === 0;
    const stages = ROLLOUT_STAGES[watched ? curve : 'at-once'];
    return [{ label: label.id, curve, ...rolloutReport({ stages, cohorts, watched }) }];
  });
