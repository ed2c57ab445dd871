import { describe, expect, test } from 'vitest';
import { busChildIds, ID_LIST_LIMIT_BYTES, idListSizeBytes, platformIds } from '../../drivers/ids.ts';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import { describeData } from '../support/outside.ts';

describe('the ids of the platform function', () => {
  test('begin with the vendor function, complete with subsystem and revision', () => {
    expect(platformIds({ vendorPrefix: 'XS', vendorDeviceId: 'C000' })).toEqual([
      'PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01',
      'PCI\\VEN_5853&DEV_0002',
      'PCI\\VEN_5853&DEV_0001',
    ]);
  });

  test.each([undefined, ''])('begin with 0002 when the vendor has no function (%j)', (vendorDeviceId) => {
    expect(platformIds({ vendorPrefix: 'XP', vendorDeviceId })).toEqual([
      'PCI\\VEN_5853&DEV_0002',
      'PCI\\VEN_5853&DEV_0001',
    ]);
  });
});

describe('the ids of a bus child', () => {
  const vbd = busChildIds({ bus: 'XENBUS', device: 'VBD', revision: 0x0900000b });

  test('are one for each platform function, with prefix, class and revision', () => {
    expect(vbd({ vendorPrefix: 'XZ', vendorDeviceId: 'C1F0' })).toEqual([
      'XENBUS\\VEN_XZC1F0&DEV_VBD&REV_0900000B',
      'XENBUS\\VEN_XZ0001&DEV_VBD&REV_0900000B',
      'XENBUS\\VEN_XZ0002&DEV_VBD&REV_0900000B',
    ]);
  });

  test('are two when the vendor has no function', () => {
    expect(vbd({ vendorPrefix: 'XP' })).toEqual([
      'XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B',
      'XENBUS\\VEN_XP0002&DEV_VBD&REV_0900000B',
    ]);
  });
});

describe('the size of a bus id list', () => {
  const list = { bus: 'XENBUS', lastId: 'XENCLASS' };

  // the figures of spec xen-pv 1.4
  test.each([
    { device: 'IFACE', vendorPrefix: 'XP', rows: 12, size: 1002, fits: true },
    { device: 'IFACE', vendorPrefix: 'XP', rows: 13, size: 1084, fits: false },
    { device: 'IFACE', vendorPrefix: 'ABCDE', rows: 11, size: 986, fits: true },
    { device: 'IFACE', vendorPrefix: 'ABCDE', rows: 12, size: 1074, fits: false },
    { device: 'VBD', vendorPrefix: 'ABCDE', rows: 12, size: 1026, fits: false },
  ])('$rows rows of $device with prefix $vendorPrefix are $size bytes', ({ size, fits, ...row }) => {
    expect(idListSizeBytes({ ...list, ...row })).toBe(size);
    expect(size < ID_LIST_LIMIT_BYTES).toBe(fits);
  });

  test('leaves room in every generation of xenbus for a prefix of five letters', () => {
    for (const { bus } of driverNamed('xenbus').generations) {
      for (const device of bus?.classes ?? []) {
        const rows = bus?.revisions.length ?? 0;
        expect(idListSizeBytes({ ...list, device, vendorPrefix: 'ABCDE', rows })).toBeLessThan(ID_LIST_LIMIT_BYTES);
      }
    }
  });
});

interface RevisionData {
  readonly column_interfaces: { readonly xenbus: Readonly<Record<string, string>> };
  readonly pdo_tables: readonly {
    readonly id: string;
    readonly rows: readonly { readonly rev: string; readonly versions: Readonly<Record<string, number>> }[];
  }[];
  readonly releases: { readonly xenbus: readonly { readonly label: string; readonly pdo_table: string }[] };
}

describeData('the revision table of xenbus', 'xen-revisions.json', (json) => {
  const data = json as RevisionData;

  test.each([
    { line: '9.1', release: 'master@head' },
    { line: '8.2', release: '8.2.1' },
  ])('of the $line line is that of $release, row for row', ({ line, release }) => {
    const tableId = data.releases.xenbus.find(({ label }) => label === release)?.pdo_table;
    const expected = data.pdo_tables
      .find(({ id }) => id === tableId)
      ?.rows.map(({ rev, versions }) => ({
        revision: Number.parseInt(rev, 16),
        interfaces: Object.fromEntries(
          Object.entries(versions).map(([column, version]) => [data.column_interfaces.xenbus[column], version]),
        ),
      }));
    expect(generationOf(driverNamed('xenbus'), line)?.bus?.revisions).toEqual(expected);
  });
});

describe('a generation of xenvbd', () => {
  test.each(['9.1', '8.2'])('%s binds a revision that xenbus of that line lists', (line) => {
    const ids = generationOf(driverNamed('xenvbd'), line)?.hardwareIds({ vendorPrefix: 'XP' }) ?? [];
    const revisions = generationOf(driverNamed('xenbus'), line)?.bus?.revisions.map(({ revision }) => revision) ?? [];
    expect(ids).toHaveLength(2);
    for (const id of ids) expect(revisions).toContain(Number.parseInt(id.slice(-8), 16));
  });
});
