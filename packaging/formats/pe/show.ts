import { toHex } from '../../../core/bytes.ts';
import type { ErrorCode } from '../../../core/error-codes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { formatVersion } from '../../../core/version.ts';
import { peChecksum, peDigest } from './digest.ts';
import { type PeImport, peExports, peImports } from './imports.ts';
import { isStandIn } from './mark.ts';
import type { PeFlaw, PeImage, PeMachine, PeSection } from './model.ts';
import { parseVersionResource, type VersionResource, type VersionStrings } from './version-resource.ts';

/** What `winpv pe show FILE --json` prints: data that JSON can carry; nothing is left out when there is none of it. */
export interface PeSummary {
  readonly sizeBytes: number;
  readonly machine: PeMachine;
  readonly machineCode: number;
  readonly format: 'PE32' | 'PE32+';
  /** `native`, `windows`, `console`, `efi-…`, or the number in decimal. */
  readonly subsystem: string;
  readonly timeDateStamp: number;
  readonly entryPoint: number;
  /** `0x` and hex digits. */
  readonly imageBase: string;
  readonly sizeOfImage: number;
  readonly checksum: { readonly stored: number; readonly computed: number; readonly ok: boolean };
  readonly sections: readonly PeSection[];
  readonly imports: readonly PeImport[];
  readonly exports: readonly string[];
  readonly version: VersionSummary | null;
  readonly digests: { readonly sha1: string; readonly sha256: string };
  readonly certificateTable: { readonly offset: number; readonly size: number } | null;
  readonly standIn: boolean;
  readonly flaws: readonly PeFlaw[];
  /** Tables that cannot be read, with the reason; their fields above are empty. */
  readonly unreadable: readonly { readonly table: string; readonly code: ErrorCode; readonly message: string }[];
}

export interface VersionSummary {
  readonly fileVersion: string;
  readonly productVersion: string;
  /** `program`, `library`, `driver`, or the number in decimal. */
  readonly fileType: string;
  readonly fileSubtype: number;
  readonly fileFlags: number;
  readonly strings: readonly VersionStrings[];
}

const SUBSYSTEMS: Readonly<Record<number, string>> = {
  1: 'native',
  2: 'windows',
  3: 'console',
  10: 'efi-application',
  11: 'efi-boot-service-driver',
  12: 'efi-runtime-driver',
  13: 'efi-rom',
};

const FILE_TYPES: Readonly<Record<number, string>> = { 1: 'program', 2: 'library', 3: 'driver' };

/** Sums an image up. A table that cannot be read is named in `unreadable`; nothing is thrown. */
export const showPe = (image: PeImage): PeSummary => {
  const unreadable: { table: string; code: ErrorCode; message: string }[] = [];
  const attempt = <T>(table: string, read: (image: PeImage) => T, otherwise: T): T => {
    try {
      return read(image);
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      unreadable.push({ table, code: error.code, message: error.message });
      return otherwise;
    }
  };
  const computed = peChecksum(image.bytes, image.checksumOffset);
  const version = attempt('version resource', parseVersionResource, undefined);
  return {
    sizeBytes: image.bytes.length,
    machine: image.machine,
    machineCode: image.machineCode,
    format: image.pe32Plus ? 'PE32+' : 'PE32',
    subsystem: SUBSYSTEMS[image.subsystem] ?? String(image.subsystem),
    timeDateStamp: image.timeDateStamp,
    entryPoint: image.entryPoint,
    imageBase: `0x${image.imageBase.toString(16)}`,
    sizeOfImage: image.sizeOfImage,
    checksum: { stored: image.checksum, computed, ok: image.checksum === computed },
    sections: image.sections,
    imports: attempt('imports', peImports, []),
    exports: attempt('exports', peExports, []),
    version: version === undefined ? null : showVersion(version),
    digests: { sha1: toHex(peDigest(image, 'sha1')), sha256: toHex(peDigest(image, 'sha256')) },
    certificateTable: image.certificateTable ?? null,
    standIn: isStandIn(image),
    flaws: image.flaws,
    unreadable,
  };
};

const showVersion = ({ fixed, strings }: VersionResource): VersionSummary => ({
  fileVersion: formatVersion(fixed.fileVersion),
  productVersion: formatVersion(fixed.productVersion),
  fileType: FILE_TYPES[fixed.fileType] ?? String(fixed.fileType),
  fileSubtype: fixed.fileSubtype,
  fileFlags: fixed.fileFlags,
  strings,
});

const hex = (value: number): string => `0x${value.toString(16)}`;

/**
 * A summary as lines for people. Text from the file is printed as it is but for control characters, which become `?`:
 * a file must not be able to drive the terminal.
 */
export const peSummaryLines = (summary: PeSummary): readonly string[] =>
  [...headLines(summary), ...tableLines(summary), ...troubleLines(summary)].map((line) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    line.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '?'),
  );

const headLines = (summary: PeSummary): string[] => {
  const { checksum, certificateTable, digests } = summary;
  const sum = checksum.ok
    ? 'right'
    : `${checksum.stored === 0 ? 'not set' : 'wrong'}, should be ${hex(checksum.computed)}`;
  const signature =
    certificateTable === null ? 'none' : `${certificateTable.size} bytes at ${hex(certificateTable.offset)}`;
  return [
    `${summary.format} image for ${summary.machine}, subsystem ${summary.subsystem}, ${summary.sizeBytes} bytes`,
    ...(summary.standIn ? ['stand-in       made by winpv: there is no driver in it'] : []),
    `time stamp     ${hex(summary.timeDateStamp)}`,
    `CheckSum       ${hex(checksum.stored)} (${sum})`,
    `SHA-1          ${digests.sha1}`,
    `SHA-256        ${digests.sha256}`,
    `certificates   ${signature}`,
  ];
};

const tableLines = ({ version, sections, imports, exports }: PeSummary): string[] => [
  ...(version === null ? ['version        none'] : versionLines(version)),
  ...sections.map(
    ({ name, virtualAddress, virtualSize, rawOffset, rawSize }) =>
      `section        ${name.padEnd(8)} ${hex(virtualSize)} at ${hex(virtualAddress)}, in the file ${hex(rawSize)} at ${hex(rawOffset)}`,
  ),
  ...imports.map(({ module, names }) => `imports        ${module}: ${names.join(', ')}`),
  ...(exports.length === 0 ? [] : [`exports        ${exports.join(', ')}`]),
];

const versionLines = ({ fileVersion, productVersion, fileType, strings }: VersionSummary): string[] => [
  `version        ${fileVersion} (product ${productVersion}), ${fileType}`,
  ...strings.flatMap(({ language, values }) =>
    Object.entries(values).map(([name, value]) => `  ${name} (${hex(language)}) = ${value}`),
  ),
];

const troubleLines = ({ flaws, unreadable }: PeSummary): string[] => [
  ...flaws.map(({ rule, message }) => `flaw           ${rule}: ${message}`),
  ...unreadable.map(({ table, code, message }) => `unreadable     ${table}: ${code} ${message}`),
];
