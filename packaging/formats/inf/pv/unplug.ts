import type { Diagnostic } from '../../../../core/errors.ts';
import { type InfLine, type InfSection, physicalLine } from '../document.ts';
import type { RegistryWrite } from '../model.ts';
import { parseInfFlags } from '../numbers.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import { allWrites, forTarget, keyOf, type PvFacts, type PvInstall, type PvKind, pvProblem } from './facts.ts';

/** What the next start does to the emulated devices (spec xen-pv 1.7). */
export const checkUnplug = (facts: PvFacts): readonly Diagnostic[] => [...checkReset(facts), ...checkForced(facts)];

const UNPLUG_KEY = /^hklm\\system\\currentcontrolset\\services\\xen(filt)?\\unplug$/;
const FORCE_KEY = /^hklm\\system\\currentcontrolset\\services\\xen\\forceunplug$/;

/** The requests that an INF must clear, so that the start after an installation is an emulated one. */
const DUTIES: Partial<Readonly<Record<PvKind, readonly string[]>>> = {
  xenbus: ['NICS', 'DISKS'],
  xenvbd: ['DISKS'],
  xenvif: ['NICS'],
};

/** A line that would set an unplug request, wherever it stands. */
const setsRequest = ({ fields }: InfLine): string | undefined => {
  const [root = '', subkey = '', name = '', flags] = fields;
  if ((parseInfFlags(flags) & REGISTRY_FLAGS.delRegOnly) !== 0) return undefined;
  return UNPLUG_KEY.test(`${root}\\${subkey}`.toLowerCase()) ? name.toUpperCase() : undefined;
};

/** Sections that DelReg names: the same kind of line takes a value away there. */
const deletingSections = ({ document }: PvFacts): ReadonlySet<string> =>
  new Set(
    document.sections.flatMap(({ lines }) =>
      lines
        .filter(({ key }) => key?.toLowerCase() === 'delreg')
        .flatMap(({ fields }) => fields.map((name) => name.toLowerCase())),
    ),
  );

/** A section that sets unplug requests, with what it sets. */
interface RequestSection {
  readonly section: InfSection;
  readonly names: readonly string[];
}

const requestSections = (facts: PvFacts): readonly RequestSection[] => {
  const deleting = deletingSections(facts);
  return facts.document.sections
    .filter(({ name }) => !deleting.has(name.toLowerCase()))
    .map((section) => ({ section, names: section.lines.flatMap((line) => setsRequest(line) ?? []) }))
    .filter(({ names }) => names.length > 0);
};

const requestsOf = (install: PvInstall): readonly RegistryWrite[] =>
  allWrites(install).filter((write) => UNPLUG_KEY.test(keyOf(write)) && write.name !== '');

/** F13, and F58 for network devices: the request is cleared, by a section that an AddReg names. */
const checkReset = (facts: PvFacts): readonly Diagnostic[] => {
  const sections = requestSections(facts);
  if (sections.length === 0 && duties(facts).length === 0) return [];
  const anywhere = new Set(facts.installs.flatMap((install) => requestsOf(install).map(({ section }) => section)));
  const found = new Map<string, Diagnostic>();
  const add = (key: string, diagnostic: Diagnostic): unknown => found.has(key) || found.set(key, diagnostic);
  for (const install of facts.installs) {
    const requests = requestsOf(install);
    const reached = new Set(requests.map(({ section }) => section.toLowerCase()));
    const idle = sections.filter(({ section }) => !reached.has(section.name.toLowerCase()));
    // A section for another Windows is not one that was forgotten.
    const missing = new Set(
      duties(facts).filter((name) => !requests.some((write) => write.name.toUpperCase() === name)),
    );
    for (const { section, names } of idle) {
      const own = names.filter((name) => missing.has(name));
      if (own.length === 0 && anywhere.has(section.name)) continue;
      for (const name of own) missing.delete(name);
      add(`idle ${section.name}`, forgotten(facts, install, { section, names }));
    }
    for (const write of requests) {
      if (write.value !== 0) add(`value ${write.line}`, request(facts, write));
      else if ((write.flags & REGISTRY_FLAGS.noClobber) !== 0) add(`kept ${write.line}`, kept(facts, write));
    }
    for (const name of missing) add(`missing ${name}`, unset(facts, install, name));
  }
  return forDisks([...found.values()]);
};

/** One fault of an INF that concerns disks too is not told of network cards once more. */
const forDisks = (found: readonly Diagnostic[]): readonly Diagnostic[] =>
  found.some(({ failureMode }) => failureMode === 'F13') ? found.map((one) => ({ ...one, failureMode: 'F13' })) : found;

const duties = ({ kind, coInstallers }: PvFacts): readonly string[] => (coInstallers ? [] : (DUTIES[kind] ?? []));

const forgotten = (facts: PvFacts, install: PvInstall, { section, names }: RequestSection): Diagnostic =>
  pvProblem(
    facts,
    'PV_UNPLUG_RESET',
    `[${section.name}] clears the unplug requests, but no AddReg that is used${forTarget(facts, install)} names it.`,
    {
      line: section.headers[0],
      failureMode: names.every((name) => name === 'NICS') ? 'F58' : 'F13',
      hint: `Name it in AddReg of the service: AddReg = ${section.name}. Otherwise the next start takes the emulated devices away before the PV drivers work.`,
    },
  );

const request = (facts: PvFacts, write: RegistryWrite): Diagnostic =>
  pvProblem(
    facts,
    'PV_UNPLUG_RESET',
    `The INF asks for the emulated ${write.name} to be unplugged at the next start.`,
    {
      line: write.line,
      token: write.name,
      failureMode: write.name.toUpperCase() === 'NICS' ? 'F58' : 'F13',
      hint: 'Write 0: only a PV driver that runs may ask for it.',
    },
  );

const kept = (facts: PvFacts, write: RegistryWrite): Diagnostic =>
  pvProblem(
    facts,
    'PV_UNPLUG_RESET',
    `The line leaves an older request for ${write.name} as it is, because its flags say not to replace a value.`,
    {
      line: write.line,
      token: write.name,
      failureMode: write.name.toUpperCase() === 'NICS' ? 'F58' : 'F13',
      hint: 'Use the flags 0x00010001.',
    },
  );

const unset = (facts: PvFacts, install: PvInstall, name: string): Diagnostic =>
  pvProblem(
    facts,
    'PV_UNPLUG_RESET',
    `Nothing sets the unplug request ${name} to 0${forTarget(facts, install)}, so an older one holds at the next start.`,
    {
      line:
        install.services.find(({ name: own }) => own.toLowerCase() === facts.kind)?.line ?? install.section.headers[0],
      failureMode: name === 'NICS' ? 'F58' : 'F13',
      hint: `Add HKLM,"SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug","${name}",0x00010001,0 to AddReg of the service.`,
    },
  );

/** Which packages may force a request: those whose driver takes over from the emulated device. */
const FORCERS: Readonly<Record<string, readonly PvKind[]>> = { DISKS: ['xenvbd'], NICS: ['xennet', 'xenvif'] };

/** F14, and F58 for network cards: a forced request works whatever state the PV driver is in, so it belongs to a package that has that driver. */
const checkForced = (facts: PvFacts): readonly Diagnostic[] => {
  const found = new Map<number, Diagnostic>();
  for (const install of facts.installs) {
    for (const write of allWrites(install)) {
      if (!FORCE_KEY.test(keyOf(write)) || write.value === 0 || found.has(write.line)) continue;
      const name = write.name.toUpperCase();
      const failureMode = name === 'NICS' ? 'F58' : 'F14';
      const detail = { line: write.line, token: write.name, failureMode } as const;
      if (FORCERS[name]?.includes(facts.kind) !== true) {
        const message = `The INF takes the emulated ${name} away at every start, and the PV driver for them is not in it.`;
        found.set(write.line, pvProblem(facts, 'PV_FORCE_UNPLUG', message, { ...detail, hint: 'Take the line out.' }));
      } else if (markLost(facts, write.line)) {
        const message = `The line takes the emulated ${name} away at every start; the mark in its comment has no value, so it should be gone.`;
        const hint = 'Render the template so that a line falls away with its token, or set forceUnplug for the brand.';
        found.set(write.line, pvProblem(facts, 'PV_FORCE_UNPLUG', message, { ...detail, hint }));
      }
    }
  }
  return [...found.values()];
};

/** Whether a line ends in an empty comment: a template's mark that was replaced by nothing instead of dropping the line. */
export const markLost = ({ document }: Pick<PvFacts, 'document'>, line: number): boolean => {
  const text = physicalLine(document, line).trimEnd();
  return text.endsWith(';') && text.indexOf(';') > 0;
};
