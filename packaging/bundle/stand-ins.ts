import type { Brand } from '../../branding/brand.ts';
import { type TokenContext, tokenTable } from '../../branding/tokens.ts';
import { dateToEpochMs } from '../../core/date.ts';
import { formatVersion } from '../../core/version.ts';
import type { DriverFile } from '../../drivers/contract.ts';
import { encodeStandIn, type StandInKind } from '../formats/pe/stand-in.ts';
import { DriverSubtype, FileOs, FileType, type VersionResource } from '../formats/pe/version-resource.ts';
import { renderText } from './render-template.ts';

const ENGLISH = 0x0409;
const UNICODE = 1200;

const FILE_TYPES: Readonly<Record<StandInKind, number>> = {
  driver: FileType.driver,
  'export-driver': FileType.driver,
  program: FileType.program,
  library: FileType.library,
};

/** A token context whose version is settled. */
export type StandInContext = TokenContext & { readonly version: NonNullable<TokenContext['version']> };

/** The version resource that every binary of the family carries (spec xen-pv 3.4). */
const versionResource = (file: DriverFile, brand: Brand, { driver, version }: StandInContext): VersionResource => {
  const name = driver.toUpperCase();
  const numbers = formatVersion(version);
  const isDriver = FILE_TYPES[file.kind] === FileType.driver;
  return {
    fixed: {
      fileVersion: version,
      productVersion: version,
      fileType: FILE_TYPES[file.kind],
      fileSubtype: isDriver ? DriverSubtype.system : 0,
      fileFlags: 0,
      fileOs: FileOs.windowsNt,
    },
    strings: [
      {
        language: ENGLISH,
        codepage: UNICODE,
        values: {
          CompanyName: brand.vendorName,
          FileDescription: name,
          FileVersion: numbers,
          InternalName: name,
          LegalCopyright: brand.copyright ?? '',
          OriginalFilename: file.name,
          ProductName: name,
          ProductVersion: numbers,
        },
      },
    ],
  };
};

/**
 * A stand-in for one binary of a driver, as the brand's build would make it: its imports, exports, strings and version
 * resource. The same brand, version, date and architecture give the same bytes.
 */
export const standInBinary = (file: DriverFile, brand: Brand, context: StandInContext): Uint8Array => {
  const tokens = tokenTable(brand, context);
  const { imports, exports, strings } = file.standIn;
  return encodeStandIn({
    name: file.name,
    machine: context.arch,
    kind: file.kind,
    imports,
    exports,
    version: versionResource(file, brand, context),
    strings: strings.map((text) => renderText(text, file.name, tokens).text).filter((text) => text !== ''),
    timeDateStamp: dateToEpochMs(context.date) / 1000,
  });
};
