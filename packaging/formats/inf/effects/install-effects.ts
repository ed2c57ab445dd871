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

const TOLD: Readonly<Record<string, ReadonlySet<string>>> = {
  '': new Set([
    ...['copyfiles', 'delfiles', 'renfiles', 'addreg', 'delreg', 'bitreg', 'include', 'needs'],
    ...['featurescore', 'excludeid', 'reboot', 'driverver'],
  ]),
  '.hw': new Set(['addreg', 'delreg', 'bitreg', 'include', 'needs']),
  '.coinstallers': new Set([
    ...['addreg', 'delreg', 'bitreg', 'copyfiles', 'delfiles', 'renfiles', 'include', 'needs'],
  ]),
  '.services': new Set(['addservice', 'delservice', 'include', 'needs']),
  '.interfaces': new Set(['addinterface', 'include', 'needs']),
  '.filters': new Set(['addfilter', 'include', 'needs']),
  '.components': new Set(['addcomponent', 'include', 'needs']),
};

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

/**
 * What an install section does on one architecture, with everything that belongs to it (spec inf.md sections 8 to 10).
 * Needed sections come after the ones that need them; those of included INFs are only named.
 * @param name with its decoration, in any case
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const installEffects = (document: InfDocument, name: string, arch: InfArch): InstallEffects => {
  const read = new ReadLines(document.file);
  const reach = (suffix: string): ReachedSections => reachedSections(document, `${name}${suffix}`, read);
  const [own, hw, co] = [reach(''), reach('.HW'), reach('.CoInstallers')];
  const [services, interfaces, filters, components] = [
    ...[reach('.Services'), reach('.Interfaces'), reach('.Filters'), reach('.Components')],
  ] as const;
  const registry = ({ sections }: ReachedSections) => registryEffects(document, sections, arch, read);
  const section = sectionOf(document, name);
  const isNet = isNetClass(document);
  const lists = { document, locations: fileLocations(document, arch), read };
  const interfaceLines = linesOf(interfaces, 'addinterface');
  const interfaceSections = interfaceLines.map(({ fields: [, , install = ''] }) =>
    reachedSections(document, install, read),
  );
  const files = fileEffects(lists, [
    ...own.sections,
    ...co.sections,
    ...interfaceSections.flatMap((one) => one.sections),
  ]);
  const all = { '': own, '.hw': hw, '.coinstallers': co, '.services': services, '.interfaces': interfaces };
  const told = { ...all, '.filters': filters, '.components': components };
  const driverVer = lineOf(section, 'DriverVer');
  const reached = [...Object.values(told), ...interfaceSections];
  const serviceList = serviceEffects({ document, arch, read }, services.sections);
  return {
    section: section?.name ?? name,
    featureScore: scoreOf(section),
    driverVer: driverVer === undefined ? undefined : parseDriverVer(driverVer.fields),
    excludedIds: fieldsOf(section?.lines ?? [], 'excludeid'),
    reboot: lineOf(section, 'Reboot') !== undefined,
    ...files,
    software: [...registry(own), ...(isNet ? own.sections.flatMap(netEffects) : [])],
    hardware: registry(hw),
    coInstallers: registry(co),
    services: serviceList,
    interfaces: interfaceLines.map(({ fields: [guid = ''] }, index) => ({
      guid: guid.toLowerCase(),
      registry: registry(interfaceSections[index] ?? { sections: [], includes: [], elsewhere: [] }),
    })),
    filters: linesOf(filters, 'addfilter').map((line) => filterOf(document, line)),
    components: linesOf(components, 'addcomponent').flatMap(({ fields: [, , component = ''] }) =>
      fieldsOf(read.read(sectionOf(document, component)), 'componentids'),
    ),
    includes: distinct(reached.flatMap(({ includes }) => includes)),
    elsewhere: distinct(reached.flatMap(({ elsewhere }) => elsewhere)),
    other: [
      ...Object.entries(told).flatMap(([suffix, { sections }]) => untold(sections, TOLD[suffix], isNet)),
      ...UNTOLD.flatMap((suffix) => untold(reach(suffix).sections, undefined, false)),
      ...serviceList.flatMap(({ name: service, other }) => other.map((key) => `service ${service}: ${key}`)),
    ],
  };
};

const isNetClass = (document: InfDocument): boolean =>
  lineOf(sectionOf(document, 'Version'), 'ClassGuid')?.fields[0]?.toLowerCase() === NET_CLASS;

const distinct = (texts: readonly string[]): readonly string[] => [
  ...new Map(texts.map((text) => [text.toLowerCase(), text])).values(),
];

const untold = (
  sections: readonly InfSection[],
  told: ReadonlySet<string> | undefined,
  isNet: boolean,
): readonly string[] =>
  distinct(
    sections.flatMap(({ name, lines }) =>
      lines.flatMap(({ key }) => {
        if (key !== null && (told?.has(key.toLowerCase()) || (isNet && NET_ENTRY.test(key)))) return [];
        return [`[${name}] ${key ?? 'a line without a key'}`];
      }),
    ),
  );
