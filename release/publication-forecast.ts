import { utf8 } from '../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors } from '../core/errors.ts';
import { parseLabels } from '../emulator/fleet/label.ts';
import { fleetRehearsal } from '../emulator/fleet/outcome.ts';
import type { FleetVerdict } from '../emulator/fleet/outcome-model.ts';
import { type BrandRelease, labelComplaints, packagesOf, readReleases } from '../emulator/fleet/releases.ts';
import { FleetSimulation } from '../emulator/fleet/simulate.ts';
import type { Templates } from '../emulator/history/historic-package.ts';
import { checkLabels } from '../publishing/labels/check.ts';
import type { LabelRelease, ResolvedLabel } from '../publishing/labels/contract.ts';
import { parseLabelFile } from '../publishing/labels/form.ts';
import { resolveLabels } from '../publishing/labels/resolve.ts';
import { sha256Hex } from './output.ts';

/** A settings file by the path that people know. */
export interface NamedBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
}

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
export interface PublicationForecast {
  readonly labels: { readonly path: string; readonly sha256: string };
  readonly fleet: { readonly path: string; readonly sha256: string };
  readonly machines: number;
  /** Machines that are offered something. */
  readonly offered: number;
  readonly outcomes: Readonly<Record<FleetVerdict, number>>;
  readonly perLabel: readonly {
    readonly id: string;
    readonly brand: string;
    readonly driver: string;
    readonly offered: number;
    /** Machines that are offered it and end otherwise than before or after a restart. */
    readonly troubled: number;
  }[];
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

/** Labels in the form that fleets are held against. */
const asFleetLabels = (labels: readonly ResolvedLabel[]): Uint8Array =>
  utf8(
    JSON.stringify(
      labels.map(({ label, rows, architecture }) => ({
        ...label,
        id:
          labels.filter((one) => one.label.id === label.id).length > 1
            ? `${label.id} ${architecture ?? ''}`.trim()
            : label.id,
        recipientSpecifications: undefined,
        publishingSpecifications: label.publishingSpecifications ?? undefined,
        targeting: { ...label.targeting, hardwareIds: rows },
      })),
    ),
  );

async function* blocksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const MAX_TOLD = 20;
const TROUBLES = ['degraded', 'brand-flip', 'no-boot'] as const satisfies readonly FleetVerdict[];

const named = ({ path, bytes }: NamedBytes) => ({ path, sha256: sha256Hex(bytes) });

const troubled = (outcomes: Readonly<Record<FleetVerdict, number>>): number =>
  TROUBLES.reduce((sum, verdict) => sum + outcomes[verdict], 0);

const warningsOf = ({ fleet, perLabel, outcomes }: PublicationForecast): readonly Diagnostic[] => {
  const met = TROUBLES.filter((verdict) => outcomes[verdict] > 0 && perLabel.some((label) => label.troubled > 0));
  if (met.length === 0) return [];
  const counts = met.map((verdict) => `${verdict}: ${outcomes[verdict]}`).join(', ');
  return [
    problem('FLEET_OUTCOME', `Publishing these labels would hurt machines of the fleet: ${counts}.`, {
      ...{ severity: 'warning', at: { file: fleet.path } },
      hint: 'See which and why with `winpv fleet simulate`.',
    }),
  ];
};

/**
 * Holds the labels that a release is to be published with against a fleet, before anything is submitted: checks the labels, says
 * who would be offered what, and rehearses what that does to each kind of machine.
 * @throws WinpvError with every error of the labels, FLEET_*
 */
export const forecastPublication = async (request: ForecastRequest): Promise<Forecast> => {
  const { release, labels: labelFile, fleet, nowMs, templates } = request;
  const resolved = resolveLabels(parseLabelFile(labelFile.bytes, labelFile.path), release);
  const facts = { release, nowMs, live: undefined, audiences: undefined, busInstalled: false };
  const found = [...resolved.diagnostics, ...checkLabels(resolved.labels, facts)].filter(beforeSubmission);
  stopOnErrors(found);
  const labels = parseLabels(asFleetLabels(resolved.labels), labelFile.path);
  const labelled = new Set(labels.map(({ brand }) => brand));
  const brands = request.brands.filter(({ brand }) => labelled.has(brand));
  const { packages, stock } = readReleases(brands, { nowMs, templates });
  stopOnErrors(labelComplaints(packages, labels));
  const bad: Diagnostic[] = [];
  const simulation = new FleetSimulation({
    question: { labels, packagesOf: (label) => packagesOf(packages, label), at: nowMs, channel: 'any' },
    rehearsal: fleetRehearsal(stock),
    bad: (line, message) => {
      const place = { severity: 'warning', at: { file: fleet.path, line } } as const;
      if (bad.length < MAX_TOLD) bad.push(problem('FLEET_LINE', message, place));
    },
  });
  for await (const _part of simulation.run(blocksOf(fleet.bytes)));
  const { totals } = simulation;
  const record: PublicationForecast = {
    ...{ labels: named(labelFile), fleet: named(fleet), machines: totals.machines, offered: totals.offered },
    outcomes: { ...totals.outcomes },
    perLabel: totals.labels().map(({ id, brand, driver, offered, outcomes }) => ({
      ...{ id, brand, driver, offered, troubled: troubled(outcomes) },
    })),
  };
  return { record, diagnostics: [...bad, ...warningsOf(record)], aboutLabels: found };
};
