import { type InfDocument, type InfLine, type InfSection, lineOf, sectionOf } from '../document.ts';
import { type InfDriverVer, parseDriverVer } from '../model.ts';
import { fileLocations } from '../source-disks.ts';
import type { InfArch } from '../target-os.ts';
import { type FileEffects, fileEffects } from './file-effects.ts';
import { fieldsOf, type ReachedSections, ReadLines, reachedSections } from './reach.ts';
import { type RegistryEffect, registryEffects } from './registry-effects.ts';
import { type ServiceEffect, serviceEffects } from './service-effects.ts';

/** A declarative filter of a device: it has a position, or a level that another INF defines. */
export interface FilterEffect {
  readonly service: string;
  readonly position: 'upper' | 'lower' | 'by-level';
  readonly level?: string;
}

export interface InterfaceEffect {
  readonly guid: string;
  /** Its reference string; empty for none. */
  readonly reference: string;
  /** HKR is the key of the interface. */
  readonly registry: readonly RegistryEffect[];
}

/** All that an install section and its companions do; lists are in the order in which Windows goes through them. */
export interface InstallEffects extends FileEffects {
  /** As written, with its decoration. */
  readonly section: string;
  /** A byte; undefined when the section has none, or no number. */
  readonly featureScore: number | undefined;
  /** Of the section itself, where it stands in for the one of [Version]. */
  readonly driverVer: InfDriverVer | undefined;
  /** As written; those of needed sections do not count. */
  readonly excludedIds: readonly string[];
  readonly reboot: boolean;
  /** Of the section itself, the class's own entries included: HKR is the software key. */
  readonly software: readonly RegistryEffect[];
  /** Of `.HW`: HKR is the hardware key. */
  readonly hardware: readonly RegistryEffect[];
  /** Of `.CoInstallers`: HKR is the software key. */
  readonly coInstallers: readonly RegistryEffect[];
  readonly services: readonly ServiceEffect[];
  readonly interfaces: readonly InterfaceEffect[];
  readonly filters: readonly FilterEffect[];
  /** ComponentIDs of AddComponent. */
  readonly components: readonly string[];
  readonly includes: readonly string[];
  /** Sections that are needed and have to be in the included INFs. */
  readonly elsewhere: readonly string[];
  /** Directives that none of this tells: `[Install.Wdf] KmdfService`. */
  readonly other: readonly string[];
}

/** Directives whose effects are told. A description is only shown where people choose what to install. */
const TOLD: Readonly<Record<Companion, ReadonlySet<string>>> = {
  '': new Set([
    ...['copyfiles', 'delfiles', 'renfiles', 'addreg', 'delreg', 'bitreg', 'include', 'needs'],
    ...['featurescore', 'excludeid', 'reboot', 'driverver', 'optiondesc'],
  ]),
  '.HW': new Set(['addreg', 'delreg', 'bitreg', 'include', 'needs']),
  '.CoInstallers': new Set([
    ...['addreg', 'delreg', 'bitreg', 'copyfiles', 'delfiles', 'renfiles', 'include', 'needs'],
  ]),
  '.Services': new Set(['addservice', 'delservice', 'include', 'needs']),
  '.Interfaces': new Set(['addinterface', 'include', 'needs']),
  '.Filters': new Set(['addfilter', 'include', 'needs']),
  '.Components': new Set(['addcomponent', 'include', 'needs']),
};
const NONE: ReadonlySet<string> = new Set();

/** Companion sections with effects that nothing here tells. */
const UNTOLD = ['.Software', '.Events', '.WMI', '.COM', '.Wdf', '.NetDrivers', '.LogConfigOverride', '.FactDef'];

/** Entries of the Net class that its installer keeps as values of the software key; the rest are numbers. */
const NET_ENTRY = /^(characteristics|bustype|\*\w+)$/i;
const NET_TEXTS = new Set(['bustype']);

const netEffects = (section: InfSection | undefined): readonly RegistryEffect[] =>
  (section?.lines ?? []).flatMap(({ key, fields, line }): RegistryEffect[] => {
    if (key === null || !NET_ENTRY.test(key)) return [];
    const text = fields[0] ?? '';
    const isText = NET_TEXTS.has(key.toLowerCase()) || Number.isNaN(Number(text));
    const common = { does: 'set', root: 'HKR', key: '', name: key, line } as const;
    return [
      isText ? { ...common, type: 'REG_SZ', data: text } : { ...common, type: 'REG_DWORD', data: Number(text) >>> 0 },
    ];
  });

const NET_CLASS = '{4d36e972-e325-11ce-bfc1-08002be10318}';

const scoreOf = (section: InfSection | undefined): number | undefined => {
  const text = lineOf(section, 'FeatureScore')?.fields[0]?.trim() ?? '';
  return /^(0x)?[0-9a-f]{1,2}$/i.test(text) ? Number.parseInt(text.replace(/^0x/i, ''), 16) : undefined;
};

const filterOf = (document: InfDocument, { fields }: InfLine): FilterEffect => {
  const [service = '', , name = ''] = fields;
  const section = sectionOf(document, name);
  const level = lineOf(section, 'FilterLevel')?.fields[0];
  if (level !== undefined) return { service, position: 'by-level', level };
  const position = lineOf(section, 'FilterPosition')?.fields[0]?.toLowerCase();
  return { service, position: position === 'lower' ? 'lower' : 'upper' };
};

const linesOf = ({ sections }: ReachedSections, key: string): readonly InfLine[] =>
  sections.flatMap(({ lines }) => lines.filter((line) => line.key?.toLowerCase() === key));

/** The companions of an install section that are told, each with the sections that it needs. */
const COMPANIONS = ['', '.HW', '.CoInstallers', '.Services', '.Interfaces', '.Filters', '.Components'] as const;
type Companion = (typeof COMPANIONS)[number];
type Reached = Readonly<Record<Companion, ReachedSections>>;

interface Reader {
  readonly document: InfDocument;
  readonly arch: InfArch;
  readonly read: ReadLines;
  readonly name: string;
}

const reachCompanions = ({ document, read, name }: Reader): Reached => {
  const reach = (suffix: Companion): ReachedSections => reachedSections(document, `${name}${suffix}`, read);
  return {
    '': reach(''),
    '.HW': reach('.HW'),
    '.CoInstallers': reach('.CoInstallers'),
    '.Services': reach('.Services'),
    '.Interfaces': reach('.Interfaces'),
    '.Filters': reach('.Filters'),
    '.Components': reach('.Components'),
  };
};

/**
 * What an install section does on one architecture, with everything that belongs to it (spec inf.md sections 8 to 10).
 * Needed sections come after the ones that need them; those of included INFs are only named.
 * @param name with its decoration, in any case
 * @param read counts over all sections of an INF that are asked for
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const installEffects = (
  document: InfDocument,
  name: string,
  arch: InfArch,
  read: ReadLines = new ReadLines(document.file),
): InstallEffects => {
  const reader: Reader = { document, arch, read, name };
  const reached = reachCompanions(reader);
  const section = sectionOf(document, name);
  const driverVer = lineOf(section, 'DriverVer');
  const interfaces = interfacesOf(reader, reached);
  const registry = ({ sections }: ReachedSections) => registryEffects(document, sections, arch, read);
  const copying = [reached[''], reached['.CoInstallers'], ...interfaces.map(({ own }) => own)];
  const lists = { document, locations: fileLocations(document, arch), read };
  const services = serviceEffects(reader, reached['.Services'].sections);
  const all = [...Object.values(reached), ...interfaces.map(({ own }) => own)];
  return {
    section: section?.name ?? name,
    featureScore: scoreOf(section),
    driverVer: driverVer === undefined ? undefined : parseDriverVer(driverVer.fields),
    excludedIds: fieldsOf(section?.lines ?? [], 'excludeid'),
    reboot: lineOf(section, 'Reboot') !== undefined,
    ...fileEffects(lists, [...new Set(copying.flatMap(({ sections }) => sections))]),
    software: [...registry(reached['']), ...(isNetClass(document) ? reached[''].sections.flatMap(netEffects) : [])],
    hardware: registry(reached['.HW']),
    coInstallers: registry(reached['.CoInstallers']),
    services,
    interfaces: interfaces.map(({ own, ...one }) => ({ ...one, registry: registry(own) })),
    filters: linesOf(reached['.Filters'], 'addfilter').map((line) => filterOf(document, line)),
    components: componentsOf(reader, reached),
    includes: distinct(all.flatMap(({ includes }) => includes)),
    elsewhere: distinct(all.flatMap(({ elsewhere }) => elsewhere)),
    other: otherDirectives(reader, reached, services),
  };
};

const interfacesOf = (
  { document, read }: Reader,
  reached: Reached,
): readonly { readonly guid: string; readonly reference: string; readonly own: ReachedSections }[] =>
  linesOf(reached['.Interfaces'], 'addinterface').map(({ fields: [guid = '', reference = '', install = ''] }) => ({
    guid: guid.toLowerCase(),
    reference,
    own: reachedSections(document, install, read),
  }));

const componentsOf = ({ document, read }: Reader, reached: Reached): readonly string[] =>
  linesOf(reached['.Components'], 'addcomponent').flatMap(({ fields: [, , section = ''] }) =>
    fieldsOf(read.read(sectionOf(document, section)), 'componentids'),
  );

const otherDirectives = (
  { document, read, name }: Reader,
  reached: Reached,
  services: readonly ServiceEffect[],
): readonly string[] => {
  const isNet = isNetClass(document);
  return [
    ...COMPANIONS.flatMap((suffix) => untold(reached[suffix].sections, TOLD[suffix], isNet)),
    ...UNTOLD.flatMap((suffix) => untold(reachedSections(document, `${name}${suffix}`, read).sections, NONE, false)),
    ...services.flatMap(({ name: service, other }) => other.map((key) => `service ${service}: ${key}`)),
  ];
};

const isNetClass = (document: InfDocument): boolean =>
  lineOf(sectionOf(document, 'Version'), 'ClassGuid')?.fields[0]?.toLowerCase() === NET_CLASS;

const distinct = (texts: readonly string[]): readonly string[] => [
  ...new Map(texts.map((text) => [text.toLowerCase(), text])).values(),
];

const untold = (sections: readonly InfSection[], told: ReadonlySet<string>, isNet: boolean): readonly string[] =>
  distinct(
    sections.flatMap(({ name, lines }) =>
      lines.flatMap(({ key }) => {
        if (key !== null && (told.has(key.toLowerCase()) || (isNet && NET_ENTRY.test(key)))) return [];
        return [`[${name}] ${key ?? 'a line without a key'}`];
      }),
    ),
  );
