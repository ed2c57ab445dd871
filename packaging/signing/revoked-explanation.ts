import type { Explanation } from './explanation.ts';
import { commonName } from './shown-name.ts';
import type { FileVerdict, RevokedCertificate, SignatureReport } from './verdict.ts';

const dayOf = (time: string): string => time.slice(0, 10);

/**
 * Why a revoked certificate does or does not take a signature's worth away (spec signing-formats 6.5.6); undefined where none
 * was revoked, or where something else is wrong as well. A revocation that counts goes before one that does not.
 */
export const revokedExplanation = (file: FileVerdict): Explanation | undefined => {
  const signatures = [...file.signatures, ...file.catalogs.flatMap((catalog) => catalog.signatures)];
  const found = signatures.flatMap((signature) => (signature.revoked ?? []).map((one) => ({ signature, one })));
  const worst = found.find(({ one }) => one.effect === 'invalid') ?? found[0];
  if (worst === undefined) return undefined;
  const { signature, one } = worst;
  if (one.effect === 'none') return signature.verdict === 'invalid' ? undefined : after(signature, one);
  if (signature.reason !== 'VERIFY_REVOKED') return undefined;
  return signature.timestamp?.time === undefined ? notStamped(one) : before(signature.timestamp.time, one);
};

const because = ({ reason }: RevokedCertificate): string => (reason === undefined ? '' : ` (${reason})`);

const after = ({ timestamp }: SignatureReport, one: RevokedCertificate): Explanation | undefined => {
  if (timestamp?.time === undefined) return undefined;
  return {
    id: 'revoked-after-stamp',
    why: `The certificate of ${commonName(one.subject)} was revoked on ${dayOf(one.date)}${because(one)}, and the signature goes on counting, as its time stamp of ${dayOf(timestamp.time)} is older.`,
    todo: 'Sign nothing more with this certificate; what was stamped before that day need not be signed anew.',
  };
};

const before = (stamped: string, one: RevokedCertificate): Explanation => {
  const { date, invalidSince } = one;
  const late = date > stamped && invalidSince !== undefined;
  return {
    id: 'revoked-before-stamp',
    why: late
      ? `The certificate of ${commonName(one.subject)} was revoked on ${dayOf(date)}${because(one)} as invalid since ${dayOf(invalidSince)}, and the time stamp of ${dayOf(stamped)} is not older than that (assumed: whether Windows heeds that day is not documented).`
      : `The certificate of ${commonName(one.subject)} was revoked on ${dayOf(date)}${because(one)}, and the time stamp of ${dayOf(stamped)} is not older than that, so the signature is not valid.`,
    todo: 'Sign the file anew with another certificate, and ask its issuer why this one was revoked.',
  };
};

const notStamped = (one: RevokedCertificate): Explanation => ({
  id: 'revoked-not-stamped',
  why: `The certificate of ${commonName(one.subject)} was revoked on ${dayOf(one.date)}${because(one)}, and no time stamp shows that the signature is older.`,
  todo: 'Sign the file anew with another certificate, and with a time stamp.',
});
