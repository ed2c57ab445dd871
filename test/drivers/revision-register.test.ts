import { describe, expect, test } from 'vitest';
import { formatRevision } from '../../drivers/ids.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import {
  AMBIGUOUS_REVISIONS,
  type BusState,
  type ChildNeed,
  cellOf,
  offRow,
  unanswered,
} from '../../drivers/revision-register.ts';
import { CHILD_BUS_TABLES } from '../../drivers/revision-tables-children.ts';
import { XENBUS_TABLES } from '../../drivers/revision-tables-xenbus.ts';
import { describeData } from '../support/outside.ts';

interface Release {
  readonly label: string;
  readonly commit: string;
}

interface Facts {
  readonly releases: Readonly<Record<string, readonly Release[]>>;
  readonly matrix: Readonly<
    Record<
      string,
      {
        readonly bus_driver: string;
        readonly bus_releases: readonly string[];
        readonly child_releases: readonly string[];
        readonly rows: readonly (string | readonly string[])[];
      }
    >
  >;
  readonly matrix_details: readonly {
    readonly child_driver: string;
    readonly child_release: string;
    readonly query_failures: readonly string[];
    readonly row_vs_driver: readonly string[];
    readonly bus_releases: readonly string[];
  }[];
  readonly pdo_tables: readonly { readonly rows: readonly { readonly rev: string }[] }[];
}

const short = (commit: string): string => commit.slice(0, 7);

const busAt = (bus: string, commit: string): BusState => {
  const found = BUS_STATES.filter((state) => state.table.bus === bus && state.commits.includes(short(commit)));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} states of ${bus} ${commit}`);
  return only;
};

const needAt = (driver: string, commit: string): ChildNeed => {
  const found = CHILD_NEEDS.filter((need) => need.driver === driver && need.commits.includes(short(commit)));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} needs of ${driver} ${commit}`);
  return only;
};

describeData('the register of revisions against the collected facts', 'xen-revisions.json', (data) => {
  const facts = data as Facts;
  const commitOf = (driver: string, label: string): string =>
    facts.releases[driver]?.find((release) => release.label === label)?.commit ?? '';

  test.each(Object.keys(facts.matrix))('every cell of old bus and new %s', (driver) => {
    const matrix = facts.matrix[driver];
    if (matrix === undefined) throw new Error(driver);
    let cells = 0;
    for (const [i, bus] of matrix.bus_releases.entries()) {
      const state = busAt(matrix.bus_driver, commitOf(matrix.bus_driver, bus));
      const row = matrix.child_releases.map((child) => cellOf(state, needAt(driver, commitOf(driver, child))));
      expect(row.join(''), bus).toBe([...(matrix.rows[i] ?? '')].join(''));
      cells += row.length;
    }
    expect(cells).toBeGreaterThan(250);
  });

  test('what a child asks beyond its row, and beyond what its bus answers', () => {
    const names = (texts: readonly string[]) => texts.map((text) => /^[A-Z_]+/.exec(text)?.[0]).sort();
    expect(facts.matrix_details.length).toBeGreaterThan(30);
    for (const detail of facts.matrix_details) {
      const need = needAt(detail.child_driver, commitOf(detail.child_driver, detail.child_release));
      for (const place of detail.bus_releases) {
        const [bus = '', ...label] = place.split(' ');
        const state = busAt(bus, commitOf(bus, label.join(' ')));
        const where = `${detail.child_driver} ${detail.child_release} on ${place}`;
        expect(names(offRow(state, need)), where).toEqual(names(detail.row_vs_driver));
        expect(names(unanswered(state, need)), where).toEqual(names(detail.query_failures));
      }
    }
  });

  test('every table is there', () => {
    const ours = [...XENBUS_TABLES, ...CHILD_BUS_TABLES].map(({ rows }) =>
      rows.map(({ revision }) => formatRevision(revision)).join(' '),
    );
    expect(ours.sort()).toEqual(facts.pdo_tables.map(({ rows }) => rows.map(({ rev }) => rev).join(' ')).sort());
  });
});

describe('the register of revisions', () => {
  test('F07: no table has a number twice, nor has that of a driver that winpv defines', () => {
    const tables = [
      ...[...XENBUS_TABLES, ...CHILD_BUS_TABLES].map(({ rows }) => rows),
      ...DRIVERS.flatMap(({ generations }) =>
        generations.flatMap(({ bus }) => (bus === undefined ? [] : [bus.revisions])),
      ),
    ];
    expect(tables.length).toBeGreaterThan(34);
    for (const rows of tables) expect(new Set(rows.map(({ revision }) => revision)).size).toBe(rows.length);
  });

  test.each([
    { driver: 'xenbus', tables: 2 },
    { driver: 'xenvif', tables: 2 },
    { driver: 'xenvkbd', tables: 1 },
  ])('the tables of $driver that winpv defines are of known releases, to the version', ({ driver, tables }) => {
    const known = [...XENBUS_TABLES, ...CHILD_BUS_TABLES].filter(({ bus }) => bus === driver).map(({ rows }) => rows);
    const defined = DRIVERS.filter(({ name }) => name === driver).flatMap(({ generations }) =>
      generations.map(({ bus }) => bus?.revisions),
    );
    expect(defined).toHaveLength(tables);
    for (const rows of defined) expect(known).toContainEqual(rows);
  });

  test('numbers with several meanings are those of two branches, of renumbered builds, and of one table', () => {
    expect(AMBIGUOUS_REVISIONS.map(({ bus, revision }) => `${bus} ${revision}`)).toEqual([
      'xenbus 00000002',
      'xenbus 00000003',
      'xenbus 00000004',
      'xenbus 00000005',
      'xenbus 00000006',
      'xenvif 08000007',
      'xenbus 09000008',
    ]);
  });
});
