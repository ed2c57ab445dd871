import { expect, test } from 'vitest';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { describeCorpus } from '../../support/outside.ts';
import { JUDGED_AT_MS, ownRoots } from '../../support/signed-corpus.ts';

/** Both bits of every byte where the whole proof is asked for (by .ci/run); elsewhere every third byte, the bits in turn. */
const WHOLE = process.env.WINPV_REQUIRE_OUTSIDE === '1';
const MASKS = [0x01, 0x80] as const;
const STEP = WHOLE ? 1 : 3;

/** Flips a bit of every byte in turn and names the offsets at which the file is still called valid. */
const stillValid = (path: string, original: Uint8Array, trust: readonly Uint8Array[]): readonly string[] => {
  const bytes = original.slice();
  const found: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += STEP) {
    const masks = WHOLE ? MASKS : MASKS.slice(offset & 1, (offset & 1) + 1);
    for (const mask of masks) {
      bytes[offset] = (original[offset] ?? 0) ^ mask;
      const { verdict } = verifyFile({ path, bytes, catalogs: [], trust, atMs: JUDGED_AT_MS });
      if (verdict === 'valid') found.push(`${offset}^${mask}`);
    }
    bytes[offset] = original[offset] ?? 0;
  }
  return found;
};

describeCorpus('no byte of a signed file can be flipped unnoticed', (corpus) => {
  test.each([
    ['an image', 'pe/own/x64-sha256.sys'],
    ['a time-stamped image', 'pe/own/arm64-sha256-rfc3161.sys'],
    ['a time-stamped catalog, its roots embedded', 'cat-osslsigncode-signed/unsigned-signed.cat'],
    ['a time-stamped cabinet', 'cab/own/mszip-sha256-rfc3161.cab'],
  ])('%s: %s', { timeout: 240_000 }, (_what, path) => {
    const bytes = corpus.file(`signed/${path}`);
    const trust = ownRoots(corpus);
    expect(verifyFile({ path, bytes, catalogs: [], trust, atMs: JUDGED_AT_MS }).verdict).toBe('valid');
    expect(stillValid(path, bytes, trust)).toEqual([]);
  });
});
