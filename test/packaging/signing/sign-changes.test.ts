import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { concatBytes } from '../../../core/bytes.ts';
import { stripPeSignature } from '../../../packaging/formats/pe/attach.ts';
import { peChecksum, peDigest } from '../../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import { signPe } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import { certifyTestKeys, testSigners } from '../../../packaging/signing/test-hierarchy.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { describeCorpus, hasOracle } from '../../support/outside.ts';
import { newKey } from '../../support/test-keys.ts';
import { bareImage } from '../formats/pe/bare-image.ts';

/**
 * Signing an image changes the checksum, the certificate directory entry and the tail, and nothing else. The offsets are
 * found here from the headers, not by the product's parser.
 */
let signer: Signer;
let root: Uint8Array;
beforeAll(async () => {
  const keys = { root: newKey('EC P-256'), signer: newKey('EC P-256'), tsa: newKey('EC P-256') };
  const hierarchy = await certifyTestKeys('Example', keys);
  signer = testSigners(hierarchy).signer;
  root = hierarchy.root.certificate;
});

interface Fields {
  readonly checksum: number;
  readonly entry: number;
  /** Of the certificate table; the end of the file when there is none. */
  readonly table: number;
}

const fieldsOf = (bytes: Uint8Array): Fields => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const optional = view.getUint32(0x3c, true) + 24;
  const entry = optional + (view.getUint16(optional, true) === 0x20b ? 112 : 96) + 4 * 8;
  const table = view.getUint32(entry, true);
  return { checksum: optional + 64, entry, table: table === 0 ? bytes.length : table };
};

/** What signing may not change: up to the table, padded, with both fields blank. */
const kept = (bytes: Uint8Array): Uint8Array => {
  const { checksum, entry, table } = fieldsOf(bytes);
  const copy = concatBytes(bytes.subarray(0, table), new Uint8Array(-table & 7));
  copy.fill(0, checksum, checksum + 4);
  copy.fill(0, entry, entry + 8);
  return copy;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const checkSigning = async (bytes: Uint8Array, name: string): Promise<void> => {
  const before = sha256(bytes);
  const signed = await signPe(bytes, name, { signer, existing: 'replace' });
  expect(sha256(bytes), 'the input').toBe(before);
  expect(sha256(kept(signed)), `${name}: what is kept`).toBe(sha256(kept(bytes)));
  const { checksum, entry, table } = fieldsOf(signed);
  const view = new DataView(signed.buffer, signed.byteOffset, signed.byteLength);
  expect(table + view.getUint32(entry + 4, true), 'the table ends the file').toBe(signed.length);
  expect(view.getUint32(table, true), 'dwLength').toBe(signed.length - table);
  expect(signed.length % 8).toBe(0);
  expect(view.getUint32(checksum, true), 'the checksum').toBe(peChecksum(signed, checksum));
  const image = parsePe(signed, name);
  expect(peDigest(image, 'sha256'), 'the hash').toEqual(peDigest(parsePe(bytes, name), 'sha256'));
  const { verdict, diagnostics } = verifyFile({
    ...{ path: name, bytes: signed, catalogs: [], trust: [root], atMs: Date.UTC(2026, 5, 1) },
  });
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(verdict).toBe('valid');
  const stripped = stripPeSignature(signed, name);
  expect(sha256(kept(stripped)), 'stripped again').toBe(sha256(kept(bytes)));
  expect(stripped.length).toBe(kept(bytes).length);
};

describeCorpus('signing a real image changes three places', (corpus) => {
  const folder = corpus.path('signed/pe/own');
  test.each(readdirSync(folder))('%s', async (name) => {
    await checkSigning(corpus.file(`signed/pe/own/${name}`), name);
  });

  test('whatever follows its last section, at any length', async () => {
    const images = ['x64.sys', 'x86.sys', 'arm64.sys', 'msvc64.sys'].map((name) =>
      corpus.file(`signed/pe/own/${name}`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...images), fc.uint8Array({ maxLength: 4096 }), async (image, overlay) => {
        await checkSigning(concatBytes(image, overlay), 'overlay.sys');
      }),
      { numRuns: 60 },
    );
  });
});

const EFI = '/usr/lib/systemd/boot/efi';
const stubs = existsSync(EFI) ? readdirSync(EFI).filter((name) => /\.efi(\.stub)?$/.test(name)) : [];

describe('signing a boot loader of the system changes three places', () => {
  test.skipIf(stubs.length === 0)('each that is installed', async () => {
    for (const name of stubs) await checkSigning(new Uint8Array(readFileSync(join(EFI, name))), name);
  });
});

describe('signing what another compiler made changes three places', () => {
  const work = mkdtempSync(join(tmpdir(), 'winpv-mingw-'));
  afterAll(() => rmSync(work, { recursive: true, force: true }));
  const source = join(work, 'a.c');
  const SHAPES: readonly (readonly string[])[] = [
    [],
    ['-s'],
    ['-s', '-Wl,--file-alignment,16'],
    ['-g'],
    ['-shared'],
    ['-nostdlib', '-Wl,--subsystem,native', '-Wl,--entry,main'],
  ];

  for (const compiler of ['x86_64-w64-mingw32-gcc', 'i686-w64-mingw32-gcc']) {
    const there = spawnSync(compiler, ['--version'], { stdio: 'ignore' }).error === undefined;
    test.skipIf(!there)(`${compiler}, in several shapes and with tails of 0 to 9 bytes`, async () => {
      writeFileSync(source, 'int main(void) { return 0; }\nvoid __main(void) {}\n');
      for (const [i, shape] of SHAPES.entries()) {
        const out = join(work, `${compiler}-${i}.exe`);
        const { status, stderr } = spawnSync(compiler, [...shape, '-o', out, source]);
        expect(status, `${shape.join(' ')}: ${stderr}`).toBe(0);
        const bytes = new Uint8Array(readFileSync(out));
        for (const tail of [0, 1, 2, 3, 7, 8, 9]) {
          await checkSigning(concatBytes(bytes, new Uint8Array(tail).fill(0xa5)), `${compiler} ${shape.join(' ')}`);
        }
      }
    });
  }
  test('the compiler that tests always have is one of them', () => {
    expect(hasOracle('x86_64-w64-mingw32-gcc') || process.env.WINPV_REQUIRE_OUTSIDE !== '1').toBe(true);
  });
});

describe('an image that has a certificate table already', () => {
  test('loses it when the table ends the file, and nothing before it changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 3 }), async (eighths, sections) => {
        const places = Array.from({ length: sections + 1 }, (_, i) => [0x400 + 0x200 * i, 0x200] as const);
        const table = new Uint8Array(eighths * 8).fill(1);
        await checkSigning(bareImage({ sections: places, tail: table, certificates: table.length }), 'x.sys');
      }),
      { numRuns: 40 },
    );
  });

  test('is refused when the table stands in the middle: what follows it has no place in any hash', async () => {
    for (const rest of [8, 16, 1024]) {
      const tail = new Uint8Array(64 + rest).fill(1);
      tail.set([64, 0, 0, 0]);
      const bytes = bareImage({ tail, certificates: 64 });
      for (const existing of ['replace', 'refuse', 'append'] as const) {
        const signing = signPe(bytes, 'x.sys', { signer, existing });
        await expect(signing).rejects.toMatchObject({ code: 'SIGN_NOT_SIGNABLE' });
      }
    }
  });
});
