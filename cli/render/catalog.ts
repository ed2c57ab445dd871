import { shownLine } from '../../core/spelling.ts';
import { osAttrName } from '../../packaging/formats/cat/os.ts';
import type { ShownCatalog, ShownMember } from '../../packaging/formats/cat/show.ts';

/** Who signed, as far as a catalog's reader wants to know it; times are ISO 8601. */
export interface ShownSigner {
  readonly subject: string;
  readonly issuer: string;
  readonly digestAlgorithm?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly programName?: string | undefined;
  readonly ekus: readonly string[];
}

export interface CatalogView {
  readonly file: string;
  readonly shown: ShownCatalog;
  readonly signers: readonly ShownSigner[];
  /** Everything, however long; else long lists are cut. */
  readonly extent: 'all' | 'short';
}

const LABEL_WIDTH = 11;
const LINE_WIDTH = 100;
const SHORT_IDS = 12;
const SHORT_FILES = 100;

const row = (label: string, text: string): string => `  ${label.padEnd(LABEL_WIDTH)}${text}`.trimEnd();
const rows = (label: string, texts: readonly string[]): readonly string[] =>
  texts.map((text, i) => row(i === 0 ? label : '', text));

/** Names of a catalog are anyone's text: nothing in them acts on the terminal, and no line is wider than a screen. */
const plainText = (text: string): string => {
  const shown = shownLine(text);
  return shown.length > LINE_WIDTH ? `${shown.slice(0, LINE_WIDTH - 1)}…` : shown;
};

const VALUE_WIDTH = LINE_WIDTH - LABEL_WIDTH - 2;

/** A text of any length in lines of a screen. */
const wrapped = (text: string, width = VALUE_WIDTH): readonly string[] => {
  const shown = shownLine(text).slice(0, MAX_TEXT);
  const lines: string[] = [];
  for (let at = 0; at < shown.length; at += width) lines.push(shown.slice(at, at + width));
  return lines;
};
/** No attribute of a real catalog comes near. */
const MAX_TEXT = 4096;

/** Texts side by side, as many as a line takes. */
const filled = (texts: readonly string[], separator = ', '): readonly string[] => {
  const lines: string[] = [];
  for (const text of texts.map(plainText)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + separator.length + text.length <= VALUE_WIDTH)
      lines[lines.length - 1] = `${last}${separator}${text}`;
    else lines.push(text);
  }
  return lines;
};

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

const cut = <T>(list: readonly T[], most: number, extent: CatalogView['extent']): readonly T[] =>
  extent === 'all' ? list : list.slice(0, most);

const rest = (all: number, shown: number, what: string): readonly string[] =>
  all > shown ? [`… and ${all - shown} more ${what}; --verbose shows them`] : [];

/** `2026-08-13 21:46:54 UTC` of an ISO text. */
const time = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** What the signer's certificate says that it signs (spec signing-formats 6.2). */
const EKU_NAMES: Readonly<Record<string, string>> = {
  '1.3.6.1.4.1.311.10.3.5': 'hardware verification (WHQL)',
  '1.3.6.1.4.1.311.10.3.5.1': 'attestation',
  '1.3.6.1.4.1.311.10.3.6': 'Windows components',
  '1.3.6.1.4.1.311.10.3.39': 'extended verification',
};

/** `CN=…` and `O=…` of a distinguished name; commas inside a value are escaped there. */
const partOf = (name: string, attribute: string): string | undefined => {
  const found = new RegExp(`(?:^|[,+])${attribute}=((?:\\\\.|[^,+\\\\])*)`).exec(name)?.[1];
  return found?.replace(/\\(.)/g, '$1');
};

const shortName = (name: string): string => {
  const [common, organization] = [partOf(name, 'CN'), partOf(name, 'O')];
  if (common === undefined) return name;
  return organization === undefined || organization === common ? common : `${common} (${organization})`;
};

const signerRows = (signers: readonly ShownSigner[]): readonly string[] => {
  if (signers.length === 0) return [row('signed', 'no')];
  return signers.flatMap(({ subject, issuer, digestAlgorithm, timestamp, programName, ekus }) => {
    const purposes = ekus.flatMap((eku) => EKU_NAMES[eku] ?? []);
    return [
      ...rows('signed by', [
        plainText(shortName(subject)),
        ...(programName === undefined ? [] : [plainText(`for ${programName}`)]),
        plainText(`certified by ${shortName(issuer)}`),
        `${digestAlgorithm ?? 'an algorithm that could not be read'}; not judged here: winpv verify`,
      ]),
      ...rows('purpose', filled(purposes)),
      row('stamped', timestamp === undefined ? 'no time stamp' : time(timestamp)),
    ];
  });
};

const windowsRows = ({ operatingSystems, attributes }: ShownCatalog): readonly string[] => {
  const widthOf = (texts: readonly string[]): number => Math.min(Math.max(...texts.map(({ length }) => length), 0), 40);
  const codes = widthOf(operatingSystems.map(({ code }) => code));
  const names = widthOf(operatingSystems.map(({ name }) => name ?? ''));
  const named = operatingSystems.map(({ code, name, windows }) => {
    const said = windows ?? 'not in the vocabulary that winpv knows';
    return plainText(`${code.padEnd(codes)}  ${(name ?? '').padEnd(names)}  ${said}`);
  });
  if (named.length > 0) return rows('Windows', named);
  const { OSAttr: versions } = attributes;
  if (versions === undefined) return [row('Windows', 'not said')];
  return rows('Windows', filled(versions.split(',').map(osAttrName)));
};

const attributeRows = ({ attributes, operatingSystems }: ShownCatalog): readonly string[] =>
  rows(
    'says',
    Object.entries(attributes)
      .filter(([name]) => name !== 'OSAttr' || operatingSystems.length > 0)
      .flatMap(([name, value]) => wrapped(`${name} = ${value}`)),
  );

/** Bytes that are text all the same, as MakeCat stores a base64 value: shown as the text. */
const fileName = (member: ShownMember): string => {
  const { File: stored = '' } = member.attributes;
  if (!/^(?:[2-7][0-9a-f]){2,}$/.test(stored)) return stored;
  const text = Buffer.from(stored, 'hex').toString('latin1');
  return /^[\x20-\x7e]+\.[A-Za-z0-9_]{1,8}$/.test(text) ? text : stored;
};

interface FileOfCatalog {
  readonly name: string;
  readonly kind: string;
  readonly says: readonly string[];
  readonly members: ShownMember[];
}

/** The members of a name, kind and attributes together: the two of a file, or of several architectures of it. */
const filesOf = (members: readonly ShownMember[], common: string | undefined): readonly FileOfCatalog[] => {
  const files = new Map<string, FileOfCatalog>();
  for (const member of members) {
    const { File: _file, OSAttr: osAttr, ...more } = member.attributes;
    const label = member.tagFormat === 'label' ? member.tag : '';
    const name = fileName(member) || label;
    const systems = osAttr === undefined || osAttr === common ? [] : [`for ${namedVersions(osAttr)}`];
    const says = [...systems, ...Object.entries(more).map(([key, value]) => `${key} = ${value}`)];
    const key = JSON.stringify([name.toLowerCase(), member.kind, says]);
    const file = files.get(key) ?? { name, kind: member.kind, says, members: [] };
    files.set(key, file);
    file.members.push(member);
  }
  const named = [...files.values()];
  return [...named.filter(({ name }) => name !== ''), ...named.filter(({ name }) => name === '')];
};

const namedVersions = (osAttr: string): string => osAttr.split(',').map(osAttrName).join(', ');

const memberLine = ({ algorithm, digest, pageHashes, pageHashAlgorithm }: ShownMember): string => {
  const pages = pageHashes ? `  + page hashes${pageHashAlgorithm === undefined ? '' : ` (${pageHashAlgorithm})`}` : '';
  return `      ${algorithm.padEnd(6)}  ${plainText(digest)}${pages}`;
};

const KIND_NAMES: Readonly<Record<string, string>> = { pe: 'image', cab: 'cabinet', flat: 'file' };

const fileRows = (shown: ShownCatalog, extent: CatalogView['extent']): readonly string[] => {
  const { members } = shown;
  const osAttrs = new Set(members.flatMap(({ attributes }) => attributes.OSAttr ?? []));
  const [common] = osAttrs.size === 1 ? osAttrs : [];
  const files = filesOf(members, common);
  const listed = cut(files, SHORT_FILES, extent);
  return [
    ...(common === undefined ? [] : rows('files for', filled(common.split(',').map(osAttrName)))),
    row('lists', count(members.length, 'member')),
    ...listed.flatMap(({ name, kind, says, members: own }) => {
      const title = `${(KIND_NAMES[kind] ?? kind).padEnd(8)}${plainText(name || '(no name)')}`;
      return [
        `    ${title}`,
        ...says.flatMap((text) => wrapped(text)).map((line) => `      ${line}`),
        ...cut(own, SHORT_FILES, extent).map(memberLine),
        ...rest(own.length, cut(own, SHORT_FILES, extent).length, 'members').map((line) => `      ${line}`),
      ];
    }),
    ...rest(files.length, listed.length, 'files').map((line) => `    ${line}`),
  ];
};

const idRows = ({ hardwareIds }: ShownCatalog, extent: CatalogView['extent']): readonly string[] => {
  if (hardwareIds.length === 0) return [];
  const listed = cut(hardwareIds, SHORT_IDS, extent);
  return rows('devices', [...listed.map(plainText), ...rest(hardwareIds.length, listed.length, 'ids')]);
};

const hashes = ({ version, members }: ShownCatalog): string => {
  const used = new Set(members.map(({ algorithm }) => algorithm));
  const names = [...used].filter((name) => name !== '').sort();
  return `version ${version}${names.length === 0 ? '' : `, ${names.join(' and ')} hashes`}`;
};

const purposeOf = ({ attributes, operatingSystems, hardwareIds }: ShownCatalog): string => {
  if (attributes.PackageName !== undefined) return 'catalog of a Windows package';
  return operatingSystems.length > 0 || hardwareIds.length > 0 ? 'driver catalog' : 'security catalog';
};

/** A catalog for people: what it is, who signed it and when, for which Windows and devices, then its files. */
export const catalogLines = ({ file, shown, signers, extent }: CatalogView): readonly string[] => [
  `${plainText(file)}: ${purposeOf(shown)}, ${hashes(shown)}`,
  ...signerRows(signers),
  row('made', time(shown.thisUpdate)),
  row('list id', shown.listIdentifier),
  ...windowsRows(shown),
  ...attributeRows(shown),
  ...idRows(shown, extent),
  ...fileRows(shown, extent),
];
