import { WinpvError } from '../../core/errors.ts';
import { formatRevision } from '../../drivers/ids.ts';
import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import type { BusState } from '../../drivers/revision-register.ts';
import { possibleBuses } from '../../packaging/bundle/bus-states.ts';
import { placedFiles } from '../../packaging/bundle/check-files.ts';
import {
  type CompiledTable,
  compiledTable,
  type TableBus,
  tableBusOf,
  withTable,
} from '../../packaging/bundle/compiled-table.ts';
import type { PackageView } from '../../packaging/bundle/package-view.ts';
import { lineOf, type PvInf, statedDay } from './build-day.ts';
import { childOnBus, chooseBus } from './bus-choice.ts';

/** Which build the bus of an INF is. */
export interface FoundBus {
  readonly state: BusState;
  /** Revisions that it lists, in the order of its table; eight hex digits. */
  readonly rows: readonly string[];
  /** Its ids are those of 2013-05, with no vendor in them. */
  readonly isFirstForm: boolean;
  readonly undecided: readonly string[];
}

export interface FoundBuses {
  /** Undefined for an INF of no bus. */
  readonly of: (inf: PvInf) => FoundBus | undefined;
  /** The bus that a child hangs below. */
  readonly above: (inf: PvInf) => FoundBus | undefined;
  readonly childrenOf: (inf: PvInf) => readonly PvInf[];
}

/** The bus that each child hangs below. */
export const PARENT_BUS: Readonly<Partial<Record<string, TableBus>>> = {
  xenvbd: 'xenbus',
  xenvif: 'xenbus',
  xeniface: 'xenbus',
  xenvkbd: 'xenbus',
  xencons: 'xenbus',
  xennet: 'xenvif',
  xenhid: 'xenvkbd',
};

const archesOf = ({ installs }: PvInf): ReadonlySet<string> => new Set(installs.map(({ arch }) => arch));

/** Characters that two folders have in common: packages of one brand stand nearer to each other than to another's. */
const nearness = (a: PvInf, b: PvInf): number => {
  let same = 0;
  while (same < a.folder.length && a.folder[same] === b.folder[same]) same += 1;
  return a.folder.lastIndexOf('/', same - 1);
};

const parentOf = (child: PvInf, infs: readonly PvInf[]): PvInf | undefined => {
  const kind = PARENT_BUS[child.pv.kind];
  const arches = archesOf(child);
  const possible = infs.filter(({ pv }) => pv.kind === kind);
  const fitting = possible.filter((inf) => [...archesOf(inf)].some((arch) => arches.has(arch)));
  const [best] = (fitting.length > 0 ? fitting : possible).sort((a, b) => nearness(child, b) - nearness(child, a));
  return best;
};

/** The revision table in the driver of a bus; undefined when there is none, or it does not show. */
const tableIn = (view: PackageView, inf: PvInf): CompiledTable | undefined => {
  const bus = tableBusOf(inf.pv.kind);
  const file = placedFiles(view, inf).find(({ installed }) => installed.name.toLowerCase() === `${bus}.sys`)?.file;
  if (bus === undefined || file === undefined) return undefined;
  try {
    const image = view.imageOf(file);
    const rows = image === undefined ? undefined : compiledTable(image, bus);
    return rows === undefined ? undefined : { bus, rows };
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** A bus that is none of the known ones may answer to what its rows speak of. */
const withRanges = (state: BusState): BusState => {
  if (state.provides.size > 0 || state.table.commit !== '') return state;
  const provides = new Map<string, readonly [number, number]>();
  for (const { interfaces } of state.table.rows) {
    for (const [name, version] of Object.entries(interfaces)) {
      const [oldest, newest] = provides.get(name) ?? [version, version];
      provides.set(name, [Math.min(oldest, version), Math.max(newest, version)]);
    }
  }
  return { ...state, provides };
};

const findBus = (view: PackageView, inf: PvInf, children: readonly PvInf[]): FoundBus | undefined => {
  if (tableBusOf(inf.pv.kind) === undefined) return undefined;
  const compiled = tableIn(view, inf);
  const known = withTable(possibleBuses(inf.pv), compiled).map(withRanges);
  const newest = BUS_STATES.filter(({ table, line }) => table.bus === inf.pv.kind && line === 'master').slice(-1);
  const choice = chooseBus(known.length > 0 ? known : newest, children.map(childOnBus), {
    line: lineOf(inf),
    day: statedDay(inf),
  });
  if (choice === undefined) return undefined;
  const rows = compiled?.rows ?? choice.state.table.rows;
  const ids = children.flatMap(({ pv }) => pv.ids);
  return {
    state: choice.state,
    rows: rows.map(({ revision }) => formatRevision(revision)),
    isFirstForm: ids.length > 0 && ids.every(({ prefix, platform }) => prefix === undefined && platform === undefined),
    undecided:
      known.length > 0
        ? choice.undecided
        : [`${inf.pv.kind} is taken for the newest known one: it is none of those known`],
  };
};

/** Finds out about every bus of a bundle: first which INF hangs below which, then which build serves the children best. */
export const findBuses = (view: PackageView, infs: readonly PvInf[]): FoundBuses => {
  const parents = new Map(infs.map((inf) => [inf, parentOf(inf, infs)] as const));
  const childrenOf = (bus: PvInf): readonly PvInf[] => infs.filter((inf) => parents.get(inf) === bus);
  const found = new Map(infs.map((inf) => [inf, findBus(view, inf, childrenOf(inf))] as const));
  return {
    of: (inf) => found.get(inf),
    above: (inf) => {
      const parent = parents.get(inf);
      return parent === undefined ? undefined : found.get(parent);
    },
    childrenOf,
  };
};
