import { equalBytes, toHex } from '../../core/bytes.ts';
import { schemeOf } from '../formats/cms/algorithms.ts';
import type { ListScope, Revocation, RevocationList } from '../formats/x509/crl-parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { revocationPlaces } from '../formats/x509/revocation-places.ts';
import { signatureHolds } from '../formats/x509/signature.ts';
import type { RevocationEvidence, RevocationNeed, Said } from './revocation-evidence.ts';

/** CRLReason removeFromCRL: in a list of changes, no longer on hold. */
const REMOVED = 8;

/**
 * What the lists of the issuer say of a certificate. A list that speaks of less than all its issuer's certificates, or of some
 * reasons only, is heeded for whom it names, and vouches for nobody else; one of changes does so beside the one that it builds
 * on.
 */
export const listsSaying = (need: RevocationNeed, { lists }: RevocationEvidence): readonly Said[] => {
  const own = lists.filter(({ issuer }) => equalBytes(issuer, need.issuer.subject));
  const sound = own.filter((list) => listFault(list, need.issuer) === undefined);
  const serial = toHex(need.certificate.serial);
  return own.map((list): Said => {
    const { thisUpdateMs, nextUpdateMs } = list;
    const common = { source: list, thisUpdateMs, nextUpdateMs };
    const nothing = (why: string): Said => ({ ...common, what: 'nothing', why });
    const fault = listFault(list, need.issuer);
    if (fault !== undefined) return nothing(fault);
    const revocation = list.revoked.get(serial);
    if (revocation !== undefined && !isLifted(revocation, list, { sound, serial })) {
      return { ...common, what: 'revoked', revocation };
    }
    const limit = limitOf(list, need);
    return limit === undefined ? { ...common, what: 'good' } : nothing(limit);
  });
};

const signedBy = new WeakMap<RevocationList, Map<string, boolean>>();

/** By the issuer's key: lists serve many files, whose certificates are read anew each time, and can have megabytes. */
const isSignedBy = (list: RevocationList, issuer: Certificate): boolean => {
  const known = signedBy.get(list) ?? new Map<string, boolean>();
  signedBy.set(list, known);
  const key = toHex(issuer.publicKeyInfo);
  const holds = known.get(key) ?? signatureIsBy(list, issuer);
  known.set(key, holds);
  return holds;
};

const signatureIsBy = ({ tbs, signatureAlgorithm, signature }: RevocationList, issuer: Certificate): boolean => {
  const scheme = schemeOf(signatureAlgorithm);
  if (scheme?.hash === undefined || scheme.hash === 'md5') return false;
  return signatureHolds(issuer, { message: tbs, hash: scheme.hash, scheme, signature });
};

/** Why a list must not be used at all, a clause. */
const listFault = (list: RevocationList, issuer: Certificate): string | undefined => {
  const [critical] = list.unknownCritical;
  if (critical !== undefined) return `has the critical extension ${critical}, unknown here`;
  if (issuer.keyUsage !== undefined && !issuer.keyUsage.has('cRLSign')) {
    return `is by "${issuer.subjectText}", whose key is not for signing lists`;
  }
  if (list.nextUpdateMs !== undefined && list.nextUpdateMs < list.thisUpdateMs) return 'ends before it begins';
  return isSignedBy(list, issuer) ? undefined : `is not signed by the key of "${issuer.subjectText}"`;
};

/** Whether a list of changes, which is newer, takes the certificate off the list again; it can only do so with a hold. */
const isLifted = (
  revocation: Revocation,
  list: RevocationList,
  { sound, serial }: { readonly sound: readonly RevocationList[]; readonly serial: string },
): boolean => {
  if (revocation.reason === REMOVED) return true;
  if (list.changesSince !== undefined || revocation.reason !== 6) return false;
  return sound.some((changes) => changes.revoked.get(serial)?.reason === REMOVED && buildsOn(changes, list));
};

/** RFC 5280, 5.2.4: of the same scope, built on this list or an earlier one, and newer than it. */
const buildsOn = (changes: RevocationList, base: RevocationList): boolean => {
  if (changes.changesSince === undefined || base.changesSince !== undefined || base.number === undefined) return false;
  const [since, number] = [changes.changesSince, base.number].map(asNumber);
  if (since === undefined || number === undefined || since > number) return false;
  return asNumber(changes.number ?? '00') > number && isSameScope(changes.scope, base.scope);
};

const asNumber = (hex: string): bigint => BigInt(`0x${hex === '' ? '0' : hex}`);

const isSameScope = (a: ListScope | undefined, b: ListScope | undefined): boolean =>
  a?.only === b?.only &&
  (a?.indirect ?? false) === (b?.indirect ?? false) &&
  (a?.someReasons ?? false) === (b?.someReasons ?? false) &&
  (a?.places ?? []).map(toHex).join() === (b?.places ?? []).map(toHex).join();

/** Why a list does not vouch for a certificate that it does not name, a clause. */
const limitOf = ({ scope, changesSince }: RevocationList, { certificate }: RevocationNeed): string | undefined => {
  if (changesSince !== undefined) return 'lists changes only';
  if (scope === undefined) return undefined;
  const { only, placed, places, someReasons, indirect } = scope;
  const isAuthority = certificate.basicConstraints?.ca === true;
  if (only === 'attributes' || only === (isAuthority ? 'users' : 'authorities')) return `speaks of other certificates`;
  if (someReasons) return 'lists some reasons only';
  if (indirect) return 'is an indirect list, which also speaks for other issuers';
  const { listNames } = revocationPlaces(certificate);
  if (placed && !places.some((place) => listNames.some((name) => equalBytes(name, place)))) {
    return 'is for certificates that name another place for their list';
  }
  return undefined;
};
