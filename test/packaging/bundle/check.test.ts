import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { xenbus } from '../../../drivers/xenbus/definition.ts';
import { xencrsh } from '../../../drivers/xencrsh/definition.ts';
import { xendisk } from '../../../drivers/xendisk/definition.ts';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { checkPackage } from '../../../packaging/bundle/check.ts';
import { WITH_EVERYTHING } from '../../drivers/render.ts';
import { briefly, demo, demoInf } from '../../support/demo-package.ts';
import { checked, driverPackage, exchanged, image, withCatalogs } from '../../support/pv-package.ts';

describe('a package that is closed', () => {
  test.each([xenbus, xenvbd, xendisk, xencrsh])('has no finding: $name', (driver) => {
    for (const machine of ['x64', 'x86', 'arm64'] as const) {
      for (const brand of [undefined, WITH_EVERYTHING]) {
        expect(checked(driverPackage(driver, { machine, ...(brand === undefined ? {} : { brand }) }))).toEqual([]);
      }
    }
  });

  test('has no finding: one of another vendor', () => {
    expect(checked(demo())).toEqual([]);
  });

  test('may hold symbols and a licence, and may be one of several', () => {
    const files = [
      ...demo().map(({ path, bytes }) => ({ path: `a/x64/${path}`, bytes })),
      ...driverPackage(xenvbd).map(({ path, bytes }) => ({ path: `b/x64/${path}`, bytes })),
      { path: 'a/x64/demo.pdb', bytes: utf8('symbols') },
      { path: 'a/x64/LICENSE.txt', bytes: utf8('licence') },
      { path: 'release.json', bytes: utf8('{}') },
    ];
    expect(checked(files)).toEqual([]);
  });
});

describe('files', () => {
  test('an installed file that is not there is an error at the line that copies it', () => {
    const lines = new TextDecoder().decode(demoInf()).split('\n');
    expect(briefly(exchanged(demo(), 'demo.sys', undefined))).toEqual([
      `error BUNDLE_FILE_MISSING demo.inf:${lines.indexOf('demo.sys') + 1}`,
    ]);
  });

  test('a file that no INF names is a warning', () => {
    expect(briefly([...demo(), { path: 'forgotten.dll', bytes: utf8('x') }])).toEqual([
      'warning BUNDLE_FILE_NOT_NAMED forgotten.dll',
    ]);
  });

  test('a file that is listed and never copied is a warning that says so', () => {
    const files = [...demo({}, { more: 'spare.dll=1' }), { path: 'spare.dll', bytes: utf8('x') }];
    expect(checked(files).map(({ message }) => message)).toEqual([
      'spare.dll is listed in SourceDisksFiles, but no install section copies it.',
    ]);
  });

  test('names are compared without case', () => {
    const files = demo().map(({ path, bytes }) => ({ path: path === 'demo.sys' ? 'DEMO.SYS' : path, bytes }));
    expect(checked(files)).toEqual([]);
  });

  test('a binary that a service starts must be an image', () => {
    const files = withCatalogs(exchanged(demo().slice(0, -1), 'demo.sys', utf8('no image')), 'ServerRS5_X64');
    expect(briefly(files)).toEqual(['error BUNDLE_NOT_A_BINARY demo.sys']);
  });

  test('a service whose program is copied under another name is a warning', () => {
    const inf = new TextDecoder()
      .decode(demoInf())
      .replace('%11%\\demoagent_1_2_3_4.exe', '%11%\\demoagent_1_2_3_5.exe');
    const files = withCatalogs(exchanged(demo().slice(0, -1), 'demo.inf', utf8(inf)), 'ServerRS5_X64');
    const line = inf.split('\n').findIndex((text) => text.includes('demoagent_1_2_3_5')) + 1;
    expect(briefly(files)).toEqual([`warning BUNDLE_NAMES_DIFFER demo.inf:${line}`]);
  });

  test('an INF that leads out of its folder, and one that is none, are told with their position', () => {
    const outside = new TextDecoder().decode(demoInf()).replace('demo.sys=1', 'demo.sys=1,..\\..\\windows');
    const found = checkPackage({
      files: [
        { path: 'x/demo.inf', bytes: utf8(outside) },
        { path: 'y.inf', bytes: utf8('[Version') },
      ],
    });
    expect(found.map(({ code }) => code)).toEqual(['INF_PATH_OUTSIDE', 'INF_SECTION_LINE']);
    expect(found.every(({ at }) => at?.line !== undefined)).toBe(true);
  });

  test('a folder without an INF is no package', () => {
    expect(checkPackage({ files: [{ path: 'demo.sys', bytes: utf8('x') }] })[0]?.code).toBe('CAT_NO_INF');
  });

  test('findings show paths as asked', () => {
    const [found] = checkPackage({ files: demo().slice(0, 1), shown: (path) => `/there/${path}` });
    expect(found?.at?.file).toBe('/there/demo.inf');
  });
});

describe('processors', () => {
  const agent = (machine: 'x86' | 'x64' | 'arm64', kind: 'program' | 'library' = 'program') =>
    image({ machine, kind, imports: [] });
  const withAgent = (bytes: Uint8Array, decoration: string, machine: 'x86' | 'x64' | 'arm64', os: string) =>
    briefly(withCatalogs(exchanged(demo({ machine }, { decoration }).slice(0, 2), 'demoagent.exe', bytes), os));

  test('a driver runs on its own processor only', () => {
    const files = withCatalogs(
      exchanged(demo().slice(0, -1), 'demo.sys', image({ machine: 'x86', imports: [] })),
      '10_VB_X64',
    );
    expect(briefly(files)).toEqual(['error BUNDLE_ARCHITECTURE demo.sys']);
  });

  test('a 32-bit program runs on x64, a 64-bit one not on x86', () => {
    expect(withAgent(agent('x86'), 'NTamd64', 'x64', '10_VB_X64')).toEqual([]);
    expect(withAgent(agent('x64'), 'NTx86', 'x86', '10_VB_X86')).toEqual(['error BUNDLE_ARCHITECTURE demoagent.exe']);
  });

  test('an x64 program runs on arm64, an arm64 one not on x64', () => {
    expect(withAgent(agent('x64'), 'NTarm64', 'arm64', '10_VB_ARM64')).toEqual([]);
    expect(withAgent(agent('arm64'), 'NTamd64', 'x64', '10_VB_X64')).toEqual([
      'error BUNDLE_ARCHITECTURE demoagent.exe',
    ]);
  });
});

describe('a damaged package', () => {
  test('gives findings and never stops the check', () => {
    const sound = driverPackage(xenbus);
    const flip = fc.record({ file: fc.nat(sound.length - 1), at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() });
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
        const files = sound.map(({ path, bytes }) => ({ path, bytes: Uint8Array.from(bytes) }));
        for (const { file, at, byte, cut } of flips) {
          const one = files[file];
          if (one === undefined) continue;
          const place = at % one.bytes.length;
          one.bytes[place] = byte;
          if (cut) files[file] = { path: one.path, bytes: one.bytes.slice(0, place) };
        }
        for (const { code, message } of checked(files)) expect(`${code} ${message}`).toMatch(/^[A-Z0-9_]+ \S/);
      }),
      { numRuns: 400 },
    );
  });
});
