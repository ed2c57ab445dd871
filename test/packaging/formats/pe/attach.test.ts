import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, utf8 } from '../../../../core/bytes.ts';
import { changedParts } from '../../../../core/file-change.ts';
import {
  attachPeSignature,
  type HashedPe,
  hashPassingPe,
  hashPreparedPe,
  preparePeForSignature,
  preparePeHead,
  signedPeChanges,
  stripPeSignature,
} from '../../../../packaging/formats/pe/attach.ts';
import { peChecksum, peDigest } from '../../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { bareImage } from './bare-image.ts';

const PKCS7 = utf8('stands for a signature');

const attach = (bytes: Uint8Array): Uint8Array => attachPeSignature(preparePeForSignature(bytes, 'x.sys'), PKCS7);

const signedFile = (hashed: HashedPe, pkcs7: Uint8Array): Uint8Array =>
  concatBytes(...changedParts(hashed.image.bytes, signedPeChanges(hashed, pkcs7)));

describe('attaching a signature to an image', () => {
  test('changes the checksum, the directory entry and the tail, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1, maxLength: 300 }), (tail, pkcs7) => {
        const before = bareImage({ tail });
        const image = preparePeForSignature(before, 'x.sys');
        const after = attachPeSignature(image, pkcs7);
        const { checksumOffset, certificateDirectoryOffset: entry = 0 } = image;
        const restored = after.slice(0, before.length);
        restored.set(before.subarray(checksumOffset, checksumOffset + 4), checksumOffset);
        restored.fill(0, entry, entry + 8);
        expect(restored).toEqual(before);
        expect(parsePe(after, 'x.sys')).toMatchObject({ flaws: [], checksum: peChecksum(after, checksumOffset) });
      }),
    );
  });

  test('pads the image itself to 8 before it is hashed, and the hash stays that of the unsigned file', () => {
    const odd = bareImage({ tail: Uint8Array.of(1, 2, 3) });
    const signed = parsePe(attach(odd), 'x.sys');
    expect(signed.certificateTable?.offset).toBe(odd.length + 5);
    expect(peDigest(signed, 'sha256')).toEqual(peDigest(parsePe(odd, 'x.sys'), 'sha256'));
  });

  test('writes one WIN_CERTIFICATE whose length counts the zeros after the DER', () => {
    const unsigned = bareImage({});
    const table = attach(unsigned).subarray(unsigned.length);
    const view = new DataView(table.buffer, table.byteOffset);
    expect([view.getUint32(0, true), view.getUint16(4, true), view.getUint16(6, true)]).toEqual([32, 0x0200, 0x0002]);
    expect(table.subarray(8, 8 + PKCS7.length)).toEqual(PKCS7);
    expect(table.subarray(8 + PKCS7.length)).toEqual(new Uint8Array(2));
  });

  test('in parts gives the same file, and hashes what the digest of the unsigned file covers', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1, maxLength: 60 }), (tail, pkcs7) => {
        const image = preparePeForSignature(bareImage({ tail }), 'x.sys');
        const hashed = hashPreparedPe(image, 'sha256');
        expect(hashed.digest).toEqual(peDigest(image, 'sha256'));
        expect(signedFile(hashed, pkcs7)).toEqual(attachPeSignature(image, pkcs7));
      }),
    );
  });

  test('holds no second copy of the image, whether it has to be padded or not', () => {
    for (const tail of [new Uint8Array(0), Uint8Array.of(1, 2, 3)]) {
      const bytes = bareImage({ tail });
      const hashed = hashPreparedPe(preparePeForSignature(bytes, 'x.sys'), 'sha256');
      const parts = changedParts(bytes, signedPeChanges(hashed, PKCS7));
      expect(parts[1]?.buffer).toBe(bytes.buffer);
    }
  });

  test('sums and hashes a large image in blocks as at once', () => {
    const tail = new Uint8Array(9_000_000).map((_byte, i) => (i * 7919) >>> 5);
    const image = preparePeForSignature(bareImage({ tail }), 'x.sys');
    const hashed = hashPreparedPe(image, 'sha384');
    expect(hashed.digest).toEqual(peDigest(image, 'sha384'));
    const signed = parsePe(signedFile(hashed, PKCS7), 'x.sys');
    expect(signed.checksum).toBe(peChecksum(signed.bytes, signed.checksumOffset));
  });

  test('is the same when only the headers are at hand and the image passes by in blocks', async () => {
    const tails = fc.uint8Array({ minLength: 3000, maxLength: 6000 });
    await fc.assert(
      fc.asyncProperty(tails, fc.integer({ min: 128, max: 800 }), async (tail, words) => {
        const bytes = bareImage({ tail });
        const size = 4 * words;
        const image = preparePeHead(bytes.slice(0, Math.max(size, 1024)), bytes.length, 'x.sys');
        if (image === undefined) throw new TypeError('the headers are in the first KiB');
        const blocks = async function* () {
          const block = new Uint8Array(Math.max(size, 1024));
          // One buffer for all, as files are read.
          for (let at = 0; at < bytes.length; at += block.length) {
            const part = bytes.subarray(at, at + block.length);
            block.set(part);
            yield block.subarray(0, part.length);
          }
        };
        const hashed = await hashPassingPe(image, 'sha256', blocks());
        const whole = hashPreparedPe(preparePeForSignature(bytes, 'x.sys'), 'sha256');
        expect({ ...hashed, image: undefined }).toEqual({ ...whole, image: undefined, bodySum: hashed.bodySum });
        expect(signedPeChanges(hashed, PKCS7)).toEqual(signedPeChanges(whole, PKCS7));
      }),
      { numRuns: 40 },
    );
  });

  test('leaves the input as it was', () => {
    const bytes = bareImage({});
    const copy = bytes.slice();
    attach(bytes);
    expect(bytes).toEqual(copy);
  });
});

describe('an image that cannot be signed', () => {
  const refusal = (bytes: Uint8Array, existing?: 'replace') => {
    try {
      preparePeForSignature(bytes, 'x.sys', existing);
    } catch (error) {
      return error;
    }
    return undefined;
  };

  test('has fewer than five data directories', () => {
    expect(refusal(bareImage({ directories: 4 }))).toMatchObject({ code: 'SIGN_NOT_SIGNABLE', exit: 4 });
  });

  test('has bytes after its certificate table, which nobody hashes alike', () => {
    const bytes = bareImage({ tail: new Uint8Array(24), certificates: 16 });
    expect(refusal(bytes)).toMatchObject({ code: 'SIGN_NOT_SIGNABLE' });
    expect(refusal(bytes, 'replace')).toMatchObject({ code: 'SIGN_NOT_SIGNABLE' });
  });

  test('has sections that overlap, for a verifier refuses it', () => {
    const sections = [
      [0x400, 0x200],
      [0x500, 0x200],
    ] as const;
    expect(refusal(bareImage({ sections }))).toMatchObject({ code: 'SIGN_NOT_SIGNABLE' });
  });

  test('is signed already, unless the signature is to be replaced', () => {
    expect(refusal(attach(bareImage({})))).toMatchObject({ code: 'SIGN_ALREADY_SIGNED', exit: 4 });
    expect(refusal(attach(bareImage({})), 'replace')).toBeUndefined();
  });

  test('has a certificate table beyond its end, unless the signature is to be replaced', () => {
    const bytes = bareImage({ tail: new Uint8Array(8), certificates: 4096 });
    expect(refusal(bytes)).toMatchObject({ code: 'SIGN_NOT_SIGNABLE' });
    expect(refusal(bytes, 'replace')).toBeUndefined();
  });
});

describe('removing a signature', () => {
  test('gives the padded image back, with a right checksum', () => {
    const unsigned = bareImage({ tail: Uint8Array.of(1, 2, 3) });
    const stripped = stripPeSignature(attach(unsigned), 'x.sys');
    const { checksumOffset } = parsePe(unsigned, 'x.sys');
    const bytes = concatBytes(unsigned, new Uint8Array(5));
    expect(parsePe(stripped, 'x.sys')).toMatchObject({ flaws: [], certificateTable: undefined });
    expect(parsePe(stripped, 'x.sys').checksum).toBe(peChecksum(bytes, checksumOffset));
    expect(stripped.length).toBe(bytes.length);
  });

  test('and signing again is the same as signing once', () => {
    const once = attach(bareImage({ tail: Uint8Array.of(1, 2, 3) }));
    const again = attachPeSignature(preparePeForSignature(once, 'x.sys', 'replace'), PKCS7);
    expect(again).toEqual(once);
    expect(attach(stripPeSignature(once, 'x.sys'))).toEqual(once);
  });

  test('does nothing to an unsigned image', () => {
    const bytes = bareImage({});
    expect(stripPeSignature(bytes, 'x.sys')).toEqual(bytes);
  });
});
