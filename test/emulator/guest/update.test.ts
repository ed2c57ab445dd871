import { describe, expect, test } from 'vitest';
import { SERVICES } from '../../../emulator/guest/machine.ts';
import {
  dataAt,
  deviceWorld,
  drivenBy,
  force,
  install,
  playedSmall,
  problems,
  type SmallInf,
  small,
  smallInf,
  stage,
} from '../../support/small-install.ts';

const SERVICE = `[Install.Services]\nAddService=demo,2,Service\n[Service]
ServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%13%\\demo.sys\n`;
const one = (name: string, version: string, options: SmallInf = {}) =>
  small(
    name,
    smallInf(`[Install]\nCopyFiles=List\n${SERVICE}[List]\ndemo.sys\n[DestinationDirs]\nList=13\n`, {
      version,
      ...options,
    }),
  );

describe('a driver for a device that has one', () => {
  const [first, second] = [one('a', '1.0.0.0'), one('b', '2.0.0.0')];

  test('takes its place when it is better; the package before stays in the store, and so do its files', () => {
    const run = playedSmall(deviceWorld(), [first, second], install(first), install(second));
    expect(drivenBy(run.world)).toBe('oem1.inf');
    expect(run.outputs).toContainEqual(
      expect.objectContaining({ kind: 'device.bound', package: 'new:b', instead: 'oem0.inf' }),
    );
    expect(run.world.disk.store).toHaveLength(2);
    expect(Object.keys(run.world.disk.files)).toHaveLength(2);
    expect(dataAt(run.world, `${SERVICES}\\demo`, 'ImagePath')).toContain('\\b.inf_amd64_');
  });

  test('is outranked when it is worse', () => {
    const run = playedSmall(deviceWorld(), [first, second], install(second), install(first));
    expect(drivenBy(run.world)).toBe('oem0.inf');
    expect(run.outputs).toContainEqual({
      ...{ kind: 'device.outranked', device: 'ROOT\\WINPV\\0000', package: 'new:a', rank: '00FF0000' },
      ...{ by: 'new:b', byRank: '00FF0000', tie: false },
    });
  });

  test('is outranked by a better rank, though it be newer', () => {
    const exact = one('exact', '1.0.0.0', { ids: 'ROOT\\DEMO&REV_1' });
    const world = deviceWorld(['ROOT\\DEMO&REV_1', 'ROOT\\DEMO']);
    expect(drivenBy(playedSmall(world, [exact, second], install(exact), install(second)).world)).toBe('oem0.inf');
  });

  test('does not take its place when it is equal, though its name comes first', () => {
    const [place, equal] = [one('place', '0.0.0.1', { ids: 'ROOT\\ELSE' }), one('equal', '1.0.0.0')];
    const packages = [place, first, equal];
    const run = playedSmall(
      deviceWorld(),
      packages,
      ...[stage(place), install(first), { kind: 'package.delete', published: 'oem0.inf' } as const, install(equal)],
    );
    expect(run.world.disk.store.map(({ published }) => published)).toEqual(['oem1.inf', 'oem0.inf']);
    expect(drivenBy(run.world)).toBe('oem1.inf');
    expect(run.outputs).toContainEqual(
      expect.objectContaining({ kind: 'device.outranked', package: 'new:equal', tie: true }),
    );
  });

  test('takes its place when it is forced, better or not', () => {
    const run = playedSmall(deviceWorld(), [first, second], install(second), force(first));
    expect(drivenBy(run.world)).toBe('oem1.inf');
  });

  test('is installed again when it is forced, which brings back what is missing', () => {
    const before = playedSmall(deviceWorld(), [first], install(first)).world;
    const [path = ''] = Object.keys(before.disk.files);
    const gone = { ...before, disk: { ...before.disk, files: {} } };
    expect(playedSmall(gone, [first], install(first)).world.disk.files).toEqual({});
    expect(playedSmall(gone, [first], force(first)).world.disk.files[path]).toEqual(before.disk.files[path]);
  });

  test('that cannot be installed leaves the device with problem 28 and its cause', () => {
    const broken = small('broken', smallInf('[Install]\nInclude=of-demo-maker.inf\n', { version: '3.0.0.0' }));
    const run = playedSmall(deviceWorld(), [first, broken], install(first), install(broken));
    expect(problems(run.outputs)).toEqual([
      { code: 28, cause: { kind: 'include', package: 'new:broken', name: 'of-demo-maker.inf' } },
    ]);
  });

  test('leaves services and values that only the one before had', () => {
    const old = small('old', smallInf(`[Install]\nAddReg=Values\n${SERVICE}[Values]\nHKR,,Old,,1\n`));
    const bare = small('bare', smallInf('[Install]\n[Install.Services]\nAddService=,2\n', { version: '2.0.0.0' }));
    const run = playedSmall(deviceWorld(), [old, bare], install(old), install(bare));
    expect(drivenBy(run.world)).toBe('oem1.inf');
    expect(dataAt(run.world, `${SERVICES}\\demo`, 'Type')).toBe(1);
    const driver = dataAt(run.world, 'SYSTEM\\CurrentControlSet\\Enum\\ROOT\\WINPV\\0000', 'Driver');
    expect(dataAt(run.world, `SYSTEM\\CurrentControlSet\\Control\\Class\\${driver}`, 'Old')).toBe('1');
  });

  test('can be rolled back to, and comes back when the better one is deleted', () => {
    const packages = [first, second];
    const now = playedSmall(deviceWorld(), packages, install(first), install(second)).world;
    const back = playedSmall(now, packages, { kind: 'device.rollback', path: 'ROOT\\WINPV\\0000' }).world;
    expect(drivenBy(back)).toBe('oem0.inf');
    const deleted = playedSmall(now, packages, { kind: 'package.delete', published: 'oem1.inf' }).world;
    expect(drivenBy(deleted)).toBe('oem0.inf');
  });
});
