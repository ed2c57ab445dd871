import { z } from 'zod';
import { ARCHITECTURES } from '../core/architecture.ts';
import { utf8 } from '../core/bytes.ts';
import { dateToEpochMs, parseDate } from '../core/date.ts';
import type { Diagnostic } from '../core/errors.ts';
import { readFileTree } from '../core/file-tree.ts';
import { parseJson } from '../core/json.ts';
import type { Files } from '../core/ports.ts';
import type { LoadPorts } from './load.ts';
import { RECORD_NAME } from './output.ts';
import type { Project } from './project.ts';
import type { PublicationForecast } from './publication-forecast.ts';

/** Where a release keeps what publishing it would do; no part of what is released. */
export const PUBLICATION_NAME = '.winpv/publication.json';

const MAX_FLEET_BYTES = 64 * 1024 * 1024;
const MAX_LABEL_BYTES = 8 * 1024 * 1024;
const LIMITS = { maxFiles: 65_535, maxDepth: 32, maxFileBytes: 2 ** 31 - 1, tooMany: 'FILE_TOO_LARGE' } as const;

const recordSchema = z.looseObject({
  date: z.string(),
  brands: z.array(
    z.looseObject({
      id: z.string(),
      packages: z.array(
        z.looseObject({
          driver: z.string(),
          architecture: z.enum(ARCHITECTURES),
          version: z.string(),
          windows: z.array(z.string()),
          hardwareIds: z.array(z.string()),
        }),
      ),
    }),
  ),
});

export interface RehearsedPublication {
  readonly forecast: PublicationForecast;
  readonly diagnostics: readonly Diagnostic[];
}

const brandFiles = async (files: Files, out: string, brand: string) => {
  const read = await readFileTree(files, files.join(out, brand), LIMITS);
  const packages = read.filter(({ name }) => name.split('/').length > 2 && !name.startsWith('trust/'));
  return { release: out, brand, files: packages.map(({ name, bytes }) => ({ path: name, bytes })) };
};

/**
 * Rehearses the publication of a release that stands in OUT, as its project asks: its labels against its fleet, on the release's day.
 * What comes of it is kept in OUT. Undefined when the project does not ask.
 * @throws WinpvError with every error of the labels, FLEET_*, FILE_*
 */
export const rehearsePublication = async (
  { publication, folder }: Pick<Project, 'publication' | 'folder'>,
  out: string,
  ports: LoadPorts,
): Promise<RehearsedPublication | undefined> => {
  if (publication.kind === 'off') return undefined;
  const { files } = ports;
  const shown = (path: string): string => files.relative(folder, path);
  const { forecastPublication } = await import('./publication-forecast.ts');
  const { readTemplates } = await import('./known-templates.ts');
  const file = files.join(out, RECORD_NAME);
  const record = parseJson(await files.read(file), file, recordSchema);
  const day = parseDate(record.date);
  const [fleet, labels] = [
    await files.read(publication.fleet, { maxBytes: MAX_FLEET_BYTES }),
    await files.read(publication.labels, { maxBytes: MAX_LABEL_BYTES }),
  ];
  const { record: forecast, diagnostics } = await forecastPublication({
    brands: await Promise.all(record.brands.map(({ id }) => brandFiles(files, out, id))),
    release: { file, brands: record.brands, submissions: [] },
    labels: { path: publication.labels, bytes: labels },
    fleet: { path: publication.fleet, bytes: fleet },
    nowMs: day === undefined ? 0 : dateToEpochMs(day),
    templates: await readTemplates(ports),
  });
  const kept = {
    ...forecast,
    labels: { ...forecast.labels, path: shown(publication.labels) },
    fleet: { ...forecast.fleet, path: shown(publication.fleet) },
  };
  await files.write(files.join(out, ...PUBLICATION_NAME.split('/')), utf8(`${JSON.stringify(kept, undefined, 2)}\n`));
  return { forecast: kept, diagnostics };
};
