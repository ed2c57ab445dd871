import { type InfDocument, type InfLine, type InfSection, lineOf, sectionOf } from '../document.ts';
import { parseInfFlags, parseInfNumber } from '../numbers.ts';
import type { InfArch } from '../target-os.ts';
import { type ReadLines, reachedSections } from './reach.ts';
import { type RegistryEffect, registryEffects } from './registry-effects.ts';

/** What an AddService or DelService line does (spec inf.md section 10). */
export interface ServiceEffect {
  readonly does: 'add' | 'delete';
  /** Empty for `AddService=,2`: the device has no service. */
  readonly name: string;
  /** SPSVCINST_* */
  readonly flags: number;
  readonly type: number | undefined;
  readonly start: number | undefined;
  readonly errorControl: number | undefined;
  /** As written: `%12%\file.sys`; empty when there is none. */
  readonly binary: string;
  readonly group: string;
  readonly displayName: string;
  readonly description: string;
  readonly startName: string;
  /** Names of services; `+` before the name of a group. */
  readonly dependencies: readonly string[];
  readonly bootFlags: number | undefined;
  /** HKR is the key of the service. */
  readonly registry: readonly RegistryEffect[];
  /** Undefined without an event-log section; of a deletion, what may go with it. */
  readonly eventLog:
    | { readonly log: string; readonly source: string; readonly registry: readonly RegistryEffect[] }
    | undefined;
  /** Directives of its sections that are not among these. */
  readonly other: readonly string[];
  readonly line: number;
}

const TOLD = new Set([
  ...['servicetype', 'starttype', 'errorcontrol', 'servicebinary', 'loadordergroup', 'displayname', 'description'],
  ...['startname', 'dependencies', 'bootflags', 'addreg', 'delreg', 'bitreg', 'include', 'needs'],
]);

interface ServiceReader {
  readonly document: InfDocument;
  readonly arch: InfArch;
  readonly read: ReadLines;
}

const DEFAULT_LOG = 'System';

const eventLogOf = ({ document, arch, read }: ServiceReader, { fields }: InfLine): ServiceEffect['eventLog'] => {
  const [service = '', , , section = '', log = '', source = ''] = fields;
  if (section === '' || sectionOf(document, section) === undefined) return undefined;
  const { sections } = reachedSections(document, section, read);
  return {
    log: log === '' ? DEFAULT_LOG : log,
    source: source === '' ? service : source,
    registry: registryEffects(document, sections, arch, read),
  };
};

const added = (reader: ServiceReader, line: InfLine): ServiceEffect => {
  const { document, arch, read } = reader;
  const [name = '', flags, sectionName = ''] = line.fields;
  const sections = sectionName === '' ? [] : reachedSections(document, sectionName, read).sections;
  const entry = (key: string): InfLine | undefined => {
    for (const section of sections) {
      const found = lineOf(section, key);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const text = (key: string): string => entry(key)?.fields[0] ?? '';
  const number = (key: string): number | undefined => (text(key) === '' ? undefined : parseInfNumber(text(key)));
  const keys = sections.flatMap(({ lines }) => lines.flatMap(({ key }) => key ?? []));
  return {
    ...{ does: 'add', name, flags: parseInfFlags(flags) },
    type: number('ServiceType'),
    start: number('StartType'),
    errorControl: number('ErrorControl'),
    binary: text('ServiceBinary'),
    group: text('LoadOrderGroup'),
    displayName: text('DisplayName'),
    description: text('Description'),
    startName: text('StartName'),
    dependencies: entry('Dependencies')?.fields.filter((field) => field !== '') ?? [],
    bootFlags: number('BootFlags'),
    registry: registryEffects(document, sections, arch, read),
    eventLog: eventLogOf(reader, line),
    other: [...new Set(keys.filter((key) => !TOLD.has(key.toLowerCase())))],
    line: line.line,
  };
};

const deleted = ({ fields: [name = '', flags, log = '', source = ''], line }: InfLine): ServiceEffect => ({
  ...{ does: 'delete', name, flags: parseInfFlags(flags) },
  ...{ type: undefined, start: undefined, errorControl: undefined, bootFlags: undefined },
  ...{ binary: '', group: '', displayName: '', description: '', startName: '', dependencies: [] },
  eventLog: { log: log === '' ? DEFAULT_LOG : log, source: source === '' ? name : source, registry: [] },
  ...{ registry: [], other: [], line },
});

/** What the lines of a `.Services` section do, in file order. */
export const serviceEffects = (reader: ServiceReader, sections: readonly InfSection[]): readonly ServiceEffect[] =>
  sections.flatMap(({ lines }) =>
    lines.flatMap((line) => {
      const key = line.key?.toLowerCase();
      if (key === 'addservice') return [added(reader, line)];
      return key === 'delservice' ? [deleted(line)] : [];
    }),
  );
