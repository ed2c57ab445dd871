import type { Diagnostic, Severity } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { formatVersion } from '../../core/version.ts';
import { formatRevision, ID_LIST_LIMIT_BYTES, idListSizeBytes } from '../../drivers/ids.ts';
import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import {
  AMBIGUOUS_REVISIONS,
  type BusState,
  type ChildNeed,
  lists,
  offRow,
  unanswered,
} from '../../drivers/revision-register.ts';
import { lineOf } from '../formats/inf/document.ts';
import type { InfArch } from '../formats/inf/model.ts';
import { parseInfFlags } from '../formats/inf/numbers.ts';
import { type PvFacts, type PvKind, pvProblem } from '../formats/inf/pv/facts.ts';
import { parseTargetOs } from '../formats/inf/target-os.ts';
import { matchesOnOneLine, possibleBuses } from './bus-states.ts';
import { fileNameOf } from './catalog-scope.ts';
import { type CompiledTable, withTable } from './compiled-table.ts';
import type { PackageInf } from './package-view.ts';

/** An INF of the Xen PV family. */
export type PvInf = PackageInf & { readonly pv: PvFacts };

/** A child, the bus of its architecture beside it, and what that bus may be. */
interface Pair {
  readonly child: PvInf;
  readonly bus: PvInf;
  /** The revision that the child binds, eight hex digits. */
  readonly revision: string;
  readonly line: number | undefined;
  readonly prefix: string | undefined;
  readonly deviceClass: string;
  readonly arch: InfArch;
  readonly states: readonly BusState[];
  /** Whether the table shows in the binary of the bus. */
  readonly shown: boolean;
  /** What the known drivers that bind this revision ask for. */
  readonly needs: readonly ChildNeed[];
}

const BUSES: Readonly<Record<string, { readonly kind: PvKind; readonly lastId: string }>> = {
  XENBUS: { kind: 'xenbus', lastId: 'XENCLASS' },
  XENVIF: { kind: 'xenvif', lastId: 'XENDEVICE' },
  XENVKBD: { kind: 'xenvkbd', lastId: 'XENDEVICE' },
};

const archOf = (os: string): InfArch => (os === '' ? 'x86' : (parseTargetOs(os).arch ?? 'amd64'));

type KnownBus = Pick<Pair, 'states' | 'shown'>;

/** One pair for each bus, revision and architecture that an INF binds. */
const pairsOf = (child: PvInf, infs: readonly PvInf[], knownOf: (bus: PvInf) => KnownBus) => {
  const pairs = new Map<string, Pair>();
  for (const { bus: enumerator, revision, line, prefix, deviceClass, os } of child.pv.ids) {
    const arch = archOf(os);
    const key = `${enumerator} ${revision} ${arch}`;
    // The ids of 2013 had two digits and a meaning of their own.
    if (revision?.length !== 8 || pairs.has(key)) continue;
    const buses = infs.filter(
      ({ pv }) => pv.kind === BUSES[enumerator]?.kind && pv.installs.some((install) => install.arch === arch),
    );
    const [bus] = buses;
    if (bus === undefined) continue;
    const needs = CHILD_NEEDS.filter(({ driver, binds }) => driver === child.pv.kind && binds === revision);
    const known = buses.map(knownOf);
    pairs.set(key, {
      ...{ child, bus, revision, line, prefix, deviceClass, arch, needs },
      states: known.flatMap(({ states }) => states),
      shown: known.every(({ shown }) => shown),
    });
  }
  return [...pairs.values()];
};

/**
 * What the drivers of one release owe each other about revisions (spec xen-pv 2; F03, F05, F06, F08 to F10): every
 * child binds a row of the table of its bus, and asks for versions that the bus answers to.
 *
 * The table and the versions are compiled in. Where the binary of the bus shows its table, that is the one; otherwise
 * what it may be follows from the INFs (bus-states.ts) and the register of known releases. An error is what is wrong
 * whichever of them it is, and what some of them would do stays unsaid.
 *
 * @param compiled the table in the binary of a bus; undefined when it does not show
 */
export const checkRelease = (
  infs: readonly PvInf[],
  compiled: (bus: PvInf) => CompiledTable | undefined = () => undefined,
): readonly Diagnostic[] => {
  const tables = new Map(infs.map((inf) => [inf, compiled(inf)]));
  const buses = new Map<PvInf, KnownBus>();
  const knownOf = (bus: PvInf): KnownBus => {
    const table = tables.get(bus);
    const known = buses.get(bus) ?? { states: withTable(possibleBuses(bus.pv), table), shown: table !== undefined };
    buses.set(bus, known);
    return known;
  };
  const ofChildren = infs.flatMap((child) =>
    pairsOf(child, infs, knownOf).flatMap((pair) => {
      if (pair.states.length === 0) return [unknownBus(pair)];
      return [...checkBinding(pair), ...checkListSize(pair)];
    }),
  );
  const ofBuses = infs.flatMap((inf) => [...checkFeatureScore(inf), ...checkTwice(inf, tables.get(inf))]);
  const found = [...ofChildren, ...ofBuses];
  return [...new Map(found.map((one) => [JSON.stringify([one.code, one.at, one.message]), one])).values()];
};

/** F07: one id of the list would stand for two rows. */
const checkTwice = ({ pv, path }: PvInf, table: CompiledTable | undefined): readonly Diagnostic[] => {
  const numbers = (table?.rows ?? []).map(({ revision }) => revision);
  const twice = numbers.find((revision, index) => numbers.indexOf(revision) !== index);
  if (twice === undefined) return [];
  const message = `The binary of ${fileNameOf(path)} has revision ${formatRevision(twice)} in its table twice.`;
  const hint = 'Build the bus with a table that has each number once.';
  return [pvProblem(pv, 'PV_REVISION_TWICE', message, { failureMode: 'F07', hint })];
};

/** Upstream has used this score since it matches all functions by one line; lower is better (spec xen-pv 1.2). */
const USED_SCORE = 0xfe;

/**
 * F27: a bus that matches the usual function by its last compatible id is outranked by every older package, which has
 * a line for each, unless its score is better.
 */
const checkFeatureScore = ({ pv }: PvInf): readonly Diagnostic[] => {
  if (pv.kind !== 'xenbus' || !matchesOnOneLine(pv)) return [];
  const bad = pv.installs
    .map(({ section }) => ({ section, line: lineOf(section, 'FeatureScore') }))
    .find(({ line }) => line === undefined || parseInfFlags(line.fields[0]) > USED_SCORE);
  if (bad === undefined) return [];
  const { section, line } = bad;
  const message =
    line === undefined
      ? `[${shownText(section.name)}] has no FeatureScore, so that every older package of the bus that has a line for each function wins.`
      : `The FeatureScore of [${shownText(section.name)}] is worse than 0xFE, which packages of this form have.`;
  const hint = 'Write FeatureScore=0xFE.';
  const detail = { line: line?.line ?? section.headers[0], failureMode: 'F27', hint };
  return [pvProblem(pv, 'PV_FEATURE_SCORE', message, detail)];
};

const nameOf = ({ path }: PvInf): string => fileNameOf(path);

const unknownBus = ({ child, bus, line }: Pair): Diagnostic =>
  pvProblem(
    child.pv,
    'PV_BUS_UNKNOWN',
    `Whether ${nameOf(bus)} lists the revision of ${nameOf(child)} cannot be told: no known release has a bus with such an INF.`,
    { line, severity: 'info', failureMode: 'F03', hint: 'Try the release in a guest.' },
  );

const checkBinding = (pair: Pair): readonly Diagnostic[] => {
  const listing = pair.states.filter((state) => lists(state, pair.revision));
  if (listing.length === 0) return [notListed(pair)];
  const ambiguous = checkMeaning(pair);
  return ambiguous.length > 0 ? ambiguous : checkVersions(pair, listing);
};

/** `0900000B`, or `09000008 to 0900000C`: what the tables list between them. */
const listed = (states: readonly BusState[]): string => {
  const all = [...new Set(states.flatMap(({ table }) => table.rows.map(({ revision }) => revision)))].sort(
    (a, b) => a - b,
  );
  const [first = 0, last = first] = [all[0], all.at(-1)];
  return first === last ? formatRevision(first) : `${formatRevision(first)} to ${formatRevision(last)}`;
};

/**
 * F03. Unless it shows, what xenvif and xenvkbd list is told by what they bind only, so that a row which other builds of them have may
 * have been taken over; that of xenbus goes with the form of its INF.
 */
const notListed = ({ child, bus, revision, line, states, shown }: Pair): Diagnostic => {
  const { kind } = bus.pv;
  const newest = Math.max(...states.flatMap(({ table }) => table.rows.map((row) => row.revision)));
  const later =
    !shown &&
    kind !== 'xenbus' &&
    Number.parseInt(revision, 16) > newest &&
    BUS_STATES.some((state) => state.table.bus === kind && lists(state, revision));
  const severity: Severity = later ? 'warning' : 'error';
  const message = `The INF binds revision ${revision}, and the ${kind} beside it does not list that: it has ${listed(states)}.`;
  const hint = `Take ${nameOf(child)} and ${nameOf(bus)} from releases that belong together.`;
  return pvProblem(child.pv, 'PV_REVISION_UNLISTED', message, {
    line,
    severity,
    token: revision,
    failureMode: 'F03',
    hint,
  });
};

const versionOf = ({ model }: PvInf): string => {
  const version = model.version.driverVer?.version;
  return version === undefined ? '' : formatVersion(version);
};

/** F08 and F09: a number that meant something else on another branch, or in another build. */
const checkMeaning = ({ child, bus, revision, line }: Pair): readonly Diagnostic[] => {
  const { kind } = bus.pv;
  const ambiguous = AMBIGUOUS_REVISIONS.find((one) => one.bus === kind && one.revision === revision);
  if (ambiguous === undefined || ambiguous.from === 'one table') return [];
  const { meanings } = ambiguous;
  const detail = { line, token: revision };
  const means = `${meanings.slice(0, -1).join('; ')}; or ${meanings.at(-1)}`;
  if (ambiguous.from === 'branches') {
    const message = `Revision ${revision} of ${kind} means different interfaces on two branches: ${means}.`;
    const hint = 'Bind a revision that has one meaning.';
    return [pvProblem(child.pv, 'PV_REVISION_AMBIGUOUS', message, { ...detail, failureMode: 'F08', hint })];
  }
  if (versionOf(child) === versionOf(bus)) return [];
  const message = `Revision ${revision} means another interface in each build of that time (${means}), and ${nameOf(child)} is ${versionOf(child)}, ${nameOf(bus)} ${versionOf(bus)}.`;
  const hint = 'Take both from one build and give them one version.';
  return [pvProblem(child.pv, 'PV_REVISION_AMBIGUOUS', message, { ...detail, failureMode: 'F09', hint })];
};

/** F05: the driver is bound and cannot start. F06: it starts, and its row stands for something else. */
const checkVersions = (pair: Pair, listing: readonly BusState[]): readonly Diagnostic[] => {
  const { child, bus, revision, line, needs } = pair;
  const cases = listing.flatMap((state) => needs.map((need) => ({ state, need, missing: unanswered(state, need) })));
  const [worst] = cases;
  if (worst === undefined) return [];
  const starting = cases.filter(({ missing }) => missing.length === 0);
  const detail = { line, token: revision };
  if (starting.length === 0) {
    const message = `A driver of revision ${revision} is bound by ${bus.pv.kind} and cannot start: it asks for ${worst.missing.join('; for ')}.`;
    const hint = `Take a ${child.pv.kind} that was built for this ${bus.pv.kind}.`;
    return [pvProblem(child.pv, 'PV_INTERFACE_RANGE', message, { ...detail, failureMode: 'F05', hint })];
  }
  // Where it may be F05, that it works is not certain.
  if (starting.length < cases.length) return [];
  const off = starting.map(({ state, need }) => offRow(state, need));
  const [first = []] = off;
  if (off.some((one) => one.length === 0) || starting.some(({ state }) => state.table.kind !== 'explicit')) return [];
  const message = `Drivers of revision ${revision} were built with other interfaces than it stands for: ${first.join(', ')}. This ${bus.pv.kind} answers to them.`;
  const hint = 'Nothing has to be done for this bus; another may not.';
  return [
    pvProblem(child.pv, 'PV_INTERFACE_ROW', message, { ...detail, severity: 'warning', failureMode: 'F06', hint }),
  ];
};

/** F10, for the children that are there: the list that a bus which has their revision makes of their ids. */
const checkListSize = ({ child, bus, states, revision, prefix, deviceClass, line }: Pair): readonly Diagnostic[] => {
  const [enumerator, lastId] = Object.entries(BUSES).flatMap(([name, one]) =>
    one.kind === bus.pv.kind ? [name, one.lastId] : [],
  );
  if (prefix === undefined || enumerator === undefined || lastId === undefined) return [];
  const sizes = states
    .filter((state) => lists(state, revision))
    .map(({ table: { rows } }) =>
      idListSizeBytes({ bus: enumerator, device: deviceClass, vendorPrefix: prefix, rows: rows.length, lastId }),
    );
  const [smallest, longest] = [Math.min(...sizes), Math.max(...sizes)];
  if (longest < ID_LIST_LIMIT_BYTES) return [];
  const sure = smallest >= ID_LIST_LIMIT_BYTES;
  const size = sure ? `is ${smallest} bytes long` : `may be ${longest} bytes long`;
  const message = `With the prefix "${prefix}" the list of ids that ${bus.pv.kind} makes for ${deviceClass} ${size}; it has to stay below ${ID_LIST_LIMIT_BYTES}.`;
  const hint = 'Use a shorter vendor prefix, or a bus that lists fewer revisions.';
  const severity: Severity = sure ? 'error' : 'warning';
  return [pvProblem(child.pv, 'PV_ID_LIST_TOO_LONG', message, { line, severity, failureMode: 'F10', hint })];
};
