import type { Certificate } from '../formats/x509/parse.ts';
import { issuedBy } from '../formats/x509/signature.ts';
import type { RootReport } from './verdict.ts';
import { MICROSOFT_2011, RootThumbprint, WINDOWS_ROOTS } from './windows-roots.ts';

/**
 * Roots that real signatures and time stamps end in, by the SHA-1 of their certificates, so that a verdict can say where a
 * chain leads. Known is not trusted: `verify` trusts what it is given, and nothing else.
 *
 * From spec signing-formats 6.2; the rest computed from the certificates as Debian's ca-certificates and Wine ship them, or
 * as signed files carry them.
 */
export const KNOWN_ROOTS: Readonly<Record<string, string>> = {
  [RootThumbprint.microsoft2010]: 'Microsoft: Windows, its drivers and their catalogs',
  [RootThumbprint.microsoft2001]: 'Microsoft: Windows and its drivers to 2019',
  [RootThumbprint.microsoft1997]: 'Microsoft: drivers of the nineties',
  [RootThumbprint.codeVerification]: 'Microsoft: cross-signing of drivers, which has ended',
  [MICROSOFT_2011.thumbprint]: "Microsoft: its own programs, and firmware's drivers",
  f40042e2e5f7e8ef8189fed15519aece42c3bfa2: 'Microsoft: Trusted Signing of others',
  '7f88cd7223f3c813818c994614a89c99fa3b5247': 'Microsoft: Authenticode of the nineties',
  '0563b8630d62d75abbc8ab1e4bdfb5a899b24d43': 'DigiCert Assured ID',
  ddfb16cd4931c973a2037d3fc83a4d7d775d05e4: 'DigiCert G4',
  '5fb7ee0633e259dbad0c4c9ae6d38f1a61c7dc25': 'DigiCert High Assurance EV',
  a8985d3a65e5e5c4b2d7d66d40c6dd2fb19c5436: 'DigiCert Global',
  '2b8f1b57330dbba2d07a6c51f70ee90ddab9ad8e': 'Sectigo: USERTrust RSA',
  d1eb23a46d17d68fd92564c2f1f1601764d8e349: 'Sectigo: AAA',
  afe5d244a8d1194230ff479fe2f897bbcd7a8cb4: 'Sectigo: COMODO RSA',
  b1bc968bd4f49d622aa89a81f2150152a41d829c: 'GlobalSign R1',
  d69b561148f01c77c54578c10926df5b856976ad: 'GlobalSign R3',
  '8094640eb5a7a1ca119c1fddd59f810263a7fbd1': 'GlobalSign R6',
  '8cf427fd790c3ad166068de81e57efbb932272d4': 'Entrust G2',
  '503006091d97d4f5ae39f7cbe7927d7d652d3431': 'Entrust 2048',
  '07e032e020b72c3f192f0628a2593a19a70f069e': 'Certum',
  d3dd483e2bbf4c05e8af10f5fa7626cfd3dc3092: 'Certum 2',
  b7ab3308d1ea4477ba1480125a6fbda936490cbb: 'SSL.com RSA',
};

const KEYS = [...WINDOWS_ROOTS, MICROSOFT_2011];

/** The root with its known key that issued the last certificate of a chain, where its certificate is not at hand. */
export const rootByKey = (last: Certificate): { readonly subject: string; readonly thumbprint: string } | undefined =>
  KEYS.find((root) => root.subject === last.issuerText && issuedBy(last, root));

/** Where a chain ends: at an anchor, at a root that came along, or below a root that did not. */
export const rootReport = (last: Certificate, trusted: boolean): RootReport => {
  if (trusted) return { subject: last.subjectText, thumbprint: last.thumbprint, standing: 'trusted' };
  if (last.selfIssued) {
    const known = last.thumbprint in KNOWN_ROOTS;
    return { subject: last.subjectText, thumbprint: last.thumbprint, standing: known ? 'known' : 'unknown' };
  }
  const root = rootByKey(last);
  if (root === undefined) return { subject: last.issuerText, standing: 'unknown' };
  return { subject: root.subject, thumbprint: root.thumbprint, standing: 'known' };
};
