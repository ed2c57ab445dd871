import { formatVersion, parseVersion } from '../../core/version.ts';
import type { DriverDefinition, DriverFile } from '../../drivers/contract.ts';
import { planCatalogs } from '../../packaging/bundle/catalog.ts';
import { type CheckedFile, checkPackage } from '../../packaging/bundle/check.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import { parseOsList } from '../../packaging/formats/cat/os.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { encodeStandIn, type StandIn } from '../../packaging/formats/pe/stand-in.ts';
import { renderDriver, type TestBrand, XEN_PROJECT } from '../drivers/render.ts';

type Architecture = StandIn['machine'];

/** An image as a driver's definition describes it; `changes` make it another one. */
export const binaryOf = (file: DriverFile, version: string, changes: Partial<StandIn> = {}): Uint8Array => {
  const numbers = parseVersion(version);
  if (numbers === undefined) throw new Error(`no version: ${version}`);
  return encodeStandIn({
    name: file.name,
    machine: 'x64',
    kind: file.kind,
    imports: file.standIn.imports,
    exports: file.standIn.exports,
    version: {
      fixed: {
        fileVersion: numbers,
        productVersion: numbers,
        fileType: 3,
        fileSubtype: 7,
        fileFlags: 0,
        fileOs: 0x4_0004,
      },
      strings: [{ language: 0x409, codepage: 1200, values: { FileVersion: formatVersion(numbers) } }],
    },
    strings: [],
    timeDateStamp: 1_700_000_000,
    ...changes,
  });
};

/** Any small kernel driver or program. */
export const image = (changes: Partial<StandIn>): Uint8Array =>
  binaryOf(
    {
      name: 'demo.sys',
      kind: 'driver',
      dirid: 12,
      installedName: 'demo.sys',
      standIn: { imports: [], exports: [], strings: [] },
    },
    '1.2.3.4',
    changes,
  );

export const CATALOG_TIME = Date.UTC(2026, 5, 1);

/** The catalogs of the INFs in a folder without sub-folders. */
export const withCatalogs = (files: readonly CheckedFile[], osList: string): readonly CheckedFile[] => {
  const infs = files
    .filter(({ path }) => path.endsWith('.inf'))
    .map(({ path, bytes }) => {
      const document = parseInf(bytes, path);
      return { document, model: infModel(document) };
    });
  const catalogs = planCatalogs({
    infs,
    files: (path) => files.find((file) => file.path.toLowerCase() === path.toLowerCase())?.bytes,
    osList: parseOsList(osList.split(',')),
    thisUpdate: CATALOG_TIME,
  });
  return [...files, ...catalogs.map(({ name, content }) => ({ path: name, bytes: encodeUnsignedCatalog(content) }))];
};

/** The files of a driver's package of the newest line, with its catalog last. */
export const driverPackage = (
  driver: DriverDefinition,
  { brand = XEN_PROJECT, machine = 'x64' }: { readonly brand?: TestBrand; readonly machine?: Architecture } = {},
): readonly CheckedFile[] => {
  const [generation] = driver.generations;
  const inf = renderDriver(driver, generation, brand, machine);
  const binaries = generation.files.map((file) => ({
    path: file.name,
    bytes: binaryOf(file, brand.version, { machine }),
  }));
  const files = [{ path: `${driver.name}.inf`, bytes: inf.bytes }, ...binaries];
  return withCatalogs(files, (generation.windows[machine] ?? []).join(','));
};

/** The same files with one exchanged (or added), or taken away. */
export const exchanged = (
  files: readonly CheckedFile[],
  path: string,
  bytes: Uint8Array | undefined,
): readonly CheckedFile[] => [
  ...files.filter((file) => file.path !== path),
  ...(bytes === undefined ? [] : [{ path, bytes }]),
];

export const checked = (files: readonly CheckedFile[]) => checkPackage({ files, nowMs: CATALOG_TIME });
