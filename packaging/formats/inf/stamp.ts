import { type CalendarDate, formatInfDate } from '../../../core/date.ts';
import { type Diagnostic, problem, WinpvError } from '../../../core/errors.ts';
import { type FourPartVersion, formatVersion } from '../../../core/version.ts';
import { type InfDocument, type InfSection, lineOf, parseInf, parseInfText, printInf, sectionOf } from './document.ts';
import { applyInfEdits, type InfEdit, quoteInfValue } from './edit.ts';
import { parseDriverVer } from './model.ts';
import type { InfArch } from './target-os.ts';

/** A version of a driver framework, with the numbers that StampInf takes: two for KMDF, three for UMDF. */
export interface FrameworkVersion {
  /** As it replaces `$KMDFVERSION$` or `$UMDFVERSION$`. */
  readonly text: string;
  readonly major: number;
  readonly minor: number;
}

/** What to write into an INF (spec infverif.md section 7). What is not given stays. */
export interface InfStamp {
  /** Section that gets DriverVer; `Version` when not given. */
  readonly section?: string;
  readonly date: CalendarDate;
  /** When not given, the version that the INF has is kept. */
  readonly version?: FourPartVersion;
  /** Replaces `$ARCH$`. */
  readonly arch?: InfArch;
  /** Name of the catalog for CatalogFile in [Version]. */
  readonly catalog?: string;
  readonly kmdf?: FrameworkVersion;
  readonly umdf?: FrameworkVersion;
}

/** One thing that stamping did, for people: `DriverVer=05/29/2026,9.1.0.31` in [Version], or a token and its value. */
export interface StampChange {
  /** The section of an entry; none for a token, which may stand anywhere. */
  readonly section?: string;
  readonly name: string;
  readonly value: string;
}

export interface StampedInf {
  readonly bytes: Uint8Array;
  readonly changes: readonly StampChange[];
  /** Warnings: no version known, a token that stays. */
  readonly diagnostics: readonly Diagnostic[];
}

/** `01011` for 1.11: two digits of the major number, three of the minor. */
const coInstallerVersion = ({ major, minor }: FrameworkVersion): string =>
  `${String(major).padStart(2, '0')}${String(minor).padStart(3, '0')}`;

const tokensOf = ({ arch, kmdf, umdf }: InfStamp): readonly StampChange[] => [
  ...(arch === undefined ? [] : [{ name: '$ARCH$', value: arch }]),
  ...(kmdf === undefined
    ? []
    : [
        { name: '$KMDFVERSION$', value: kmdf.text },
        { name: '$KMDFCOINSTALLERVERSION$', value: coInstallerVersion(kmdf) },
      ]),
  ...(umdf === undefined
    ? []
    : [
        { name: '$UMDFVERSION$', value: umdf.text },
        { name: '$UMDFCOINSTALLERVERSION$', value: coInstallerVersion(umdf) },
      ]),
];

/** The edit that gives a section an entry: in its place when it is there, else after the last line of the section. */
const entryEdit = (section: InfSection, key: string, value: string): InfEdit => {
  if (lineOf(section, key) !== undefined) return { kind: 'inf.set-value', section: section.name, key, value };
  const last = section.lines.at(-1);
  const line = last === undefined ? (section.headers[0] ?? 0) : last.line + last.lineCount - 1;
  return { kind: 'inf.insert-line-after', line, text: `${key}=${value}` };
};

const sectionToStamp = (document: InfDocument, name: string): InfSection => {
  const section = sectionOf(document, name);
  if (section !== undefined) return section;
  throw new WinpvError('INF_EDIT_INVALID', `The INF has no section [${name}] to stamp.`, {
    at: { file: document.file },
  });
};

/** The value of DriverVer, without a version when neither the stamp nor the INF has one. */
const driverVerValue = (section: InfSection, { date, version }: InfStamp): string => {
  const own = version ?? parseDriverVer(lineOf(section, 'DriverVer')?.fields ?? []).version;
  return own === undefined ? formatInfDate(date) : `${formatInfDate(date)},${formatVersion(own)}`;
};

const warnings = (document: InfDocument, section: InfSection, driverVer: string): readonly Diagnostic[] => {
  const { file, table } = document;
  const found: Diagnostic[] = [];
  if (!driverVer.includes(',')) {
    const line = lineOf(section, 'DriverVer')?.line;
    found.push(
      problem('INF_1217', 'DriverVer has no version: none was given, and the INF had none.', {
        severity: 'warning',
        at: line === undefined ? { file } : { file, line },
        hint: 'Give one with -v, for example -v 9.1.0.31.',
        rule: 1217,
      }),
    );
  }
  if (table.text.includes('$ARCH$')) {
    const hint = 'Give the architecture with -a, for example -a amd64.';
    found.push(
      problem('INF_1274', '$ARCH$ stays in the INF.', { severity: 'warning', at: { file }, hint, rule: 1274 }),
    );
  }
  return found;
};

/** An entry behind a Ctrl-Z would not count. */
const checkStamped = (after: InfDocument, section: string, driverVer: string): void => {
  if (lineOf(sectionOf(after, section), 'DriverVer')?.fields.join(',') === driverVer) return;
  throw new WinpvError('INF_EDIT_INVALID', 'The INF ends, for Windows, before the line that would be stamped.', {
    at: { file: after.file },
  });
};

/**
 * Stamps an INF as StampInf does: DriverVer of one section, CatalogFile, and the `$...$` tokens wherever they stand.
 * Comments, blanks, encoding and line ends stay. The same stamp twice gives the same bytes.
 *
 * @throws WinpvError INF_EDIT_INVALID when the section is not there, and what reading an INF throws
 */
export const stampInf = (bytes: Uint8Array, file: string, stamp: InfStamp): StampedInf => {
  const before = parseInf(bytes, file);
  const found = tokensOf(stamp).filter(({ name }) => before.table.text.includes(name));
  const text = found.reduce((all, { name, value }) => all.replaceAll(name, () => value), before.table.text);
  const document = found.length === 0 ? before : parseInfText({ text, encoding: before.encoding }, file);

  const section = sectionToStamp(document, stamp.section ?? 'Version');
  const driverVer = driverVerValue(section, stamp);
  const edits = [entryEdit(section, 'DriverVer', driverVer)];
  const changes = [...found, { section: section.name, name: 'DriverVer', value: driverVer }];
  if (stamp.catalog !== undefined) {
    const version = sectionToStamp(document, 'Version');
    edits.push(entryEdit(version, 'CatalogFile', quoteInfValue(stamp.catalog)));
    changes.push({ section: version.name, name: 'CatalogFile', value: stamp.catalog });
  }
  const after = applyInfEdits(document, edits);
  checkStamped(after, section.name, driverVer);
  return { bytes: printInf(after), changes, diagnostics: warnings(after, section, driverVer) };
};
