import { describe, expect, test } from 'vitest';
import { CLASSES, CONTROL_SET, SERVICES } from '../../../emulator/guest/machine.ts';
import { keyAt, withKey } from '../../../emulator/guest/registry.ts';
import { DEVICE } from '../../support/emulated-install.ts';
import {
  DEVICE_KEY,
  dataAt,
  deviceWorld,
  hasKey,
  install,
  installedSmall,
  keysOf,
  playedSmall,
  restarts,
  SYSTEM_CLASS,
  small,
  smallInf,
  softwareKey,
  unmodelled,
} from '../../support/small-install.ts';

const NULL_DRIVER = '[Install.Services]\nAddService=,2\n';

describe('the driver key', () => {
  const text = smallInf(`[Install]\n${NULL_DRIVER}`);

  test('is the lowest free number of the class', () => {
    const world = deviceWorld();
    const taken = ['0000', '0001', '0003', 'Properties'].reduce(
      (registry, name) => withKey(registry, `${CLASSES}\\${SYSTEM_CLASS}\\${name}`),
      world.disk.registry,
    );
    const run = installedSmall(text, {}, { ...world, disk: { ...world.disk, registry: taken } });
    expect(dataAt(run.world, DEVICE_KEY, 'Driver')).toBe(`${SYSTEM_CLASS}\\0002`);
  });

  test('stays the same when another driver of the class comes, and is another for another class', () => {
    const [first, second] = [
      small('a', text),
      small('b', smallInf(`[Install]\n${NULL_DRIVER}`, { version: '2.0.0.0' })),
    ];
    const other = '{4d36e96c-e325-11ce-bfc1-08002be10318}';
    const third = small(
      'c',
      smallInf(`[Install]\n${NULL_DRIVER}`, { version: '3.0.0.0', className: 'MEDIA', classGuid: other }),
    );
    const packages = [first, second, third];
    const before = playedSmall(deviceWorld(), packages, install(first)).world;
    const same = playedSmall(before, packages, install(second)).world;
    expect(dataAt(same, DEVICE_KEY, 'Driver')).toBe(dataAt(before, DEVICE_KEY, 'Driver'));
    expect(dataAt(playedSmall(same, packages, install(third)).world, DEVICE_KEY, 'Driver')).toBe(`${other}\\0000`);
  });

  test('says which driver it is; an INF cannot change that', () => {
    const values = ['InfPath', 'DriverVersion', 'MatchingDeviceId', 'DriverDateData'];
    const writes = values.map((name) => `HKR,,${name},,mine\n`).join('');
    const { world } = installedSmall(
      smallInf(`[Install.NT]\nAddReg=Mine\n[Install.NT.Services]\nAddService=,2\n[Mine]\n${writes}HKR,,Own,,mine\n`),
    );
    const key = keyAt(world.disk.registry, softwareKey(world));
    expect(Object.fromEntries(Object.values(key?.values ?? {}).map(({ name, data }) => [name, data]))).toEqual({
      ...{ InfPath: 'oem0.inf', InfSection: 'Install', InfSectionExt: '.NT', ProviderName: 'Demo maker' },
      ...{ DriverDate: '1-31-2024', DriverDateData: '0040ee6ed853da01', DriverVersion: '1.0.0.0' },
      ...{ MatchingDeviceId: 'root\\demo', DriverDesc: 'A demo device', Rank: '00FF0000', Own: 'mine' },
    });
    expect(dataAt(world, DEVICE_KEY, 'DeviceDesc')).toBe('A demo device');
    expect(dataAt(world, DEVICE_KEY, 'Mfg')).toBe('Demo factory');
    expect(dataAt(world, DEVICE_KEY, 'ClassGUID')).toBe(SYSTEM_CLASS);
  });
});

describe('what else a section writes', () => {
  test('of .HW: properties of the device stand in its key, the rest in its parameters', () => {
    const { world } = installedSmall(
      smallInf(`[Install]\n${NULL_DRIVER}[Install.HW]\nAddReg=Hardware\n[Hardware]
HKR,,UpperFilters,0x00010000,demo\nHKR,,FriendlyName,,Friend\nHKR,,Own,,1\nHKR,Below,UpperFilters,,2\n`),
    );
    expect(dataAt(world, DEVICE_KEY, 'UpperFilters')).toEqual(['demo']);
    expect(dataAt(world, DEVICE_KEY, 'FriendlyName')).toBe('Friend');
    expect(dataAt(world, `${DEVICE_KEY}\\Device Parameters`, 'Own')).toBe('1');
    expect(dataAt(world, `${DEVICE_KEY}\\Device Parameters\\Below`, 'UpperFilters')).toBe('2');
    expect(dataAt(world, `${DEVICE_KEY}\\Device Parameters`, 'UpperFilters')).toBeUndefined();
  });

  test('of .CoInstallers: in the software key, and those of the driver before are gone', () => {
    const registers = `[Install]\n${NULL_DRIVER}[Install.CoInstallers]\nAddReg=Co\n[Co]\nHKR,,CoInstallers32,0x00010000,"demo.dll,Entry"\n`;
    const first = small('a', smallInf(registers));
    const second = small('b', smallInf(`[Install]\n${NULL_DRIVER}`, { version: '2.0.0.0' }));
    const run = playedSmall(deviceWorld(), [first, second], install(first));
    expect(dataAt(run.world, softwareKey(run.world), 'CoInstallers32')).toEqual(['demo.dll,Entry']);
    expect(unmodelled(run.outputs)).toContain('the co-installer demo.dll');
    const later = playedSmall(run.world, [first, second], install(second)).world;
    expect(dataAt(later, softwareKey(later), 'CoInstallers32')).toBeUndefined();
  });

  test('of interfaces: in the key of the interface of this device', () => {
    const guid = '{11111111-2222-3333-4444-555555555555}';
    const { world } = installedSmall(
      smallInf(`[Install]\n${NULL_DRIVER}[Install.Interfaces]\nAddInterface=${guid},ref,If
AddInterface=${guid},,If\n[If]\nAddReg=IfValues\n[IfValues]\nHKR,,FriendlyName,,Shown\n`),
    );
    const key = `${CONTROL_SET}\\Control\\DeviceClasses\\${guid}\\##?#${DEVICE.replaceAll('\\', '#')}#${guid}`;
    expect(keysOf(world, key)).toEqual(['#ref', '#']);
    expect(dataAt(world, `${key}\\#ref\\Device Parameters`, 'FriendlyName')).toBe('Shown');
  });

  test('of filters and components: what the stack and the bus are made of', () => {
    const { world, outputs } = installedSmall(
      smallInf(`[Install]\n${NULL_DRIVER}[Install.Filters]\nAddFilter=low,,Low\nAddFilter=level,,Level
[Low]\nFilterPosition=Lower\n[Level]\nFilterLevel=Demo
[Install.Components]\nAddComponent=part,,Part\n[Part]\nComponentIDs=VID0001&PID0002\n`),
    );
    expect(dataAt(world, `${DEVICE_KEY}\\Filters\\low`, 'Position')).toBe('lower');
    expect(dataAt(world, `${DEVICE_KEY}\\Filters\\level`, 'Level')).toBe('Demo');
    expect(dataAt(world, DEVICE_KEY, 'SoftwareComponents')).toEqual(['SWC\\VID0001&PID0002']);
    expect(outputs.some(({ kind }) => kind === 'device.bound')).toBe(true);
  });

  test('and a restart, when it asks for one', () => {
    expect(restarts(installedSmall(smallInf(`[Install]\nReboot\n${NULL_DRIVER}`)).outputs)).toEqual([
      'the INF asks for it',
    ]);
  });

  test('and what is not modelled is said', () => {
    expect(unmodelled(installedSmall(smallInf(`[Install]\nProfileItems=x\n${NULL_DRIVER}`)).outputs)).toEqual([
      '[Install] ProfileItems',
    ]);
  });
});

describe('a class that Windows does not know', () => {
  const classGuid = '{99999999-2222-3333-4444-555555555555}';
  const KEY = `${CLASSES}\\${classGuid}`;
  const inf = (icon: string, version: string) =>
    smallInf(
      `[ClassInstall32]\nAddReg=Class\n[Class]\nHKR,,,,Demo things\nHKR,,Icon,,"${icon}"\n[Install]\n${NULL_DRIVER}`,
      { className: 'Demo', classGuid, version },
    );

  test('is made by the first INF of it, and by that alone', () => {
    const [first, second] = [small('a', inf('-1', '1.0.0.0')), small('b', inf('-2', '2.0.0.0'))];
    const { world } = playedSmall(deviceWorld(), [first, second], install(first), install(second));
    expect(dataAt(world, KEY, 'Class')).toBe('Demo');
    expect(dataAt(world, KEY, '')).toBe('Demo things');
    expect(dataAt(world, KEY, 'Icon')).toBe('-1');
    expect(dataAt(world, `${KEY}\\0000`, 'InfPath')).toBe('oem1.inf');
  });

  test('is not made when Windows has it', () => {
    const text = inf('-1', '1.0.0.0').replaceAll(classGuid, SYSTEM_CLASS);
    const { world } = installedSmall(text);
    expect(dataAt(world, `${CLASSES}\\${SYSTEM_CLASS}`, 'Icon')).toBeUndefined();
  });
});

describe('a package without devices', () => {
  const primitive = (sections: string) =>
    smallInf(sections).replace(/\[Manufacturer\][\s\S]*?\[SourceDisksNames\]/, '[SourceDisksNames]');

  test('copies its files, writes its values and makes its services', () => {
    const run = installedSmall(
      primitive(`[DefaultInstall.NTamd64]\nCopyFiles=@demo.sys\nAddReg=Values\n[DefaultInstall.NTamd64.Services]
AddService=demo,0,Service\n[Service]\nServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%13%\\demo.sys
[Values]\nHKLM,SOFTWARE\\Demo,v,,1\n`),
    );
    expect(run.world.disk.files['c:\\windows\\system32\\drivers\\demo.sys']).toBeDefined();
    expect(dataAt(run.world, 'SOFTWARE\\Demo', 'v')).toBe('1');
    expect(dataAt(run.world, `${SERVICES}\\demo`, 'ImagePath')).toMatch(
      /^C:\\Windows\\System32\\DriverStore\\FileRepository\\demo\.inf_amd64_[0-9a-f]{16}\\demo\.sys$/,
    );
    expect(hasKey(run.world, `${DEVICE_KEY}`)).toBe(false);
  });

  test('has no HKR, and what is not modelled is said', () => {
    const run = installedSmall(
      primitive(
        '[DefaultInstall.NTamd64]\nAddReg=Values\nProfileItems=x\n[Values]\nHKR,,v,,1\nHKLM,SOFTWARE\\Demo,v,,1\n',
      ),
    );
    expect(unmodelled(run.outputs)).toEqual([
      '[DefaultInstall.NTamd64] ProfileItems',
      expect.stringMatching(/^HKR without a device \(line \d+\)$/),
    ]);
    expect(dataAt(run.world, 'SOFTWARE\\Demo', 'v')).toBe('1');
    expect(dataAt(run.world, SERVICES, 'v')).toBeUndefined();
  });
});
