import { describe, expect, test } from 'vitest';
import { rehearseFiles } from '../../../emulator/rehearse-files.ts';
import type { CheckedFile } from '../../../packaging/bundle/check.ts';
import { openPemSigner } from '../../../packaging/signing/pem-key.ts';
import { signCatalog } from '../../../packaging/signing/sign.ts';
import type { Signer } from '../../../packaging/signing/signer.ts';
import { guestNamed, REHEARSAL_TIME, releaseFiles, scenarioNamed } from '../../support/rehearsal.ts';
import { certify, party } from '../../support/test-ca.ts';
import { pem, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));

/** A signer whose certificate issued itself under a name. */
const signerNamed = (name: string): { readonly signer: Signer; readonly certificate: Uint8Array } => {
  const self = party(name);
  const { der } = certify(self, { eku: CODE_SIGNING });
  const key = self.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const signer = openPemSigner({
    key: { bytes: text(key), file: 'key.pem' },
    certificates: [{ bytes: text(pem(der)), file: 'signer.pem' }],
  });
  return { signer, certificate: der };
};

const signedBy = (signer: Signer): Promise<readonly CheckedFile[]> =>
  Promise.all(
    releaseFiles().map(async ({ path, bytes }) =>
      path.endsWith('.cat') ? { path, bytes: await signCatalog(bytes, path, { signer }) } : { path, bytes },
    ),
  );

const rehearsed = (files: readonly CheckedFile[], trust: readonly Uint8Array[], scenarios = ['fresh-install']) =>
  rehearseFiles({
    bundle: { label: 'release', files, trust },
    before: [],
    guests: [guestNamed('windows-10-22h2-x64')],
    scenarios: scenarios.map(scenarioNamed),
    nowMs: REHEARSAL_TIME,
    shown: (path) => path,
    asked: true,
  });

describe('the signing key is public', () => {
  test('F45: the test key of the virtio drivers, whose private half can be downloaded', async () => {
    const { signer, certificate } = signerNamed('Virto test certificate');
    const { findings } = rehearsed(await signedBy(signer), [certificate]);
    const told = findings.filter(({ failureMode }) => failureMode !== undefined);
    expect(told.map(({ code, failureMode, severity }) => [code, failureMode, severity])).toEqual([
      ['VERIFY_KEY_PUBLIC', 'F45', 'error'],
    ]);
  });

  test('a key of one’s own beside it is none', async () => {
    const hierarchy = await sharedHierarchy();
    const { findings, runs } = rehearsed(await signedBy(signingParts(hierarchy).signer), [hierarchy.root.certificate]);
    expect(findings.filter(({ failureMode }) => failureMode !== undefined)).toEqual([]);
    expect(runs.map(({ verdict }) => verdict)).toEqual(['pass']);
  });

  test('what a test signature is not enough for is advice', async () => {
    const hierarchy = await sharedHierarchy();
    const files = await signedBy(signingParts(hierarchy).signer);
    const scenarios = ['fresh-install-test-signing', 'fresh-install-secure-boot', 'fresh-install-memory-integrity'];
    const { runs } = rehearsed(files, [hierarchy.root.certificate], scenarios);
    expect(runs.map(({ scenario, verdict }) => [scenario, verdict])).toEqual(scenarios.map((one) => [one, 'pass']));
    const told = (id: string) => runs.find(({ scenario }) => scenario === id)?.findings.map(({ severity }) => severity);
    expect(told('fresh-install-secure-boot')).toContain('warning');
    expect(told('fresh-install-test-signing')).not.toContain('warning');
  });
});
