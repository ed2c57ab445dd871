import { dateToEpochMs } from '../../core/date.ts';
import type { DriverFile } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { decoratedInstalls } from '../../packaging/formats/inf/decorated-installs.ts';
import { type InfDocument, parseInf } from '../../packaging/formats/inf/document.ts';
import { type InfModel, infModel } from '../../packaging/formats/inf/model.ts';
import { pvFacts } from '../../packaging/formats/inf/pv/facts.ts';
import { encodeStandIn } from '../../packaging/formats/pe/stand-in.ts';

/** Every file that a definition knows, whatever its line. */
const KNOWN = new Map(
  DRIVERS.flatMap(({ generations }) =>
    generations.flatMap(({ files }) => files.map((file) => [file.name, file] as const)),
  ),
);

const UNKNOWN: Pick<DriverFile, 'kind' | 'standIn'> = {
  kind: 'library',
  standIn: { imports: [], exports: [], strings: [] },
};

/** What the binaries of a vendor's build have of its names: the tokens of stand-ins. */
const tokensOf = (document: InfDocument, model: InfModel, driver: string): Readonly<Record<string, string>> => {
  const ids = pvFacts(document, model)?.ids ?? [];
  const prefix = ids.find((id) => id.prefix !== undefined)?.prefix;
  const vendorDevice = ids.map(({ platform }) => platform).find((one) => one !== undefined && one > 'BFFF');
  return {
    VENDOR_PREFIX: prefix ?? '',
    VENDOR_DEVICE_ID: vendorDevice ?? '',
    VENDOR_NAME: model.version.provider,
    DRIVER: driver,
  };
};

/** A text with an empty token is left out, as in real builds. */
const filled = (text: string, tokens: Readonly<Record<string, string>>): string | undefined => {
  const names = [...text.matchAll(/@([A-Z_]+)@/g)].map(([, name = '']) => name);
  if (names.some((name) => (tokens[name] ?? '') === '')) return undefined;
  return text.replaceAll(/@([A-Z_]+)@/g, (_all, name: string) => tokens[name] ?? '');
};

/** Stand-ins for the files that an INF copies, as the build of its vendor and version would have them. */
const imagesOf = (document: InfDocument, model: InfModel, driver: string, prefix: string): readonly CheckedFile[] => {
  const { driverVer } = model.version;
  const version = driverVer?.version ?? [0, 0, 0, 0];
  const own = tokensOf(document, model, driver);
  const tokens: Readonly<Record<string, string>> = prefix === '' ? own : { ...own, VENDOR_PREFIX: prefix };
  const sources = decoratedInstalls(document, model).flatMap(({ files }) =>
    files.flatMap(({ sourcePath }) => sourcePath ?? []),
  );
  return [...new Set(sources)].map((path) => {
    const { kind, standIn } = KNOWN.get(path.toLowerCase()) ?? UNKNOWN;
    const bytes = encodeStandIn({
      ...{ name: path, machine: 'x64', kind, imports: standIn.imports, exports: standIn.exports },
      version: {
        fixed: {
          fileVersion: version,
          productVersion: version,
          fileType: 3,
          fileSubtype: 7,
          fileFlags: 0,
          fileOs: 0x4_0004,
        },
        strings: [
          {
            language: 0x409,
            codepage: 1200,
            values: { CompanyName: tokens.VENDOR_NAME ?? '', FileVersion: version.join('.'), OriginalFilename: path },
          },
        ],
      },
      strings: standIn.strings.flatMap((text) => filled(text, tokens) ?? []),
      timeDateStamp: driverVer?.date === undefined ? 0 : dateToEpochMs(driverVer.date) / 1000,
    });
    return { path, bytes };
  });
};

/** The packages of a suite of INFs, a folder each, with stand-ins for their binaries. */
export const suiteFiles = (
  infs: readonly { readonly driver: string; readonly bytes: Uint8Array }[],
): readonly CheckedFile[] => {
  const read = infs.map(({ driver, bytes }) => {
    const document = parseInf(bytes, `${driver}.inf`);
    return { driver, bytes, document, model: infModel(document) };
  });
  // The bus binds no id with a prefix: its children tell it.
  const prefix =
    read
      .map(({ document, model, driver }) => tokensOf(document, model, driver).VENDOR_PREFIX ?? '')
      .find((one) => one !== '') ?? '';
  return read.flatMap(({ driver, bytes, document, model }) => [
    { path: `${driver}/${driver}.inf`, bytes },
    ...imagesOf(document, model, driver, prefix).map((file) => ({ ...file, path: `${driver}/${file.path}` })),
  ]);
};
