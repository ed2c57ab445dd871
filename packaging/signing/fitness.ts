import type { KeyObject } from 'node:crypto';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { schemeOf } from '../formats/cms/algorithms.ts';
import { X509Oid } from '../formats/cms/object-ids.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { keyKind, publicKeyOf } from './key.ts';
import { keyStanding } from './public-keys.ts';
import { isTestSigner } from './test-names.ts';

/** What a key is about to sign. */
export type SignedKind = 'pe' | 'cat' | 'cab';

/** Whether signatures are for test machines only, which take keys and certificates that others refuse. */
export type SigningPurpose = 'release' | 'test';

export interface FitnessRequest {
  /** DER: the signer's own first, then its issuers as far as they are known. */
  readonly certificates: readonly Uint8Array[];
  readonly kinds: ReadonlySet<SignedKind>;
  /** The moment of signing, milliseconds since 1970. */
  readonly nowMs: number;
  readonly purpose: SigningPurpose;
}

/** RSA as the CA/Browser Forum and Partner Center have it; winpv's issue asks for no more than 4096. */
const RSA_BITS = { min: 2048, max: 4096 } as const;
/** FIPS 186-5, A.1.1 wants more than 2^16; Windows' RSAPUBKEY holds the exponent in 32 bits. */
const RSA_EXPONENT = { min: 65_537n, max: 0xffff_ffffn } as const;

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/**
 * What Windows or Partner Center would refuse later, said before a key is used, or before what a tool made with it is
 * taken: the one place of these rules (spec signing-formats 6.3, 6.5; xen-pv 8, F45).
 * @returns errors, and warnings for what only test machines take
 */
export const checkFitness = ({ certificates, kinds, nowMs, purpose }: FitnessRequest): readonly Diagnostic[] => {
  const [leaf, ...issuers] = certificates.flatMap((der) => parseCertificates(der, 'the certificate'));
  if (leaf === undefined) return [];
  return [
    ...checkKey(leaf, kinds),
    ...checkTime(leaf, nowMs),
    ...checkUse(leaf, purpose),
    ...checkKnownKey(leaf, purpose),
    ...issuers.flatMap((issuer) => checkTime(issuer, nowMs)),
    ...[leaf, ...issuers].flatMap(checkHash),
  ];
};

const unfit = (message: string, hint: string): Diagnostic => problem('SIGN_CERTIFICATE_UNFIT', message, { hint });

const checkKey = ({ der, subjectText }: Certificate, kinds: ReadonlySet<SignedKind>): readonly Diagnostic[] => {
  const label = `The key of "${subjectText}"`;
  try {
    const key = publicKeyOf(der, label);
    if (keyKind(key, label) === 'rsa') return checkRsa(key, label);
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
  if (!kinds.has('cat')) return [];
  const message = `"${subjectText}" has an EC key; a catalog of kernel drivers needs an RSA one.`;
  return [problem('SIGN_EC_CATALOG', message, { hint: 'Sign catalogs with an RSA certificate of 2048 bits or more.' })];
};

const checkRsa = ({ asymmetricKeyDetails: details }: KeyObject, label: string): readonly Diagnostic[] => {
  const { modulusLength: bits = 0, publicExponent = 0n } = details ?? {};
  const found: Diagnostic[] = [];
  const refuse = (what: string, hint: string): void => {
    found.push(problem('SIGN_KEY_WEAK', `${label} has ${what}.`, { hint }));
  };
  if (bits < RSA_BITS.min || bits > RSA_BITS.max) {
    refuse(`${bits} bits`, `Windows and Partner Center take RSA keys of ${RSA_BITS.min} to ${RSA_BITS.max} bits.`);
  }
  const exponent = BigInt(publicExponent);
  if (exponent < RSA_EXPONENT.min || exponent > RSA_EXPONENT.max || exponent % 2n === 0n) {
    refuse(`the public exponent ${exponent}`, 'Make the key with the exponent 65537, as every authority does.');
  }
  return found;
};

const checkTime = ({ subjectText, notBeforeMs, notAfterMs }: Certificate, nowMs: number): readonly Diagnostic[] => {
  if (nowMs >= notBeforeMs && nowMs <= notAfterMs) return [];
  return [
    unfit(
      `"${subjectText}" is valid from ${day(notBeforeMs)} to ${day(notAfterMs)}, not on ${day(nowMs)}.`,
      'Windows refuses what is signed outside of that time. Renew the certificate, or set the clock.',
    ),
  ];
};

/** What the certificate is for. One without extended key usages is for anything, which only test signing accepts. */
const checkUse = (leaf: Certificate, purpose: SigningPurpose): readonly Diagnostic[] => {
  const { ekus, keyUsage, basicConstraints, selfIssued, subjectText } = leaf;
  const found: Diagnostic[] = [];
  const bare = ekus === undefined && purpose === 'test';
  if (!bare && ekus?.includes(X509Oid.codeSigning) !== true) {
    const hint =
      ekus === undefined
        ? 'It has no extended key usage, which only test signing accepts. That of code signing is 1.3.6.1.5.5.7.3.3.'
        : 'Its extended key usage has to hold 1.3.6.1.5.5.7.3.3.';
    found.push(unfit(`"${subjectText}" is not for code signing.`, hint));
  }
  if (keyUsage !== undefined && !keyUsage.has('digitalSignature') && !keyUsage.has('nonRepudiation')) {
    found.push(
      unfit(`"${subjectText}" may not make digital signatures.`, 'Its key usage has to hold digitalSignature.'),
    );
  }
  if (basicConstraints?.ca === true && !selfIssued) {
    found.push(unfit(`"${subjectText}" is an authority, not a signer.`, 'Sign with a certificate that it issued.'));
  }
  return found;
};

const checkKnownKey = (leaf: Certificate, purpose: SigningPurpose): readonly Diagnostic[] => {
  const standing = keyStanding(leaf);
  const { subjectText } = leaf;
  if (standing?.kind === 'public') {
    return [
      problem('SIGN_KEY_PUBLIC', `Everybody can have the private key of "${subjectText}": it is ${standing.what}.`, {
        failureMode: 'F45',
        hint: `It is published in ${standing.source ?? ''}. Make a key of your own, for tests too: winpv cert create.`,
      }),
    ];
  }
  if (purpose === 'test') return [];
  if (standing !== undefined) {
    return [
      problem('SIGN_KEY_TEST', `"${subjectText}" is ${standing.what}.`, {
        failureMode: 'F45',
        hint: 'Sign releases with a certificate that was issued to you; for test machines, add --test-signing.',
      }),
    ];
  }
  if (!isTestSigner(leaf)) return [];
  return [
    problem('SIGN_KEY_TEST', `"${subjectText}" is a test certificate made by winpv.`, {
      severity: 'warning',
      hint: 'Only machines that were told to trust its root load what it signed.',
    }),
  ];
};

/** Windows believes no certificate that was issued over SHA-1 or MD5; nobody looks at how a root certifies itself. */
const checkHash = (certificate: Certificate): readonly Diagnostic[] => {
  const hash = schemeOf(certificate.signatureAlgorithm)?.hash;
  if (certificate.selfIssued || (hash !== 'sha1' && hash !== 'md5')) return [];
  const name = hash === 'md5' ? 'MD5' : 'SHA-1';
  return [unfit(`"${certificate.subjectText}" is certified with ${name}.`, 'Have it issued anew with SHA-256.')];
};
