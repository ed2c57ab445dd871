import { WinpvError } from '../../../core/errors.ts';
import { type InfDocument, type InfLine, type InfSection, lineOf, sectionOf } from './document.ts';
import type { InfModel } from './model.ts';
import { parseInfFlags, parseInfNumber } from './numbers.ts';
import { type RegistryScope, type RegistryWrite, registryWrites } from './registry.ts';
import { selectModels } from './select-models.ts';
import { type FileLocations, fileLocations } from './source-disks.ts';
import type { InfArch, WindowsTarget } from './target-os.ts';

/** A file that an install section copies. */
export interface InstalledFile {
  /** Name at the destination. */
  readonly name: string;
  /** Name in the package. */
  readonly source: string;
  /** Path from the folder of the INF, `/` between the parts; undefined when SourceDisksFiles does not place the file. */
  readonly sourcePath: string | undefined;
  readonly dirid: number | undefined;
  readonly subdir: string;
  /** COPYFLG_* */
  readonly flags: number;
  /** Name of the list section, or `@` for a file named in the directive itself. */
  readonly list: string;
  readonly line: number;
}

/** A service that AddService makes. An entry that is missing or no number is undefined, a missing text is empty. */
export interface InfService {
  /** Empty for `AddService=,2`: the device has no service. */
  readonly name: string;
  /** SPSVCINST_* */
  readonly flags: number;
  readonly serviceType: number | undefined;
  readonly startType: number | undefined;
  readonly errorControl: number | undefined;
  /** As written: `%12%\file.sys`. */
  readonly binary: string;
  readonly loadOrderGroup: string;
  readonly displayName: string;
  readonly description: string;
  /** Its service-install section as AddService names it. */
  readonly section: string;
  readonly registry: readonly RegistryWrite[];
  /** Line of the AddService directive. */
  readonly line: number;
}

/** What installing does on one Windows. */
export interface InstallTarget {
  /** The DDInstall (or DefaultInstall) sections reached, with their decorations, as written. */
  readonly sections: readonly string[];
  readonly files: readonly InstalledFile[];
  readonly services: readonly InfService[];
  /** Registry lines other than those of services. */
  readonly registry: readonly RegistryWrite[];
}

/** An INF may name one section many times over; so many lines are read for its install sections. */
const MAX_WORK = 1_000_000;

/** The first that exists of `base.NT<arch>`, `base.NT` and `base`, as written in the file (spec inf.md section 8). */
export const resolveInstallSection = (document: InfDocument, base: string, arch: InfArch): string | undefined =>
  [`${base}.NT${arch}`, `${base}.NT`, base]
    .map((name) => sectionOf(document, name)?.name)
    .find((name) => name !== undefined);

/** The install sections that a Windows reaches: those of its devices, or DefaultInstall in an INF without devices. */
export const targetSections = (document: InfDocument, model: InfModel, target: WindowsTarget): readonly string[] => {
  const bases =
    model.manufacturers.length === 0
      ? ['DefaultInstall']
      : selectModels(model, target).flatMap(({ devices }) => devices.map(({ installSection }) => installSection));
  const reached = new Set<string>();
  for (const base of new Set(bases)) {
    const name = resolveInstallSection(document, base, target.arch);
    if (name !== undefined) reached.add(name);
  }
  return [...reached];
};

/** A section and, after it, those that it and they name in Needs (as far as they are in this file). */
const withNeeded = (document: InfDocument, name: string): readonly InfSection[] => {
  const found = new Set<InfSection>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const section = sectionOf(document, next);
    if (section === undefined || found.has(section)) continue;
    found.add(section);
    open.push(
      ...directives([section], 'needs')
        .flatMap(({ fields }) => fields)
        .reverse(),
    );
  }
  return [...found];
};

const directives = (sections: readonly InfSection[], key: string): readonly InfLine[] =>
  sections.flatMap(({ lines }) => lines.filter((line) => line.key?.toLowerCase() === key));

/** Collects what the sections do, each file and each registry line once. */
class Collector {
  readonly files = new Map<string, InstalledFile>();
  readonly services: InfService[] = [];
  readonly registry = new Map<string, RegistryWrite>();
  private readonly document: InfDocument;
  private readonly locations: FileLocations;
  private work = 0;

  constructor(document: InfDocument, arch: InfArch) {
    this.document = document;
    this.locations = fileLocations(document, arch);
  }

  /** The directives of a section that copy files and write to the registry. */
  section(name: string, scope: RegistryScope): void {
    const sections = this.reach(name);
    for (const line of directives(sections, 'copyfiles')) this.copyFiles(line);
    for (const write of this.writes(sections, scope)) this.registry.set(`${scope} ${write.line}`, write);
  }

  serviceSection(name: string): void {
    for (const line of directives(this.reach(name), 'addservice')) this.services.push(this.service(line));
  }

  interfaceSection(name: string): void {
    for (const { fields } of directives(this.reach(name), 'addinterface')) {
      this.section(fields[2] ?? '', 'interface');
    }
  }

  private reach(name: string): readonly InfSection[] {
    const sections = withNeeded(this.document, name);
    for (const { lines, headers } of sections) this.count(1 + lines.length, headers[0]);
    return sections;
  }

  private copyFiles(directive: InfLine): void {
    for (const list of directive.fields) {
      if (list.startsWith('@')) {
        const name = list.slice(1).trim();
        this.addFile({ name, source: name, flags: 0, list: '@', line: directive.line });
        continue;
      }
      const section = sectionOf(this.document, list);
      for (const { fields, line } of section?.lines ?? []) {
        const [name = '', source = '', , flags] = fields;
        const from = source === '' ? name : source;
        this.addFile({ name, source: from, flags: parseInfFlags(flags), list: section?.name ?? list, line });
      }
    }
  }

  private addFile(file: Pick<InstalledFile, 'name' | 'source' | 'flags' | 'list' | 'line'>): void {
    this.count(1, file.line);
    const key = `${file.line} ${file.name.toLowerCase()}`;
    if (file.name === '' || this.files.has(key)) return;
    const { dirid, subdir } = this.locations.destination(file.list);
    this.files.set(key, { ...file, sourcePath: this.locations.sourcePath(file.source), dirid, subdir });
  }

  private writes(sections: readonly InfSection[], scope: RegistryScope): readonly RegistryWrite[] {
    return directives(sections, 'addreg')
      .flatMap(({ fields }) => fields)
      .flatMap((name) => {
        const writes = registryWrites(this.document, name, scope);
        this.count(1 + writes.length, writes[0]?.line);
        return writes;
      });
  }

  private service({ fields, line }: InfLine): InfService {
    const [name = '', flags, sectionName = '', eventLog = ''] = fields;
    const section = sectionName === '' ? undefined : sectionOf(this.document, sectionName);
    const text = (key: string): string => lineOf(section, key)?.fields[0] ?? '';
    const number = (key: string): number | undefined => (text(key) === '' ? undefined : parseInfNumber(text(key)));
    const registry = (of: string, scope: RegistryScope): readonly RegistryWrite[] =>
      of === '' ? [] : this.writes(this.reach(of), scope);
    return {
      name,
      flags: parseInfFlags(flags),
      serviceType: number('ServiceType'),
      startType: number('StartType'),
      errorControl: number('ErrorControl'),
      binary: text('ServiceBinary'),
      loadOrderGroup: text('LoadOrderGroup'),
      displayName: text('DisplayName'),
      description: text('Description'),
      section: sectionName,
      registry: [...registry(sectionName, 'service'), ...registry(eventLog, 'event-log')],
      line,
    };
  }

  private count(lines: number, line = 1): void {
    this.work += lines;
    if (this.work <= MAX_WORK) return;
    throw new WinpvError(
      'INF_TOO_LARGE',
      'The install sections name more files and registry values than winpv reads.',
      {
        at: { file: this.document.file, line },
      },
    );
  }
}

/** What some install sections do, each named with its decoration, their related sections included (spec inf.md 8–10). */
export const installSections = (document: InfDocument, sections: readonly string[], arch: InfArch): InstallTarget => {
  const collector = new Collector(document, arch);
  for (const name of sections) {
    collector.section(name, 'software');
    collector.section(`${name}.HW`, 'hardware');
    collector.section(`${name}.CoInstallers`, 'software');
    collector.serviceSection(`${name}.Services`);
    collector.interfaceSection(`${name}.Interfaces`);
  }
  const { files, services, registry } = collector;
  return { sections, files: [...files.values()], services, registry: [...registry.values()] };
};

/**
 * What an INF does on a Windows: the install sections of all its devices, the class installer and the interface classes.
 * Included INFs of Windows are not looked into.
 *
 * @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE
 */
export const installTarget = (document: InfDocument, model: InfModel, target: WindowsTarget): InstallTarget => {
  const sections = targetSections(document, model, target);
  const own = installSections(document, sections, target.arch);
  if (sections.length === 0) return own;
  const shared = new Collector(document, target.arch);
  const classInstall = resolveInstallSection(document, 'ClassInstall32', target.arch);
  if (classInstall !== undefined) {
    shared.section(classInstall, 'class');
    shared.serviceSection(`${classInstall}.Services`);
  }
  for (const { fields } of sectionOf(document, 'InterfaceInstall32')?.lines ?? []) {
    const name = resolveInstallSection(document, fields[0] ?? '', target.arch);
    if (name !== undefined) shared.section(name, 'interface-class');
  }
  const known = new Set(own.files.map(({ line, name }) => `${line} ${name.toLowerCase()}`));
  const files = [...shared.files].filter(([key]) => !known.has(key)).map(([, file]) => file);
  return {
    sections,
    files: [...own.files, ...files],
    services: [...own.services, ...shared.services],
    registry: [...own.registry, ...shared.registry.values()],
  };
};
