import { describe, expect, test } from 'vitest';
import { SUMS_NAME, sha256Hex } from '../../release/output.ts';
import { checkSums } from '../../release/reading/verify-sums.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('the checksums of a release', () => {
  const sums = { path: SUMS_NAME, bytes: bytes(`${sha256Hex(bytes('a'))}  a.zip\n`) };
  const codesOf = (...paths: readonly string[]) =>
    checkSums([sums, { path: 'a.zip', bytes: bytes('a') }, ...paths.map((path) => ({ path, bytes: bytes('x') }))]).map(
      ({ code, at }) => `${code} ${at?.file}`,
    );

  test('need not list what a submission brought back beside it', () => {
    expect(codesOf('.winpv/submission-acme-x64.json', 'acme-x64-signed/drivers/1/demo.sys')).toEqual([]);
  });

  test('miss a folder of that name when there was no such submission', () => {
    const extra = 'acme-x64-signed/drivers/1/demo.sys';
    expect(codesOf('.winpv/submission-other-x64.json', extra)).toEqual([`SUMS_FILE_EXTRA ${extra}`]);
  });
});
