import { describe, expect, test } from 'vitest';
import { concatBytes, toHex } from '../../../../core/bytes.ts';
import { attachCabSignature, prepareCabForSignature } from '../../../../packaging/formats/cab/attach.ts';
import { cabDigest, cabSignature } from '../../../../packaging/formats/cab/digest.ts';
import { encodeCab } from '../../../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../../../packaging/formats/cab/parse.ts';
import { hex } from '../../../support/hex.ts';
import { describeCorpus, describeData } from '../../../support/outside.ts';
import { codeOf, input, noise, patched, prose } from './samples.ts';

const cabinet = encodeCab([input('p/a.sys', prose(70_000)), input('p/a.inf', noise(100))], { compress: 'mszip' });
const prepared = prepareCabForSignature(cabinet);
/** Not a signature, but a place is all that attaching needs. */
const pkcs7 = concatBytes(hex`30 82 01 00`, noise(257));
const signed = attachCabSignature(prepared, pkcs7);
const unpack = (bytes: Uint8Array) =>
  extractCab(parseCab(bytes, 'a.cab')).map((entry) => [entry.name, toHex(entry.bytes)] as const);

describe('room for a signature', () => {
  test('is 24 bytes behind the header, and every offset moves with it', () => {
    expect(prepared.length).toBe(cabinet.length + 24);
    expect(toHex(prepared.subarray(36, 44))).toBe(toHex(hex`14 00 00 00 00 00 10 00`));
    expect(new DataView(prepared.buffer).getUint32(44, true)).toBe(prepared.length);
    expect(toHex(prepared.subarray(48, 60))).toBe('00'.repeat(12));
    expect(unpack(prepared)).toEqual(unpack(cabinet));
  });

  test('made twice is the same as made once', () => {
    expect(Buffer.compare(prepareCabForSignature(prepared), prepared)).toBe(0);
  });

  test('is not made in a reserved area that holds something, nor before bytes that nothing describes', () => {
    const used = patched(prepared, 40, 1, 2, 3, 4);
    expect(codeOf(() => prepareCabForSignature(used))).toBe('CAB_RESERVE_IN_USE');
    expect(codeOf(() => prepareCabForSignature(concatBytes(cabinet, noise(1))))).toBe('CAB_TRAILING_DATA');
  });
});

describe('a signature', () => {
  test('follows the cabinet, unpadded, and only its offset and size are written besides', () => {
    const expected = patched(prepared, 48, pkcs7.length & 0xff, pkcs7.length >>> 8);
    expect(Buffer.compare(signed, concatBytes(expected, pkcs7))).toBe(0);
    const found = cabSignature(parseCab(signed, 'a.cab'));
    expect(found?.offset).toBe(prepared.length);
    expect(Buffer.compare(found?.bytes ?? cabinet, pkcs7)).toBe(0);
    expect(parseCab(signed, 'a.cab').trailingSize).toBe(0);
    expect(unpack(signed)).toEqual(unpack(cabinet));
  });

  test('is dropped when room is made again', () => {
    expect(Buffer.compare(prepareCabForSignature(signed), prepared)).toBe(0);
  });

  test('needs room that is empty', () => {
    expect(codeOf(() => attachCabSignature(cabinet, pkcs7))).toBe('CAB_NOT_PREPARED');
    expect(codeOf(() => attachCabSignature(signed, pkcs7))).toBe('CAB_NOT_PREPARED');
  });

  test('that is said to lie elsewhere, or to reach beyond the file, is an error', () => {
    expect(codeOf(() => parseCab(patched(signed, 44, 0x24), 'a.cab'))).toBe('CAB_MALFORMED');
    expect(codeOf(() => parseCab(signed.subarray(0, signed.length - 1), 'a.cab'))).toBe('CAB_TRUNCATED');
  });

  test('inside the reserved area (structure 2 is the PKCS#7) is found too', () => {
    const inside = concatBytes(
      cabinet.subarray(0, 36),
      hex`24 00 00 00 ; a reserved area of 36 bytes
          00 00 20 00 ; structure 2 has 32`,
      hex`30 1e`,
      noise(30),
      cabinet.subarray(36),
    );
    const view = new DataView(inside.buffer);
    view.setUint32(8, inside.length, true);
    view.setUint32(16, 44 + 40, true);
    view.setUint16(30, 4, true);
    view.setUint32(76, view.getUint32(76, true) + 40, true);
    expect(cabSignature(parseCab(inside, 'a.cab'))?.offset).toBe(44);
    expect(unpack(inside)).toEqual(unpack(cabinet));
    expect(toHex(cabDigest(inside, 'a.cab', 'sha256'))).not.toBe(toHex(cabDigest(prepared, 'a.cab', 'sha256')));
  });
});

describe('the hash of a cabinet', () => {
  test('does not change when the signature is attached', () => {
    expect(toHex(cabDigest(signed, 'a.cab', 'sha256'))).toBe(toHex(cabDigest(prepared, 'a.cab', 'sha256')));
  });

  test('covers, or what reads the header refuses, a change of any byte before the signature but of two', () => {
    const small = attachCabSignature(
      prepareCabForSignature(encodeCab([input('a', noise(20))], { compress: 'none' })),
      pkcs7,
    );
    const right = toHex(cabDigest(small, 'a.cab', 'sha256'));
    const uncovered: number[] = [];
    for (let at = 0; at < small.length - pkcs7.length; at += 1) {
      const digest = digestOrUndefined(patched(small, at, (small[at] ?? 0) ^ 0x80));
      if (digest === right) uncovered.push(at);
    }
    // 38 and 39 are the sizes of the reserved areas of folders and blocks: reading the rest fails with others.
    expect(uncovered).toEqual([38, 39]);
  });

  const digestOrUndefined = (bytes: Uint8Array): string | undefined => {
    let digest: string | undefined;
    codeOf(() => {
      digest = toHex(cabDigest(bytes, 'a.cab', 'sha256'));
    });
    return digest;
  };
});

interface CabVector {
  readonly kind: string;
  readonly authenticode?: Readonly<Record<'sha1' | 'sha256', string>>;
  readonly authenticodeUnsigned?: Readonly<Record<'sha1' | 'sha256', string>>;
  readonly signature?: { readonly offset: number; readonly size: number };
  readonly reserveHeaderBytes?: number;
  readonly reserveFolderBytes?: number;
  readonly reserveDataBytes?: number;
}

describeData('the recorded cabinets', '../corpus/signed/vectors.json', (data) => {
  const vectors = Object.entries(data as Record<string, CabVector>).filter(([, { kind }]) => kind === 'cab');

  describeCorpus('have the recorded', ({ file }) => {
    test('number of samples', () => {
      expect(vectors.length).toBeGreaterThanOrEqual(10);
    });

    test.each(vectors)('hashes, signature and reserved areas: %s', (name, vector) => {
      const bytes = file(`signed/${name}`);
      const parsed = parseCab(bytes, name);
      const hashes = vector.authenticode ?? vector.authenticodeUnsigned;
      for (const [algorithm, digest] of Object.entries(hashes ?? {})) {
        expect(toHex(cabDigest(bytes, name, algorithm as 'sha1' | 'sha256'))).toBe(digest);
      }
      expect(parsed.authenticode?.signature).toEqual(vector.signature);
      expect(parsed.reserve.length).toBe(vector.reserveHeaderBytes ?? 0);
      expect(parsed.folderReserveSize).toBe(vector.reserveFolderBytes ?? 0);
      expect(parsed.dataReserveSize).toBe(vector.reserveDataBytes ?? 0);
      expect(parsed.warnings).toEqual([]);
    });

    test('hash of mszip.cab, once it has room: what osslsigncode signed', () => {
      const prepared = prepareCabForSignature(file('signed/cab/own/mszip.cab'));
      const signedBytes = file('signed/cab/own/mszip-sha256-rfc3161.cab');
      expect(toHex(cabDigest(prepared, 'mszip.cab', 'sha256'))).toBe(
        toHex(cabDigest(signedBytes, 'signed.cab', 'sha256')),
      );
      const signature = cabSignature(parseCab(signedBytes, 'signed.cab'));
      expect(Buffer.compare(attachCabSignature(prepared, signature?.bytes ?? prepared), signedBytes)).toBe(0);
    });

    test.each([
      ['reserve-cabinet-6144', -6124],
      ['reserve-folder-128', 20],
      ['reserve-data-16', 20],
    ])('reserved areas of MakeCab kinds make room too: %s', (name, growth) => {
      const bytes = file(`signed/cab/own/${name}.cab`);
      const withRoom = prepareCabForSignature(bytes);
      expect(withRoom.length - bytes.length).toBe(growth);
      expect(unpack(attachCabSignature(withRoom, pkcs7))).toEqual(unpack(bytes));
    });
  });
});
