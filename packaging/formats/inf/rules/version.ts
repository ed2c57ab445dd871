import { type InfLine, lineOf, sectionOf } from '../document.ts';
import { parseDriverVer } from '../model.ts';
import type { RuleContext, RuleFinding, RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

/** What a rule about [Version] looks at. */
interface Version {
  readonly context: RuleContext;
  /** The first line with the key. */
  line(key: string): InfLine | undefined;
  value(key: string): string;
  /** Where the section begins. */
  readonly header: number;
}

const MICROSOFT = /^microsoft/i;

const provider = ({ context, line, value, header }: Version): Found => {
  const own = line('Provider');
  const found: RuleFinding[] = [];
  const expected = context.options.provider;
  const name = value('Provider');
  if (expected !== undefined && name !== expected) {
    const message = `Provider is "${name}"; it should be "${expected}".`;
    found.push({ code: 1210, line: own?.line ?? header, message, token: own?.raw[0] ?? '' });
  }
  if (own === undefined) return found;
  if (MICROSOFT.test(name)) {
    found.push({ code: 1204, line: own.line, message: `Provider is "${name}", which only Microsoft may be.` });
  }
  if (name !== '' && !/^%[^%]+%$/.test(own.raw[0] ?? '')) {
    const message = `Provider is the text "${name}"; it must be a %token%, so that it can be translated.`;
    found.push({ code: 1292, line: own.line, message, token: own.raw[0] ?? '', atMost: 'W' });
  }
  return found;
};

const signature = ({ line, value }: Version): Found => {
  const own = line('Signature');
  if (own === undefined || value('Signature').toLowerCase() === '$windows nt$') return [];
  const message = `Signature is "${value('Signature')}", which today's checkers refuse.`;
  return [{ code: 1001, line: own.line, message, token: own.raw[0] ?? '', atMost: 'W' }];
};

const CATALOG_KEY = /^catalogfile(\.nt(x86|ia64|amd64|arm64|arm)?)?$/i;

const catalogs = ({ context, header }: Version): Found => {
  const lines = (sectionOf(context.document, 'Version')?.lines ?? []).filter(({ key }) => CATALOG_KEY.test(key ?? ''));
  const found: RuleFinding[] = [];
  if (lines.length === 0) {
    found.push({
      code: 1233,
      line: header,
      section: 'Version',
      message: '[Version] names no CatalogFile, so the package cannot be signed.',
    });
  }
  for (const { key, fields, raw, line } of lines) {
    const [name = ''] = fields;
    if (/^[^\\/:*?"<>|]+\.cat$/i.test(name)) continue;
    found.push({
      code: 1214,
      line,
      message: `${key} is "${name}", which is not the name of a catalog.`,
      token: raw[0] ?? '',
    });
  }
  return found;
};

const FOUR_NUMBERS = /^\d{1,5}\.\d{1,5}\.\d{1,5}\.\d{1,5}$/;

/** A DriverVer line, of [Version] or of an install section. */
export const driverVerFindings = ({ fields, raw, line }: InfLine): Found => {
  const { date } = parseDriverVer(fields);
  const [dateText = '', version = ''] = fields;
  const found: RuleFinding[] = [];
  if (date === undefined) {
    const message = `The date "${dateText}" of DriverVer is not a day written as MM/DD/YYYY.`;
    found.push({ code: 1218, line, message, token: raw[0] ?? '' });
  }
  const parts = version.split('.').map(Number);
  const whole = FOUR_NUMBERS.test(version) && parts.every((part) => part <= 0xffff);
  if (version === '' && date !== undefined) {
    // The version may be missing; checkers of some kits ask for it.
    const message = 'DriverVer has a date and no version.';
    found.push({ code: 1217, line, message, atMost: 'W' });
  } else if (!whole || parts.every((part) => part === 0)) {
    const message = `The version "${version}" of DriverVer is not four numbers from 0 to 65535.`;
    found.push({ code: 1217, line, message, token: raw[1] ?? raw[0] ?? '' });
  }
  return found;
};

const driverVer = ({ context, line, value, header }: Version): Found => {
  const own = line('DriverVer');
  // What is to be stamped may be empty, or hold any text.
  if (context.options.stampinf && !/^\d/.test(value('DriverVer'))) return [];
  if (own !== undefined) return driverVerFindings(own);
  return [
    {
      code: 1234,
      line: header,
      section: 'Version',
      message: '[Version] has no DriverVer.',
      hint: 'Add DriverVer=MM/DD/YYYY,w.x.y.z to [Version].',
    },
  ];
};

/** What an INF for devices must say of itself. */
const REQUIRED = ['Class', 'ClassGuid', 'Provider'] as const;

const required = ({ context, line, value, header }: Version): Found => {
  if (sectionOf(context.document, 'Manufacturer') === undefined) return [];
  return REQUIRED.filter((key) => value(key) === '').map((key) => ({
    code: 1234,
    line: line(key)?.line ?? header,
    section: 'Version',
    message: `[Version] has no ${key}.`,
    hint: `Add ${key} to [Version].`,
  }));
};

const RULES = [provider, signature, catalogs, driverVer, required];

/** Rules about [Version] but for Class and ClassGuid (spec inf.md section 4). */
export const versionRules: RuleGroup = (context) => {
  const section = sectionOf(context.document, 'Version');
  const line = (key: string): InfLine | undefined => lineOf(section, key);
  const version: Version = {
    context,
    line,
    value: (key) => line(key)?.fields[0] ?? '',
    header: section?.headers[0] ?? 1,
  };
  return RULES.flatMap((rule) => rule(version));
};
