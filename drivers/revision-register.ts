import { formatRevision } from './ids.ts';
import type { VersionRange } from './model.ts';
import type { RevisionTable } from './revision-table.ts';

/** A bus driver as it was over a while: what it lists for its children, and what it answers to. */
export interface BusState {
  readonly table: RevisionTable;
  /** By interface; empty for those of 2013, which knew no versions. */
  readonly provides: ReadonlyMap<string, VersionRange>;
  /** The branch: `master`, or one of the maintenance branches of 2016. */
  readonly line: string;
  /**
   * For xenbus, which binds nothing that tells its age: the days from and before which its INF had the form that goes
   * with the table. On the maintenance branches the form stayed when the table moved on.
   */
  readonly since?: string;
  readonly until?: string;
  /** For a bus that is a child itself: the revision of xenbus that its INF bound. */
  readonly binds?: string;
  /** Commits of releases that were like this. */
  readonly commits: readonly string[];
}

/** What a child asks its bus for when it starts. */
export interface ChildNeed {
  readonly driver: string;
  /** The revision that its INF bound, eight hex digits. */
  readonly binds: string;
  /** By interface; empty for those of 2013. */
  readonly interfaces: ReadonlyMap<string, { readonly version: number; readonly optional: boolean }>;
  readonly commits: readonly string[];
}

/** A number that stood for different interfaces in different builds. */
export interface AmbiguousRevision {
  readonly bus: RevisionTable['bus'];
  /** Eight hex digits. */
  readonly revision: string;
  /** Where the meanings came from: two branches, or builds that numbered their combinations anew. */
  readonly from: 'branches' | 'builds' | 'one table';
  readonly meanings: readonly string[];
}

const builds = (revision: string, ...meanings: readonly string[]): AmbiguousRevision => ({
  ...{ bus: 'xenbus', revision, from: 'builds', meanings },
});

/**
 * Spec xen-pv 2.2 to 2.4. Builds of 2014 and 2015 counted the combinations of shared info (SI) and event channel (E)
 * versions, so that each new version gave the numbers from 2 on another meaning.
 */
export const AMBIGUOUS_REVISIONS: readonly AmbiguousRevision[] = [
  builds('00000002', 'SI 2, E 1', 'SI 1, E 2'),
  builds('00000003', 'SI 2, E 1', 'SI 1, E 3'),
  builds('00000004', 'SI 2, E 2', 'SI 2, E 1', 'SI 1, E 4'),
  builds('00000005', 'SI 2, E 2', 'SI 2, E 1'),
  builds('00000006', 'SI 2, E 3', 'SI 2, E 2'),
  {
    bus: 'xenvif',
    revision: '08000007',
    from: 'branches',
    meanings: ['VIF 3, STORE 1 on 8.1 and what came of it', 'VIF 5, STORE 2 on master in January 2016'],
  },
  { bus: 'xenbus', revision: '09000008', from: 'one table', meanings: ['SHARED_INFO 3', 'SHARED_INFO 4'] },
];

/** What a child asks for and its bus does not answer to: `XENBUS_EVTCHN 4, and the bus has 5 to 9`. */
export const unanswered = ({ provides }: BusState, { interfaces }: ChildNeed): readonly string[] => {
  // Those of 2013 knew no versions: nothing can be told from them.
  if (provides.size === 0 || interfaces.size === 0) return [];
  return [...interfaces].flatMap(([name, { version, optional }]) => {
    const range = provides.get(name);
    if (optional || (range !== undefined && range[0] <= version && version <= range[1])) return [];
    return range === undefined
      ? [`${name} ${version}, which the bus has not`]
      : [`${name} ${version}, and the bus has ${range[0] === range[1] ? range[0] : `${range[0]} to ${range[1]}`}`];
  });
};

/** What a row stands for and its child does not ask for: `XENBUS_CACHE 1 instead of 2`. Works by luck (F06). */
export const offRow = ({ table }: BusState, { binds, interfaces }: ChildNeed): readonly string[] => {
  const row = table.rows.find(({ revision }) => formatRevision(revision) === binds);
  if (row === undefined) return [];
  return [...interfaces].flatMap(([name, { version }]) => {
    const meant = row.interfaces[name];
    return meant === version || !table.interfaces.includes(name)
      ? []
      : [`${name} ${version} instead of ${meant ?? 'none'}`];
  });
};

/** Whether a bus lists the revision that a child binds. */
export const lists = ({ table }: BusState, binds: string): boolean =>
  table.rows.some(({ revision }) => formatRevision(revision) === binds);

/**
 * How a child of one release does on the bus of another (spec xen-pv 2.6): O works, F is bound and does not start, N is
 * not bound, X neither, ? cannot be told.
 */
export const cellOf = (state: BusState, need: ChildNeed): 'O' | 'F' | 'N' | 'X' | '?' => {
  const starts = unanswered(state, need).length === 0;
  if (!lists(state, need.binds)) return starts ? 'N' : 'X';
  if ((state.provides.size === 0) !== (need.interfaces.size === 0)) return '?';
  return starts ? 'O' : 'F';
};
