import { type Diagnostic, problem, stopOnErrors } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { decodeInfText } from '../inf/text.ts';
import { parseCdfAttribute } from './cdf-attribute.ts';
import { type CatalogVersion, type NameValue, SUBJECT_GUIDS, type SubjectKind } from './model.ts';

/** One file of a catalog definition file. */
export interface CdfFile {
  /** The reference tag without `<HASH>`. */
  readonly label: string;
  /** Whether the file is listed under its hash (`<HASH>`), not under the label. */
  readonly hashed: boolean;
  /** As written: relative to the definition file, with either slash. */
  readonly path: string;
  readonly line: number;
  /** In the order of their numbers. */
  readonly attributes: readonly NameValue[];
  /** What ALTSIPID says the file is. */
  readonly kind: SubjectKind | undefined;
}

/** What a catalog definition file (CDF) of MakeCat says (spec signing-formats 2.8). */
export interface CatalogDefinition {
  readonly file: string;
  /** A plain file name. */
  readonly name: string;
  readonly resultDir: string | undefined;
  readonly version: CatalogVersion;
  readonly pageHashes: boolean;
  /** CATATTRn in the order of their numbers. */
  readonly attributes: readonly NameValue[];
  readonly files: readonly CdfFile[];
  readonly warnings: readonly Diagnostic[];
}

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** Findings with their lines; after a hundred nobody reads on. */
interface Reading {
  readonly file: string;
  readonly findings: Diagnostic[];
  report(line: number, message: string, hint?: string): void;
}

const MOST_FINDINGS = 100;
const MOST_FILES = 100_000;

const readingOf = (file: string): Reading => {
  const findings: Diagnostic[] = [];
  const report = (line: number, message: string, hint?: string): void => {
    if (findings.length >= MOST_FINDINGS) return;
    findings.push(problem('CAT_CDF_INVALID', message, { at: { file, line }, ...(hint === undefined ? {} : { hint }) }));
  };
  return { file, findings, report };
};

/**
 * Reads a catalog definition file.
 *
 * @throws WinpvError CAT_CDF_INVALID with every line that is not understood; INF_TEXT_BROKEN and the like for broken text
 */
export const parseCdf = (bytes: Uint8Array, file: string): CatalogDefinition => {
  const { text } = decodeInfText(bytes, file);
  const reading = readingOf(file);
  const { header, files } = readSections(text, reading);
  const about = readHeader(header, reading);
  const definition = {
    file,
    ...about,
    files: readFiles(files, about.version, reading),
    attributes: numbered(header, 'CATATTR', reading),
  };
  const warnings = /[\r\n]$/.test(text)
    ? []
    : [
        problem('CAT_CDF_INVALID', 'The last line has no line end; MakeCat leaves such a line out.', {
          severity: 'warning',
          at: { file, line: text.split('\n').length },
        }),
      ];
  return { ...definition, warnings: stopOnErrors([...reading.findings, ...warnings]) };
};

const unquoted = (text: string): string => /^"(.*)"$/.exec(text)?.[1] ?? text;

const readSections = (text: string, reading: Reading): { readonly header: Entry[]; readonly files: Entry[] } => {
  const sections = { catalogheader: [] as Entry[], catalogfiles: [] as Entry[] };
  let current: Entry[] | undefined;
  let strange = false;
  for (const [index, written] of text.split(/\r\n|\n|\r/).entries()) {
    const line = index + 1;
    const trimmed = written.trim();
    if (trimmed === '' || trimmed.startsWith(';')) continue;
    const name = /^\[([^\]]*)\]$/.exec(trimmed)?.[1];
    if (name !== undefined) {
      const key = name.trim().toLowerCase();
      strange = key !== 'catalogheader' && key !== 'catalogfiles';
      current = key === 'catalogheader' || key === 'catalogfiles' ? sections[key] : undefined;
      if (strange) reading.report(line, `[${shownText(name)}] is not a section of a catalog definition file.`);
      continue;
    }
    const equals = trimmed.indexOf('=');
    if (strange) continue;
    if (current === undefined) reading.report(line, 'The line stands before [CatalogHeader] and [CatalogFiles].');
    else if (equals < 1) reading.report(line, `"${shownText(trimmed)}" is not of the form name=value.`);
    else
      current.push({
        key: trimmed.slice(0, equals).trim(),
        value: unquoted(trimmed.slice(equals + 1).trim()),
        line,
      });
  }
  return { header: sections.catalogheader, files: sections.catalogfiles };
};

type Header = Pick<CatalogDefinition, 'name' | 'resultDir' | 'version' | 'pageHashes'>;

const HEADER_KEYS = [
  'name',
  'resultdir',
  'publicversion',
  'catalogversion',
  'hashalgorithms',
  'pagehashes',
  'encodingtype',
] as const;
type HeaderKey = (typeof HEADER_KEYS)[number];
const isHeaderKey = (key: string): key is HeaderKey => HEADER_KEYS.some((known) => known === key);

const INTEGER = /^(?:0x[0-9a-f]{1,8}|\d{1,10})$/i;
/** PKCS_7_ASN_ENCODING and X509_ASN_ENCODING: the only encoding that catalogs have. */
const ENCODING = 0x1_0001;

const readHeader = (entries: readonly Entry[], reading: Reading): Header => {
  const values = new Map<HeaderKey, Entry>();
  for (const entry of entries) {
    const key = entry.key.toLowerCase();
    if (/^catattr\d+$/.test(key)) continue;
    if (!isHeaderKey(key)) reading.report(entry.line, `[CatalogHeader] has no "${shownText(entry.key)}".`);
    else if (values.has(key)) reading.report(entry.line, `${entry.key} is given twice.`);
    else values.set(key, entry);
  }
  const text = (key: HeaderKey): string => values.get(key)?.value ?? '';
  const wrong = (key: HeaderKey, message: string, hint?: string): void =>
    reading.report(values.get(key)?.line ?? values.get('catalogversion')?.line ?? 1, message, hint);
  const name = text('name').replace(/^\.[\\/]/, '');
  if (name === '') wrong('name', '[CatalogHeader] gives no Name.');
  else if (/[\\/:*?"<>|]/.test(name) || /^\.+$/.test(name))
    wrong('name', `Name "${shownText(name)}" is not a plain file name.`, 'The folder goes into ResultDir.');
  const encoding = text('encodingtype');
  if (encoding !== '' && !(INTEGER.test(encoding) && Number(encoding) === ENCODING))
    wrong('encodingtype', `EncodingType "${shownText(encoding)}" is not 0x00010001.`);
  const publicVersion = text('publicversion');
  if (publicVersion !== '' && !INTEGER.test(publicVersion))
    wrong('publicversion', `PublicVersion "${shownText(publicVersion)}" is not a number.`);
  const pageHashes = text('pagehashes').toLowerCase();
  if (!['', 'true', 'false'].includes(pageHashes)) wrong('pagehashes', 'PageHashes is neither true nor false.');
  return {
    name,
    resultDir: text('resultdir') === '' ? undefined : text('resultdir'),
    version: readVersion(text('catalogversion'), text('hashalgorithms'), wrong),
    pageHashes: pageHashes === 'true',
  };
};

const readVersion = (
  written: string,
  algorithms: string,
  wrong: (key: HeaderKey, message: string, hint?: string) => void,
): CatalogVersion => {
  if (!['', '1', '2'].includes(written)) {
    wrong('catalogversion', `CatalogVersion "${shownText(written)}" is neither 1 nor 2.`);
    return 1;
  }
  const version = written === '2' ? 2 : 1;
  const allowed = version === 2 ? ['SHA256'] : ['', 'SHA1'];
  if (!allowed.includes(algorithms.toUpperCase())) {
    const wanted = version === 2 ? 'SHA256' : 'SHA1, or nothing';
    const message = `HashAlgorithms is "${shownText(algorithms)}"; for version ${version} it is ${wanted}.`;
    wrong('hashalgorithms', message, 'CatalogVersion=2 goes with HashAlgorithms=SHA256.');
  }
  return version;
};

/** `<prefix>1`, `<prefix>2`, … in the order of the numbers. */
const numbered = (entries: readonly Entry[], prefix: string, reading: Reading): readonly NameValue[] => {
  const found = new Map<number, NameValue>();
  for (const { key, value, line } of entries) {
    const digits = key.slice(0, prefix.length).toLowerCase() === prefix.toLowerCase() ? key.slice(prefix.length) : '';
    if (!/^\d{1,9}$/.test(digits)) continue;
    const attribute = parseCdfAttribute(value);
    if (typeof attribute === 'string') reading.report(line, attribute);
    else if (found.has(Number(digits))) reading.report(line, `${shownText(key)} is given twice.`);
    else found.set(Number(digits), attribute);
  }
  return [...found].sort(([a], [b]) => a - b).map(([, attribute]) => attribute);
};

const HASH_LABEL = /^<hash>/i;
/** What belongs to a label: its attributes, and what kind of file it is. */
const OF_LABEL = /^(.*?)(ATTR\d{1,9}|ALTSIPID)$/i;
const keyOf = (label: string): string => label.replace(HASH_LABEL, '').toLowerCase();

const readFiles = (entries: readonly Entry[], version: CatalogVersion, reading: Reading): readonly CdfFile[] => {
  const labels = new Map<string, { readonly entry: Entry; readonly more: Entry[] }>();
  for (const entry of entries.filter(({ key }) => !OF_LABEL.test(key))) {
    if (labels.has(keyOf(entry.key))) reading.report(entry.line, `"${shownText(entry.key)}" is given twice.`);
    else labels.set(keyOf(entry.key), { entry, more: [] });
  }
  for (const entry of entries) {
    const [, label, suffix] = OF_LABEL.exec(entry.key) ?? [];
    if (label === undefined || suffix === undefined) continue;
    const owner = labels.get(keyOf(label));
    if (owner === undefined) reading.report(entry.line, `No file has the label "${shownText(label)}".`);
    else owner.more.push({ ...entry, key: suffix });
  }
  const [extra] = [...labels.values()].slice(MOST_FILES);
  if (extra !== undefined) reading.report(extra.entry.line, `More than ${MOST_FILES} files are named.`);
  return [...labels.values()].map(({ entry, more }) => readFile(entry, more, version, reading));
};

const readFile = (entry: Entry, more: readonly Entry[], version: CatalogVersion, reading: Reading): CdfFile => {
  const { key, value: path, line } = entry;
  const hashed = HASH_LABEL.test(key);
  const label = key.replace(HASH_LABEL, '').trim();
  if (path === '') reading.report(line, `"${shownText(key)}" names no file.`);
  if (!hashed && version === 2) {
    const hint = `Write <HASH>${shownText(label)}=...`;
    reading.report(line, `"${shownText(key)}" has no <HASH>; version 2 lists files by their hashes.`, hint);
  }
  const kinds = more.filter((item) => item.key.toUpperCase() === 'ALTSIPID');
  if (kinds[1] !== undefined) reading.report(kinds[1].line, `ALTSIPID of "${shownText(label)}" is given twice.`);
  const kind = kinds[0] === undefined ? undefined : kindOfGuid(kinds[0], reading);
  return { label, hashed, path, line, attributes: numbered(more, 'ATTR', reading), kind };
};

const kindOfGuid = ({ value, line }: Entry, reading: Reading): SubjectKind | undefined => {
  for (const kind of ['pe', 'cab', 'flat'] as const) if (SUBJECT_GUIDS[kind] === value.toUpperCase()) return kind;
  reading.report(
    line,
    `ALTSIPID "${shownText(value)}" is not the identifier of a kind of file that winpv can hash.`,
    `Images: ${SUBJECT_GUIDS.pe}, cabinets: ${SUBJECT_GUIDS.cab}, anything else: ${SUBJECT_GUIDS.flat}.`,
  );
  return undefined;
};
