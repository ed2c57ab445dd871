import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { signPe } from '../../../packaging/signing/sign.ts';
import type { TreeVerdict } from '../../../packaging/signing/verdict.ts';
import type { FileBytes } from '../../../packaging/signing/verify.ts';
import { verifyTree } from '../../../packaging/signing/verify-package.ts';
import { type SignedPackage, signedPackage, standIn } from '../../support/signed-package.ts';
import { sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const AT_MS = Date.UTC(2026, 10, 24);

let made: SignedPackage;
beforeAll(async () => {
  made = await signedPackage();
}, 60_000);

const verify = (files: readonly FileBytes[], extraCatalogs: readonly FileBytes[] = []): TreeVerdict =>
  verifyTree({ files, trust: [made.root], atMs: AT_MS, extraCatalogs });

const without = (path: string): readonly FileBytes[] => made.files.filter((file) => file.path !== path);

const fileOf = (path: string): FileBytes => {
  const file = made.files.find((candidate) => candidate.path === path);
  if (file === undefined) throw new Error(`the package has no ${path}`);
  return file;
};

/** The package with one bit of one file flipped. */
const flipped = (path: string, offset: number): readonly FileBytes[] => {
  const bytes = fileOf(path).bytes.slice();
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return made.files.map((file) => (file.path === path ? { path, bytes } : file));
};

const reasons = ({ files }: TreeVerdict): Record<string, string | undefined> =>
  Object.fromEntries(
    files
      .filter(({ verdict }) => verdict !== 'valid')
      .map(({ path, verdict, reason }) => [path, `${verdict} ${reason}`]),
  );

describe('a package', () => {
  test('as winpv makes it is valid, every file by its own signature and by the catalog', () => {
    const report = verify(made.files);
    expect([report.verdict, reasons(report)]).toEqual(['valid', {}]);
    const driver = report.files.find(({ path }) => path === 'x64/demo.sys');
    expect(driver?.signatures.map(({ verdict, timestamp }) => [verdict, timestamp?.verdict])).toEqual([
      ['valid', 'valid'],
    ]);
    expect(driver?.catalogs).toMatchObject([
      { path: 'Demo.cat', verdict: 'valid', algorithm: 'sha256', name: 'demo.sys' },
    ]);
  });

  test('with another INF than the catalog lists is invalid, and the INF is named', () => {
    const report = verify(flipped('Demo.inf', fileOf('Demo.inf').bytes.length - 4));
    expect(reasons(report)['Demo.inf']).toBe('invalid VERIFY_NOT_IN_CATALOG');
    expect(report.verdict).toBe('invalid');
  });

  test('with a damaged driver says that the driver is not the signed one', () => {
    const report = verify(flipped('x86/demo.sys', 0x400));
    expect(reasons(report)).toEqual({ 'x86/demo.sys': 'invalid VERIFY_DIGEST_MISMATCH' });
    const codes = report.diagnostics.filter(({ severity }) => severity === 'error').map(({ code }) => code);
    expect(codes).toContain('VERIFY_NOT_IN_CATALOG');
  });

  test('with a damaged catalog is invalid in every file that the catalog lists', () => {
    const { bytes } = fileOf('Demo.cat');
    const report = verify(flipped('Demo.cat', bytes.length - 1));
    expect(report.verdict).toBe('invalid');
    expect(reasons(report)['Demo.cat']).toMatch(/^invalid VERIFY_/);
    expect(reasons(report)['Demo.inf']).toBe('invalid VERIFY_CATALOG_INVALID');
  });

  test('whose driver is signed for itself but is not in the catalog is invalid', async () => {
    const { signer } = signingParts(await sharedHierarchy());
    const bytes = await signPe(standIn({ timeDateStamp: 1 }), 'demo.sys', { signer });
    const report = verify(made.files.map((file) => (file.path === 'x64/demo.sys' ? { ...file, bytes } : file)));
    expect(reasons(report)).toEqual({ 'x64/demo.sys': 'invalid VERIFY_NOT_IN_CATALOG' });
    const driver = report.files.find(({ path }) => path === 'x64/demo.sys');
    expect(driver?.signatures.map(({ verdict }) => verdict)).toEqual(['valid']);
  });

  test('that lacks a file which the INF installs is invalid in its INF', () => {
    const report = verify(without('x86/demo.sys'));
    expect(reasons(report)).toEqual({ 'Demo.inf': 'invalid VERIFY_FILE_MISSING' });
    const finding = report.diagnostics.find(({ code }) => code === 'VERIFY_FILE_MISSING');
    expect(finding?.message).toContain('x86/Demo.sys');
  });

  test('that lacks its catalog is invalid, and unsigned where nothing else vouches', () => {
    const report = verify(without('Demo.cat'));
    expect(reasons(report)).toEqual({ 'Demo.inf': 'invalid VERIFY_CATALOG_MISSING' });
  });

  test('may have its catalog given apart', () => {
    expect(verify(without('Demo.cat'), [fileOf('Demo.cat')]).verdict).toBe('valid');
  });

  test('asks nothing of systems that the catalog is not for', () => {
    // The INF installs arm64/demo.sys too, but no ARM64 system is on the list.
    expect(made.files.map(({ path }) => path)).not.toContain('arm64/demo.sys');
    expect(verify(made.files).verdict).toBe('valid');
  });

  test('without the root is untrusted throughout', () => {
    const report = verifyTree({ files: made.files, trust: [], atMs: AT_MS });
    expect(new Set(report.files.map(({ verdict }) => verdict))).toEqual(new Set(['untrusted']));
  });
});

describe('a folder tree', () => {
  test('with a stray image that nothing vouches for is unsigned', () => {
    const bare = { path: 'tools/bare.exe', bytes: utf8('MZ is not enough') };
    expect(verify([...made.files, bare]).verdict).toBe('invalid');
    const text = { path: 'README.txt', bytes: utf8('read me') };
    const report = verify([...made.files, text]);
    expect(report.verdict).toBe('valid');
    expect(report.files.at(-1)).toMatchObject({ verdict: 'unsigned', reason: 'VERIFY_OTHER_FILE', counts: false });
  });

  test('of packages side by side judges each by its own catalog', () => {
    const placed = (folder: string, files: readonly FileBytes[]): readonly FileBytes[] =>
      files.map(({ path, bytes }) => ({ path: `${folder}/${path}`, bytes }));
    expect(verify([...placed('a/x64', made.files), ...placed('b/x64', made.files)]).verdict).toBe('valid');
    const half = verify([...placed('a/x64', made.files), ...placed('b/x64', without('Demo.cat'))]);
    expect(reasons(half)).toEqual({ 'b/x64/Demo.inf': 'invalid VERIFY_CATALOG_MISSING' });
  });

  test('with nothing that could be signed is unsigned, not valid', () => {
    expect(verify([1, 2].map((n) => ({ path: `${n}.txt`, bytes: utf8('text') }))).verdict).toBe('unsigned');
    expect(verify([]).verdict).toBe('unsigned');
  });

  test('of one INF asks for its catalog entry only', () => {
    expect(verify([fileOf('Demo.inf')], [fileOf('Demo.cat')]).verdict).toBe('valid');
    expect(verify([fileOf('Demo.inf')]).verdict).toBe('unsigned');
  });
});
