import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { locatePackages } from '../../../../packaging/bundle/import/layout.ts';
import { openArchive, SOURCE_LIMITS } from '../../../../packaging/bundle/import/source-tree.ts';
import { encodeZip } from '../../../../packaging/formats/zip/encode.ts';
import { oracle } from '../../../support/outside.ts';
import { END, entry, tarOf } from '../../../support/tar.ts';

const folder = mkdtempSync(join(tmpdir(), 'winpv-hostile-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens, finds and reads, as a release does. */
const readAll = async (bytes: Uint8Array): Promise<string> => {
  try {
    const { names, path, read } = openArchive(bytes, 'a');
    locatePackages({ path, names, driver: 'xenbus', marks: ['xenbus.sys'], wanted: ['x64', 'x86'] });
    for (const name of names) await read(name);
  } catch (error) {
    if (error instanceof WinpvError) return error.code;
    throw error;
  }
  return 'read';
};

const FILES = {
  'xenbus/x64/xenbus.sys': 'an image '.repeat(40),
  'xenbus/x86/xenbus.sys': 'another',
  revision: 'abcdef0',
};

const python = (program: string): Uint8Array => {
  execFileSync('python3', ['-c', program], { cwd: folder });
  return new Uint8Array(readFileSync(join(folder, 'made')));
};

describe('an archive that was cut or changed', () => {
  const tar = tarOf(FILES);
  const archives = {
    tar: async () => tar,
    'tar.gz': async () => new Uint8Array(gzipSync(tar)),
    ZIP: () =>
      encodeZip(
        Object.entries(FILES).map(([name, text]) => ({ name, bytes: utf8(text) })),
        { modified: Date.UTC(2026, 0, 1) },
      ),
  };
  for (const [kind, make] of Object.entries(archives)) {
    test(`as ${kind} is read, or refused by a code of its format`, async () => {
      const whole = await make();
      expect(await readAll(whole)).toBe('read');
      const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
      await fc.assert(
        fc.asyncProperty(fc.array(change, { maxLength: 3 }), fc.nat(whole.length), async (changes, length) => {
          const bytes = whole.slice();
          for (const { at, to } of changes) bytes[at] = to;
          for (const one of [bytes, bytes.subarray(0, length)]) {
            expect(await readAll(one)).toMatch(
              /^(read|TAR_.*|GZIP_.*|ZIP_.*|SOURCE_(NOT_AN_ARCHIVE|LAYOUT|AMBIGUOUS))$/,
            );
          }
        }),
        { numRuns: 400 },
      );
    });
  }
});

describe('a bomb', () => {
  test('of zeros in a tar.gz is stopped at the limit', async () => {
    const size = SOURCE_LIMITS.maxBytes + 1024;
    const header = entry('x64/xenbus.sys', new Uint8Array(), {
      size: [...utf8(`${size.toString(8).padStart(11, '0')}\0`)],
    });
    const member = gzipSync(new Uint8Array(64 * 1024 * 1024));
    const bomb = concatBytes(gzipSync(header), ...Array.from({ length: 9 }, () => new Uint8Array(member)));
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await readAll(bomb)).toBe('GZIP_TOO_LARGE');
  });

  test('of a gzip file in a gzip file is unpacked once only', async () => {
    expect(await readAll(new Uint8Array(gzipSync(gzipSync(tarOf(FILES)))))).toBe('SOURCE_NOT_AN_ARCHIVE');
  });

  test('of empty gzip members is stopped', async () => {
    const empty = new Uint8Array(gzipSync(new Uint8Array()));
    const many = concatBytes(...Array.from({ length: 17_000 }, () => empty));
    expect(await readAll(many)).toBe('GZIP_INVALID');
  });

  oracle('python3', 'writes a ZIP of zeros that is stopped before anything is unpacked', async () => {
    const bomb = python(
      `import zipfile
z = zipfile.ZipFile('made', 'w', zipfile.ZIP_DEFLATED, compresslevel=1)
for i in range(9): z.writestr('x64/%d.sys' % i, bytes(64 * 1024 * 1024))
z.close()`,
    );
    expect(await readAll(bomb)).toBe('ZIP_TOO_LARGE');
  });

  oracle('python3', 'writes tens of thousands of tiny files, which are refused in time, in either form', async () => {
    const names = Array.from({ length: SOURCE_LIMITS.maxEntries + 1 }, (_, i) => `x64/${i}.sys`);
    expect(await readAll(concatBytes(...names.map((name) => entry(name, utf8('x'))), END))).toBe('TAR_TOO_LARGE');
    const zip = python(
      `import zipfile
z = zipfile.ZipFile('made', 'w')
for i in range(${SOURCE_LIMITS.maxEntries + 1}): z.writestr('x64/%d.sys' % i, b'x')
z.close()`,
    );
    expect(await readAll(zip)).toBe('ZIP_TOO_LARGE');
  });
});

describe('names that another writer put in', () => {
  const tarNamed = (name: string, format = 'PAX'): Uint8Array =>
    python(
      `import tarfile, io
t = tarfile.open('made', 'w', format=tarfile.${format}_FORMAT)
for n in ['xenbus/x64/xenbus.sys', ${name}]:
  i = tarfile.TarInfo(n); i.size = 1; t.addfile(i, io.BytesIO(b'x'))
t.close()`,
    );
  for (const [name, code] of [
    ["'../up.sys'", 'TAR_NAME_UNSAFE'],
    ["'/etc/passwd'", 'TAR_NAME_UNSAFE'],
    ["'C:/up.sys'", 'TAR_NAME_UNSAFE'],
    ["'XENBUS/X64/XENBUS.SYS'", 'TAR_NAME_TWICE'],
    ["'xenbus/x64/xenbus.sys/inner'", 'TAR_NAME_TWICE'],
    [`'xenbus/x64/' + 'ü' * 100 + '.txt'`, 'read'],
  ] as const) {
    oracle('python3', `writes ${name} in two forms, and each gives ${code}`, async () => {
      expect(await readAll(tarNamed(name))).toBe(code);
      expect(await readAll(tarNamed(name, 'GNU'))).toBe(code);
    });
  }

  oracle('python3', 'writes names in another encoding than UTF-8, which are refused', async () => {
    const latin = python(
      `import tarfile, io
t = tarfile.open('made', 'w', format=tarfile.GNU_FORMAT, encoding='latin-1')
i = tarfile.TarInfo('x64/\\u00e9.sys'); i.size = 1; t.addfile(i, io.BytesIO(b'x'))
t.close()`,
    );
    expect(await readAll(latin)).toBe('TAR_NAME_UNSAFE');
  });
});
