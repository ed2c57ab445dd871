import { type InfDocument, sectionOf } from '../../packaging/formats/inf/document.ts';
import { resolveInstallSection } from '../../packaging/formats/inf/model.ts';
import { DEVICE } from './emulated-install.ts';
import type { AnswerLine, Question } from './setup-inf.ts';

/** What is asked of SetupAPI about one install section: each question with what HKR is in it. */
export interface SectionQuestion {
  readonly question: Question;
  readonly relative: string;
}

const SERVICES = 'system\\currentcontrolset\\services';

/** What the sections of services write besides the service itself, and those of event logs. */
const serviceSections = (document: InfDocument, services: string): readonly SectionQuestion[] =>
  (sectionOf(document, services)?.lines ?? []).flatMap(({ key, fields }): readonly SectionQuestion[] => {
    const [name = '', , install = '', eventLog = '', log = '', source = ''] = fields;
    if (key?.toLowerCase() !== 'addservice') return [];
    const ofLog = `${SERVICES}\\eventlog\\${log === '' ? 'system' : log}\\${source === '' ? name : source}`;
    const parts = [
      [install, `${SERVICES}\\${name}`],
      [eventLog, ofLog],
    ] as const;
    return parts
      .filter(([section]) => section !== '' && sectionOf(document, section) !== undefined)
      .map(([section, relative]) => ({ question: ['registry', section], relative: relative.toLowerCase() }));
  });

/** What the interfaces of the device keep, below the class of interfaces. */
const interfaces = (document: InfDocument, section: string): readonly SectionQuestion[] =>
  (sectionOf(document, `${section}.Interfaces`)?.lines ?? []).flatMap(({ key, fields }): readonly SectionQuestion[] => {
    const [guid = '', reference = '', install = ''] = fields;
    if (key?.toLowerCase() !== 'addinterface' || sectionOf(document, install) === undefined) return [];
    const device = `##?#${DEVICE.replaceAll('\\', '#')}#${guid}\\#${reference}\\device parameters`;
    const relative = `system\\currentcontrolset\\control\\deviceclasses\\${guid}\\${device}`.toLowerCase();
    return [{ question: ['registry', install], relative }];
  });

/** What makes a class that this Windows does not know. */
export const classQuestion = (document: InfDocument, classGuid: string): readonly SectionQuestion[] => {
  const section = resolveInstallSection(document, 'ClassInstall32', 'amd64');
  const relative = `system\\currentcontrolset\\control\\class\\${classGuid}`.toLowerCase();
  return section === undefined ? [] : [{ question: ['registry', section], relative }];
};

/** Everything about an install section and its companions. */
export const sectionQuestions = (document: InfDocument, section: string): readonly SectionQuestion[] => {
  const has = (suffix: string): boolean => sectionOf(document, `${section}${suffix}`) !== undefined;
  const parts = (['', '.CoInstallers', '.HW'] as const).filter(has);
  return [
    ...parts.map((part): SectionQuestion => ({ question: ['files', `${section}${part}`], relative: '' })),
    ...parts.map(
      (part): SectionQuestion => ({
        question: ['registry', `${section}${part}`],
        relative: part === '.HW' ? '<hardware>' : '<software>',
      }),
    ),
    ...(has('.Services') ? [{ question: ['services', `${section}.Services`], relative: '' } as const] : []),
    ...serviceSections(document, `${section}.Services`),
    ...interfaces(document, section),
  ];
};

const utf16 = (hex: string): string => Buffer.from(hex, 'hex').toString('utf16le');
const NAMES = ['REG_NONE', 'REG_SZ', 'REG_EXPAND_SZ', 'REG_BINARY', 'REG_DWORD', '', '', 'REG_MULTI_SZ'];

/** A value as the emulated registry has it. */
const dataOf = (type: number, hex: string): unknown => {
  if (type === 1 || type === 2) return utf16(hex).replace(/\0$/, '');
  if (type === 7) {
    const texts = utf16(hex).split('\0');
    return texts.slice(0, Math.max(0, texts.length - 2));
  }
  if (type === 4) return hex === '' ? null : Buffer.from(hex, 'hex').readUInt32LE();
  if (type === 11) return Number(Buffer.from(hex, 'hex').readBigUInt64LE());
  return hex;
};

const typeOf = (type: number): string => (type === 11 ? 'REG_QWORD' : (NAMES[type] ?? '')) || `REG_TYPE_${type}`;

/** Values of .HW that are properties of the device itself (spec inf.md section 9). */
const DEVICE_VALUES = new Set([
  ...['upperfilters', 'lowerfilters', 'friendlyname', 'security', 'devicetype', 'devicecharacteristics', 'exclusive'],
  ...['upperfilterlevels', 'lowerfilterlevels', 'upperfilterdefaultlevel', 'lowerfilterdefaultlevel'],
  ...['enumproppages32', 'locationinformationoverride', 'resourcepickertags', 'resourcepickerexceptions'],
]);

/** A path below one of the roots of an answer, from HKLM. */
const placed = (path: string, relative: string): string => {
  const [root = '', ...rest] = path.toLowerCase().split('\\');
  const below = rest.join('\\');
  const joined = (start: string): string => (below === '' ? start : `${start}\\${below}`);
  if (root === 'hkr') return joined(relative);
  if (root === 'hklm') return below;
  return root === 'hkcr' ? joined('software\\classes') : path.toLowerCase();
};

const whereOf = (path: string, name?: string): string => {
  const [root = '', ...rest] = path.split('\\');
  const end = name === undefined ? '' : ` | ${name}`;
  if (root !== '<hardware>') return path + end;
  const own = rest.length === 0 && name !== undefined && DEVICE_VALUES.has(name);
  return [own ? '<device>' : '<device>\\device parameters', ...rest].join('\\') + end;
};

type Line = readonly [where: string, data: string];

/** The registry of an answer to `registry` or `services`, as `registryChanges` has it. */
export const answeredRegistry = (answer: readonly AnswerLine[], { relative }: SectionQuestion): readonly Line[] => {
  let service: string | undefined;
  let key = '';
  const [values, keys]: [Line[], string[]] = [[], []];
  for (const [kind, ...parts] of answer) {
    const [first = '', second = '', third = ''] = parts;
    if (kind === 'service') service = first.toLowerCase();
    if (kind === 'key') {
      const below = first === '' ? '' : `\\${first.toLowerCase()}`;
      key = service === undefined ? placed(first, relative) : `${SERVICES}\\${service}${below}`;
      if (service !== undefined || first.includes('\\')) keys.push(whereOf(key));
    }
    if (kind !== 'value') continue;
    const type = Number(second);
    const data = JSON.stringify(dataOf(type, third)).toLowerCase();
    values.push([whereOf(key, first.toLowerCase()), `${typeOf(type)} ${data}`]);
  }
  return [...values, ...emptyKeys(keys, values)];
};

/** Keys with nothing in them stand for themselves. */
const emptyKeys = (keys: readonly string[], values: readonly Line[]): readonly Line[] =>
  keys
    .filter((key) => !values.some(([where]) => where.startsWith(`${key} | `)))
    .filter((key) => !keys.some((other) => other.startsWith(`${key}\\`)))
    .map((key) => [key, '']);

/** Files of an answer to `files`, as `fileChanges` has them; the source is below `C:\source`. */
export const answeredFiles = (answer: readonly AnswerLine[]): readonly string[] =>
  answer.flatMap(([kind, first = '', second = '']) => {
    if (kind === 'copy') return [`${first.toLowerCase().replace(/^c:\\source\\/, '')} -> ${second.toLowerCase()}`];
    return kind === 'delete' ? [`delete ${first.toLowerCase()}`] : [];
  });
