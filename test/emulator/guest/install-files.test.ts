import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { CONTROL_SET } from '../../../emulator/guest/machine.ts';
import {
  dataAt,
  deviceWorld,
  driverImage,
  install,
  installedSmall,
  playedSmall,
  restarts,
  small,
  smallInf,
  unmodelled,
} from '../../support/small-install.ts';

const NULL_DRIVER = '[Install.Services]\nAddService=,2\n';
const DRIVERS_FOLDER = 'C:\\Windows\\System32\\drivers';
const STARTED = `[Install.Services]\nAddService=demo,2,Service\n[Service]
ServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%12%\\demo.sys\n`;

describe('files', () => {
  const world = deviceWorld();
  const withFiles = (...names: readonly string[]) => {
    const paths = names.map((name) => `${DRIVERS_FOLDER}\\${name}`);
    const files = Object.fromEntries(paths.map((path) => [path.toLowerCase(), { path, image: 'before' }]));
    return { ...world, disk: { ...world.disk, files } };
  };
  const filesAfter = (sections: string, before = world) =>
    Object.fromEntries(
      Object.values(installedSmall(smallInf(sections), { content: utf8 }, before).world.disk.files).map(
        ({ path, image }) => [path, image === 'before' ? 'before' : 'new'],
      ),
    );

  test('are deleted, then renamed, then copied, whatever the order of the directives', () => {
    const sections = `[Install]\nCopyFiles=@demo.sys\nRenFiles=Ren\nDelFiles=Del\n${NULL_DRIVER}[Ren]\nkept.sys,demo.sys\n[Del]\nkept.sys\n`;
    expect(filesAfter(sections, withFiles('demo.sys', 'kept.sys'))).toEqual({
      [`${DRIVERS_FOLDER}\\demo.sys`]: 'new',
      [`${DRIVERS_FOLDER}\\kept.sys`]: 'before',
    });
  });

  test('go to the folder of their list, and under the name that it gives', () => {
    const sections = `[Install]\nCopyFiles=List\n${NULL_DRIVER}[List]\nshown.sys,demo.sys\n[DestinationDirs]\nList=11,below\n`;
    expect(filesAfter(sections)).toEqual({ 'C:\\Windows\\System32\\below\\shown.sys': 'new' });
  });

  test('are not replaced with NO_OVERWRITE', () => {
    const sections = `[Install]\nCopyFiles=List\n${NULL_DRIVER}[List]\ndemo.sys,,,0x10\nother.sys,,,0x10\n`;
    expect(filesAfter(sections, withFiles('demo.sys'))).toEqual({
      [`${DRIVERS_FOLDER}\\demo.sys`]: 'before',
      [`${DRIVERS_FOLDER}\\other.sys`]: 'new',
    });
  });

  test('are only replaced with REPLACEONLY', () => {
    const sections = `[Install]\nCopyFiles=List\n${NULL_DRIVER}[List]\ndemo.sys,,,0x400\nother.sys,,,0x400\n`;
    expect(filesAfter(sections, withFiles('demo.sys'))).toEqual({ [`${DRIVERS_FOLDER}\\demo.sys`]: 'new' });
  });

  test('of a version that is to be compared are copied, and that is said', () => {
    const sections = `[Install]\nCopyFiles=List\n${NULL_DRIVER}[List]\ndemo.sys,,,0x40\n`;
    const said = (before: typeof world) =>
      unmodelled(installedSmall(smallInf(sections), { content: utf8 }, before).outputs);
    expect(said(withFiles('demo.sys'))).toEqual([expect.stringContaining('whether demo.sys is older')]);
    expect(said(world)).toEqual([]);
  });

  test('to a folder that is not known are said', () => {
    const sections = `[Install]\nCopyFiles=List\n${NULL_DRIVER}[List]\ndemo.sys\n[DestinationDirs]\nList=77\n`;
    expect(unmodelled(installedSmall(smallInf(sections)).outputs)).toEqual([
      expect.stringMatching(/^CopyFiles to directory 77 /),
    ]);
  });
});

describe('files in use', () => {
  const MANAGER = `${CONTROL_SET}\\Control\\Session Manager`;
  const PENDING = 'PendingFileRenameOperations';
  const next = (sections: string) => {
    const first = small('a', smallInf(`[Install]\nCopyFiles=@demo.sys\n${STARTED}`));
    const second = small('b', smallInf(sections, { version: '2.0.0.0' }), { content: driverImage('2') });
    const packages = [first, second];
    const before = playedSmall(deviceWorld(), packages, install(first)).world;
    expect(before.session?.loaded.demo?.ready).toBe(true);
    const run = playedSmall(before, packages, install(second));
    const path = `${DRIVERS_FOLDER}\\demo.sys`.toLowerCase();
    return {
      ...run,
      ...{ old: before.disk.files[path]?.image, now: run.world.disk.files[path]?.image },
      later: () => playedSmall(run.world, packages, { kind: 'restart' }).world.disk.files[path]?.image,
    };
  };

  test('make room for the new one, and the machine wants a restart', () => {
    const { outputs, old, now, world } = next(`[Install]\nCopyFiles=@demo.sys\n${STARTED}`);
    expect(now).not.toBe(old);
    expect(restarts(outputs)).toContain('demo.sys is in use');
    expect(world.session?.loaded.demo?.image).toBe(old);
  });

  test('stay until the restart with FORCE_FILE_IN_USE', () => {
    const { outputs, old, now, world, later } = next(`[Install]\nCopyFiles=List\n${STARTED}[List]\ndemo.sys,,,0x8\n`);
    expect(now).toBe(old);
    expect(dataAt(world, MANAGER, PENDING)).toEqual([
      `\\??\\${DRIVERS_FOLDER}\\demo.sys.new`,
      `!\\??\\${DRIVERS_FOLDER}\\demo.sys`,
    ]);
    expect(restarts(outputs)).toContain('demo.sys is in use');
    expect([undefined, old]).not.toContain(later());
  });

  test('are deleted at the restart', () => {
    const { old, now, world, later } = next(`[Install]\nDelFiles=List\n${STARTED}[List]\ndemo.sys\n`);
    expect(now).toBe(old);
    expect(dataAt(world, MANAGER, PENDING)).toEqual([`\\??\\${DRIVERS_FOLDER}\\demo.sys`, '']);
    expect(later()).toBeUndefined();
  });

  test('that are replaced in the same queue are not deleted', () => {
    const { old, now, later } = next(`[Install]\nDelFiles=List\nCopyFiles=List\n${STARTED}[List]\ndemo.sys\n`);
    expect(now).not.toBe(old);
    expect(later()).toBe(now);
  });

  test('that stay the same need no restart', () => {
    const same = `[Install]\nCopyFiles=@demo.sys\n${STARTED}`;
    const first = small('a', smallInf(same));
    const second = small('b', smallInf(same, { version: '2.0.0.0' }));
    expect(restarts(playedSmall(deviceWorld(), [first, second], install(first), install(second)).outputs)).toEqual([]);
  });

  test('can be programs that run', () => {
    const program = (version: string) => `[Install]\nCopyFiles=@tool.exe\n[Install.Services]\nAddService=,2
AddService=tool,0x800,Service\n[Service]\nServiceType=0x10\nStartType=2\nErrorControl=1\nServiceBinary=%12%\\tool.exe\n;${version}\n`;
    const first = small('a', smallInf(program('1')));
    const second = small('b', smallInf(program('2'), { version: '2.0.0.0' }), { content: driverImage('2') });
    const { outputs } = playedSmall(deviceWorld(), [first, second], install(first), install(second));
    expect(restarts(outputs)).toContain('tool.exe is in use');
  });
});
