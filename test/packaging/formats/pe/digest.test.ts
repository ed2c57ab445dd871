import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { pageHashes, peChecksum, peDigest } from '../../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { describeCorpus } from '../../../support/outside.ts';
import { bareImage } from './bare-image.ts';
import { bestOf } from './best-of.ts';
import { peVectors } from './vectors.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describeCorpus('hashes and checksums of real images', (corpus) => {
  test.each(peVectors(corpus))('%s has the values that other readers computed', (path, vector) => {
    const bytes = corpus.file(path);
    const image = parsePe(bytes, path);
    expect(bytes.length).toBe(vector.size);
    expect(toHex(peDigest(image, 'sha1'))).toBe(vector.authenticode.sha1);
    expect(toHex(peDigest(image, 'sha256'))).toBe(vector.authenticode.sha256);
    expect(image.checksum).toBe(vector.checksumStored);
    expect(peChecksum(bytes, image.checksumOffset)).toBe(vector.checksumComputed);
    expect(image.certificateTable ?? { offset: 0, size: 0 }).toEqual(vector.certTable);
    expect(image.flaws).toEqual([]);
    const [sha1Table, sha256Table] = [pageHashes(image, 'sha1'), pageHashes(image, 'sha256')];
    expect(sha1Table.length).toBe(vector.pageHashSha1.entries * 24);
    expect(sha256(sha1Table)).toBe(vector.pageHashSha1.sha256OfBlob);
    expect(sha256Table.length).toBe(vector.pageHashSha256.entries * 36);
    expect(sha256(sha256Table)).toBe(vector.pageHashSha256.sha256OfBlob);
  });

  test('the list of them is not empty', () => {
    expect(peVectors(corpus).length).toBeGreaterThan(15);
  });

  test('a changed section byte changes the hash; a changed CheckSum or signature value does not', () => {
    const digestOf = (path: string): string => toHex(peDigest(parsePe(corpus.file(path), path), 'sha256'));
    const original = digestOf('signed/pe/own/x64-sha256.sys');
    expect(digestOf('signed/tampered/pe-section-byte-flipped.sys')).not.toBe(original);
    expect(digestOf('signed/tampered/pe-checksum-wrong.sys')).toBe(original);
    expect(digestOf('signed/tampered/pe-certtable-byte-flipped.sys')).toBe(original);
  });

  test('of all tampered images only the one named so has a wrong CheckSum', () => {
    const path = 'signed/tampered/pe-checksum-wrong.sys';
    const image = parsePe(corpus.file(path), path);
    expect(peChecksum(image.bytes, image.checksumOffset)).not.toBe(image.checksum);
  });
});

describe('the Authenticode hash', () => {
  test.each([0, 1, 3, 7, 8])('of an unsigned image with %i more bytes pads to a multiple of 8', (surplus) => {
    const image = bareImage({ tail: new Uint8Array(surplus).fill(0x55) });
    const padded = bareImage({ tail: concatBytes(new Uint8Array(surplus).fill(0x55), new Uint8Array(-surplus & 7)) });
    expect(peDigest(parsePe(image, 'a.sys'), 'sha256')).toEqual(peDigest(parsePe(padded, 'a.sys'), 'sha256'));
  });

  test('leaves out CheckSum and the certificate directory entry, and nothing else of the headers', () => {
    const bytes = bareImage({});
    const { checksumOffset, certificateDirectoryOffset = 0 } = parsePe(bytes, 'a.sys');
    const expected = createHash('sha384')
      .update(bytes.subarray(0, checksumOffset))
      .update(bytes.subarray(checksumOffset + 4, certificateDirectoryOffset))
      .update(bytes.subarray(certificateDirectoryOffset + 8))
      .digest('hex');
    expect(toHex(peDigest(parsePe(bytes, 'a.sys'), 'sha384'))).toBe(expected);
  });

  test('skips only CheckSum when the image has no certificate directory', () => {
    const bytes = bareImage({ directories: 4 });
    const image = parsePe(bytes, 'a.sys');
    expect(image.certificateDirectoryOffset).toBeUndefined();
    const expected = createHash('sha1')
      .update(bytes.subarray(0, image.checksumOffset))
      .update(bytes.subarray(image.checksumOffset + 4))
      .digest('hex');
    expect(toHex(peDigest(image, 'sha1'))).toBe(expected);
  });

  test('covers what stands between headers and first section, and after the last section', () => {
    const digest = (bytes: Uint8Array): string => toHex(peDigest(parsePe(bytes, 'a.sys'), 'sha256'));
    const plain = bareImage({ gap: 512, tail: new Uint8Array(16) });
    for (const offset of [0x400 + 100, plain.length - 1]) {
      const changed = plain.slice();
      changed[offset] = 1;
      expect(digest(changed)).not.toBe(digest(plain));
    }
  });

  test('covers data after the certificate table', () => {
    const signed = (after: number): Uint8Array =>
      bareImage({ certificates: 16, tail: concatBytes(new Uint8Array(16), new Uint8Array(8).fill(after)) });
    const [zero, one] = [parsePe(signed(0), 'a.sys'), parsePe(signed(1), 'a.sys')];
    expect(zero.flaws.map(({ rule }) => rule)).toEqual(['trailing-data-after-certificates']);
    expect(peDigest(zero, 'sha256')).not.toEqual(peDigest(one, 'sha256'));
  });
});

/** The definition, word by word and slowly. */
const slowChecksum = (bytes: Uint8Array, checksumOffset: number): number => {
  const at = (i: number): number => (i >= checksumOffset && i < checksumOffset + 4 ? 0 : (bytes[i] ?? 0));
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += at(i) | (at(i + 1) << 8);
    sum = (sum & 0xffff) + (sum >>> 16);
  }
  return sum + bytes.length;
};

describe('CheckSum', () => {
  test('is the folded word sum plus the length, wherever the field is and whatever the length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 300 }), fc.nat(299), fc.nat(7), (bytes, where, shift) => {
        const offset = where % (bytes.length - 3);
        const shifted = concatBytes(new Uint8Array(shift), bytes).subarray(shift);
        expect(peChecksum(shifted, offset)).toBe(slowChecksum(bytes, offset));
      }),
    );
  });

  test('keeps all ones as all ones: a sum of 0xffff does not become 0', () => {
    expect(peChecksum(new Uint8Array(64).fill(0xff), 0)).toBe(0xffff + 64);
    expect(peChecksum(new Uint8Array(64), 0)).toBe(64);
  });

  test('is exact for many megabytes of ones', () => {
    const bytes = new Uint8Array(12_000_003).fill(0xff);
    expect(peChecksum(bytes, 0x158)).toBe(slowChecksum(bytes, 0x158));
  });

  test('of 100 MB takes well under a second', () => {
    const bytes = new Uint8Array(100_000_001).fill(0xab);
    expect(bestOf(3, () => peChecksum(bytes, 0x158))).toBeLessThan(700);
  });
});

describe('page hashes', () => {
  test('refuse sections that overlap or leave the file, whose work would have no bound', () => {
    const overlapping = parsePe(
      bareImage({
        sections: [
          [0x400, 0x200],
          [0x400, 0x200],
        ],
      }),
      'a.sys',
    );
    expect(() => pageHashes(overlapping, 'sha1')).toThrow(WinpvError);
    const leaving = parsePe(bareImage({ sections: [[0x400, 0x7000_0000]] }), 'a.sys');
    expect(() => pageHashes(leaving, 'sha256')).toThrow(/beyond the end/);
  });

  test('of 300 MB fit one table', () => {
    const size = 300 * 1024 * 1024;
    const image = { ...parsePe(bareImage({}), 'a.sys'), bytes: new Uint8Array(0x400 + size) };
    const [section] = image.sections;
    if (section === undefined) throw new Error('no section');
    const table = pageHashes({ ...image, sections: [{ ...section, rawSize: size }] }, 'sha1');
    expect(table.length).toBe((size / 4096 + 2) * 24);
  });

  test('end with the offset of the end of the last section and a hash of zeros', () => {
    const table = pageHashes(parsePe(bareImage({}), 'a.sys'), 'sha1');
    expect(toHex(table.subarray(-24))).toBe(`00060000${'00'.repeat(20)}`);
  });
});
