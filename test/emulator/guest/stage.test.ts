import { describe, expect, test } from 'vitest';
import type { PackageSignature } from '../../../emulator/package/facts.ts';
import {
  deviceWorld,
  drivenBy,
  driverImage,
  install,
  playedSmall,
  type SmallPackage,
  small,
  smallInf,
  stage,
} from '../../support/small-install.ts';

const COPIES = '[Install]\nCopyFiles=@demo.sys\n[Install.Services]\nAddService=,2\n';
const one = (name: string, version = '1.0.0.0') => small(name, smallInf(COPIES, { version }));

const names = ({ world }: ReturnType<typeof playedSmall>) =>
  world.disk.store.map(({ published, package: key }) => `${published} ${key}`);

describe('a package that is staged', () => {
  const [a, b, c, d] = [one('a'), one('b'), one('c'), one('d')];

  test('gets the lowest free number', () => {
    const run = playedSmall(
      deviceWorld(),
      [a, b, c, d],
      ...[stage(a), stage(b), stage(c)],
      { kind: 'package.delete', published: 'oem1.inf' },
      stage(d),
    );
    expect(names(run)).toEqual(['oem0.inf new:a', 'oem2.inf new:c', 'oem1.inf new:d']);
  });

  test('is not installed by that', () => {
    const run = playedSmall(deviceWorld(), [a], stage(a));
    expect(run.outputs.map(({ kind }) => kind)).toEqual(['package.staged']);
    expect(run.world.disk.files).toEqual({});
  });

  test('is not staged a second time', () => {
    const run = playedSmall(deviceWorld(), [a], stage(a), stage(a));
    expect(names(run)).toEqual(['oem0.inf new:a']);
    expect(run.outputs).toHaveLength(1);
  });

  test('is the same under another key when its files are the same, and is installed as the one that is there', () => {
    const again = small('a', smallInf(COPIES), { label: 'again' });
    const run = playedSmall(deviceWorld(), [a, again], stage(a), install(again));
    expect(names(run)).toEqual(['oem0.inf new:a']);
    expect(drivenBy(run.world)).toBe('oem0.inf');
  });

  test.each([
    ['a file', small('a', smallInf(COPIES), { label: 'other', content: driverImage('2') })],
    ['the INF', small('a', `${smallInf(COPIES)};\n`, { label: 'other' })],
    ['the name of the INF', small('z', smallInf(COPIES), { label: 'other' })],
  ])('is another one when %s differs', (_what, other) => {
    expect(names(playedSmall(deviceWorld(), [a, other], stage(a), stage(other)))).toHaveLength(2);
  });
});

describe('a package that is refused', () => {
  const signed = ({ key, library }: SmallPackage, state: PackageSignature['state']): SmallPackage => {
    const facts = library.packages[key];
    if (facts === undefined) throw new Error('no package');
    const signatures = { '10-22h2 x64': { state, score: 'any-signer', reason: 'because' } } as const;
    return { key, library: { ...library, packages: { [key]: { ...facts, signatures } } } };
  };

  test.each([
    ['untrusted', 'signature'],
    ['unsigned', 'signature'],
    ['altered', 'altered'],
    ['not-for-this-windows', 'not-for-this-windows'],
  ] as const)('is %s', (state, because) => {
    const bad = signed(one('a'), state);
    const run = playedSmall(deviceWorld(), [bad], install(bad));
    expect(run.outputs).toEqual([{ kind: 'package.refused', package: bad.key, because, reason: 'because' }]);
    expect(names(run)).toEqual([]);
  });

  test('is not one that is trusted', () => {
    const good = signed(one('a'), 'trusted');
    expect(names(playedSmall(deviceWorld(), [good], stage(good)))).toHaveLength(1);
  });

  test('lacks a file that one of its sections copies, also when no device here uses it', () => {
    const models = 'A=Install,ROOT\\DEMO\nB=Other,ROOT\\OTHER';
    const whole = small('a', smallInf(`${COPIES}[Other]\nCopyFiles=@tool.exe\n`, { models }));
    const facts = whole.library.packages[whole.key];
    if (facts === undefined) throw new Error('no package');
    const missingOn = Object.fromEntries(Object.keys(facts.targets).map((target) => [target, ['tool.exe']]));
    const bad = { key: whole.key, library: { ...whole.library, packages: { [whole.key]: { ...facts, missingOn } } } };
    const run = playedSmall(deviceWorld(), [bad], install(bad));
    expect(run.outputs).toMatchObject([{ kind: 'package.refused', because: 'missing-file' }]);
    expect(run.outputs).toMatchObject([{ reason: 'The package lacks tool.exe.' }]);
  });
});
