import { readdirSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { lineOf, parseInf, sectionOf } from '../../../../packaging/formats/inf/document.ts';
import { type InfStamp, stampInf } from '../../../../packaging/formats/inf/stamp.ts';
import { planStamp, type StampOptions } from '../../../../packaging/formats/inf/stamp-options.ts';
import { describeCorpus } from '../../../support/outside.ts';

const NOW = Date.UTC(2026, 4, 29, 23, 59, 7, 81);
const INX = [
  '; $ARCH$ and $arch$ in a comment',
  '[Version]',
  'Signature = "$Windows NT$"',
  '\tDriverVer =   01/01/1900,1.2.3.4   ; stamped later',
  'Provider=%V% \\',
  '',
  '[Manufacturer]',
  '%V%=M,NT$ARCH$',
  '[M.NT$ARCH$]',
  '[I.Wdf]',
  'KmdfLibraryVersion=$KMDFVERSION$ ; WdfCoInstaller$KMDFCOINSTALLERVERSION$.dll',
  'UmdfLibraryVersion=$UMDFVERSION$ ; WUDFUpdate_$UMDFCOINSTALLERVERSION$.dll',
  '[Strings]',
  'V="Acme"',
].join('\r\n');

const stamp = (options: StampOptions, environment: Record<string, string> = {}): InfStamp =>
  planStamp(options, environment, NOW);
const stamped = (text: string, options: StampOptions, environment: Record<string, string> = {}): string =>
  Buffer.from(stampInf(utf8(text), 'x.inx', stamp(options, environment)).bytes).toString('utf8');
const failing = (options: StampOptions): string => {
  try {
    stamp(options);
  } catch (error) {
    if (error instanceof WinpvError) return error.code;
  }
  return 'nothing thrown';
};
const driverVer = (text: string): string => /DriverVer\s*=\s*([^;\r\n]*?)\s*(?:;|\r|$)/.exec(text)?.[1] ?? '';

describe('DriverVer', () => {
  test('gets date and version; its blanks and comment, and every other character, stay', () => {
    expect(stamped(INX, { date: '05/29/2026', version: '9.1.0.31' })).toBe(
      INX.replace('01/01/1900,1.2.3.4', '05/29/2026,9.1.0.31'),
    );
  });

  test('-d takes mm/dd/yyyy, single digits too, and yyyy-mm-dd, and writes the one form', () => {
    for (const date of ['01/02/2026', '1/2/2026', '2026-01-02'])
      expect(driverVer(stamped(INX, { date, version: '1.0.0.0' }))).toBe('01/02/2026,1.0.0.0');
  });

  test('-d * and no -d are today in UTC', () => {
    for (const date of ['*', true] as const)
      expect(driverVer(stamped(INX, { date, version: '1.0.0.0' }))).toBe('05/29/2026,1.0.0.0');
    expect(driverVer(stamped(INX, { version: '1.0.0.0' }))).toBe('05/29/2026,1.0.0.0');
  });

  test('-v * is the time of day in UTC: hours, minutes, seconds, milliseconds', () => {
    expect(driverVer(stamped(INX, { version: '*' }))).toBe('05/29/2026,23.59.7.81');
  });

  test('-v * at midnight is refused: 0.0.0.0 is no version', () => {
    expect(() => planStamp({ version: '*' }, {}, Date.UTC(2026, 4, 29))).toThrowError(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  test('without -v keeps the version of the INF; without one in the INF the date stands alone, with a warning', () => {
    expect(driverVer(stamped(INX, {}))).toBe('05/29/2026,1.2.3.4');
    for (const old of ['', 'filled in later', '01/01/1900,0.0.0.0', '@DATE@,@VERSION@']) {
      const text = INX.replace('01/01/1900,1.2.3.4', old);
      const { bytes, diagnostics } = stampInf(utf8(text), 'x.inx', stamp({ arch: 'x64' }));
      expect(driverVer(Buffer.from(bytes).toString('utf8'))).toBe('05/29/2026');
      expect(diagnostics).toMatchObject([{ code: 'INF_1217', severity: 'warning', at: { file: 'x.inx', line: 4 } }]);
    }
  });

  test('is added after the last line of its section when it is not there', () => {
    const without = INX.replace(/\tDriverVer.*\r\n/, '');
    expect(stamped(without, { version: '9.1.0.31' })).toBe(
      without.replace('Provider=%V% \\\r\n\r\n', 'Provider=%V% \\\r\n\r\nDriverVer=05/29/2026,9.1.0.31\r\n'),
    );
    const bare = '[Version]\nSignature="$Windows NT$"';
    expect(stamped(bare, { version: '9.1.0.31' })).toBe(`${bare}\nDriverVer=05/29/2026,9.1.0.31`);
  });

  test('goes to another section with -s, and that section must be there', () => {
    const out = stamped(`${INX}\r\n[I]\r\nX=1`, { section: 'i', version: '9.1.0.31' });
    expect(out).toBe(`${INX}\r\n[I]\r\nX=1\r\nDriverVer=05/29/2026,9.1.0.31`);
    expect(() => stamped(INX, { section: 'Nowhere' })).toThrowError(
      expect.objectContaining({ code: 'INF_EDIT_INVALID', exit: 4 }),
    );
  });

  test('behind a Ctrl-Z it would not count, so that is refused', () => {
    expect(() => stamped('[Version]\nSignature="$Windows NT$"\u001a', { version: '1.0.0.0' })).toThrowError(
      expect.objectContaining({ code: 'INF_EDIT_INVALID' }),
    );
  });
});

describe('tokens', () => {
  test('-a replaces $ARCH$ everywhere, comments too, and only in capitals', () => {
    const out = stamped(INX, { arch: 'x64', date: '1/1/2026' });
    expect(out).toContain('; amd64 and $arch$ in a comment');
    expect(out).toContain('%V%=M,NTamd64\r\n[M.NTamd64]');
    expect(out).not.toContain('$ARCH$');
  });

  test.each([
    ['x86', 'x86'],
    ['Win32', 'x86'],
    ['AMD64', 'amd64'],
    ['arm', 'arm'],
    ['ARM64', 'arm64'],
    ['ia64', 'ia64'],
    ['64', 'ia64'],
  ])('-a %s means %s', (arch, written) => {
    expect(stamp({ arch }).arch).toBe(written);
  });

  test('-k: 1.11 is 01011 for the co-installer, -u: 1.5.0 is 01005', () => {
    const out = stamped(INX, { kmdf: '1.11', umdf: '1.5.0' });
    expect(out).toContain('KmdfLibraryVersion=1.11 ; WdfCoInstaller01011.dll');
    expect(out).toContain('UmdfLibraryVersion=1.5.0 ; WUDFUpdate_01005.dll');
  });

  test('stay without their option; $ARCH$ with a warning', () => {
    const { bytes, diagnostics } = stampInf(utf8(INX), 'x.inx', stamp({}));
    const out = Buffer.from(bytes).toString('utf8');
    for (const token of ['$KMDFVERSION$', '$UMDFCOINSTALLERVERSION$', '$ARCH$']) expect(out).toContain(token);
    expect(diagnostics).toMatchObject([{ code: 'INF_1274', rule: 1274, severity: 'warning' }]);
  });
});

describe('CatalogFile', () => {
  test('-c adds it to [Version], or replaces the one there and not those of a platform', () => {
    expect(stamped(INX, { catalog: 'acme.cat' })).toContain('\r\nCatalogFile=acme.cat\r\n[Manufacturer]');
    const text = INX.replace('Provider', 'CatalogFile.NTx86=old.cat\r\nCatalogFile = old.cat ; here\r\nProvider');
    const out = stamped(text, { catalog: 'acme, inc.cat' });
    expect(out).toContain('CatalogFile.NTx86=old.cat\r\nCatalogFile = "acme, inc.cat" ; here');
  });
});

describe('the environment', () => {
  test('gives what options do not: STAMPINF_DATE, STAMPINF_VERSION, Platform', () => {
    const environment = { STAMPINF_DATE: '01/02/2025', STAMPINF_VERSION: '4.3.2.1', Platform: 'ARM64' };
    const out = stamped(INX, {}, environment);
    expect(driverVer(out)).toBe('01/02/2025,4.3.2.1');
    expect(out).toContain('NTarm64');
    const options = { date: '*', version: '9.1.0.31', arch: 'x86' };
    expect(stamp(options, environment)).toEqual({
      section: 'Version',
      date: { year: 2026, month: 5, day: 29 },
      version: [9, 1, 0, 31],
      arch: 'x86',
    });
  });

  test('a Platform that is no architecture says nothing', () => {
    expect(stamp({}, { Platform: 'Any CPU' }).arch).toBeUndefined();
  });

  test('PRIVATE_DRIVER_PACKAGE: date and version are of now, and the catalog is delta.cat unless -c says otherwise', () => {
    const environment = { PRIVATE_DRIVER_PACKAGE: '1', STAMPINF_VERSION: '4.3.2.1' };
    const out = stamped(INX, { date: '01/02/2025', version: '1.0.0.0' }, environment);
    expect(driverVer(out)).toBe('05/29/2026,23.59.7.81');
    expect(out).toContain('CatalogFile=delta.cat');
    expect(stamp({ catalog: 'mine.cat' }, environment).catalog).toBe('mine.cat');
  });
});

describe('an option without sense is a usage error', () => {
  test.each<[StampOptions, string]>([
    [{ date: '13/01/2026' }, 'DATE_INVALID'],
    [{ date: '02/30/2026' }, 'DATE_INVALID'],
    [{ date: 'today' }, 'DATE_INVALID'],
    [{ version: '9.1.0' }, 'USAGE'],
    [{ version: '9.1.0.65536' }, 'USAGE'],
    [{ version: '0.0.0.0' }, 'USAGE'],
    [{ arch: 'mips' }, 'USAGE'],
    [{ arch: 'constructor' }, 'USAGE'],
    [{ catalog: '..\\x.cat' }, 'USAGE'],
    [{ catalog: 'x.txt' }, 'USAGE'],
    [{ kmdf: '1' }, 'USAGE'],
    [{ kmdf: '1.5.0' }, 'USAGE'],
    [{ umdf: '2.15' }, 'USAGE'],
  ])('%j', (options, code) => {
    expect(failing(options)).toBe(code);
  });
});

describe('encodings and line ends', () => {
  test('stay: UTF-16 with a byte order mark', () => {
    const bytes = new Uint8Array(Buffer.from(`\ufeff${INX}`, 'utf16le'));
    const out = stampInf(bytes, 'x.inx', stamp({ version: '9.1.0.31', arch: 'x64' })).bytes;
    expect(Buffer.from(out).toString('utf16le')).toBe(`\ufeff${stamped(INX, { version: '9.1.0.31', arch: 'x64' })}`);
  });

  /** Each as an ANSI or Unicode file is stored: [what, the text, its encoding and mark]. */
  const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
  const utf16 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));
  const FORMS: readonly (readonly [string, (text: string) => Uint8Array])[] = [
    ['ANSI with every high byte', (text) => latin1(`${text}; \u0081\u008d\u00e9\u00ff\r\n`)],
    ['UTF-8 with a mark', (text) => utf8(`\ufeff${text}; \u00e9\u4e2d\r\n`)],
    ['UTF-16 with a mark', (text) => utf16(`\ufeff${text}; \u4e2d\r\n`)],
    ['UTF-16 without a mark', utf16],
  ];
  const head = '[Version]\r\nSignature="$CHICAGO$"\r\n';
  const tail = '[Manufacturer]\r\n%V%=M,NT$ARCH$\r\n[M.NT$ARCH$]\r\n[Strings]\r\nV=x\r\n';
  const VALUE = '05/29/2026,9.1.0.31';
  const SHAPES: readonly (readonly [string, string, string])[] = [
    ['a value', 'DriverVer=01/01/1900,0.0.0.0', `DriverVer=${VALUE}`],
    ['a date alone', 'DriverVer=01/01/1900', `DriverVer=${VALUE}`],
    ['quoted fields', ' driverver = "1/1/1900" , "1.0" ;c', ` driverver = ${VALUE} ;c`],
    ['a continued value', 'DriverVer=01/01/1900,\\\r\n  0.0.0.0 ; c', `DriverVer=${VALUE} ; c`],
    ['no value', 'DriverVer=', `DriverVer=${VALUE}`],
    ['a token', 'DriverVer=%Ver%', `DriverVer=${VALUE}`],
    ['no entry', 'Class=Net', `Class=Net\r\nDriverVer=${VALUE}`],
  ];

  test.each(FORMS.flatMap(([form, encode]) => SHAPES.map(([shape, from, to]) => ({ form, encode, shape, from, to }))))(
    '$form, $shape: nothing else changes',
    ({ encode, from, to }) => {
      const plan = stamp({ date: '05/29/2026', version: '9.1.0.31', arch: 'x64' });
      const { bytes } = stampInf(encode(`${head}${from}\r\n${tail}`), 'x.inx', plan);
      expect(Buffer.from(bytes)).toEqual(Buffer.from(encode(`${head}${to}\r\n${tail.replaceAll('$ARCH$', 'amd64')}`)));
    },
  );

  test('stamping twice gives the same bytes', () => {
    const options = { version: '9.1.0.31', arch: 'x64', catalog: 'a.cat', kmdf: '1.15' };
    const once = stamped(INX, options);
    expect(stamped(once, options)).toBe(once);
  });
});

describeCorpus('every INF template of the corpus', (corpus) => {
  const names = ['inf', 'xen/templates'].flatMap((folder) =>
    (readdirSync(corpus.path(folder), { recursive: true }) as string[])
      .map((name) => `${folder}/${name}`)
      .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name) && statSync(corpus.path(name)).isFile()),
  );

  test('can be stamped: DriverVer is read back, and no other line changes but for $ARCH$', () => {
    expect(names.length).toBeGreaterThan(100);
    const plan = stamp({ date: '05/29/2026', version: '9.1.0.31', arch: 'x64' });
    for (const name of names) {
      const { bytes } = stampInf(corpus.file(name), name, plan);
      const before = parseInf(corpus.file(name), name);
      const after = parseInf(bytes, name);
      const entry = lineOf(sectionOf(after, 'Version'), 'DriverVer');
      expect(entry?.fields, name).toEqual(['05/29/2026', '9.1.0.31']);
      expect(after.encoding, name).toBe(before.encoding);
      const old = before.table.text.replaceAll('$ARCH$', 'amd64').split('\n');
      const lines = after.table.text.split('\n');
      const added = lines.length - old.length;
      expect(added === 0 || added === 1, name).toBe(true);
      const stampedAt = (entry?.line ?? 0) - 1;
      const others = lines.filter((_, index) => index !== stampedAt);
      expect(others, name).toEqual(added === 1 ? old : old.filter((_, index) => index !== stampedAt));
    }
  });
});
