import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { lineOf, sectionOf } from '../formats/inf/document.ts';
import { pvProblem } from '../formats/inf/pv/facts.ts';
import { GRAPHICS_FUNCTION } from '../formats/inf/pv/ids.ts';
import { type BuiltFile, builtFile, checkSameBuild } from './builds.ts';
import { fileNameOf } from './catalog-scope.ts';
import { type PlacedFile, placedFiles } from './check-files.ts';
import { checkObjectPrefix } from './check-object-prefix.ts';
import { checkRelease, type PvInf } from './check-release.ts';
import { checkConsoleBinaries } from './check-xencons.ts';
import { type CompiledTable, compiledTable, tableBusOf } from './compiled-table.ts';
import type { PackageView } from './package-view.ts';

export interface PvBrand {
  /** Begins the names of WMI classes; not judged against the brand when it has none. */
  readonly objectPrefix?: string | undefined;
}

/** What Xen PV drivers of one folder owe each other, and their brand (spec xen-pv 1.9, 7.1, and section 8). */
export const checkPvPackage = (view: PackageView, brand: PvBrand = {}): readonly Diagnostic[] => {
  const infs = view.infs.filter((inf): inf is PvInf => inf.pv !== undefined);
  const prefixes = checkPrefixes(infs);
  return [
    ...(prefixes.length > 0 ? prefixes : checkProviders(infs)),
    ...checkFunctions(infs),
    ...checkObjectPrefix(view, infs, brand.objectPrefix),
    ...infs.flatMap((inf) => checkConsoleBinaries(view, inf)),
    ...checkRelease(infs, (bus) => tableOf(view, bus)),
    ...infs.flatMap((inf) => checkBuilds(view, inf)),
  ];
};

/** The revision table in the binary of a bus; undefined when there is none, or it does not show. */
const tableOf = (view: PackageView, inf: PvInf): CompiledTable | undefined => {
  const bus = tableBusOf(inf.pv.kind);
  if (bus === undefined) return undefined;
  const placed = placedFiles(view, inf).find(({ installed }) => installed.name.toLowerCase() === `${bus}.sys`);
  try {
    const image = placed === undefined ? undefined : view.imageOf(placed.file);
    const rows = image === undefined ? undefined : compiledTable(image, bus);
    return rows && { bus, rows };
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

const prefixesOf = ({ pv }: PvInf): readonly string[] => [...new Set(pv.ids.flatMap(({ prefix }) => prefix ?? []))];

/** F01 between INFs: one that has two prefixes itself is told by its own rule. */
const checkPrefixes = (infs: readonly PvInf[]): readonly Diagnostic[] => {
  const children = infs.filter((inf) => prefixesOf(inf).length === 1);
  const counts = new Map<string, PvInf[]>();
  for (const inf of children) {
    const [prefix = ''] = prefixesOf(inf);
    counts.set(prefix, [...(counts.get(prefix) ?? []), inf]);
  }
  const [most, ...others] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return [];
  return others.flatMap(([prefix, own]) =>
    own.map((inf) =>
      pvProblem(
        inf.pv,
        'PV_ID_PREFIX',
        `The ids have the prefix "${prefix}", and those of ${nameOf(most[1][0])} have "${most[0]}".`,
        {
          line: inf.pv.ids[0]?.line,
          failureMode: 'F01',
          hint: 'All drivers of a bundle use the vendor prefix that their bus driver was built with.',
        },
      ),
    ),
  );
};

const providerOf = ({ model }: PvInf): string => model.version.provider.trim();

/**
 * F01 between a bus and its children: the ids of a bus have no prefix, for that is compiled into its binary; it is the
 * one of its vendor, whom the Provider names.
 */
const checkProviders = (infs: readonly PvInf[]): readonly Diagnostic[] => {
  const buses = infs.filter(({ pv }) => pv.kind === 'xenbus');
  const [bus] = buses;
  if (bus === undefined) return [];
  const vendors = new Set(buses.map((inf) => providerOf(inf).toLowerCase()));
  return (
    infs
      // A placeholder that was not replaced is no other vendor (F33).
      .filter((inf) => prefixesOf(inf).length > 0 && !/@\w+@/.test(providerOf(inf)))
      .filter((inf) => !vendors.has(providerOf(inf).toLowerCase()))
      .map((inf) =>
        pvProblem(
          inf.pv,
          'PV_ID_PREFIX',
          `The INF is by "${shownText(providerOf(inf))}" with the prefix "${prefixesOf(inf)[0]}", and the bus beside it by "${shownText(providerOf(bus))}".`,
          {
            line: lineOf(sectionOf(inf.document, 'Version'), 'Provider')?.line,
            severity: 'warning',
            failureMode: 'F01',
            hint: 'Take bus and children from one vendor: the bus makes devices under the prefix that it was built with.',
          },
        ),
      )
  );
};

const nameOf = (inf: PvInf | undefined): string => fileNameOf(inf?.path ?? '');

/** Drivers beside each other are for the same platform functions (F02). The ids of children of 2013 name none. */
const checkFunctions = (infs: readonly PvInf[]): readonly Diagnostic[] => {
  const named = infs.map((inf) => ({
    inf,
    // A function that no bus may match is told by its own rule.
    functions: new Set(
      inf.pv.ids.flatMap(({ platform = GRAPHICS_FUNCTION }) => (platform === GRAPHICS_FUNCTION ? [] : platform)),
    ),
  }));
  const complete = named.filter(({ functions }) => functions.size > 0);
  const all = new Map(complete.flatMap(({ inf, functions }) => [...functions].map((one) => [one, inf] as const)));
  return complete.flatMap(({ inf, functions }) =>
    [...all]
      .filter(([one]) => !functions.has(one))
      .map(([one, other]) =>
        pvProblem(
          inf.pv,
          'PV_ID_PLATFORM',
          `The INF has no id for the platform function ${one}, and ${nameOf(other)} has one.`,
          {
            line: inf.pv.ids[0]?.line,
            failureMode: 'F02',
            hint: `Add the id of ${one}, so that the device is found on hosts that present it.`,
          },
        ),
      ),
  );
};

const buildIn = (view: PackageView, { file, installed }: PlacedFile): BuiltFile | undefined => {
  try {
    const image = view.imageOf(file);
    return image === undefined ? undefined : builtFile(installed.name, image, view.shown(file.path));
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** F24, F37, F39, for each install section. */
const checkBuilds = (view: PackageView, inf: PvInf): readonly Diagnostic[] => {
  const placed = placedFiles(view, inf);
  const sections = new Set(placed.map(({ install }) => install.section));
  const found = new Map<string, Diagnostic>();
  for (const section of sections) {
    const own = placed.filter(({ install }) => install.section === section);
    const built = own.map((one) => buildIn(view, one)).filter((one) => one !== undefined);
    for (const finding of checkSameBuild(built)) found.set(finding.message, finding);
  }
  return [...found.values()];
};
