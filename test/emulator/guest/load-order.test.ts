import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newDisk } from '../../../emulator/guest/baseline.ts';
import {
  bootServices,
  type LoadOrderSource,
  servicesInOrder,
  systemServices,
} from '../../../emulator/guest/load-order.ts';
import { emptyKey, keyAt, type RegistryKey, withKey, withoutKey, withValue } from '../../../emulator/guest/registry.ts';
import { guestById } from '../../../emulator/guest/windows.ts';

const SERVICES = 'SYSTEM\\CurrentControlSet\\Services';
const CONTROL = 'SYSTEM\\CurrentControlSet\\Control';

const guest = (id: string) => {
  const found = guestById(id);
  if (found === undefined) throw new Error(`No guest ${id}.`);
  return found;
};
const TEN = guest('windows-10-22h2-x64');
const SEVEN = guest('windows-7-sp1-x64');

interface Service {
  readonly name: string;
  readonly start?: number;
  readonly group?: string;
  readonly tag?: number;
}

const dword = (data: number) => ({ type: 'REG_DWORD', data }) as const;

const withService = (root: RegistryKey, { name, start = 0, group, tag }: Service): RegistryKey => {
  const key = `${SERVICES}\\${name}`;
  let now = withValue(root, key, 'Start', dword(start));
  if (group !== undefined) now = withValue(now, key, 'Group', { type: 'REG_SZ', data: group });
  return tag === undefined ? now : withValue(now, key, 'Tag', dword(tag));
};

const BARE = withValue(emptyKey('HKLM'), `${CONTROL}\\ServiceGroupOrder`, 'List', {
  type: 'REG_MULTI_SZ',
  data: ['First', 'Second', 'SCSI miniport'],
});

const source = (services: readonly Service[], root = BARE, spec = TEN): LoadOrderSource => ({
  registry: services.reduce(withService, root),
  guest: spec,
});

describe('the order of boot-start drivers', () => {
  test('is that of their groups, whatever the case; those of other groups and of none come last', () => {
    const services = [
      { name: 'none' },
      { name: 'elsewhere', group: 'Nobody lists this' },
      { name: 'second', group: 'SECOND' },
      { name: 'disk', group: 'Scsi Miniport' },
      { name: 'first', group: 'first' },
      { name: 'demand', group: 'first', start: 3 },
    ];
    expect(bootServices(source(services))).toEqual(['first', 'second', 'disk', 'elsewhere', 'none']);
  });

  test('begins with the groups that the kernel and anti-malware have before the list', () => {
    const services = [
      { name: 'a', group: 'First' },
      { name: 'elam', group: 'Early-Launch' },
      { name: 'z', group: 'Core' },
    ];
    expect(bootServices(source(services))).toEqual(['z', 'elam', 'a']);
  });

  test('in a group is that of GroupOrderList, then other tags, then no tag', () => {
    const root = withValue(BARE, `${CONTROL}\\GroupOrderList`, 'First', {
      type: 'REG_BINARY',
      data: '03000000' + '05000000' + '01000000' + '00010000',
    });
    const services = [
      { name: 'a-untagged', group: 'First' },
      { name: 'b-unlisted', group: 'First', tag: 9 },
      { name: 'one', group: 'First', tag: 1 },
      { name: 'x100', group: 'First', tag: 0x100 },
      { name: 'zfive', group: 'First', tag: 5 },
    ];
    expect(bootServices(source(services, root))).toEqual(['zfive', 'one', 'x100', 'b-unlisted', 'a-untagged']);
  });

  test('counts only as many tags as the list says it has, and lives with one that is cut off', () => {
    const lists = (data: string) =>
      withValue(BARE, `${CONTROL}\\GroupOrderList`, 'First', { type: 'REG_BINARY', data });
    const services = [
      { name: 'a', group: 'First', tag: 1 },
      { name: 'b', group: 'First', tag: 2 },
    ];
    expect(bootServices(source(services, lists('010000000200000001000000')))).toEqual(['b', 'a']);
    expect(bootServices(source(services, lists('0200000002')))).toEqual(['a', 'b']);
  });

  test('does not depend on the order in which services were made', () => {
    const group = fc.constantFrom(undefined, 'First', 'second', 'SCSI Miniport', 'Else', 'Core');
    const service = fc.record({
      name: fc.stringMatching(/^[a-z]{1,6}$/),
      group,
      tag: fc.option(fc.nat(5), { nil: undefined }),
    });
    const many = fc.uniqueArray(service, { selector: ({ name }) => name, maxLength: 12 });
    fc.assert(
      fc.property(many, fc.nat(), (services, turn) => {
        const clean = services.map(({ name, group: of, tag }) => ({
          name,
          ...(of === undefined ? {} : { group: of }),
          ...(tag === undefined ? {} : { tag }),
        }));
        const turned = [...clean.slice(turn % (clean.length || 1)), ...clean.slice(0, turn % (clean.length || 1))];
        expect(bootServices(source(turned))).toEqual(bootServices(source(clean)));
      }),
    );
  });

  test('is empty without services, and by name without a list of groups', () => {
    expect(bootServices({ registry: emptyKey('HKLM'), guest: TEN })).toEqual([]);
    const bare = withKey(emptyKey('HKLM'), CONTROL);
    expect(
      bootServices(
        source(
          [
            { name: 'b', group: 'First' },
            { name: 'a', group: 'Second' },
          ],
          bare,
        ),
      ),
    ).toEqual(['a', 'b']);
  });
});

describe('StartOverride', () => {
  const overridden = (start: number, override: number): RegistryKey =>
    withValue(
      withService(BARE, { name: 'stornvme', start }),
      `${SERVICES}\\stornvme\\StartOverride`,
      '0',
      dword(override),
    );

  test('takes a driver out of the boot, or into it', () => {
    expect(bootServices({ registry: overridden(0, 3), guest: TEN })).toEqual([]);
    expect(bootServices({ registry: overridden(3, 0), guest: TEN })).toEqual(['stornvme']);
  });

  test('means nothing to Windows 7', () => {
    expect(bootServices({ registry: overridden(0, 3), guest: SEVEN })).toEqual(['stornvme']);
  });
});

describe('a fresh Windows', () => {
  const { registry } = newDisk(TEN, 'ide', 'rtl8139');
  const order = bootServices({ registry, guest: TEN });

  test('starts buses, then what finds volumes, then miniports, then the disk class', () => {
    const known = ['ACPI', 'pci', 'intelide', 'atapi', 'disk'].map((name) => order.indexOf(name));
    expect(known).toEqual([...known].sort((a, b) => a - b));
    expect(known).not.toContain(-1);
    expect(order).not.toContain('stornvme');
    expect(systemServices({ registry, guest: TEN })).toContain('cdrom');
  });

  test('starts PV drivers where their groups say', () => {
    const bus = withService(withService(registry, { name: 'xenbus', group: 'Boot Bus Extender' }), {
      name: 'xenvbd',
      group: 'Scsi Miniport',
    });
    const names = bootServices({ registry: bus, guest: TEN });
    expect(names.indexOf('xenbus')).toBeLessThan(names.indexOf('intelide'));
    expect(names.indexOf('xenvbd')).toBeGreaterThan(names.indexOf('atapi'));
    expect(names.indexOf('xenvbd')).toBeLessThan(names.indexOf('disk'));
  });

  test('is ordered quickly enough for many boots a second', () => {
    const begin = performance.now();
    for (let i = 0; i < 500; i += 1) servicesInOrder({ registry, guest: TEN }, 0);
    expect(performance.now() - begin).toBeLessThan(2000);
    expect(keyAt(withoutKey(registry, SERVICES), SERVICES)).toBeUndefined();
  });
});
