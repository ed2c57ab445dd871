import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import type { Certificate } from '../formats/x509/parse.ts';

/** A key whose private half anybody can download: what it signed proves nothing (spec xen-pv 8, F45). */
export interface PublishedKey {
  /** SHA-256 of SubjectPublicKeyInfo, lower-case hex: a key stays public whatever certificate names it. */
  readonly spkiSha256: string;
  readonly what: string;
  /** Where the private key is published: repository and file. */
  readonly source: string;
}

export const PUBLISHED_KEYS: readonly PublishedKey[] = [
  {
    spkiSha256: 'dc8674c7e76b8a7b7bd284e853ff52c900daf3e06fcdfda2bb91820e80946180',
    what: 'the RSA test key of jsign',
    source: 'ebourg/jsign, jsign-core/src/test/resources/keystores/privatekey.pkcs8.pem',
  },
  {
    spkiSha256: 'a84c039615339f73639a741662cc09b4fe2f4ee674b4b864f7d28fd352cafd04',
    what: 'the EC test key of jsign',
    source: 'ebourg/jsign, jsign-core/src/test/resources/keystores/privatekey-ec-p384.pkcs1.pem',
  },
  ...[
    'cadd8bd8a16a3ed3855f09934f6bb4f0448a682c011f7e27cc8b8bf33b5647f4',
    'ddb9f54f99912dd243be970ed19d25300d184b1a78307100902b91a7ec53e9f2',
    '0a07ffc426992f120de051cb4086db6a431a5ca3110c7248a44b4fede2db8024',
    '0da080ac589c2d7dc16e3daf8a2e35be0c18f8a2150376fe038b414fa9eee829',
  ].map((spkiSha256) => ({
    spkiSha256,
    what: 'a test key of osslsigncode',
    source: 'mtrojnar/osslsigncode, tests/certs/key.pem',
  })),
  {
    spkiSha256: 'ed8cc66e500c8f03781fc283c647712033e3d8dcadfcf09be2d76296f4025d28',
    what: 'the test key of relic',
    source: 'sassoftware/relic, functest/testkeys/rsa2048.key',
  },
];

/** Certificates that issued themselves under a name that only tools and guides for test signing give. */
interface TestName {
  readonly name: RegExp;
  readonly what: string;
  /** Where the private key is public, when it is known to be. */
  readonly source?: string;
}

/**
 * Names as `subjectText` has them. The Visual Studio build of drivers makes `WDKTestCert USER,NUMBER` on each machine; the
 * others are what guides and projects give to makecert.
 */
export const TEST_NAMES: readonly TestName[] = [
  { name: /^CN=WDKTestCert( |$)/i, what: "a test certificate of the WDK's build" },
  {
    name: /^CN=Virto test certificate$/i,
    what: 'the test certificate of the virtio drivers',
    source: 'virtio-win/kvm-guest-drivers-windows, Tools/VirtIOTestCert.pfx (pull requests 357 and 361)',
  },
  { name: /^CN=Contoso\.com\s?\(Test\)$/i, what: "the test certificate of Microsoft's guides to test signing" },
  { name: /^CN=GPLPV Test Cert$/i, what: 'the test certificate of the GPL PV drivers' },
];

export interface KeyStanding {
  /** `public`: everybody has the private key. `test`: made for test machines. */
  readonly kind: 'public' | 'test';
  readonly what: string;
  readonly source?: string | undefined;
}

/** What is known against a certificate's key; undefined for nearly all. */
export const keyStanding = (
  certificate: Pick<Certificate, 'publicKeyInfo' | 'subjectText' | 'selfIssued'>,
): KeyStanding | undefined => {
  const { publicKeyInfo, subjectText, selfIssued } = certificate;
  const spki = toHex(createHash('sha256').update(publicKeyInfo).digest());
  const published = PUBLISHED_KEYS.find(({ spkiSha256 }) => spkiSha256 === spki);
  if (published !== undefined) return { kind: 'public', what: published.what, source: published.source };
  const named = selfIssued ? TEST_NAMES.find(({ name }) => name.test(subjectText)) : undefined;
  if (named === undefined) return undefined;
  return { kind: named.source === undefined ? 'test' : 'public', what: named.what, source: named.source };
};
