import { type CalendarDate, dateToEpochMs } from '../../core/date.ts';
import { stopOnErrors, WinpvError } from '../../core/errors.ts';
import { encodeUnsignedCatalog } from '../formats/cat/encode.ts';
import { parseOsList } from '../formats/cat/os.ts';
import { parseInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { type Bundle, type DriverPackage, infOf, mapPackages, packageFolder } from './bundle.ts';
import { planCatalogsOf, subjectsOf } from './catalog.ts';
import { checkCatalogsOf } from './catalog-check.ts';
import { atOrigin, type InfOrigin } from './judge-bundle.ts';

interface CatalogPlace {
  readonly thisUpdate: number;
  /** How a file of the package is called in findings. */
  readonly shown: (name: string) => string;
}

const addCatalog = (pack: DriverPackage, { thisUpdate, shown }: CatalogPlace): DriverPackage => {
  const inf = infOf(pack);
  const document = parseInf(inf.bytes, shown(inf.name));
  const byName = new Map(pack.files.map((file) => [file.name.toLowerCase(), file.bytes]));
  const request = {
    infs: [{ document, model: infModel(document) }],
    subjects: subjectsOf((sourcePath) => byName.get(sourcePath.toLowerCase()), shown),
    osList: parseOsList(pack.windows),
    thisUpdate,
  };
  stopOnErrors(checkCatalogsOf(request));
  const planned = planCatalogsOf(request);
  if (planned.length === 0) {
    throw new WinpvError(
      'CAT_NO_CATALOG_ENTRY',
      `The INF of ${packageFolder(pack)} names no catalog for ${pack.architecture}.`,
      {
        at: { file: shown(inf.name) },
        hint: 'Add CatalogFile to [Version].',
      },
    );
  }
  const catalogs = planned.map(({ name, content }) => ({
    name,
    bytes: encodeUnsignedCatalog(content),
    role: 'catalog' as const,
    standIn: false,
  }));
  return { ...pack, files: [...pack.files, ...catalogs] };
};

/**
 * Adds to each package the catalogs that its INF names, for the Windows versions of the package; dated as the release.
 *
 * @param origin where the INF of a package came from: findings in it point there
 * @throws WinpvError CAT_*, PE_*, CAB_* with the file as `BRAND/DRIVER/ARCH/NAME`, or the INF's origin
 */
export const addCatalogs = (
  bundle: Bundle<'branded'>,
  date: CalendarDate,
  origin?: (pack: DriverPackage) => InfOrigin | undefined,
): Bundle<'catalogued'> =>
  mapPackages(bundle, 'catalogued', (pack) => {
    const shown = (name: string): string => `${bundle.brandId}/${packageFolder(pack)}/${name}`;
    try {
      return addCatalog(pack, { thisUpdate: dateToEpochMs(date), shown });
    } catch (error) {
      const from = origin?.(pack);
      if (!(error instanceof WinpvError) || from === undefined) throw error;
      const infPath = shown(infOf(pack).name);
      throw WinpvError.of(
        error.diagnostics.map((finding) => atOrigin(finding, infPath, from)),
        error.cause,
      );
    }
  });
