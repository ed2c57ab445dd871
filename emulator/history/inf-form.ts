import { busForm, busNames } from './bus-form.ts';
import { type InfForm, replaced, withoutLines } from './template-edits.ts';

/** Days on which the packages lost their co-installers, whose work went into the INF (spec xen-pv 3.2, G6). */
const CO_INSTALLERS_GONE: Readonly<Record<string, string>> = {
  xenbus: '2023-09-13',
  xenvif: '2023-09-13',
  xenvbd: '2023-09-29',
  xeniface: '2023-09-29',
  xennet: '2023-09-29',
};

/** Days on which all ids came onto one Models line, with a feature score (spec xen-pv 1.2, 3.2, G7). */
const ONE_LINE_SINCE: Readonly<Record<string, string>> = {
  xenbus: '2025-08-18',
  xenvbd: '2025-08-18',
  xeniface: '2025-08-20',
  xennet: '2025-11-24',
  // Not in the specification: with the others.
  xenvif: '2025-08-20',
};
/** xenvkbd, xenhid and xencons stayed as they were. */
const oneLineSince = (driver: string): string => ONE_LINE_SINCE[driver] ?? '9999';

/** What the template of a build is: winpv's own for its generation. */
export const generationFor = (driver: string, { day }: InfForm): '8.2' | '9.1' =>
  day < (CO_INSTALLERS_GONE[driver] ?? '') ? '8.2' : '9.1';

/** `%Name% = Section,\` with its ids below it, each on a line. */
const ONE_LINE = /^(%[^%\n]+%) = (\w+),\\\n((?: {2}\S+,\\\n)*)( {2}\S+)\n/gm;

const onThreeLines = (text: string): string =>
  text.replace(ONE_LINE, (_all, name: string, section: string, ids: string, last: string) =>
    `${ids}${last}\n`
      .split('\n')
      .filter(Boolean)
      .map((line) => `${name} = ${section},${line.trim().replace(/,\\$/, '')}\n`)
      .join(''),
  );

/** Sections for Windows builds that take boot flags by directive (c6e5cef; XCP-ng's xenvif: fb7791b). */
const hasDecoratedSections = (driver: string, { day, line }: InfForm): boolean =>
  day >= '2025-11-24' && (driver === 'xennet' || line === 'xcp-ng');

const REQUEST_KEY =
  'HKR,"Parameters","RequestKey",0x00000000,"SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request"';

/** INFs of children name the key of restart requests until xenbus asks for them (3d05912, a290114). */
const NAMES_REQUEST_KEY_UNTIL: Readonly<Record<string, string>> = { xenvbd: '2024-07-09', xenvif: '2025-06-30' };
const REQUEST_KEY_SINCE = '2016-08-22';

const requestKeyForm = (text: string, driver: string, { day }: InfForm, generation: string): string => {
  if (generation === '8.2') {
    return day < REQUEST_KEY_SINCE && text.includes('"RequestKey"') ? withoutLines(text, '"RequestKey"') : text;
  }
  return day < (NAMES_REQUEST_KEY_UNTIL[driver] ?? '')
    ? replaced(text, /HKR,"Parameters",,0x00000010\n/, (line) => `${line}${REQUEST_KEY}\n`)
    : text;
};

/** Boot flags came in 2014 as a key, by mistake, and became a value in 2016 (c178d35; F30). */
const bootFlagsForm = (text: string, { day }: InfForm): string => {
  const [since, valueSince] = ['2014-08-14', '2016-03-01'];
  if (day >= valueSince) return text;
  if (day < since) return withoutLines(text, '"BootFlags"');
  return replaced(text, 'HKR,,"BootFlags",0x00010003,0x81', () => 'HKR,"BootFlags",,0x00010003,0x81');
};

/** xendisk came in f7c3c9a. */
const diskForm = (text: string, { day }: InfForm): string =>
  day >= '2014-10-28'
    ? text
    : withoutLines(withoutLines(withoutLines(text, 'AddService = xendisk'), '"UpperFilters"'), 'xendisk.sys');

/** Who may open it came with the one Models line (4814e98; F43), the agent in 0f185d3, the co-installer in 95421ae. */
const interfaceForm = (text: string, { day }: InfForm): string => {
  const open = day < oneLineSince('xeniface') ? withoutLines(withoutLines(text, /^WMIInterface/), '"Security"') : text;
  const older = day < '2016-06-30' ? withoutAgent(open) : open;
  return day < '2015-01-13' ? withoutCoInstaller(older) : older;
};

const withoutAgent = (text: string): string =>
  replaced(withoutLines(text, 'AddService = xenagent'), 'KernelFiles,AgentFiles', () => 'KernelFiles');

const withoutCoInstaller = (text: string): string =>
  withoutLines(withoutLines(text, 'AddReg = CoInstallerEntry'), 'CopyFiles = CoInstallerFiles');

const ownForm = (text: string, driver: string, form: InfForm, generation: '8.2' | '9.1'): string => {
  switch (driver) {
    case 'xenbus':
      return busForm(text, form, generation);
    case 'xenvbd':
      return generation === '8.2' ? diskForm(text, form) : text;
    case 'xenvif':
    case 'xennet':
      return generation === '8.2' ? bootFlagsForm(text, form) : text;
    case 'xeniface':
      return interfaceForm(text, form);
    default:
      return text;
  }
};

/** The forced unplug came with the one Models line (906c51f, b4351cf). */
const forceForm = (text: string, driver: string, { day }: InfForm): string =>
  text.includes('@FORCE_UNPLUG@') && day < oneLineSince(driver) ? withoutLines(text, '@FORCE_UNPLUG@') : text;

export interface FormRequest {
  readonly driver: string;
  readonly form: InfForm;
  readonly generation: '8.2' | '9.1';
  /** The revision that it binds, eight digits; undefined for xenbus. */
  readonly binds: string | undefined;
}

/** A template of winpv's in the form that packages had when a build was made (spec xen-pv 1.2, 2.5, 3.2). */
export const inForm = (template: string, { driver, form, generation, binds }: FormRequest): string => {
  let text = ownForm(template, driver, form, generation);
  text = forceForm(requestKeyForm(text, driver, form, generation), driver, form);
  if (binds !== undefined) text = replaced(text, /REV_[0-9A-F]{8}/g, () => `REV_${binds}`);
  if (form.day < oneLineSince(driver) && generation === '9.1') {
    text = onThreeLines(withoutLines(text, /^FeatureScore/));
    if (driver === 'xenbus') text = busNames(text, form);
  }
  if (text.includes('25398') && !hasDecoratedSections(driver, form)) {
    text = replaced(text, ',NT@INF_ARCH@.10.0...25398', () => '');
  }
  return text;
};
