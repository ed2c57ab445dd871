import { describe, expect, test } from 'vitest';
import { concatBytes, toHex, u32leBytes } from '../../../core/bytes.ts';
import { attachCabSignature, prepareCabForSignature } from '../../../packaging/formats/cab/attach.ts';
import { cabDigest } from '../../../packaging/formats/cab/digest.ts';
import { parseCabHeader } from '../../../packaging/formats/cab/header.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { parseSignedData, signedDataOf } from '../../../packaging/formats/cms/parse.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import { attachPeSignature, preparePeForSignature } from '../../../packaging/formats/pe/attach.ts';
import { peChecksum, peDigest } from '../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { derMutants, MUTATION_NAMES, type Random, randomOf } from '../../support/der-mutation.ts';
import { type Corpus, describeCorpus } from '../../support/outside.ts';
import { JUDGED_AT_MS, ownRoots } from '../../support/signed-corpus.ts';

/** All of them where the whole proof is asked for (by .ci/run); a tenth elsewhere. */
const WHOLE = process.env.WINPV_REQUIRE_OUTSIDE === '1';
const SHARE = WHOLE ? 1 : 10;
/**
 * Together 13,000, beside the 93,000 flips of verify-flips.test.ts: 5 files, 160 for each of 13 changes of structure and 520
 * of the bytes.
 */
const OF_STRUCTURE = (160 * MUTATION_NAMES.length) / SHARE;
const OF_FILE = 520 / SHARE;
/** A verification that takes longer than this hangs; they take milliseconds. */
const MAX_MS = 5_000;

/** How a kind of file carries its signature. */
interface Carrier {
  readonly signature: (bytes: Uint8Array) => Uint8Array;
  readonly wrap: (original: Uint8Array) => (signature: Uint8Array) => Uint8Array;
  /** What the signature is about, as hex. */
  readonly covered: (bytes: Uint8Array) => string;
}

const tableOf = (bytes: Uint8Array): { readonly offset: number; readonly size: number } =>
  parsePe(bytes, 'a.sys').certificateTable ?? { offset: bytes.length, size: 0 };

const CARRIERS: Readonly<Record<'sys' | 'cab' | 'cat', Carrier>> = {
  sys: {
    signature: (bytes) => bytes.subarray(tableOf(bytes).offset + 8),
    wrap: (original) => {
      const prepared = preparePeForSignature(original, 'a.sys', 'replace');
      return (signature) => attachPeSignature(prepared, signature);
    },
    covered: (bytes) => toHex(peDigest(parsePe(bytes, 'a.sys'), 'sha256')),
  },
  cab: {
    signature: (bytes) => {
      const { offset = 0, size = 0 } = parseCabHeader(bytes, 'a.cab').authenticode?.signature ?? {};
      return bytes.subarray(offset, offset + size);
    },
    wrap: (original) => {
      const prepared = prepareCabForSignature(original, 'a.cab');
      return (signature) => attachCabSignature(prepared, signature, 'a.cab');
    },
    covered: (bytes) => toHex(cabDigest(bytes, 'a.cab', 'sha256')),
  },
  cat: {
    signature: (bytes) => bytes,
    wrap: () => (signature) => signature,
    covered: (bytes) => toHex(parseCatalog(bytes, 'a.cat').ctl),
  },
};

const FILES: readonly (readonly [what: string, path: string, kind: keyof typeof CARRIERS])[] = [
  ['an image with two signatures', 'pe/own/x64-dual-sha1-nested-sha256.sys', 'sys'],
  ['a time-stamped image', 'pe/own/arm64-sha256-rfc3161.sys', 'sys'],
  ['an image with page hashes', 'pe/own/x64-pagehash-sha256.sys', 'sys'],
  ['a time-stamped cabinet', 'cab/own/mszip-sha256-rfc3161.cab', 'cab'],
  ['a time-stamped catalog', 'cat-osslsigncode-signed/unsigned-signed.cat', 'cat'],
];

/** What the first signature signs and how: the parts that nothing may change while the verdict stays. */
const essence = (bytes: Uint8Array, { signature, covered }: Carrier): string => {
  const signed = parseSignedData(signedDataOf(parseDer(signature(bytes), { file: 'a', allowTrailing: true })));
  const [signer] = signed.signers;
  return [
    covered(bytes),
    toHex(signed.content?.bytes ?? new Uint8Array(0)),
    toHex(signer?.signedAttributes?.asSet ?? new Uint8Array(0)),
    toHex(signer?.signature ?? new Uint8Array(0)),
  ].join('\n');
};

/** What a report says of signers and times. A mutant may lose a nested signature or a stamp, but gain none. */
const claims = ({ signatures }: FileVerdict): readonly string[] =>
  signatures.flatMap(({ thumbprint, digestAlgorithm, programName, timestamp }) => [
    `signed ${thumbprint} ${digestAlgorithm} ${programName}`,
    ...(timestamp?.verdict === 'valid' ? [`stamped ${timestamp.time} ${timestamp.subject}`] : []),
  ]);

interface Subject {
  readonly path: string;
  readonly carrier: Carrier;
  readonly original: Uint8Array;
  readonly trust: readonly Uint8Array[];
}

const subjectOf = (corpus: Corpus, path: string, kind: keyof typeof CARRIERS): Subject => ({
  path,
  carrier: CARRIERS[kind],
  original: corpus.file(`signed/${path}`),
  trust: ownRoots(corpus),
});

const judged = ({ path, trust }: Subject, bytes: Uint8Array): FileVerdict =>
  verifyFile({ path, bytes, catalogs: [], trust, atMs: JUDGED_AT_MS });

/** Says what is wrong with the verdict on a mutant; undefined when nothing is. */
const judgeMutants = (subject: Subject) => {
  const whole = judged(subject, subject.original);
  expect(whole.verdict).toBe('valid');
  const [kept, known] = [essence(subject.original, subject.carrier), new Set(claims(whole))];
  return (mutant: Uint8Array): string | undefined => {
    const start = performance.now();
    const verdict = judged(subject, mutant);
    if (performance.now() - start > MAX_MS) return 'took too long';
    if (verdict.verdict !== 'valid') return verdict.reason === undefined ? 'has no reason' : undefined;
    if (essence(mutant, subject.carrier) !== kept) return 'is valid, and something signed is another';
    const gained = claims(verdict).find((claim) => !known.has(claim));
    return gained === undefined ? undefined : `is valid and claims "${gained}"`;
  };
};

/** Collects complaints with what is needed to make the mutant again. */
const complaintsOf = (count: number, mutate: (i: number, random: Random) => string | undefined): readonly string[] => {
  const complaints: string[] = [];
  for (let i = 0; i < count && complaints.length < 5; i += 1) {
    try {
      const complaint = mutate(i, randomOf(i + 1));
      if (complaint !== undefined) complaints.push(`mutant ${i} ${complaint}`);
    } catch (error) {
      complaints.push(`mutant ${i} threw ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
  return complaints;
};

const checksummed = (bytes: Uint8Array): Uint8Array => {
  try {
    const { checksumOffset } = parsePe(bytes, 'a.sys');
    bytes.set(u32leBytes(peChecksum(bytes, checksumOffset)), checksumOffset);
  } catch {
    // Too damaged to have a checksum: it goes to the verifier as it is.
  }
  return bytes;
};

/** Overwrites, cuts, moves and repeats runs of a file, in one to four places; a checksum is made right again. */
const fileMutant = (original: Uint8Array, random: Random): Uint8Array => {
  let bytes: Uint8Array = original.slice();
  for (let n = 1 + random(4); n > 0; n -= 1) {
    const at = random(4) === 0 ? random(512) : random(bytes.length);
    const length = 1 + random(random(8) === 0 ? 4096 : 24);
    const from = random(bytes.length);
    const run = bytes.slice(from, from + length);
    const kind = random(6);
    if (kind === 0) bytes = concatBytes(bytes.subarray(0, at), bytes.subarray(at + length));
    else if (kind === 1) bytes = concatBytes(bytes.subarray(0, at), run, bytes.subarray(at));
    else if (kind === 2) bytes.set(run.subarray(0, Math.max(0, bytes.length - at)), at);
    else for (let i = at; i < Math.min(bytes.length, at + length); i += 1) bytes[i] = kind === 3 ? 0 : random(256);
  }
  return checksummed(bytes);
};

describeCorpus('no mutant of a signed file is taken for the file, or stops the verifier', (corpus) => {
  describe.each(FILES)('%s: %s', (_what, path, kind) => {
    test('with its signature changed as a structure', { timeout: 240_000 }, () => {
      const subject = subjectOf(corpus, path, kind);
      const [mutants, wrap, complaint] = [
        derMutants(subject.carrier.signature(subject.original)),
        subject.carrier.wrap(subject.original),
        judgeMutants(subject),
      ];
      const found = complaintsOf(OF_STRUCTURE, (i, random) => {
        const name = MUTATION_NAMES[i % MUTATION_NAMES.length] ?? '';
        const said = complaint(wrap(mutants(name, random)));
        return said === undefined ? undefined : `(${name}) ${said}`;
      });
      expect(found).toEqual([]);
    });

    test('with runs of bytes changed anywhere', { timeout: 240_000 }, () => {
      const subject = subjectOf(corpus, path, kind);
      const complaint = judgeMutants(subject);
      expect(complaintsOf(OF_FILE, (_i, random) => complaint(fileMutant(subject.original, random)))).toEqual([]);
    });
  });
});

describeCorpus('a certificate table that was tampered with', (corpus) => {
  const path = 'pe/own/x64-sha256-rfc3161.sys';
  const signed = corpus.file(`signed/${path}`);
  const { certificateDirectoryOffset: directory = 0 } = parsePe(signed, path);
  const table = tableOf(signed);
  const verdictOf = (bytes: Uint8Array): string => {
    const { verdict, reason } = judged(subjectOf(corpus, path, 'sys'), checksummed(bytes));
    return `${verdict} ${reason}`;
  };
  const pointing = (bytes: Uint8Array, offset: number, size: number): Uint8Array => {
    const copy = bytes.slice();
    copy.set(concatBytes(u32leBytes(offset), u32leBytes(size)), directory);
    return copy;
  };
  const [body, entry] = [signed.subarray(0, table.offset), signed.subarray(table.offset)];

  test('is noticed when it was moved behind bytes that nobody signed', () => {
    const moved = concatBytes(body, new Uint8Array(64), entry);
    expect(verdictOf(pointing(moved, table.offset + 64, table.size))).toBe('invalid VERIFY_DIGEST_MISMATCH');
  });

  test('is noticed when bytes were put behind it, inside or outside of its size', () => {
    const longer = concatBytes(signed, new Uint8Array(64).fill(0x41));
    expect(verdictOf(pointing(longer, table.offset, table.size))).toMatch(
      /^invalid VERIFY_(TRAILING_DATA|DIGEST_MISMATCH)$/,
    );
    expect(verdictOf(pointing(longer, table.offset, table.size + 64))).toMatch(/^invalid /);
    const inside = concatBytes(body, u32leBytes(table.size + 64), entry.subarray(4), new Uint8Array(64).fill(0x41));
    expect(verdictOf(pointing(inside, table.offset, table.size + 64))).toBe('invalid VERIFY_TRAILING_DATA');
  });

  test.each([0, 8, 4, table.size - 8, table.size + 8, 0x7fff_fff8, 0xffff_fff8])('has no size of %i', (size) => {
    expect(verdictOf(pointing(signed, table.offset, size))).not.toMatch(/^valid/);
  });

  test.each([0, 1, 7, table.size - 8, table.size + 1, 0x8000_0000, 0xffff_ffff])(
    'has no entry of length %i',
    (length) => {
      const copy = concatBytes(body, u32leBytes(length), entry.subarray(4));
      expect(verdictOf(copy)).not.toMatch(/^valid/);
    },
  );

  test('may count the padding of its entry or not, which is all that may differ', () => {
    const copy = concatBytes(body, u32leBytes(table.size - 1), entry.subarray(4));
    expect(copy.at(-1)).toBe(0);
    expect(verdictOf(copy)).toBe('valid undefined');
    copy[copy.length - 1] = 1;
    expect(verdictOf(copy)).toMatch(/^invalid/);
  });

  test('from another image says that it is of another', () => {
    const other = corpus.file('signed/pe/own/x86-sha256-rfc3161.sys');
    const stolen = other.subarray(tableOf(other).offset + 8);
    const grafted = CARRIERS.sys.wrap(signed)(stolen);
    expect(verdictOf(grafted)).toBe('invalid VERIFY_DIGEST_MISMATCH');
  });
});
