import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { labelsInTime, type PlannedLabel } from '../../emulator/cloud/windows-update/in-time.ts';
import type { BrandRelease } from '../../emulator/fleet/offers/releases.ts';
import type { Templates } from '../../emulator/history/historic-package.ts';
import { checkLabels } from '../../publishing/labels/check.ts';
import type { LabelRelease, ResolvedLabel } from '../../publishing/labels/contract.ts';
import { parseLabelFile } from '../../publishing/labels/form.ts';
import { resolveLabels } from '../../publishing/labels/resolve.ts';
import { sha256Hex } from '../output.ts';
import { type HeldFleet, holdFleet, type NamedBytes, TROUBLES } from './fleet.ts';

export interface ForecastRequest {
  /** Packages as they will be shipped. */
  readonly brands: readonly BrandRelease[];
  readonly release: LabelRelease;
  readonly labels: NamedBytes;
  readonly fleet: NamedBytes;
  readonly nowMs: number;
  readonly templates: Templates;
}

/** What publishing would do to a fleet, for the record: the same bytes give the same. */
export interface PublicationForecast extends HeldFleet {
  readonly labels: { readonly path: string; readonly sha256: string };
  readonly fleet: { readonly path: string; readonly sha256: string };
  /** The days of Microsoft's are partly assumed. */
  readonly assumed: boolean;
}

export interface Forecast {
  readonly record: PublicationForecast;
  /** Of the fleet, and what publishing would do to it. */
  readonly diagnostics: readonly Diagnostic[];
  /** What `winpv label check` says of the labels: nothing that refuses them. */
  readonly aboutLabels: readonly Diagnostic[];
}

/** What is said of labels before anything is submitted is no flaw of theirs. */
const beforeSubmission = ({ code }: Diagnostic): boolean => code !== 'LABEL_NOT_SUBMITTED';

/** Labels as the emulated Windows Update takes them: each has a name of its own. */
const plannedLabels = (labels: readonly ResolvedLabel[]): readonly PlannedLabel[] =>
  labels.map(({ label, rows, architecture, audienceNames }) => {
    const again = labels.filter((one) => one.label.id === label.id).length > 1;
    const id = again ? `${label.id} ${architecture ?? ''}`.trim() : label.id;
    return { label: { ...label, id, targeting: { ...label.targeting, hardwareIds: [...rows] } }, audienceNames };
  });

const named = ({ path, bytes }: NamedBytes) => ({ path, sha256: sha256Hex(bytes) });

/** What to warn of: machines that come to harm, and labels that do not come to anybody. */
export const fleetWarnings = ({ perLabel, outcomes }: HeldFleet, file: string): readonly Diagnostic[] => {
  const met = TROUBLES.filter((verdict) => outcomes[verdict] > 0 && perLabel.some((label) => label.troubled > 0));
  const counts = met.map((verdict) => `${verdict}: ${outcomes[verdict]}`).join(', ');
  const hurts =
    met.length === 0
      ? []
      : [
          problem('FLEET_OUTCOME', `Publishing these labels would hurt machines of the fleet: ${counts}.`, {
            ...{ severity: 'warning', at: { file } },
            hint: 'See which and why with `winpv fleet simulate`.',
          }),
        ];
  return hurts;
};

/**
 * Holds the labels that a release is to be published with against a fleet, before anything is submitted: checks the labels, brings
 * them through the emulated Windows Update, says who would be offered what since when, and rehearses what that does.
 * @throws WinpvError with every error of the labels, FLEET_*
 */
export const forecastPublication = async (request: ForecastRequest): Promise<Forecast> => {
  const { release, labels: labelFile, fleet, nowMs, templates, brands } = request;
  const resolved = resolveLabels(parseLabelFile(labelFile.bytes, labelFile.path), release);
  const facts = { release, nowMs, live: undefined, audiences: undefined, busInstalled: false };
  const found = [...resolved.diagnostics, ...checkLabels(resolved.labels, facts)].filter(beforeSubmission);
  stopOnErrors(found);
  const { labels, now } = labelsInTime(plannedLabels(resolved.labels), nowMs);
  const { held, bad } = await holdFleet({ labels, at: now, brands, fleet, nowMs, templates });
  const assumed = labels.length > 0;
  const record: PublicationForecast = { labels: named(labelFile), fleet: named(fleet), assumed, ...held };
  return { record, diagnostics: [...bad, ...fleetWarnings(held, fleet.path)], aboutLabels: found };
};
