import { languageDigits, languageNumber } from '../../branding/languages.ts';
import type { LoadedBrand } from '../../branding/load.ts';
import type { SettingsPoint } from '../../branding/settings-tree.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { closestName } from '../../core/spelling.ts';
import { type InfDocument, type InfLine, lineOf, physicalLine, sectionOf } from '../formats/inf/document.ts';
import { stringsLanguage } from '../formats/inf/strings.ts';
import { addToInf, type ExtendedInf, type InfAddition, quotedText } from './inf-additions.ts';

/** A text of a brand in another language. */
interface LocalText {
  readonly name: string;
  readonly text: string;
  readonly point: SettingsPoint;
}

interface LocalLanguage {
  /** `Strings.0407` */
  readonly section: string;
  readonly texts: readonly LocalText[];
}

const languagesOf = ({ brand, keyPoint }: LoadedBrand): readonly LocalLanguage[] =>
  Object.entries(brand.strings).flatMap(([locale, texts]) => {
    const language = languageNumber(locale);
    if (language === undefined) return [];
    const own = Object.entries(texts).map(([name, text]) => ({
      name,
      text,
      point: keyPoint(['strings', locale, name]),
    }));
    return [{ section: `Strings.${languageDigits(language)}`, texts: own }];
  });

/** Names and values of [Strings], the undecorated section. */
const stringLines = (document: InfDocument): readonly InfLine[] =>
  (sectionOf(document, 'Strings')?.lines ?? []).filter(({ rawKey }) => rawKey !== null && rawKey !== '');

/** Paths, GUIDs, numbers and file names: Windows and drivers read them, not people. */
const NOT_FOR_PEOPLE = /\\|^\{[^}]*\}$|^(0x)?[0-9a-f]+$|^[^\s]+\.(sys|exe|dll|inf|cat)$/i;

/** Where a line names a string in a place that is compared, not shown: everything but what an entry is called by. */
const NAMED_IN_PLACES = ['ServiceBinary', 'LoadOrderGroup', 'CatalogFile', 'DriverVer', 'Class', 'ClassGuid'];

const references = (raw: string, name: string): boolean => raw.toLowerCase().includes(`%${name.toLowerCase()}%`);

/** A registry line says where it writes in its first four fields, and what in the others. */
const isRegistryPlace = ({ raw }: InfLine, name: string): boolean =>
  /^hk(r|lm|cr|cu|u)$/i.test(raw[0] ?? '') && raw.slice(0, 4).some((field) => references(field, name));

/** What keeps a string from being told in another language; undefined when nothing does. */
const fixedBecause = (document: InfDocument, { rawKey, raw }: InfLine): string | undefined => {
  const name = rawKey ?? '';
  if (NOT_FOR_PEOPLE.test(raw[0] ?? '')) return `it says "${raw[0]}", which no person reads`;
  const provider = lineOf(sectionOf(document, 'Version'), 'Provider');
  if (provider !== undefined && references(provider.raw[0] ?? '', name)) {
    return 'it is the Provider, by which packages of one vendor are told';
  }
  for (const section of document.sections) {
    if (stringsLanguage(section.name) !== undefined) continue;
    for (const line of section.lines) {
      const compared =
        isRegistryPlace(line, name) ||
        (NAMED_IN_PLACES.some((key) => line.key?.toLowerCase() === key.toLowerCase()) &&
          line.raw.some((field) => references(field, name)));
      if (compared) return `[${section.name}] uses it in line ${line.line} for something that Windows compares`;
    }
  }
  return undefined;
};

/** A line of [Strings] as it is written, without the comment after it. */
const copied = (document: InfDocument, { line, lineCount: lines, rawKey, raw }: InfLine): string => {
  const written = physicalLine(document, line);
  return lines === 1 && !written.includes(';') ? written : `${rawKey} = ${quotedText(raw[0] ?? '')}`;
};

interface Localising {
  readonly additions: InfAddition[];
  readonly changes: Parameters<typeof addToInf>[2] & object;
  readonly found: Diagnostic[];
}

/** Every Strings section holds every string, for Windows takes one of them as a whole (spec inf 3). */
const localise = (document: InfDocument, { section, texts }: LocalLanguage): Localising => {
  const names = stringLines(document);
  const byName = new Map(texts.map((one) => [one.name.toLowerCase(), one]));
  const own = names.flatMap((line) => byName.get((line.rawKey ?? '').toLowerCase()) ?? []);
  const [first] = own;
  if (first === undefined) return { additions: [], changes: [], found: [] };
  const found = names.flatMap((line) => {
    const text = byName.get((line.rawKey ?? '').toLowerCase());
    const because = text === undefined ? undefined : fixedBecause(document, line);
    if (text === undefined || because === undefined) return [];
    const message = `The string ${text.name} of ${document.file} has to be the same in every language: ${because}.`;
    return [problem('BRAND_STRING_REFUSED', message, { ...text.point, hint: 'Leave it out.' })];
  });
  const there = sectionOf(document, section);
  const has = (name: string): boolean => lineOf(there, name) !== undefined;
  const changes = own
    .filter(({ name }) => has(name))
    .map(({ name, text }) => ({ kind: 'inf.set-value' as const, section, key: name, value: quotedText(text) }));
  const additions = names
    .filter(({ rawKey }) => !has(rawKey ?? ''))
    .map((line): InfAddition => {
      const text = byName.get((line.rawKey ?? '').toLowerCase());
      if (text === undefined) return { section, text: copied(document, line), at: first.point.at };
      return { section, text: `${line.rawKey} = ${quotedText(text.text)}`, at: text.point.at };
    });
  return { additions, changes, found };
};

/**
 * The INF with the strings that the brand has in other languages: a section `[Strings.LLLL]` for each, with every string
 * of [Strings]. An INF that has none of a language's names gets no section for it. Nothing else of the INF changes.
 * @throws WinpvError BRAND_STRING_REFUSED for a string that is compared, not shown; INF_*
 */
export const addLocalisedStrings = (document: InfDocument, brand: LoadedBrand): ExtendedInf => {
  const parts = languagesOf(brand).map((language) => localise(document, language));
  stopOnErrors(parts.flatMap(({ found }) => found));
  const additions = parts.flatMap((part) => part.additions);
  const changes = parts.flatMap((part) => part.changes);
  if (additions.length === 0 && changes.length === 0) return { document, added: [] };
  return addToInf(document, additions, changes);
};

/** Names of a brand's strings that none of its INFs has; only to be asked of a release that is whole. */
export const checkStringNames = (brand: LoadedBrand, infs: readonly InfDocument[]): readonly Diagnostic[] => {
  const known = new Map(
    infs.flatMap((document) => stringLines(document).map(({ rawKey }) => [(rawKey ?? '').toLowerCase(), rawKey ?? ''])),
  );
  return languagesOf(brand).flatMap(({ texts }) =>
    texts
      .filter(({ name }) => !known.has(name.toLowerCase()))
      .map(({ name, point }) => {
        const meant = closestName(name, [...known.values()]);
        const hint = meant === undefined ? 'The names stand in [Strings] of the INFs.' : `Did you mean \`${meant}\`?`;
        return problem('BRAND_STRING_UNKNOWN', `No INF of the brand has a string "${name}".`, { ...point, hint });
      }),
  );
};
