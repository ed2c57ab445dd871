import type { LiveLabel, ResolvedLabel, WrittenLabel } from './contract.ts';
import { type LabelPlan, PLAN_FORMAT } from './form.ts';
import { fingerprintOf, plannedOn } from './live.ts';

export interface PlanFile {
  /** In the form that `winpv fleet simulate` takes. */
  readonly labels: readonly object[];
  readonly plan: LabelPlan;
}

/** Seller ids are short; in files of ours they are numbers, as in the service's. */
const writtenForm = ({ publishingSpecifications: how, ...label }: WrittenLabel): object => ({
  ...label,
  ...(how === undefined || how === null
    ? {}
    : {
        publishingSpecifications: {
          ...how,
          ...(how.visibleToAccounts === undefined || how.visibleToAccounts === null
            ? {}
            : { visibleToAccounts: how.visibleToAccounts.map(Number) }),
        },
      }),
});

/** What `label plan` writes: labels with all of their rows, and what was live when they were planned. */
export const planFile = (labels: readonly ResolvedLabel[], live: readonly LiveLabel[], nowMs: number): PlanFile => {
  const rested = plannedOn(live);
  return {
    labels: labels.map(({ label }) => writtenForm(label)),
    plan: {
      formatVersion: PLAN_FORMAT,
      fingerprint: fingerprintOf(rested),
      made: new Date(nowMs).toISOString(),
      live: [...rested],
    },
  };
};
