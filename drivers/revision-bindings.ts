/** A revision that the INF of a child bound, and since when it did. */
export interface Binding {
  readonly driver: string;
  /** Two digits in 2013, eight later. */
  readonly revision: string;
  /** Day of the commit, `2015-07-20`. */
  readonly since: string;
  /** False on branches only. */
  readonly onMaster: boolean;
}

/** `08000009 2015-07-20`; a `-` after it: not on master. */
const bindings = (driver: string, ...rows: readonly string[]): readonly Binding[] =>
  rows.map((row) => {
    const [revision = '', since = '', branch] = row.split(' ');
    return { driver, revision, since, onMaster: branch === undefined };
  });

/** Every binding that a child had (spec xen-pv 2.5), in the order in which they came. */
export const BINDINGS: readonly Binding[] = [
  ...bindings('xenvbd', '02 2013-05-28', '00000001 2013-09-05', '08000008 2015-07-08', '08000009 2015-07-20'),
  ...bindings('xenvbd', '09000000 2016-12-13', '09000004 2018-06-26', '09000007 2019-10-02', '09000009 2021-02-22'),
  ...bindings('xenvbd', '0900000A 2023-09-29', '0900000B 2024-07-09'),
  ...bindings('xenvif', '02 2013-05-28', '00000001 2013-08-29', '00000004 2014-11-07', '08000008 2015-07-08'),
  ...bindings('xenvif', '08000009 2015-07-17', '0800000B 2015-11-20', '09000000 2016-12-12', '09000002 2017-05-30'),
  ...bindings('xenvif', '09000003 2017-10-20', '09000004 2018-06-26', '09000005 2019-07-17', '09000009 2021-02-22'),
  ...bindings('xenvif', '0900000A 2023-09-13', '0900000B 2025-06-30'),
  ...bindings('xeniface', '02 2013-05-28', '00000001 2013-09-09', '08000008 2015-07-08', '08000009 2015-07-17'),
  ...bindings('xeniface', '0800000B 2015-10-21', '09000000 2016-12-13', '09000006 2019-09-17', '09000009 2021-02-22'),
  ...bindings('xeniface', '0900000A 2023-09-29', '0900000B 2024-07-09', '0900000D 2025-11-09 -'),
  ...bindings('xenvkbd', '09000000 2017-06-02', '09000009 2021-02-22', '0900000A 2023-10-02'),
  ...bindings('xencons', '09000000 2017-05-05', '09000009 2021-02-22', '0900000A 2023-10-02'),
  ...bindings('xennet', '00000000 2013-08-30', '00000001 2014-07-16', '00000002 2014-12-18', '08000002 2015-07-08'),
  ...bindings('xennet', '08000004 2015-11-24', '08000005 2015-11-24 -', '08000006 2015-12-04', '08000008 2015-12-04 -'),
  ...bindings('xennet', '08000007 2016-01-04', '08000009 2016-01-04', '0800000A 2016-01-04 -', '0800000B 2016-02-03'),
  ...bindings('xennet', '0800000C 2016-08-15', '0800000D 2016-09-20', '09000000 2016-12-13', '09000001 2021-02-22'),
  ...bindings('xennet', '09000002 2022-06-13', '09000003 2022-06-14', '09000004 2024-01-24', '09000005 2024-07-09'),
  ...bindings('xenhid', '09000000 2017-06-02', '09000001 2019-06-14', '09000002 2019-12-05'),
];

/** The days from and before which master bound a revision; undefined when no child of that name ever did. */
export const boundBetween = (
  driver: string,
  revision: string,
): { readonly since: string; readonly until: string | undefined } | undefined => {
  const own = BINDINGS.filter((binding) => binding.driver === driver);
  const index = own.findIndex((binding) => binding.revision === revision);
  const found = own[index];
  if (found === undefined) return undefined;
  const next = own.slice(index + 1).find(({ onMaster, since }) => onMaster && since > found.since);
  return { since: found.since, until: found.onMaster ? next?.since : undefined };
};
