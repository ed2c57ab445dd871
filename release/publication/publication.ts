import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { dateToEpochMs, parseDate } from '../../core/date.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { readFileTree } from '../../core/file-tree.ts';
import { parseJson } from '../../core/json.ts';
import type { Files } from '../../core/ports.ts';
import type { BrandRelease } from '../../emulator/fleet/offers/releases.ts';
import type { ReleasedPackage } from '../../publishing/labels/contract.ts';
import { RECORD_NAME, sha256Hex } from '../output.ts';
import type { Plan } from '../plan.ts';
import type { Prepared, SignedBrand } from '../prepare.ts';
import type { LoadPorts } from '../project/load.ts';
import type { Project } from '../project/project.ts';
import { releasedBrand } from '../reading/released-package.ts';
import type { ForecastJob, Rehearsals } from '../rehearsal/rehearsals.ts';
import type { Forecast, PublicationForecast } from './forecast.ts';

/** Where a release keeps what publishing it would do; no part of what is released. */
export const PUBLICATION_NAME = '.winpv/publication.json';

const MAX_FLEET_BYTES = 64 * 1024 * 1024;
const MAX_LABEL_BYTES = 8 * 1024 * 1024;
const LIMITS = { maxFiles: 65_535, maxDepth: 32, maxFileBytes: 2 ** 31 - 1, tooMany: 'FILE_TOO_LARGE' } as const;

const recordSchema = z.looseObject({ date: z.string(), brands: z.array(releasedBrand) });

export interface RehearsedPublication {
  readonly forecast: PublicationForecast;
  /** Warnings of the labels, which `winpv label check` tells. */
  readonly labelWarnings: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** A brand's packages of a release that stands in OUT. */
export const brandFiles = async (files: Files, out: string, brand: string) => {
  const read = await readFileTree(files, files.join(out, brand), LIMITS);
  const packages = read.filter(({ name }) => name.split('/').length > 2 && !name.startsWith('trust/'));
  return { release: out, brand, files: packages.map(({ name, bytes }) => ({ path: name, bytes })) };
};

const MAX_KEPT_BYTES = 1024 * 1024;

const keptSchema = z.looseObject({ from: z.string(), labelWarnings: z.number(), quiet: z.literal(true) });

/** What an earlier run found out of the same release, labels and fleet, where there was nothing to warn of. */
const keptForecast = async (files: Files, path: string, from: string): Promise<RehearsedPublication | undefined> => {
  if ((await files.stat(path)) === undefined) return undefined;
  try {
    const kept = parseJson(await files.read(path, { maxBytes: MAX_KEPT_BYTES }), path, keptSchema);
    if (kept.from !== from) return undefined;
    const { from: _from, labelWarnings, quiet: _quiet, ...forecast } = kept;
    return { forecast: forecast as unknown as PublicationForecast, labelWarnings, diagnostics: [] };
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

type Asked = Extract<Project['publication'], { readonly kind: 'on' }>;

interface Inputs {
  readonly record: Uint8Array;
  readonly labels: Uint8Array;
  readonly fleet: Uint8Array;
}

/** What is kept by another form is found out again. */
const FORM = 2;

const inputHash = ({ record, labels, fleet }: Inputs): string =>
  sha256Hex(utf8([`form ${FORM}`, ...[record, labels, fleet].map(sha256Hex)].join(' ')));

/** What of a release a forecast follows from. */
interface ForecastOf {
  readonly date: string;
  readonly brands: readonly { readonly id: string; readonly packages: readonly ReleasedPackage[] }[];
  filesOf(brand: string): Promise<BrandRelease>;
}

const jobOf = async (
  { publication }: { readonly publication: Asked },
  out: string,
  inputs: Pick<Inputs, 'labels' | 'fleet'>,
  { release, files }: { readonly release: ForecastOf; readonly files: Files },
): Promise<ForecastJob> => {
  const { date, brands, filesOf } = release;
  const day = parseDate(date);
  return {
    brands: await Promise.all(brands.map(({ id }) => filesOf(id))),
    release: { file: files.join(out, RECORD_NAME), brands, submissions: [] },
    labels: { path: publication.labels, bytes: inputs.labels },
    fleet: { path: publication.fleet, bytes: inputs.fleet },
    nowMs: day === undefined ? 0 : dateToEpochMs(day),
  };
};

/** Forecasts in this thread. */
const forecastHere = async (job: ForecastJob, ports: LoadPorts): Promise<Forecast> => {
  const { forecastPublication } = await import('./forecast.ts');
  const { readTemplates } = await import('../project/known-templates.ts');
  return forecastPublication({ ...job, templates: await readTemplates(ports) });
};

const readInputs = async (
  { labels, fleet }: { readonly labels: string; readonly fleet: string },
  { files }: LoadPorts,
): Promise<Pick<Inputs, 'labels' | 'fleet'>> => ({
  labels: await files.read(labels, { maxBytes: MAX_LABEL_BYTES }),
  fleet: await files.read(fleet, { maxBytes: MAX_FLEET_BYTES }),
});

type AheadPorts = LoadPorts & { readonly rehearsals: Rehearsals };

/**
 * Forecasts a release that is being made, as soon as its last brand is signed: other cores rehearse meanwhile, and nothing of
 * what is forecast depends on that.
 */
export class ForecastAhead {
  forecast: Promise<Forecast> | undefined;
  readonly #brands = new Map<string, SignedBrand>();
  readonly #out: string;
  readonly #ports: AheadPorts;

  constructor(out: string, ports: AheadPorts) {
    this.#out = out;
    this.#ports = ports;
  }

  readonly signed = (brand: SignedBrand, { plan, loaded: { project } }: Prepared): void => {
    this.#brands.set(brand.id, brand);
    if (this.#brands.size < plan.brands.length || project.publication.kind === 'off') return;
    this.forecast = this.#forecast(project.publication, plan, project.rehearsal.kind === 'on');
    // Whoever asks for it is told.
    this.forecast.catch(() => undefined);
  };

  /** When nobody is at work for it any more. */
  readonly settled = async (): Promise<void> => {
    await this.forecast?.catch(() => undefined);
  };

  async #forecast(publication: Asked, plan: Plan, warm: boolean): Promise<Forecast> {
    const brands = plan.brands.flatMap(({ id }) => this.#brands.get(id) ?? []);
    const filesOf = async (id: string): Promise<BrandRelease> => {
      const { files = [] } = this.#brands.get(id) ?? {};
      return { release: this.#out, brand: id, files };
    };
    const inputs = await readInputs(publication, this.#ports);
    const release = { date: plan.date, brands, filesOf };
    const job = await jobOf({ publication }, this.#out, inputs, { release, files: this.#ports.files });
    return warm ? this.#ports.rehearsals.forecast(job) : forecastHere(job, this.#ports);
  }
}

/**
 * Rehearses the publication of a release that stands in OUT, as its project asks: its labels against its fleet, on the release's day.
 * What comes of it is kept in OUT, and told again while nothing changes. Undefined when the project does not ask.
 * @throws WinpvError with every error of the labels, FLEET_*, FILE_*
 */
export const rehearsePublication = async (
  { publication, folder }: Pick<Project, 'publication' | 'folder'>,
  out: string,
  { ahead, ...ports }: LoadPorts & { readonly ahead?: ForecastAhead | undefined },
): Promise<RehearsedPublication | undefined> => {
  if (publication.kind === 'off') return undefined;
  const { files } = ports;
  const file = files.join(out, RECORD_NAME);
  const inputs: Inputs = { record: await files.read(file), ...(await readInputs(publication, ports)) };
  const path = files.join(out, ...PUBLICATION_NAME.split('/'));
  const from = inputHash(inputs);
  const kept = await keptForecast(files, path, from);
  if (kept !== undefined) return kept;
  const fromOut = async (): Promise<Forecast> => {
    const release = {
      ...parseJson(inputs.record, file, recordSchema),
      filesOf: (id: string) => brandFiles(files, out, id),
    };
    return forecastHere(await jobOf({ publication }, out, inputs, { release, files }), ports);
  };
  const { record, diagnostics, aboutLabels } = await (ahead?.forecast ?? fromOut());
  const shown = (one: string): string => files.relative(folder, one);
  const forecast: PublicationForecast = {
    ...record,
    labels: { ...record.labels, path: shown(publication.labels) },
    fleet: { ...record.fleet, path: shown(publication.fleet) },
  };
  const labelWarnings = aboutLabels.filter(({ severity }) => severity === 'warning').length;
  const quiet = diagnostics.length === 0 ? { quiet: true } : {};
  const written = { from, ...quiet, labelWarnings, ...forecast };
  await files.write(path, utf8(`${JSON.stringify(written, undefined, 2)}\n`));
  return { forecast, labelWarnings, diagnostics };
};
