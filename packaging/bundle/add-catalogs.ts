import { type CalendarDate, dateToEpochMs } from '../../core/date.ts';
import { stopOnErrors, WinpvError } from '../../core/errors.ts';
import { encodeUnsignedCatalog } from '../formats/cat/encode.ts';
import { parseOsList } from '../formats/cat/os.ts';
import { parseInf } from '../formats/inf/document.ts';
import { infModel } from '../formats/inf/model.ts';
import { type Bundle, type DriverPackage, infOf, mapPackages, packageFolder } from './bundle.ts';
import { planCatalogsOf, subjectsOf } from './catalog.ts';
import { checkCatalogsOf } from './catalog-check.ts';

const addCatalog = (pack: DriverPackage, thisUpdate: number): DriverPackage => {
  const inf = infOf(pack);
  const document = parseInf(inf.bytes, inf.name);
  const byName = new Map(pack.files.map((file) => [file.name.toLowerCase(), file.bytes]));
  const request = {
    infs: [{ document, model: infModel(document) }],
    subjects: subjectsOf((sourcePath) => byName.get(sourcePath.toLowerCase())),
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
        at: { file: inf.name },
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

/** Adds to each package the catalogs that its INF names, for the Windows versions of the package; dated as the release. */
export const addCatalogs = (bundle: Bundle<'branded'>, date: CalendarDate): Bundle<'catalogued'> =>
  mapPackages(bundle, 'catalogued', (pack) => addCatalog(pack, dateToEpochMs(date)));
