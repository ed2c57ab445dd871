import { formatRevision } from '../../drivers/ids.ts';
import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import { type BusState, type ChildNeed, cellOf, lists } from '../../drivers/revision-register.ts';
import { boundRevision } from '../../packaging/bundle/bus-states.ts';
import { firstDay, type PvInf } from './build-day.ts';

/** What is known of a child that hangs below a bus. */
export interface ChildOnBus {
  readonly driver: string;
  /** Undefined for one that binds no revision, or several. */
  readonly binds: string | undefined;
  /** What builds that bound this asked for; empty when none is known. */
  readonly needs: readonly ChildNeed[];
}

export const childOnBus = ({ pv }: PvInf): ChildOnBus => {
  const binds = boundRevision(pv);
  return { driver: pv.kind, binds, needs: CHILD_NEEDS.filter((one) => one.driver === pv.kind && one.binds === binds) };
};

export type Cell = ReturnType<typeof cellOf>;

/** The best that a build of the child can do on the bus. */
const bestCell = (state: BusState, { binds, needs }: ChildOnBus): Cell => {
  if (needs.length === 0) return binds !== undefined && lists(state, binds) ? '?' : 'N';
  const cells = needs.map((need) => cellOf(state, need));
  return (['O', '?', 'F', 'N', 'X'] as const).find((cell) => cells.includes(cell)) ?? '?';
};

const WORTH: Readonly<Record<Cell, number>> = { O: 2, '?': 1, F: 0, N: 0, X: 0 };

export interface BusHints {
  /** Branch that the version speaks for. */
  readonly line: string;
  /** The day that the INF states. */
  readonly day: string | undefined;
}

export interface BusChoice {
  readonly state: BusState;
  /** For people: what depends on which of the possible builds this is. */
  readonly undecided: readonly string[];
}

/** Negative when `a` is to be preferred: by the branch, then by the day, then the newest. */
const compareHints = (a: BusState, b: BusState, { line, day }: BusHints): number => {
  const isOwn = ({ line: own }: BusState): number => Number(own === (line === 'xcp-ng' ? 'master' : line));
  const isPast = (state: BusState): number => Number(day === undefined || (firstDay(state) ?? '') <= day);
  return isOwn(b) - isOwn(a) || isPast(b) - isPast(a) || (firstDay(b) ?? '').localeCompare(firstDay(a) ?? '');
};

/**
 * Of the builds that a bus may be, the one for which most of the children beside it work, for people ship what works.
 * Undefined when no build is known.
 */
export const chooseBus = (
  states: readonly BusState[],
  children: readonly ChildOnBus[],
  hints: BusHints,
): BusChoice | undefined => {
  const judged = states.map((state, order) => {
    const cells = children.map((child) => bestCell(state, child));
    return { state, order, cells, worth: cells.reduce((sum, cell) => sum + WORTH[cell], 0) };
  });
  // The register goes from old to new.
  judged.sort((a, b) => b.worth - a.worth || compareHints(a.state, b.state, hints) || b.order - a.order);
  const [best] = judged;
  if (best === undefined) return undefined;
  // One that serves fewer of them is out of the question.
  const likely = judged.filter(({ worth }) => worth === best.worth);
  const undecided = children.flatMap(({ driver }, index) => {
    const cells = new Set(likely.map((one) => one.cells[index]));
    return cells.size > 1 ? [`whether ${driver} works depends on which build of ${best.state.table.bus} this is`] : [];
  });
  return { state: best.state, undecided };
};

/** Commits of the 8.1 branch that bound what master bound as well, and asked for something else (spec xen-pv 2.6). */
const ONLY_ON_8_1 = ['5bd392b', '30d347a'];

export interface NeedHints {
  /** Branch that the version speaks for. */
  readonly line: string;
  /** Of the child's own state, where it is a bus itself. */
  readonly commits: readonly string[];
}

/** Those that fit, or all when none does. */
const fitting = (needs: readonly ChildNeed[], fits: (need: ChildNeed) => boolean): readonly ChildNeed[] => {
  const found = needs.filter(fits);
  return found.length > 0 ? found : needs;
};

/** What a child asks its bus for: of the builds that it may be, one that works there, the newest of them. */
export const chooseNeed = (
  { driver, needs }: ChildOnBus,
  state: BusState | undefined,
  { line, commits }: NeedHints,
): { readonly need: ChildNeed; readonly undecided: readonly string[] } | undefined => {
  const ofLine = fitting(needs, (need) => need.commits.some((one) => ONLY_ON_8_1.includes(one)) === (line === '8.1'));
  const possible = fitting(ofLine, (need) => need.commits.some((one) => commits.includes(one)));
  const newest = possible.at(-1);
  if (newest === undefined) return undefined;
  if (state === undefined || possible.length === 1) return { need: newest, undecided: [] };
  const working = possible.filter((need) => cellOf(state, need) === 'O').at(-1);
  // Where one of them works, people have shipped that.
  const cells = new Set(possible.map((need) => cellOf(state, need)));
  const isOpen = working === undefined && cells.size > 1;
  return {
    need: working ?? newest,
    undecided: isOpen ? [`whether it works depends on which build of ${driver} this is`] : [],
  };
};

/** What stands for the need of a child that binds what no known release bound. */
export const likelyNeed = (
  { driver, binds }: ChildOnBus,
  bus: BusState['table']['bus'],
): { readonly need: ChildNeed; readonly undecided: readonly string[] } | undefined => {
  const newest = CHILD_NEEDS.filter((one) => one.driver === driver).at(-1);
  if (newest === undefined || binds === undefined) return undefined;
  // Those of 2013-05, with two digits, knew no versions.
  if (binds.length < 8) return { need: { ...newest, binds, interfaces: new Map() }, undecided: [] };
  const row = BUS_STATES.flatMap(({ table }) => (table.bus === bus ? table.rows : [])).find(
    ({ revision }) => formatRevision(revision) === binds,
  );
  const interfaces = new Map(
    [...newest.interfaces].map(([name, { version, optional }]) => {
      const meant = row?.interfaces[name] ?? version;
      return [name, { version: meant, optional }] as const;
    }),
  );
  const as = row === undefined ? 'the newest known one does' : 'its row stands for';
  return {
    need: { ...newest, binds, interfaces },
    undecided: [`no known ${driver} binds ${binds}: it is taken to ask for what ${as}`],
  };
};
