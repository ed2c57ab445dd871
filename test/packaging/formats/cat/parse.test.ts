import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareBytes, concatBytes, equalBytes, toHex, utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { encodeCtl, encodeUnsignedCatalog } from '../../../../packaging/formats/cat/encode.ts';
import { membersOf } from '../../../../packaging/formats/cat/member.ts';
import { type CatalogContent, textAttribute } from '../../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../../packaging/formats/cat/parse.ts';
import { showCatalog } from '../../../../packaging/formats/cat/show.ts';
import type { CatalogSubject } from '../../../../packaging/formats/cat/subject.ts';
import { describeCorpus } from '../../../support/outside.ts';

const text = (content: string): CatalogSubject => ({
  kind: 'flat',
  digest: (algorithm) => new Uint8Array(createHash(algorithm).update(content).digest()),
});

const sample = (version: 1 | 2, names: readonly string[] = ['a.inf', 'b.dat']): CatalogContent => ({
  version,
  listIdentifier: new Uint8Array(16).fill(7),
  thisUpdate: Date.UTC(2026, 10, 24, 15, 2, 3),
  members: names.flatMap((name) => membersOf(text(name), { version, attributes: [textAttribute('File', name)] })),
  attributes: [textAttribute('OS', '_v100_X64'), textAttribute('HWID1', 'xenbus\\ven_xp0001&dev_vbd')],
  otherExtensions: [],
});

const codeOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    if (error instanceof WinpvError) return error.code;
    throw error;
  }
  return 'no error';
};

/** The bytes with the first occurrence of one part replaced by another of the same length. */
const replaced = (bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array => {
  const at = Buffer.from(bytes).indexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to.length).toBe(from.length);
  const out = bytes.slice();
  out.set(to, at);
  return out;
};

describe('a catalog that we wrote', () => {
  test.each([1, 2] as const)(
    'of version %i is read back as it was given, members in the order of their tags',
    (version) => {
      const content = sample(version);
      const { content: read, ctl, ctlValue, findings } = parseCatalog(encodeUnsignedCatalog(content), 'a.cat');
      const members = [...content.members].sort((a, b) => compareBytes(a.tag, b.tag));
      expect(JSON.stringify(read.members.map(({ tag }) => toHex(tag)))).toBe(
        JSON.stringify(members.map(({ tag }) => toHex(tag))),
      );
      expect({ ...read, members: [], attributes: [] }).toEqual({ ...content, members: [], attributes: [] });
      expect(toHex(ctl)).toBe(toHex(encodeCtl(content)));
      expect(equalBytes(ctl.subarray(ctl.length - ctlValue.length), ctlValue)).toBe(true);
      expect(findings).toEqual([]);
    },
  );

  test('has the time as GeneralizedTime from 2050 on, and reads it', () => {
    const content = { ...sample(2), thisUpdate: Date.UTC(2050, 0, 1) };
    const bytes = encodeUnsignedCatalog(content);
    expect(Buffer.from(bytes).includes('20500101000000Z')).toBe(true);
    expect(parseCatalog(bytes, 'a.cat').content.thisUpdate).toBe(content.thisUpdate);
  });

  test('without any attribute has no extensions field', () => {
    const { content } = parseCatalog(encodeUnsignedCatalog({ ...sample(2), attributes: [] }), 'a.cat');
    expect(content.attributes).toEqual([]);
  });

  test('keeps what it does not know: another member attribute, another extension', () => {
    const attribute = Uint8Array.from(Buffer.from('3009060355040331020500', 'hex'));
    const extension = Uint8Array.from(Buffer.from('3009060355041d0402aabb', 'hex'));
    const [first, ...rest] = sample(2).members;
    const members = first === undefined ? [] : [{ ...first, otherAttributes: [attribute] }, ...rest];
    const bytes = encodeUnsignedCatalog({ ...sample(2), members, otherExtensions: [extension] });
    const read = parseCatalog(bytes, 'a.cat');
    expect(toHex(encodeUnsignedCatalog(read.content))).toBe(toHex(bytes));
    expect(read.content.otherExtensions.map(toHex)).toEqual([toHex(extension)]);
    expect(read.content.members.flatMap((member) => member.otherAttributes.map(toHex))).toEqual([toHex(attribute)]);
  });
});

describe('a catalog that departs from the rules', () => {
  test('members out of order are read and reported', () => {
    const content = sample(2);
    const [first, second] = [...content.members]
      .sort((a, b) => compareBytes(a.tag, b.tag))
      .filter(({ tag }) => tag.length === 32);
    const [a, b] = [first?.tag ?? new Uint8Array(0), second?.tag ?? new Uint8Array(0)];
    const mark = new Uint8Array(32).fill(1);
    const swapped = replaced(replaced(replaced(encodeUnsignedCatalog(content), a, mark), b, a), mark, b);
    expect(parseCatalog(swapped, 'a.cat').findings.map(({ code }) => code)).toEqual(['CAT_NOT_SORTED']);
  });

  test('two members of one tag are read and reported', () => {
    const content = sample(2, ['a.inf', 'a.inf']);
    expect(parseCatalog(encodeUnsignedCatalog(content), 'a.cat').findings.map(({ code }) => code)).toEqual([
      'CAT_DUPLICATE',
    ]);
  });

  test.each([
    ['other text', utf8('[Version]'), 'CAT_NOT_A_CATALOG'],
    ['nothing', new Uint8Array(0), 'CAT_NOT_A_CATALOG'],
    ['bytes after it', concatBytes(encodeUnsignedCatalog(sample(2)), new Uint8Array(16)), 'DER_TRAILING_DATA'],
    ['a missing end', encodeUnsignedCatalog(sample(2)).subarray(0, 300), 'DER_TRUNCATED'],
    [
      'signed data of something else',
      replaced(
        encodeUnsignedCatalog(sample(2)),
        Uint8Array.from(Buffer.from('2b0601040182370a01', 'hex')),
        Uint8Array.from(Buffer.from('2a864886f70d010701', 'hex')),
      ),
      'CAT_NOT_A_CATALOG',
    ],
    [
      'a trust list of another use',
      replaced(
        encodeUnsignedCatalog(sample(2)),
        Uint8Array.from(Buffer.from('2b060104018237 0c0101'.replace(' ', ''), 'hex')),
        Uint8Array.from(Buffer.from('2b0601040182370a0609', 'hex')),
      ),
      'CAT_NOT_A_CATALOG',
    ],
    [
      'a kind that does not exist',
      replaced(
        encodeUnsignedCatalog(sample(2)),
        Uint8Array.from(Buffer.from('31028200', 'hex')),
        Uint8Array.from(Buffer.from('31028300', 'hex')),
      ),
      'CAT_MALFORMED',
    ],
  ])('%s is refused', (_what, bytes, code) => {
    expect(codeOf(() => parseCatalog(bytes, 'a.cat'))).toBe(code);
  });
});

/** Reads and shows; anything but a value or a WinpvError is a failure. */
const readsOrRefuses = (bytes: Uint8Array): void => {
  try {
    const catalog = parseCatalog(bytes, 'mutated.cat');
    showCatalog(catalog);
    encodeCtl(catalog.content);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
  }
};

const mutations = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });

const mutated = (bytes: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array => {
  const out = bytes.slice();
  for (const [at, value] of changes) out[at % out.length] = value;
  return out;
};

describe('whatever the bytes', () => {
  test('a catalog with some of them changed gives a value or a WinpvError', () => {
    const bytes = [encodeUnsignedCatalog(sample(1)), encodeUnsignedCatalog(sample(2))];
    fc.assert(
      fc.property(fc.constantFrom(...bytes), mutations, fc.nat(), (original, changes, cut) => {
        readsOrRefuses(mutated(original, changes));
        readsOrRefuses(original.subarray(0, cut % original.length));
      }),
      { numRuns: 2000 },
    );
  });

  test('every single byte of a small catalog changed in turn', () => {
    const bytes = encodeUnsignedCatalog(sample(2, ['a.inf']));
    for (let at = 0; at < bytes.length; at += 1) {
      for (const value of [0x00, 0x30, 0x80, 0xff]) readsOrRefuses(mutated(bytes, [[at, value]]));
    }
    expect(bytes.length).toBeGreaterThan(300);
  });
});

describeCorpus('real catalogs', (corpus) => {
  const real = (name: string): Uint8Array => corpus.file(`signed/${name}`);

  test.each([
    ['tampered/cat-trailing-bytes.cat', 'DER_TRAILING_DATA'],
    ['tampered/cat-truncated.cat', 'DER_TRUNCATED'],
  ])('%s is refused', (name, code) => {
    expect(codeOf(() => parseCatalog(real(name), name))).toBe(code);
  });

  test('with some of their bytes changed give a value or a WinpvError', () => {
    const originals = [
      'inf2cat-v1/stmcdc-hybrid-sha1-sha256/stmcdc.cat',
      'makecat/osslsigncode-unsigned/unsigned.cat',
      'microsoft-signed/windows-update-2025-v2/115fe864.cat',
    ].map(real);
    fc.assert(
      fc.property(fc.constantFrom(...originals), mutations, (original, changes) => {
        readsOrRefuses(mutated(original, changes));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a large catalog', () => {
  test('of 2,000 files is written and read in seconds even on a busy machine (alone: tens of milliseconds)', () => {
    const content = sample(
      2,
      Array.from({ length: 2000 }, (_, i) => `file-${i}.dat`),
    );
    const started = performance.now();
    const bytes = encodeUnsignedCatalog(content);
    const encoded = performance.now();
    const { content: read } = parseCatalog(bytes, 'large.cat');
    const parsed = performance.now();
    expect(read.members.length).toBe(4000);
    expect(encoded - started).toBeLessThan(2000);
    expect(parsed - encoded).toBeLessThan(2000);
  });
});
