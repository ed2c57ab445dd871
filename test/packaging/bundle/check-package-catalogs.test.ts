import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { checkPackage } from '../../../packaging/bundle/check.ts';
import { briefly, demo, demoInf, KERNEL } from '../../support/demo-package.ts';
import { describeCorpus } from '../../support/outside.ts';
import { CATALOG_TIME, checked, exchanged, image, withCatalogs } from '../../support/pv-package.ts';

describe('catalogs', () => {
  test('a catalog that is not there is a warning', () => {
    expect(briefly(demo().slice(0, -1))).toEqual(['warning BUNDLE_CATALOG_MISSING demo.inf:6']);
  });

  test('a file that was changed after the catalog was made is an error', () => {
    const other = exchanged(demo(), 'demo.sys', image({ imports: [KERNEL], timeDateStamp: 1 }));
    const [found] = checked(other);
    expect(found).toMatchObject({ code: 'BUNDLE_CATALOG_INCOMPLETE', severity: 'error', at: { file: 'demo.cat' } });
    expect(found?.message).toContain('it lists another version of the file');
  });

  test('so is an INF that was', () => {
    const inf = utf8(`${new TextDecoder().decode(demoInf())}; edited\n`);
    expect(briefly(exchanged(demo(), 'demo.inf', inf))).toEqual(['error BUNDLE_CATALOG_INCOMPLETE demo.cat']);
  });

  test('a catalog for other processors, or for none of the Windows of a decoration, is a warning', () => {
    const two = new TextDecoder()
      .decode(demoInf())
      .replace('Models,NTamd64.10.0...17763', 'Models,NTamd64.10.0...17763,NTamd64.10.0...22000,NTx86')
      .replace(
        '[Install]\n',
        '[Models.NTamd64.10.0...22000]\n"Demo"=Install,ROOT\\DEMO\n[Models.NTx86]\n"Demo"=Nothing,ROOT\\DEMO\n[Nothing]\n[Install]\n',
      );
    const files = withCatalogs(exchanged(demo().slice(0, -1), 'demo.inf', utf8(two)), '10_VB_X64');
    expect(checked(files).map(({ severity, message }) => [severity, message])).toEqual([
      ['warning', 'The catalog is for no Windows that uses NTamd64.10.0...22000 of demo.inf.'],
      ['warning', 'The catalog is for no Windows of x86, on which demo.inf installs.'],
    ]);
  });

  test('a catalog from the future is an error', () => {
    const found = checkPackage({ files: demo(), nowMs: CATALOG_TIME - 1 });
    expect(found.map(({ code, severity }) => `${severity} ${code}`)).toEqual(['error BUNDLE_CATALOG_DATE']);
    expect(checkPackage({ files: demo() })).toEqual([]);
  });

  test('what is no catalog is told', () => {
    expect(briefly(exchanged(demo(), 'demo.cat', utf8('no catalog')))[0]).toMatch(/^error (CAT|DER)_/);
  });
});

describeCorpus('packages that were shipped with their catalogs', ({ file, path }) => {
  const folders = ['inf2cat-v1', 'inf2cat-v2', 'microsoft-signed'].flatMap((kind) =>
    readdirSync(path(`signed/${kind}`)).map((name) => `signed/${kind}/${name}`),
  );
  const withInf = folders.filter((folder) => readdirSync(path(folder)).some((name) => /\.inf$/i.test(name)));

  test.each(withInf)('%s lacks its binaries, and nothing else is an error', (folder) => {
    const files = readdirSync(path(folder)).map((name) => ({ path: name, bytes: file(`${folder}/${name}`) }));
    const found = checkPackage({ files, nowMs: Date.UTC(2026, 10, 24) });
    const errors = found.filter(({ severity, code }) => severity === 'error' && code !== 'BUNDLE_FILE_MISSING');
    expect(errors).toEqual([]);
  });
});
