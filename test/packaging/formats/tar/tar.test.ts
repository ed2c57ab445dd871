import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { gunzip } from '../../../../packaging/formats/tar/gunzip.ts';
import { parseTar } from '../../../../packaging/formats/tar/parse.ts';
import { oracle } from '../../../support/outside.ts';
import { END, entry, pax } from '../../../support/tar.ts';

const LIMITS = { maxEntries: 1000 };
const read = (...blocks: readonly Uint8Array[]) => parseTar(concatBytes(...blocks), 'a.tar', LIMITS);

const codeOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof WinpvError) return error.code;
    throw error;
  }
  return 'none';
};
const refusal = (...blocks: readonly Uint8Array[]): string => codeOf(() => read(...blocks));

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Files packed by GNU tar in one of its forms. */
const packed = (files: Readonly<Record<string, string>>, ...options: readonly string[]): Uint8Array => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-tar-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, 'in', name)), { recursive: true });
    writeFileSync(join(folder, 'in', name), text);
  }
  execFileSync('tar', ['-C', join(folder, 'in'), ...options, '-cf', join(folder, 'a.tar'), '.']);
  return execFileSync('cat', [join(folder, 'a.tar')], { maxBuffer: 64 * 1024 * 1024 });
};

const LONG = `${'deep/'.repeat(20)}${'n'.repeat(180)}.sys`;

describe('a tar archive of GNU tar', () => {
  for (const format of ['v7', 'oldgnu', 'gnu', 'ustar', 'posix']) {
    oracle('tar', `in the form ${format} is read`, () => {
      const names =
        format === 'v7' || format === 'ustar' ? ['xenbus/x64/a.sys'] : ['xenbus/x64/a.sys', LONG, 'Ü/é.txt'];
      const files = Object.fromEntries(names.map((name) => [name, `content of ${name}`]));
      const { files: got } = parseTar(packed(files, `--format=${format}`), 'a.tar', LIMITS);
      const read = Object.fromEntries(got.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
      expect(read).toEqual(files);
    });
  }

  oracle('tar', 'in the form ustar has names of up to 255 bytes in two fields', () => {
    const name = `${'a'.repeat(90)}/${'b'.repeat(60)}/${'c'.repeat(90)}`;
    expect(parseTar(packed({ [name]: 'x' }, '--format=ustar'), 'a.tar', LIMITS).files[0]?.name).toBe(name);
  });

  oracle('tar', 'with a symbolic link, a hard link or a sparse file is refused, saying which', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winpv-tar-'));
    folders.push(folder);
    const pack = (...args: readonly string[]): Uint8Array =>
      execFileSync('tar', ['-C', folder, '-cf', '-', ...args], { maxBuffer: 64 * 1024 * 1024 });
    writeFileSync(join(folder, 'a'), 'a');
    symlinkSync('/etc/passwd', join(folder, 'soft'));
    linkSync(join(folder, 'a'), join(folder, 'hard'));
    writeFileSync(join(folder, 'holes'), 'x');
    truncateSync(join(folder, 'holes'), 4_000_000);
    expect(() => parseTar(pack('soft'), 'a.tar', LIMITS)).toThrow('"soft" is a symbolic link');
    expect(() => parseTar(pack('a', 'hard'), 'a.tar', LIMITS)).toThrow('"hard" is a hard link');
    expect(() => parseTar(pack('-S', '--format=gnu', 'holes'), 'a.tar', LIMITS)).toThrow('sparse');
    expect(() => parseTar(pack('-S', '--format=posix', 'holes'), 'a.tar', LIMITS)).toThrow('sparse');
  });
});

describe('names', () => {
  for (const [name, why] of [
    ['../evil.sys', 'out of the archive'],
    ['a/../../evil.sys', 'out of the archive in between'],
    ['/etc/passwd', 'absolute'],
    ['C:/Windows/evil.sys', 'of a drive'],
    ['a\\b.sys', 'with a backslash'],
    ['a\\..\\..\\b.sys', 'with backslashes that lead out'],
    ['x64/nul.sys', 'of a device'],
    ['x64/a.sys:stream', 'of a stream'],
    ['x64/a\u202es.sys', 'that turn around'],
    ['x64/a.sys.', 'that Windows shortens'],
  ] as const) {
    test(`${why} are refused`, () => {
      expect(refusal(entry(name, utf8('x')), END)).toBe('TAR_NAME_UNSAFE');
      expect(refusal(pax({ path: name }), entry('ok', utf8('x')), END)).toBe('TAR_NAME_UNSAFE');
    });
  }

  test('that are no UTF-8 are refused', () => {
    const latin = concatBytes(utf8('x64/'), Uint8Array.of(0xe9));
    expect(refusal(entry(latin, utf8('x')), END)).toBe('TAR_NAME_UNSAFE');
  });

  test('that differ in case only, or are a file and a folder, are refused', () => {
    expect(refusal(entry('x64/A.sys', utf8('1')), entry('X64/a.SYS', utf8('2')), END)).toBe('TAR_NAME_TWICE');
    expect(refusal(entry('x64', utf8('1')), entry('x64/a.sys', utf8('2')), END)).toBe('TAR_NAME_TWICE');
    expect(refusal(entry('a', utf8('1')), entry('./a', utf8('2')), END)).toBe('TAR_NAME_TWICE');
  });

  test('given twice for one file are refused: readers differ', () => {
    const long = entry('././@LongLink', utf8('one\0'), { type: 'L' });
    expect(refusal(long, pax({ path: 'two' }), entry('x', utf8('x')), END)).toBe('TAR_MALFORMED');
    expect(refusal(long, long, entry('x', utf8('x')), END)).toBe('TAR_MALFORMED');
    expect(refusal(pax({ a: 'b' }), pax({ path: 'two' }), entry('x', utf8('x')), END)).toBe('TAR_MALFORMED');
  });
});

describe('numbers', () => {
  test('may be base-256', () => {
    expect(
      read(entry('a', utf8('hello'), { size: [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5] }), END).files[0]?.bytes,
    ).toEqual(utf8('hello'));
  });

  test('beyond the file, beyond any file, negative or no numbers are refused', () => {
    const size = (value: readonly number[]): string => refusal(entry('a', utf8('x'), { size: value }), END);
    expect(size([0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0])).toBe('TAR_TRUNCATED');
    expect(size([0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])).toBe('TAR_MALFORMED');
    expect(size(Array(12).fill(0xff))).toBe('TAR_MALFORMED');
    expect(size([...'00000000009\0'].map((c) => c.charCodeAt(0)))).toBe('TAR_MALFORMED');
    expect(refusal(pax({ size: '99999999999999' }), entry('a', utf8('x')), END)).toBe('TAR_TRUNCATED');
    expect(refusal(pax({ size: '-1' }), entry('a', utf8('x')), END)).toBe('TAR_MALFORMED');
  });
});

describe('structure', () => {
  test('one name, size or link for all files is refused; a comment of git is read', () => {
    expect(refusal(pax({ path: 'a' }, 'g'), entry('b', utf8('x')), END)).toBe('TAR_UNSUPPORTED');
    const commit = 'a'.repeat(40);
    expect(read(pax({ comment: commit }, 'g'), entry('b', utf8('x')), END).comment).toBe(commit);
  });

  test('anything after the end, or no end, is refused', () => {
    const good = entry('a', utf8('x'));
    expect(refusal(good, END, entry('b', utf8('y')), END)).toBe('TAR_MALFORMED');
    expect(refusal(good, END, Uint8Array.of(1))).toBe('TAR_MALFORMED');
    expect(refusal(good)).toBe('TAR_TRUNCATED');
    expect(refusal(good, pax({ path: 'b' }), END)).toBe('TAR_MALFORMED');
  });

  test('devices, pipes and unknown types are refused', () => {
    for (const type of ['3', '4', '6', 'D', 'M', 'S', 'V', 'Z']) {
      expect(refusal(entry('a', new Uint8Array(), { type }), END)).toBe('TAR_UNSUPPORTED');
    }
  });

  test('records that lie about their length are refused', () => {
    for (const text of ['5 a=b\n', '9999 path=x\n', '0 a=b\n', '6 a=b', 'x a=b\n', '4 =\n\n', '6=a b\n']) {
      expect(refusal(entry('p', utf8(text), { type: 'x' }), entry('a', utf8('x')), END)).toBe('TAR_MALFORMED');
    }
  });

  test('thousands of tiny files are counted, and refused in time', () => {
    const many = concatBytes(...Array.from({ length: 1001 }, (_, i) => entry(`f${i}`, utf8('x'))), END);
    expect(codeOf(() => parseTar(many, 'a.tar', LIMITS))).toBe('TAR_TOO_LARGE');
    const { files } = parseTar(many, 'a.tar', { maxEntries: 1001 });
    expect(files.length).toBe(1001);
  });
});

describe('any bytes', () => {
  const whole = concatBytes(
    pax({ path: 'xenbus/x64/a.sys' }),
    entry('a', utf8('some content')),
    entry('b/c', utf8('2')),
    END,
  );

  test('that are cut or changed give an archive or a finding, nothing else', () => {
    const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.nat(whole.length), (changes, length) => {
        const bytes = whole.slice();
        for (const { at, to } of changes) bytes[at] = to;
        for (const one of [bytes, bytes.subarray(0, length)]) {
          const code = codeOf(() => parseTar(one, 'a.tar', LIMITS));
          expect(code === 'none' || code.startsWith('TAR_')).toBe(true);
        }
      }),
      { numRuns: 1500 },
    );
  });

  test('cut anywhere before the end are refused', () => {
    for (let length = 0; length < whole.length - END.length; length += 97) {
      expect(codeOf(() => parseTar(whole.subarray(0, length), 'a.tar', LIMITS))).not.toBe('none');
    }
  });
});

describe('gzip', () => {
  const limit = { maxBytes: 1_000_000 };
  const text = utf8('winpv '.repeat(1000));

  test('of one and of several members is unpacked, with zeros after them', () => {
    expect(gunzip(gzipSync(text), 'a', limit)).toEqual(text);
    const both = concatBytes(gzipSync(text), gzipSync(text), new Uint8Array(512));
    expect(gunzip(both, 'a', limit)).toEqual(concatBytes(text, text));
  });

  oracle('gzip', 'of gzip itself, with a name in its header, is unpacked', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winpv-gzip-'));
    folders.push(folder);
    writeFileSync(join(folder, 'name.txt'), text);
    expect(gunzip(execFileSync('gzip', ['-c', '-N', join(folder, 'name.txt')]), 'a', limit)).toEqual(text);
  });

  test('that unpacks to more than the limit is refused, in one or many members', () => {
    const bomb = gzipSync(new Uint8Array(2_000_000));
    expect(codeOf(() => gunzip(bomb, 'a', limit))).toBe('GZIP_TOO_LARGE');
    const half = gzipSync(new Uint8Array(600_000));
    expect(codeOf(() => gunzip(concatBytes(half, half), 'a', limit))).toBe('GZIP_TOO_LARGE');
    const empty = gzipSync(new Uint8Array());
    const full = gzipSync(new Uint8Array(1_000_000));
    expect(gunzip(concatBytes(full, empty), 'a', limit).length).toBe(1_000_000);
  });

  test('with something after its data, cut anywhere, or with another check sum is refused', () => {
    const good = gzipSync(text);
    expect(codeOf(() => gunzip(concatBytes(good, utf8('more')), 'a', limit))).toBe('GZIP_INVALID');
    for (let length = 0; length < good.length; length += 1) {
      expect(codeOf(() => gunzip(good.subarray(0, length), 'a', limit))).toBe('GZIP_INVALID');
    }
    const wrong = Uint8Array.from(good);
    wrong[good.length - 6] = (wrong[good.length - 6] ?? 0) ^ 1;
    expect(codeOf(() => gunzip(wrong, 'a', limit))).toBe('GZIP_INVALID');
  });
});
