import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { encodeOpc } from '../../../packaging/formats/opc/encode.ts';
import { parseOpc } from '../../../packaging/formats/opc/parse.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { trustOf } from '../../../packaging/signing/chain.ts';
import { createKeySigner } from '../../../packaging/signing/key.ts';
import { signOpc } from '../../../packaging/signing/opc-sign.ts';
import { verifyOpc } from '../../../packaging/signing/opc-verify.ts';
import { certify, NOW_MS, type Party, party, type Wish, YEAR_MS } from '../../support/test-ca.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const root = party('Example root');
const authority = party('Example issuer');
const signer: Party = (() => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const publicKeyInfo = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  return { name: 'Example vendor', privateKey, publicKeyInfo };
})();
const rootCertificate = certify(root, { authority: true });
const issuer = (wish: Wish = {}): Certificate => certify(authority, { by: root, authority: 0, serial: 2, ...wish });
const leaf = (wish: Wish = {}): Certificate =>
  certify(signer, { by: authority, eku: CODE_SIGNING, serial: 3, ...wish });

let unsigned: Uint8Array;
beforeAll(async () => {
  const part = { name: '/a.xml', contentType: 'text/xml', bytes: utf8('<a/>') };
  const link = { id: 'R1', type: 'urn:a', target: '/a.xml', mode: 'Internal' as const };
  unsigned = await encodeOpc({ parts: [part], relationships: new Map([['/', [link]]]) }, NOW_MS);
});

/** A package signed by a certificate alone, as the kit's tools do, judged by whom is trusted. */
const judged = async (certificate: Certificate, trusted: readonly Certificate[] = []) => {
  const key = { label: 'key', privateKey: signer.privateKey, certificates: [certificate.der] };
  const bytes = await signOpc(unsigned, 'a.hlkx', { signer: createKeySigner(key), signedAtMs: NOW_MS });
  const trust = trustOf(trusted.map(({ der }) => der));
  const { verdict, diagnostics, signatures } = verifyOpc(parseOpc(bytes, 'a.hlkx'), NOW_MS, trust);
  return {
    verdict,
    found: diagnostics.map(({ severity, code }) => `${severity} ${code}`),
    chain: signatures[0]?.chain,
  };
};

describe('the certificate of a package signature', () => {
  test('leads to the authority that was named', async () => {
    const { verdict, found, chain } = await judged(leaf(), [rootCertificate, issuer()]);
    expect({ verdict, found }).toEqual({ verdict: 'valid', found: [] });
    expect(chain?.path.map((name) => name.replace(/^CN=/, ''))).toEqual(['Example vendor', 'Example issuer']);
    expect(chain?.root.standing).toBe('trusted');
  });
  test('may be trusted through its issuer alone, or be trusted itself', async () => {
    const one = leaf();
    for (const trusted of [issuer(), one]) expect((await judged(one, [trusted])).found).toEqual([]);
  });
  test('is no fault when nobody was named: a package has the signer’s own certificate only', async () => {
    expect(await judged(leaf())).toMatchObject({ verdict: 'valid', found: ['info OPC_CHAIN'] });
  });
  test('is worth a warning when nobody issued it', async () => {
    const own = certify(signer, { eku: CODE_SIGNING });
    expect(await judged(own)).toMatchObject({ verdict: 'valid', found: ['warning OPC_CHAIN'] });
    expect(await judged(own, [own])).toMatchObject({ verdict: 'valid', found: [] });
  });

  test.each<[string, Certificate, readonly Certificate[]]>([
    ['leads to another authority', leaf(), [certify(party('Other root'), { authority: true })]],
    [
      'leads to a namesake of the authority',
      leaf(),
      [rootCertificate, certify(party('Example issuer'), { by: root, authority: 0 })],
    ],
    ['is not followed to its root', leaf(), [rootCertificate]],
  ])('that %s is untrusted', async (_what, certificate, trusted) => {
    expect(await judged(certificate, trusted)).toMatchObject({ verdict: 'untrusted', found: ['error OPC_CHAIN'] });
  });

  const past = [NOW_MS - 2 * YEAR_MS, NOW_MS - YEAR_MS] as const;
  test.each<[string, Certificate, Certificate]>([
    ['an issuer that is over', leaf(), issuer({ validMs: past })],
    ['an issuer that is no authority', leaf(), certify(authority, { by: root, serial: 2 })],
    ['an issuer for servers only', leaf(), issuer({ eku: '1.3.6.1.5.5.7.3.1' })],
    ['an issuer that may not certify', leaf(), issuer({ keyUsage: [0] })],
  ])('of %s is refused', async (_what, certificate, by) => {
    const { verdict, found } = await judged(certificate, [rootCertificate]);
    expect({ verdict, found }).toEqual({ verdict: 'untrusted', found: ['error OPC_CHAIN'] });
    const between = await judgedWith(certificate, by);
    expect(between.verdict).toBe('untrusted');
    expect(between.found).toContain('error OPC_CHAIN');
  });

  test('that may not sign, or is an authority, is refused', async () => {
    const trusted = [rootCertificate, issuer({ authority: true })];
    expect((await judged(leaf({ keyUsage: [5] }), trusted)).found).toContain('error OPC_CHAIN');
    expect((await judged(leaf({ authority: true }), trusted)).found).toContain('error OPC_CHAIN');
  });
  test('is told once when it is over', async () => {
    const { verdict, found } = await judged(leaf({ validMs: past }), [rootCertificate, issuer()]);
    expect({ verdict, found }).toEqual({ verdict: 'invalid', found: ['error OPC_CERTIFICATE'] });
  });
});

/** With the issuer's certificate in the package, and the root's trusted. */
const judgedWith = async (certificate: Certificate, between: Certificate) => {
  const { judgeOpcChain } = await import('../../../packaging/signing/opc-chain.ts');
  const trust = trustOf([rootCertificate.der]);
  const { diagnostics } = judgeOpcChain({ leaf: certificate, pool: [certificate, between], trust, nowMs: NOW_MS });
  const found = diagnostics.map(({ severity, code }) => `${severity} ${code}`);
  return { verdict: found.some((one) => one.startsWith('error')) ? 'untrusted' : 'valid', found };
};
