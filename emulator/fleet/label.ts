import { z } from 'zod';
import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { type LabelSettings, readLabelSettings } from '../../publishing/labels/file.ts';
import { LABEL_DESTINATIONS } from '../../publishing/partner-center/contract.ts';
import {
  type ChidRow,
  type HardwareIdRow,
  publishingSpecifications,
  recipientSpecifications,
  targeting,
} from '../../publishing/partner-center/label-contract.ts';
import { caseless, parseServiceTime, wireId } from '../../publishing/partner-center/wire.ts';
import { type LabelTimes, ROLLOUT_CURVES } from '../cloud/windows-update/availability.ts';

const time = z.string().refine((text) => parseServiceTime(text) !== undefined, 'has to be a date and time of ISO 8601');

/** When things happened to a label; one without is approved, and offered to every machine. */
const timesSchema = z.strictObject({
  submitted: time,
  approved: time.nullish(),
  paused: time.nullish(),
  stopped: time.nullish(),
  expired: time.nullish(),
  finalized: time.nullish(),
  curve: z.enum(ROLLOUT_CURVES).nullish(),
});

/** A label as a fleet is held against it (contract 8): names of fields as in the service's own (spec hardware-api 8). */
const labelSchema = z.strictObject({
  id: z.union([z.string().min(1).max(128), wireId]),
  productId: wireId.nullish(),
  submissionId: wireId.nullish(),
  name: z.string().nullish(),
  brand: z.string().min(1),
  driver: z.string().min(1),
  /** Of the package, where several releases that are given have one. */
  version: z.string().optional(),
  signature: z.enum(['whql', 'attestation', 'test']),
  destination: caseless(LABEL_DESTINATIONS),
  publishingSpecifications: publishingSpecifications.nullish(),
  recipientSpecifications: recipientSpecifications.nullish(),
  targeting,
  times: timesSchema.nullish(),
  /** What the service says beside a label; `times` tells of its life. */
  workflowStatus: z.unknown().optional(),
  links: z.unknown().optional(),
});

export const labelsSchema = z
  // What `winpv label plan` writes says beside its labels what they were planned on.
  .union([z.array(labelSchema), z.strictObject({ labels: z.array(labelSchema), plan: z.unknown().optional() })])
  .meta({ title: 'labels' });

type WrittenLabel = z.output<typeof labelSchema>;

/** What a label's flags make of it (spec windows-update 2). */
export type LabelClass = 'automatic' | 'during-upgrade' | 'optional';

export interface LabelRow {
  readonly bundleId: string;
  readonly infId: string;
  readonly osCode: string;
  /** Lower case. */
  readonly pnp: string;
}

export interface FleetLabel extends Omit<WrittenLabel, 'id' | 'times'> {
  readonly id: string;
  readonly class: LabelClass;
  /** Offered during an upgrade of Windows. */
  readonly duringUpgrade: boolean;
  readonly rows: readonly LabelRow[];
  /** Lower case, without braces; empty for every machine. */
  readonly chids: ReadonlySet<string>;
  readonly audiences: readonly string[];
  /** Builds stand for its floor and ceiling: it is for Insiders. */
  readonly isCoEngineered: boolean;
  /** Undefined when the file does not say when: it is taken as approved. */
  readonly times: LabelTimes | undefined;
  /** Milliseconds since 1970. */
  readonly goLive: number | undefined;
  /** Where the file has it. */
  readonly at: Partial<Diagnostic>;
}

const bare = (guid: string): string => guid.replace(/[{}]/g, '').toLowerCase();

const at = (text: string | null | undefined): number | undefined => (text == null ? undefined : parseServiceTime(text));

const isCoEngineered = ({ targeting: { coEngDriverPublishInfo: builds } }: WrittenLabel): boolean =>
  builds?.flooringBuildNumber != null || builds?.ceilingBuildNumber != null;

const timesOf = (label: WrittenLabel): LabelTimes | undefined => {
  const { times, targeting: where, publishingSpecifications: how } = label;
  if (times == null) return undefined;
  const automatic = how?.isAutoInstallOnApplicableSystems === true || how?.isAutoInstallDuringOSUpgrade === true;
  return {
    submitted: at(times.submitted) ?? 0,
    ...{ automatic, audiences: where.restrictedToAudiences ?? [], goLive: at(how?.goLiveDate) },
    ...{ approved: at(times.approved), paused: at(times.paused), stopped: at(times.stopped) },
    ...{ expired: at(times.expired), finalized: at(times.finalized), coEngineered: isCoEngineered(label) },
    curve: times.curve ?? 'at-once',
  };
};

const classOf = ({ publishingSpecifications: how }: WrittenLabel): LabelClass => {
  if (how?.isAutoInstallOnApplicableSystems === true) return 'automatic';
  return how?.isAutoInstallDuringOSUpgrade === true ? 'during-upgrade' : 'optional';
};

/** The service has both spellings of the state, for rows and for computer ids. */
const isThere = ({ action, distributionState: state }: Pick<ChidRow | HardwareIdRow, 'action' | 'distributionState'>) =>
  action !== 'remove' && state?.toLowerCase() !== 'pendingremove';

const labelOf = (written: WrittenLabel, place: Partial<Diagnostic>): FleetLabel => {
  const { targeting: where, publishingSpecifications: how } = written;
  // Rows that are to be removed are offered no more; those that are being added are what is asked about.
  const rows = (where.hardwareIds ?? []).filter(isThere);
  return {
    ...written,
    id: String(written.id),
    class: classOf(written),
    duringUpgrade: how?.isAutoInstallDuringOSUpgrade === true || how?.isAutoInstallOnApplicableSystems === true,
    rows: rows.map(({ bundleId, infId, operatingSystemCode, pnpString }) => ({
      ...{ bundleId, infId, osCode: operatingSystemCode, pnp: pnpString.toLowerCase() },
    })),
    chids: new Set((where.chids ?? []).filter(isThere).map(({ chid }) => bare(chid))),
    ...{ audiences: where.restrictedToAudiences ?? [], isCoEngineered: isCoEngineered(written) },
    times: timesOf(written),
    goLive: at(how?.goLiveDate),
    at: place,
  };
};

const twice = (labels: readonly FleetLabel[]): readonly Diagnostic[] =>
  labels.flatMap((label, index) =>
    labels.findIndex(({ id }) => id === label.id) === index
      ? []
      : [problem('FLEET_LABEL_REFUSED', `The label ${label.id} is there twice.`, label.at)],
  );

const placeOf = (settings: LabelSettings<z.output<typeof labelsSchema>>, index: number): Partial<Diagnostic> =>
  settings.point(Array.isArray(settings.value) ? [index] : ['labels', index]);

/**
 * Reads labels, JSON or YAML: a list, or a list under `labels`.
 * @throws WinpvError CONFIG_*, FLEET_LABEL_REFUSED, with places
 */
export const parseLabels = (bytes: Uint8Array, file: string): readonly FleetLabel[] => {
  const settings = readLabelSettings(bytes, file, labelsSchema);
  const written = Array.isArray(settings.value) ? settings.value : settings.value.labels;
  const labels = written.map((one, index) => labelOf(one, placeOf(settings, index)));
  stopOnErrors(twice(labels));
  return labels;
};
