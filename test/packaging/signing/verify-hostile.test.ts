import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { concatBytes, equalBytes } from '../../../core/bytes.ts';
import { parseCertificates } from '../../../packaging/formats/x509/parse.ts';
import type { FileBytes } from '../../../packaging/signing/verify.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { verifyTree } from '../../../packaging/signing/verify-package.ts';
import { type SignedPackage, signedPackage } from '../../support/signed-package.ts';

const AT_MS = Date.UTC(2026, 10, 24);
const EXTENSIONS = ['sys', 'cat', 'cab', 'inf', 'bin'] as const;

let made: SignedPackage;
beforeAll(async () => {
  made = await signedPackage();
}, 60_000);

const fileOf = (path: string): FileBytes =>
  made.files.find((file) => file.path === path) ?? { path, bytes: new Uint8Array(0) };

const verdictOf = ({ path, bytes }: FileBytes): string =>
  verifyFile({ path, bytes, catalogs: [], trust: [made.root], atMs: AT_MS }).verdict;

describe('files that nobody signed like this', () => {
  test('any bytes under any name have a verdict, and it is not valid', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...EXTENSIONS), (bytes, extension) => {
        expect(verdictOf({ path: `x.${extension}`, bytes })).not.toBe('valid');
      }),
    );
  });

  test.each(['x64/demo.sys', 'Demo.cat'])('%s with a piece cut out, moved or overwritten is not valid', (path) => {
    const { bytes } = fileOf(path);
    expect(verdictOf({ path, bytes })).toBe('valid');
    const place = fc.nat({ max: bytes.length });
    fc.assert(
      fc.property(place, place, place, fc.uint8Array({ maxLength: 12 }), (a, b, c, piece) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const changed = [
          concatBytes(bytes.subarray(0, from), bytes.subarray(to)),
          concatBytes(bytes.subarray(0, c), bytes.subarray(from, to), bytes.subarray(c)),
          concatBytes(bytes.subarray(0, c), piece, bytes.subarray(Math.min(bytes.length, c + piece.length))),
        ];
        for (const one of changed)
          if (!equalBytes(one, bytes)) expect(verdictOf({ path, bytes: one })).not.toBe('valid');
      }),
      { numRuns: 150 },
    );
  });

  test('a signature moved to another image says that it is of another', () => {
    const x64 = fileOf('x64/demo.sys').bytes;
    const x86 = fileOf('x86/demo.sys').bytes;
    const stolen = concatBytes(x86.subarray(0, x86.length - 4000), x64.subarray(x64.length - 4000));
    expect(verdictOf({ path: 'demo.sys', bytes: stolen })).toBe('invalid');
  });

  test('a tree of anything has a verdict', () => {
    const file = fc.record({
      path: fc.stringMatching(/^[a-c]\/[a-c]\.(sys|cat|cab|inf|txt)$/),
      bytes: fc.uint8Array({ maxLength: 60 }),
    });
    fc.assert(
      fc.property(fc.array(file, { maxLength: 8 }), (files) => {
        expect(verifyTree({ files, trust: [made.root], atMs: AT_MS }).verdict).not.toBe('valid');
      }),
    );
  });

  test('the trust list itself is checked: a file that holds no certificate is an error of the caller', () => {
    expect(() => parseCertificates(new Uint8Array([1, 2, 3]), 'ca.pem')).toThrow(/holds no certificate/);
  });
});
