import { describe, expect, test } from 'vitest';
import type { RegistryData } from '../../../drivers/behaviour.ts';
import { CONTROL_SET, SERVICES } from '../../../emulator/guest/machine.ts';
import { keyAt } from '../../../emulator/guest/registry.ts';
import {
  DEVICE_KEY,
  dataAt,
  deviceWorld,
  hasKey,
  install,
  installedSmall,
  playedSmall,
  type SmallRun,
  small,
  smallInf,
} from '../../support/small-install.ts';

const service = (lines: string, { name = 'demo', flags = '2', more = '' } = {}): string =>
  `[Install]\n[Install.Services]\nAddService=${name},${flags},Service\n${more}\n[Service]\n${lines}\n`;
const DRIVER = 'ServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%12%\\demo.sys\n';
const BOOT = DRIVER.replace('StartType=3', 'StartType=0');

const valuesOf = ({ world }: SmallRun, name = 'demo'): Readonly<Record<string, RegistryData>> =>
  Object.fromEntries(
    Object.values(keyAt(world.disk.registry, `${SERVICES}\\${name}`)?.values ?? {}).map((one) => [one.name, one.data]),
  );

const upgraded = (...sections: readonly string[]): SmallRun => {
  const packages = sections.map((text, index) => small(`v${index}`, smallInf(text, { version: `${index + 1}.0.0.0` })));
  return playedSmall(deviceWorld(), packages, ...packages.map(install));
};

const FULL = `${DRIVER}DisplayName=Shown\nDescription=Told\nLoadOrderGroup=Base\nStartName=\\Driver\\Demo
Dependencies=one,+Group,two\nBootFlags=0x14\nAddReg=Parameters\n[Parameters]\nHKR,Parameters,Depth,0x00010001,8`;

describe('AddService', () => {
  test('keeps all that the INF says of a service, and the INF', () => {
    const run = installedSmall(smallInf(service(FULL)));
    expect(valuesOf(run)).toEqual({
      ...{ Type: 1, Start: 3, ErrorControl: 1, ImagePath: 'C:\\Windows\\System32\\drivers\\demo.sys' },
      ...{ DisplayName: 'Shown', Description: 'Told', ObjectName: '\\Driver\\Demo', Group: 'Base' },
      ...{ DependOnService: ['one', 'two'], DependOnGroup: ['Group'], BootFlags: 0x14, Owners: ['oem0.inf'] },
    });
    expect(dataAt(run.world, `${SERVICES}\\demo\\Parameters`, 'Depth')).toBe(8);
    expect(dataAt(run.world, DEVICE_KEY, 'Service')).toBe('demo');
  });

  test('gives a program the account of the system unless it has one', () => {
    const program = DRIVER.replace('ServiceType=1', 'ServiceType=0x10');
    expect(valuesOf(installedSmall(smallInf(service(program)))).ObjectName).toBe('LocalSystem');
    const own = `${program}StartName=NT AUTHORITY\\LocalService\n`;
    expect(valuesOf(installedSmall(smallInf(service(own)))).ObjectName).toBe('NT AUTHORITY\\LocalService');
    expect(valuesOf(upgraded(service(own), service(program))).ObjectName).toBe('NT AUTHORITY\\LocalService');
  });

  test('overwrites what the INF says, and leaves the rest as it is', () => {
    const second = 'ServiceType=1\nStartType=0\nErrorControl=3\nServiceBinary=%12%\\other.sys\n';
    expect(valuesOf(upgraded(service(FULL), service(second)))).toMatchObject({
      ...{ Start: 0, ErrorControl: 3, ImagePath: 'C:\\Windows\\System32\\drivers\\other.sys' },
      ...{ DisplayName: 'Shown', Description: 'Told', Group: 'Base', DependOnService: ['one', 'two'] },
      ...{ Owners: ['oem0.inf', 'oem1.inf'] },
    });
  });

  const OTHER = `ServiceType=1\nStartType=2\nErrorControl=0\nServiceBinary=%12%\\other.sys
DisplayName=New\nDescription=New\nLoadOrderGroup=New\nDependencies=new,+New\nBootFlags=1\n`;
  const OLD = {
    ...{ DisplayName: 'Shown', Start: 3, ErrorControl: 1, Group: 'Base', DependOnService: ['one', 'two'] },
    ...{ Description: 'Told', BootFlags: 0x14, DependOnGroup: ['Group'] },
  };
  const NEW = {
    ...{ DisplayName: 'New', Start: 2, ErrorControl: 0, Group: 'New', DependOnService: ['new'] },
    ...{ Description: 'New', BootFlags: 1, DependOnGroup: ['New'] },
  };
  test.each([
    ['0x2', []],
    ['0xA', ['DisplayName']],
    ['0x12', ['Start']],
    ['0x22', ['ErrorControl']],
    ['0x42', ['Group']],
    ['0x82', ['DependOnService', 'DependOnGroup']],
    ['0x102', ['Description']],
    ['0x40002', ['BootFlags']],
  ] as const)('with the flags %s keeps of a service that is there: %j', (flags, kept) => {
    const expected = { ...NEW, ...Object.fromEntries(kept.map((name) => [name, OLD[name]])) };
    expect(valuesOf(upgraded(service(FULL), service(OTHER, { flags })))).toMatchObject(expected);
    // A new one has nothing to keep.
    expect(valuesOf(installedSmall(smallInf(service(OTHER, { flags }))))).toMatchObject(NEW);
  });

  test('without a name takes the function driver away', () => {
    const run = upgraded(service(DRIVER), '[Install]\n[Install.Services]\nAddService=,2\n');
    expect(dataAt(run.world, DEVICE_KEY, 'Service')).toBeUndefined();
    expect(hasKey(run.world, `${SERVICES}\\demo`)).toBe(true);
  });

  test('makes the function driver only of the one that is associated; the last of several', () => {
    const more = 'AddService=side,0,Service\nAddService=last,2,Service\n';
    expect(dataAt(installedSmall(smallInf(service(DRIVER, { more }))).world, DEVICE_KEY, 'Service')).toBe('last');
    const alone = installedSmall(smallInf(service(DRIVER, { flags: '0' })));
    expect(dataAt(alone.world, DEVICE_KEY, 'Service')).toBeUndefined();
  });

  test('keeps the messages of the event log, of the system unless the INF says otherwise', () => {
    const log = '[Log]\nAddReg=LogValues\n[LogValues]\nHKR,,TypesSupported,0x00010001,7\n';
    const run = installedSmall(
      smallInf(
        `[Install]\n[Install.Services]\nAddService=a,2,Service,Log\nAddService=b,0,Service,Log,Application,Source\n${log}[Service]\n${DRIVER}`,
      ),
    );
    expect(dataAt(run.world, `${SERVICES}\\EventLog\\System\\a`, 'TypesSupported')).toBe(7);
    expect(dataAt(run.world, `${SERVICES}\\EventLog\\Application\\Source`, 'TypesSupported')).toBe(7);
  });

  test('starts a program at once when it is asked to', () => {
    const text = `[Install]\nCopyFiles=@tool.exe\n[Install.Services]\nAddService=,2\nAddService=tool,0x800,Service
[Service]\nServiceType=0x10\nStartType=2\nErrorControl=1\nServiceBinary=%12%\\tool.exe\n`;
    const { outputs } = installedSmall(smallInf(text));
    expect(outputs).toContainEqual({ kind: 'service.started', service: 'tool' });
  });
});

describe('tags', () => {
  const LISTS = `${CONTROL_SET}\\Control\\GroupOrderList`;
  const grouped = (flags: string, ...names: readonly string[]) =>
    `[Install]\n[Install.Services]\n${names.map((name) => `AddService=${name},${flags},Service\n`).join('')}[Service]\n${BOOT}LoadOrderGroup=Demo Group\n`;

  test('are new ones at the end of the group for drivers of boot and system start', () => {
    const run = installedSmall(smallInf(grouped('0', 'a', 'b')));
    expect([valuesOf(run, 'a').Tag, valuesOf(run, 'b').Tag]).toEqual([1, 2]);
    expect(dataAt(run.world, LISTS, 'Demo Group')).toBe('020000000100000002000000');
  });

  test('go to the front with TAGTOFRONT', () => {
    const run = installedSmall(smallInf(grouped('1', 'a', 'b')));
    expect([valuesOf(run, 'a').Tag, valuesOf(run, 'b').Tag]).toEqual([1, 2]);
    expect(dataAt(run.world, LISTS, 'Demo Group')).toBe('020000000200000001000000');
  });

  test('stay when a service is installed again, or go to the front', () => {
    const again = upgraded(grouped('0', 'a', 'b'), grouped('0', 'a'));
    expect(dataAt(again.world, LISTS, 'Demo Group')).toBe('020000000100000002000000');
    const front = upgraded(grouped('0', 'a', 'b'), grouped('1', 'b'));
    expect([valuesOf(front, 'a').Tag, valuesOf(front, 'b').Tag]).toEqual([1, 2]);
    expect(dataAt(front.world, LISTS, 'Demo Group')).toBe('020000000200000001000000');
  });

  test('are not for drivers of later start, nor without a group', () => {
    expect(valuesOf(installedSmall(smallInf(service(`${DRIVER}LoadOrderGroup=Demo Group\n`)))).Tag).toBeUndefined();
    expect(valuesOf(installedSmall(smallInf(service(BOOT)))).Tag).toBeUndefined();
  });
});

describe('DelService', () => {
  const LOG = `${SERVICES}\\EventLog\\System\\demo`;
  const first = `[Install]\n[Install.Services]\nAddService=demo,2,Service,Log\n[Service]\n${DRIVER}[Log]\nAddReg=LogValues\n[LogValues]\nHKR,,x,,y\n`;

  test('takes the service away, in the order of the lines', () => {
    const run = upgraded(first, '[Install]\n[Install.Services]\nDelService=demo\nAddService=,2\n');
    expect([hasKey(run.world, `${SERVICES}\\demo`), hasKey(run.world, LOG)]).toEqual([false, true]);
    const anew = upgraded(service(FULL), service(DRIVER).replace('AddService', 'DelService=demo\nAddService'));
    expect(valuesOf(anew).DisplayName).toBeUndefined();
    expect(valuesOf(anew).Owners).toEqual(['oem1.inf']);
  });

  test('takes the messages of the event log along with DELETEEVENTLOGENTRY', () => {
    const run = upgraded(first, '[Install]\n[Install.Services]\nDelService=demo,4\nAddService=,2\n');
    expect(hasKey(run.world, LOG)).toBe(false);
  });
});
