import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { signCatalog, signPe } from '../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { describeCorpus, type OracleTool, oracle, withTempFolder } from '../support/outside.ts';
import { hierarchyWith, KEY_KINDS, pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';

const UNSIGNED_IMAGES = ['x64', 'x86', 'arm64', 'msvc64', 'x64-odd-overlay', 'msvc64-odd-rsrc'];

/** Runs `osslsigncode verify` on a file with the test root trusted for signing and for time stamps. */
const verifyWith = (tool: OracleTool, folder: string, hierarchy: TestHierarchy, ...args: readonly string[]) => {
  const root = join(folder, 'root.pem');
  writeFileSync(root, pem(hierarchy.root.certificate));
  return tool('verify', ...args, '-CAfile', root, '-TSA-CAfile', root);
};

const output = (run: { stdout: Buffer; stderr: string }): string => `${run.stdout.toString()}${run.stderr}`;

describeCorpus('what winpv signs, osslsigncode accepts', (corpus) => {
  for (const name of UNSIGNED_IMAGES) {
    for (const stamped of [false, true]) {
      oracle('osslsigncode', `accepts ${name}.sys ${stamped ? 'with' : 'without'} a time stamp`, async (tool) => {
        const hierarchy = await sharedHierarchy();
        const { signer, timestamper } = signingParts(hierarchy);
        const signed = await signPe(corpus.file(`signed/pe/own/${name}.sys`), name, {
          signer,
          ...(stamped ? { timestamper } : {}),
        });
        await withTempFolder((folder) => {
          const file = join(folder, 'signed.sys');
          writeFileSync(file, signed);
          const run = verifyWith(tool, folder, hierarchy, '-in', file);
          expect(output(run)).toContain('Signature verification: ok');
          expect(output(run)).toContain('Number of verified signatures: 1');
          if (stamped) expect(output(run)).toContain('Timestamp time: Jan  2 00:00:00 2024 GMT');
          expect(output(run)).not.toMatch(/Timestamp verification: failed|MISMATCH/);
          expect(run.status).toBe(0);
        });
      });
    }
  }

  for (const kind of KEY_KINDS) {
    oracle('osslsigncode', `accepts an image and a catalog signed with ${kind}`, async (tool) => {
      const hierarchy = await hierarchyWith(kind);
      const options = signingParts(hierarchy);
      const image = await signPe(corpus.file('signed/pe/own/x64.sys'), 'x64.sys', options);
      const catalog = await signCatalog(corpus.file('signed/makecat/jsign-wineyes/wineyes.cat'), 'w.cat', options);
      await withTempFolder((folder) => {
        for (const [name, bytes] of [
          ['x.sys', image],
          ['w.cat', catalog],
        ] as const) {
          const file = join(folder, name);
          writeFileSync(file, bytes);
          const run = verifyWith(tool, folder, hierarchy, '-in', file);
          expect(output(run)).toContain('Signature verification: ok');
          expect(run.status).toBe(0);
        }
      });
    });
  }
});
