import { describe, expect, test } from 'vitest';
import type { World } from '../../../emulator/guest/world.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import {
  DEVICE_KEY,
  dataAt,
  deviceWorld,
  drivenBy,
  GUEST,
  install,
  playedSmall,
  problems,
  type SmallInf,
  type SmallPackage,
  small,
  smallInf,
  softwareKey,
  stage,
  unmodelled,
} from '../../support/small-install.ts';

const NOTHING = '[Install]\n[Install.Services]\nAddService=,2\n';
const named = (name: string, sections = NOTHING, options: SmallInf = {}) => small(name, smallInf(sections, options));

/** Packages that are all staged before the device looks for a driver. */
const chosen = (world: World, ...packages: readonly SmallPackage[]) => {
  const { session } = world;
  if (session === undefined) throw new Error('the guest is off');
  const empty = { ...world, session: { ...session, devices: {} } };
  const { disk } = playedSmall(empty, packages, ...packages.map(stage)).world;
  return playedSmall({ ...world, disk }, packages, { kind: 'device.rescan' });
};

describe('the driver of a device', () => {
  test('is the one with the lowest rank, whatever its date and version', () => {
    const old = named('old', NOTHING, { ids: 'ROOT\\DEMO&REV_1', date: '01/01/2001' });
    const late = named('late', NOTHING, { ids: 'ROOT\\DEMO', date: '01/01/2024', version: '9.0.0.0' });
    expect(drivenBy(chosen(deviceWorld(['ROOT\\DEMO&REV_1', 'ROOT\\DEMO']), late, old).world)).toBe('oem1.inf');
  });

  test('is the later one of the same rank, though its version be lower', () => {
    const late = named('late', NOTHING, { date: '02/01/2024', version: '1.0.0.0' });
    const high = named('high', NOTHING, { date: '01/31/2024', version: '9.0.0.0' });
    expect(drivenBy(chosen(deviceWorld(), high, late).world)).toBe('oem1.inf');
  });

  test('is the higher version of the same date', () => {
    const low = named('low', NOTHING, { version: '1.2.3.9' });
    const high = named('high', NOTHING, { version: '1.2.3.10' });
    expect(drivenBy(chosen(deviceWorld(), low, high).world)).toBe('oem1.inf');
  });

  test('is the older one when the other has no date', () => {
    const none = named('none', NOTHING, { date: '', version: '' });
    const old = named('old', NOTHING, { date: '01/01/1999' });
    expect(drivenBy(chosen(deviceWorld(), none, old).world)).toBe('oem1.inf');
  });

  test('is told to be a matter of chance when nothing decides', () => {
    const { outputs, world } = chosen(deviceWorld(), named('a'), named('b', `${NOTHING};\n`));
    expect(drivenBy(world)).toBe('oem0.inf');
    expect(outputs).toContainEqual(expect.objectContaining({ kind: 'device.outranked', package: 'new:b', tie: true }));
  });

  test('has the DriverVer of its install section where that has one', () => {
    const own = named('own', NOTHING.replace('[Install]', '[Install]\nDriverVer=01/31/2024,3.0.0.0'), {
      version: '1.0.0.0',
    });
    const { world } = chosen(deviceWorld(), named('other', NOTHING, { version: '2.0.0.0' }), own);
    expect(drivenBy(world)).toBe('oem1.inf');
    expect(dataAt(world, softwareKey(world), 'DriverVersion')).toBe('3.0.0.0');
  });

  test('is found by compatible ids when there is nothing for a hardware id', () => {
    const { outputs } = chosen(deviceWorld(['ROOT\\X'], ['ROOT\\DEMO']), named('a'));
    expect(outputs).toContainEqual(expect.objectContaining({ kind: 'device.bound', rank: '00FF2000' }));
  });

  test('is problem 28 without one', () => {
    const { outputs } = chosen(deviceWorld(['ROOT\\X']), named('a'));
    expect(problems(outputs)).toMatchObject([{ code: 28, cause: { kind: 'no-driver', wanted: ['ROOT\\X'] } }]);
  });
});

describe('the entries of one package', () => {
  const both = 'First=Plain,ROOT\\A\nSecond=Scored,ROOT\\B';

  test('are candidates each: a feature score counts more than the place of an id', () => {
    const sections =
      '[Plain]\n[Plain.Services]\nAddService=,2\n[Scored]\nFeatureScore=10\n[Scored.Services]\nAddService=,2\n';
    const { outputs } = chosen(deviceWorld(['ROOT\\A', 'ROOT\\B']), named('a', sections, { models: both }));
    expect(outputs).toContainEqual(
      expect.objectContaining({ kind: 'device.bound', section: 'Scored', rank: '00100001' }),
    );
  });

  test('are chosen by their ids where all else is the same, and then by their order', () => {
    const sections = '[Plain]\n[Plain.Services]\nAddService=,2\n[Scored]\n[Scored.Services]\nAddService=,2\n';
    const sectionFor = (models: string, ids: readonly string[]) =>
      chosen(deviceWorld(ids), named('a', sections, { models })).outputs.flatMap((one) =>
        one.kind === 'device.bound' ? [one.section] : [],
      );
    expect(sectionFor(both, ['ROOT\\A', 'ROOT\\B'])).toEqual(['Plain']);
    expect(sectionFor(both, ['ROOT\\B', 'ROOT\\A'])).toEqual(['Scored']);
    expect(sectionFor('One=Scored,ROOT\\A\nTwo=Plain,ROOT\\A', ['ROOT\\A'])).toEqual(['Scored']);
  });

  test('are none for a device with an id that ExcludeID lists, in any case', () => {
    const sections = NOTHING.replace('[Install]', '[Install]\nExcludeID=root\\demo&rev_2');
    expect(
      problems(chosen(deviceWorld(['ROOT\\DEMO&REV_2', 'ROOT\\DEMO']), named('a', sections)).outputs),
    ).toMatchObject([{ code: 28 }]);
    expect(drivenBy(chosen(deviceWorld(['ROOT\\DEMO&REV_1', 'ROOT\\DEMO']), named('a', sections)).world)).toBe(
      'oem0.inf',
    );
  });
});

describe('a driver that cannot be installed is problem 28', () => {
  const fault = (sections: string) => {
    const { outputs, world } = chosen(deviceWorld(), named('a', sections));
    expect(dataAt(world, DEVICE_KEY, 'Driver')).toBeUndefined();
    return problems(outputs);
  };

  test('when its install section is missing', () => {
    expect(fault('[Other]\n')).toEqual([
      { code: 28, cause: { kind: 'install-section-missing', package: 'new:a', section: 'Install' } },
    ]);
  });

  test('when it includes an INF that is none of Windows', () => {
    expect(fault('[Install]\nInclude=of-demo-maker.inf\nNeeds=Theirs\n')).toEqual([
      { code: 28, cause: { kind: 'include', package: 'new:a', name: 'of-demo-maker.inf' } },
    ]);
  });

  test('when it needs a section that is nowhere', () => {
    expect(fault('[Install]\n[Install.Services]\nAddService=,2\nNeeds=Missing.Services\n')).toEqual([
      { code: 28, cause: { kind: 'include', package: 'new:a', name: 'Missing.Services' } },
    ]);
  });

  test('but not when INFs of Windows have it: what they do is not modelled, and said', () => {
    const sections = '[Install]\nInclude=winusb.inf\nNeeds=WINUSB.NT\n[Install.Services]\nAddService=,2\n';
    const { outputs, world } = chosen(deviceWorld(), named('a', sections));
    expect(drivenBy(world)).toBe('oem0.inf');
    expect(unmodelled(outputs)).toEqual(['[WINUSB.NT] of winusb.inf']);
  });
});

describe('extensions', () => {
  const extension = (id: string, value: string, options: SmallInf = {}) =>
    smallInf(`[Install]\nAddReg=Values\n[Values]\nHKR,,${value},,"${options.date ?? ''} ${options.version ?? ''}"\n`, {
      className: 'Extension',
      classGuid: '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}',
      head: `ExtensionId={00000000-0000-0000-0000-00000000000${id}}`,
      ...options,
    });
  const base = named('base');
  const late = small('late', extension('1', 'One', { date: '02/01/2024', version: '1.0.0.0' }));
  const high = small('high', extension('1', 'One', { date: '01/01/2024', version: '9.0.0.0' }));
  const higher = small('higher', extension('1', 'One', { date: '02/01/2024', version: '1.0.0.1' }));
  const second = small('second', extension('2', 'Two'));
  const value = (run: ReturnType<typeof chosen>, name: string) => dataAt(run.world, softwareKey(run.world), name);

  test('are applied after the base, of each id the newest: by date, then by version', () => {
    const run = chosen(deviceWorld(), base, late, high, second);
    expect(value(run, 'One')).toBe('02/01/2024 1.0.0.0');
    expect(value(run, 'Two')).toBe(' ');
    expect(drivenBy(run.world)).toBe('oem0.inf');
    expect(value(chosen(deviceWorld(), base, late, higher), 'One')).toBe('02/01/2024 1.0.0.1');
  });

  test('are no drivers themselves', () => {
    expect(problems(chosen(deviceWorld(), late).outputs)).toMatchObject([{ code: 28 }]);
    const { outputs } = playedSmall(deviceWorld(), [late], install(late));
    expect(outputs.map(({ kind }) => kind)).toEqual(['package.staged']);
  });

  test('come to a device that has its driver, and stay when that changes', () => {
    const better = named('better', NOTHING, { version: '2.0.0.0' });
    const run = playedSmall(deviceWorld(), [base, late, better], install(base), install(late), install(better));
    expect(drivenBy(run.world)).toBe('oem2.inf');
    expect(value(run, 'One')).toBe('02/01/2024 1.0.0.0');
  });

  test('come to a device with a driver of Windows, too', () => {
    const disk = small('disk', extension('3', 'Three', { ids: 'GenDisk' }));
    const run = playedSmall(newWorld(GUEST), [disk], install(disk));
    const drive = Object.values(run.world.session?.devices ?? {}).find(({ facts }) => facts.kind === 'disk');
    const driver = dataAt(run.world, `SYSTEM\\CurrentControlSet\\Enum\\${drive?.path}`, 'Driver');
    expect(dataAt(run.world, `SYSTEM\\CurrentControlSet\\Control\\Class\\${driver}`, 'Three')).toBe(' ');
  });
});
