import { describe, expect, test } from 'vitest';
import { busChildIds, ID_LIST_LIMIT_BYTES, idListSizeBytes, platformIds } from '../../drivers/ids.ts';
import { DRIVERS, driverNamed, generationOf } from '../../drivers/index.ts';
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

  // the twelve rows of 8.2.1 are the most that xenvif ever had
  test.each([
    { driver: 'xenvif', line: '9.1', longest: 'ABCDE' },
    { driver: 'xenvif', line: '8.2', longest: 'ABCD' },
    { driver: 'xenvkbd', line: '9.1', longest: 'ABCDE' },
  ])('leaves room in $driver $line for a prefix as long as $longest', ({ driver, line, longest }) => {
    const bus = generationOf(driverNamed(driver), line)?.bus;
    const [device = ''] = bus?.classes ?? [];
    const of = (vendorPrefix: string): number =>
      idListSizeBytes({
        ...{ bus: bus?.enumerator ?? '', device, vendorPrefix, lastId: bus?.lastId ?? '' },
        rows: bus?.revisions.length ?? 0,
      });
    expect(of(longest)).toBeLessThan(ID_LIST_LIMIT_BYTES);
    expect(of('ABCDE') < ID_LIST_LIMIT_BYTES).toBe(longest === 'ABCDE');
  });
});

interface RevisionData {
  readonly column_interfaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly pdo_tables: readonly {
    readonly id: string;
    readonly rows: readonly { readonly rev: string; readonly versions: Readonly<Record<string, number>> }[];
  }[];
  readonly releases: Readonly<
    Record<string, readonly { readonly label: string; readonly pdo_table?: string; readonly binds_revision?: string }[]>
  >;
}

const RELEASE_OF_LINE: Readonly<Record<string, string>> = { '9.1': 'master@head', '8.2': '8.2.1' };

const generations = DRIVERS.flatMap((driver) =>
  driver.generations.map((generation) => ({ driver, generation, name: driver.name, line: generation.name })),
);

describeData('the generations of drivers', 'xen-revisions.json', (json) => {
  const data = json as RevisionData;
  const releaseOf = (driver: string, line: string) =>
    data.releases[driver]?.find(({ label }) => label === RELEASE_OF_LINE[line]);

  test.each(generations.filter(({ generation }) => generation.bus !== undefined))(
    'the table of $name $line is that of its release, row for row',
    ({ name, line, generation }) => {
      const tableId = releaseOf(name, line)?.pdo_table;
      const expected = data.pdo_tables
        .find(({ id }) => id === tableId)
        ?.rows.map(({ rev, versions }) => ({
          revision: Number.parseInt(rev, 16),
          interfaces: Object.fromEntries(
            Object.entries(versions)
              .filter(([, version]) => version > 0)
              .map(([column, version]) => [data.column_interfaces[name]?.[column], version]),
          ),
        }));
      expect(generation.bus?.revisions).toEqual(expected);
    },
  );

  test.each(generations.filter(({ driver }) => driver.parent !== undefined))(
    '$name $line binds the revision that its release binds',
    ({ name, line, generation }) => {
      const [id = ''] = generation.hardwareIds({ vendorPrefix: 'XP' });
      expect(id.slice(-8)).toBe(releaseOf(name, line)?.binds_revision);
    },
  );
});

describe('a child', () => {
  const children = generations.filter(({ driver }) => driver.parent !== undefined);

  test('is every driver but the bus of the platform and the parts of others', () => {
    expect(new Set(children.map(({ name }) => name))).toEqual(
      new Set(['xenvbd', 'xenvif', 'xennet', 'xeniface', 'xenvkbd', 'xenhid', 'xencons']),
    );
  });

  test.each(children)('$name of the $line line binds a device that its bus makes', ({ driver, generation, line }) => {
    const bus = generationOf(driverNamed(driver.parent ?? ''), line)?.bus;
    expect(bus?.classes).toContain(driver.deviceClass);
    const ids = generation.hardwareIds({ vendorPrefix: 'XP' });
    expect(ids).toHaveLength(2);
    for (const id of ids) {
      expect(id.startsWith(`${bus?.enumerator}\\VEN_XP`)).toBe(true);
      expect(id).toContain(`&DEV_${driver.deviceClass}&`);
      expect(bus?.revisions.map(({ revision }) => revision)).toContain(Number.parseInt(id.slice(-8), 16));
    }
  });

  test('comes after its bus in a release', () => {
    const names = DRIVERS.map(({ name }) => name);
    for (const { name, parent } of DRIVERS) {
      if (parent !== undefined) expect(names.indexOf(parent)).toBeLessThan(names.indexOf(name));
    }
  });
});
