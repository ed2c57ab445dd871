import { type InfDocument, type InfLine, sectionOf } from './document.ts';
import type { InfModel } from './model.ts';
import { stringsLanguage } from './strings.ts';

/** Directives whose effect the model tells; a section they name is told too, as far as the model follows it. */
const TOLD_DIRECTIVES = new Set(['copyfiles', 'addreg', 'addservice', 'addinterface']);

const TOLD_SERVICE_ENTRIES = new Set([
  'addreg',
  'displayname',
  'description',
  'servicetype',
  'starttype',
  'errorcontrol',
  'servicebinary',
  'loadordergroup',
]);

const TOLD_SECTIONS = /^(version|manufacturer|destinationdirs|sourcedisks(names|files)(\.\w+)?)$/;

/** The sections whose every line is an effect that the model tells: of files, of registry values, of services. */
export interface ToldSections {
  readonly lists: ReadonlySet<string>;
  readonly services: ReadonlySet<string>;
}

const isTold = (name: string, { key }: InfLine, told: ToldSections): boolean => {
  const directives = told.services.has(name) ? TOLD_SERVICE_ENTRIES : TOLD_DIRECTIVES;
  return key !== null && directives.has(key.toLowerCase());
};

const lineText = ({ key, fields }: InfLine): string => {
  const values = fields.join(',');
  return key === null || (fields.length === 1 && key === values) ? values : `${key}=${values}`;
};

/**
 * The lines that say something which the model does not know, as `[Section] Key=values` with strings put in: filters,
 * events, components, deletions and all else. Two INFs that agree in the model and in these do the same.
 */
export const otherLines = (document: InfDocument, model: InfModel, told: ToldSections): readonly string[] => {
  const models = new Set(model.devices.map(({ section }) => sectionOf(document, section)?.name.toLowerCase()));
  return document.sections.flatMap((section) => {
    const name = section.name.toLowerCase();
    const whole = TOLD_SECTIONS.test(name) || stringsLanguage(name) !== undefined || models.has(name);
    if (whole || told.lists.has(name)) return [];
    return section.lines
      .filter((line) => !isTold(name, line, told))
      .map((line) => `[${section.name}] ${lineText(line)}`);
  });
};
