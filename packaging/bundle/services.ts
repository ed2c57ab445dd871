import type { Brand } from '../../branding/brand.ts';
import type { LoadedBrand } from '../../branding/load.ts';
import type { SettingsPoint } from '../../branding/settings-tree.ts';
import type { Architecture } from '../../core/architecture.ts';
import { infArchitecture } from '../../core/architecture.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import type { FourPartVersion } from '../../core/version.ts';
import { decoratedInstalls } from '../formats/inf/decorated-installs.ts';
import { type InfDocument, sectionOf } from '../formats/inf/document.ts';
import { isCopied } from '../formats/inf/installed-names.ts';
import { type InstallTarget, infModel } from '../formats/inf/model.ts';
import { fileLocations } from '../formats/inf/source-disks.ts';
import { stringsLanguage } from '../formats/inf/strings.ts';
import { addToInf, type ExtendedInf, type InfAddition, quotedText } from './inf-additions.ts';

export type BrandService = Brand['services'][number];

/** A service of a brand and its place in the list. */
export interface PlacedService {
  readonly service: BrandService;
  readonly index: number;
  readonly point: (...keys: readonly PropertyKey[]) => SettingsPoint;
}

/** The services of a brand that are made one way, for one driver package or for all. */
export const servicesOf = (
  { brand, point }: LoadedBrand,
  as: BrandService['as'],
  driver?: string,
): readonly PlacedService[] =>
  brand.services
    .map((service, index) => ({
      service,
      index,
      point: (...keys: readonly PropertyKey[]) => point(['services', index, ...keys]),
    }))
    .filter(({ service }) => service.as === as && (driver === undefined || service.package === driver));

/** What a service is named by in sections and strings of an INF: its name, as far as a string may be named so. */
export const serviceToken = ({ name }: Pick<BrandService, 'name'>): string => name.replaceAll('-', '_');

/** `agent.exe` of version 9.1.0.4 is `agent_9_1_0_4.exe` on the target (spec xen-pv 3.1): the old one may be running. */
export const versionedName = (name: string, version: FourPartVersion): string => {
  const dot = name.lastIndexOf('.');
  const stem = dot > 0 ? name.slice(0, dot) : name;
  return `${stem}_${version.join('_')}${name.slice(stem.length)}`;
};

export const START_TYPES: Readonly<Record<BrandService['start'], number>> = { auto: 2, demand: 3, disabled: 4 };
/** SPSVCINST_STARTSERVICE: the service runs from the installation on. */
export const startFlag = (start: BrandService['start']): string => (start === 'auto' ? '0x00000800' : '0x00000000');

const FILE_LIST = 'VendorServiceFiles';
const SYSTEM32 = 11;

/** The texts of a service, as strings of an INF. */
export const serviceTexts = ({ service, point }: PlacedService): readonly InfString[] => {
  const token = serviceToken(service);
  const { displayName, description } = service;
  return [
    { name: `VendorService_${token}_Name`, text: displayName, at: point('displayName').at },
    ...(description === undefined
      ? []
      : [{ name: `VendorService_${token}_Description`, text: description, at: point('description').at }]),
  ];
};

export interface InfString {
  readonly name: string;
  readonly text: string;
  readonly at: InfAddition['at'];
}

/** The service-install section; `binary` is `%11%\name.exe`. */
export const serviceSection = (placed: PlacedService, section: string, binary: string): readonly InfAddition[] => {
  const { service, point } = placed;
  const { at } = point('name');
  const [name, description] = serviceTexts(placed);
  const lines = [
    `DisplayName = %${name?.name}%`,
    ...(description === undefined ? [] : [`Description = %${description.name}%`]),
    'ServiceType = 0x10 ; a process of its own',
    `StartType = ${START_TYPES[service.start]} ; ${service.start}`,
    'ErrorControl = 1 ; report, and go on',
    `ServiceBinary = ${binary}`,
  ];
  return lines.map((text) => ({ section, text, at }));
};

/** The event source of a service, when it has one. */
export const eventSections = ({ service, point }: PlacedService, messageFile: string): readonly InfAddition[] => {
  if (!service.eventSource) return [];
  const token = serviceToken(service);
  const { at } = point('eventSource');
  return [
    { section: `VendorServiceEvents_${token}`, text: `AddReg = VendorServiceEventSource_${token}`, at },
    {
      section: `VendorServiceEventSource_${token}`,
      text: `HKR,,"EventMessageFile",0x00020000,"${messageFile}"`,
      at,
    },
    { section: `VendorServiceEventSource_${token}`, text: 'HKR,,"TypesSupported",0x00010001,7', at },
  ];
};

export const addServiceLine = ({ service }: PlacedService): string => {
  const token = serviceToken(service);
  const events = service.eventSource ? `,VendorServiceEvents_${token}` : '';
  return `AddService = ${service.name},${startFlag(service.start)},VendorService_${token}${events}`;
};

/** A file that a service brings, and the key that names it. */
export interface ServiceFile {
  readonly name: string;
  readonly point: SettingsPoint;
}

/** The files of services, each once: services of a brand may share some. */
export const serviceFiles = (services: readonly PlacedService[]): readonly ServiceFile[] => {
  const found = new Map<string, ServiceFile>();
  for (const { service, point } of services) {
    const own = [
      { name: service.program, point: point('program') },
      ...service.files.map((name, index) => ({ name, point: point('files', index) })),
    ];
    for (const file of own) if (!found.has(file.name.toLowerCase())) found.set(file.name.toLowerCase(), file);
  }
  return [...found.values()];
};

const clash = (point: SettingsPoint, message: string, hint: string): Diagnostic =>
  problem('BUNDLE_SERVICE_CLASH', message, { ...point, hint });

interface Installing {
  readonly document: InfDocument;
  readonly installs: readonly InstallTarget[];
  readonly version: FourPartVersion;
}

/** What an INF has already, by the names of the services and files to come. */
const checkClashes = (services: readonly PlacedService[], { document, installs, version }: Installing) => {
  const added = new Set(installs.flatMap((one) => one.services.map(({ name }) => name.toLowerCase())));
  const targets = new Set(installs.flatMap((one) => one.files.map(({ name }) => name.toLowerCase())));
  const sources = new Set(
    document.sections
      .filter(({ name }) => /^sourcedisksfiles(\.\w+)?$/i.test(name))
      .flatMap(({ lines }) => lines.map(({ key }) => key?.toLowerCase())),
  );
  const found: Diagnostic[] = [];
  const tokens = new Map<string, string>();
  for (const { service, point } of services) {
    const { name } = service;
    const token = serviceToken(service).toLowerCase();
    const same = tokens.get(token);
    tokens.set(token, name);
    if (added.has(name.toLowerCase())) {
      const message = `${document.file} adds a service "${name}" already.`;
      found.push(clash(point('name'), message, 'Give the service another name.'));
    } else if (same !== undefined || sectionOf(document, `VendorService_${token}`) !== undefined) {
      const message = `The service "${name}" cannot be told from ${same === undefined ? 'a section of the INF' : `"${same}"`}.`;
      found.push(clash(point('name'), message, 'Give the service another name; - and _ count as one.'));
    }
  }
  for (const { name, point } of serviceFiles(services)) {
    if (!sources.has(name.toLowerCase()) && !targets.has(versionedName(name, version).toLowerCase())) continue;
    const message = `${document.file} installs a file "${name}" already.`;
    found.push(clash(point, message, 'Give the file another name.'));
  }
  return found;
};

/** The disk that files are added to: one beside the INF if there is such a one. */
const diskOf = (document: InfDocument, architecture: Architecture): string | undefined => {
  const arch = infArchitecture(architecture);
  const disks = [`SourceDisksNames.${arch}`, 'SourceDisksNames'].flatMap(
    (name) => sectionOf(document, name)?.lines ?? [],
  );
  return (disks.find(({ fields }) => (fields[3] ?? '') === '') ?? disks[0])?.rawKey ?? undefined;
};

export interface ServiceRequest {
  readonly brand: LoadedBrand;
  readonly driver: string;
  readonly architecture: Architecture;
  /** Of the package; it stands in the names of files. */
  readonly version: FourPartVersion;
}

/** The names of the sections that install devices, or what a primitive package installs. */
const installNames = (document: InfDocument): readonly string[] => [
  ...new Map(
    decoratedInstalls(document, infModel(document)).map(({ section }) => [section.name.toLowerCase(), section.name]),
  ).values(),
];

const additionsOf = (services: readonly PlacedService[], document: InfDocument, request: ServiceRequest) => {
  const { version, architecture } = request;
  const files = serviceFiles(services);
  const [first] = services;
  const at = first?.point('name').at ?? { file: document.file };
  const sections = installNames(document);
  const disk = diskOf(document, architecture) ?? '1';
  const noDisk = diskOf(document, architecture) === undefined;
  const additions: InfAddition[] = [
    ...sections.map((section) => ({ section, text: `CopyFiles = ${FILE_LIST}`, at })),
    ...sections.flatMap((section) =>
      services.map((placed) => ({
        ...{ section: `${section}.Services`, text: addServiceLine(placed), at: placed.point('name').at },
      })),
    ),
    ...(noDisk ? [{ section: 'SourceDisksNames', text: '1 = "1"', at }] : []),
    ...files.map(({ name, point }) => ({ section: 'SourceDisksFiles', text: `${name} = ${disk}`, at: point.at })),
    { section: 'DestinationDirs', text: `${FILE_LIST} = ${SYSTEM32}`, at },
    ...files.map(({ name, point }) => ({
      ...{ section: FILE_LIST, text: `${versionedName(name, version)},${name}`, at: point.at },
    })),
    ...services.flatMap((placed) => {
      const program = versionedName(placed.service.program, version);
      return [
        ...serviceSection(placed, `VendorService_${serviceToken(placed.service)}`, `%${SYSTEM32}%\\${program}`),
        ...eventSections(placed, `%%SystemRoot%%\\System32\\${program}`),
      ];
    }),
  ];
  // Every Strings section holds every string: Windows takes one of them as a whole (spec inf 3).
  const strings = document.sections.filter(({ name }) => stringsLanguage(name) !== undefined).map(({ name }) => name);
  for (const section of strings.length === 0 ? ['Strings'] : strings) {
    for (const { name, text, at: place } of services.flatMap(serviceTexts)) {
      additions.push({ section, text: `${name} = ${quotedText(text)}`, at: place });
    }
  }
  return additions;
};

/** That the INF does what was asked, as it is read again: in every install section. */
const checkResult = (services: readonly PlacedService[], document: InfDocument, request: ServiceRequest) => {
  const { version, driver } = request;
  const installs = decoratedInstalls(document, infModel(document));
  return services.flatMap(({ service, point }) => {
    const program = versionedName(service.program, version);
    const works = (install: InstallTarget & (typeof installs)[number]): boolean =>
      install.services.some(
        (one) =>
          one.name === service.name &&
          one.displayName === service.displayName &&
          one.description === (service.description ?? '') &&
          one.binary === `%${SYSTEM32}%\\${program}`,
      ) &&
      isCopied(install, { name: program, dirid: SYSTEM32 }) &&
      fileLocations(document, install.arch).sourcePath(service.program) !== undefined;
    if (installs.every(works)) return [];
    const message = `The service "${service.name}" cannot be put into the INF of ${driver}: its form does not allow lines to be added.`;
    const hint = 'Look for a section or an entry that the last line of the file, or of a section, leaves open.';
    return [problem('BUNDLE_SERVICE_CLASH', message, { ...point('package'), hint })];
  });
};

/**
 * The INF of a driver package with the services that the brand puts into it (spec xen-pv 3.1, 9): in every install
 * section, for every version of Windows that the INF tells apart. Nothing else of the INF changes.
 * @throws WinpvError BUNDLE_SERVICE_CLASH at the keys of the brand, INF_*
 */
export const addServices = (document: InfDocument, request: ServiceRequest): ExtendedInf => {
  const services = servicesOf(request.brand, 'driver', request.driver);
  if (services.length === 0) return { document, added: [] };
  const installs = decoratedInstalls(document, infModel(document));
  const [first] = services;
  if (installs.length === 0 && first !== undefined) {
    const message = `The INF of ${request.driver} has no install section that a service could go with.`;
    stopOnErrors([clash(first.point('package'), message, 'Name another package.')]);
  }
  stopOnErrors(checkClashes(services, { document, installs, version: request.version }));
  const extended = addToInf(document, additionsOf(services, document, request));
  stopOnErrors(checkResult(services, extended.document, request));
  return extended;
};
