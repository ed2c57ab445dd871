import type { Revocation, RevocationList } from '../formats/x509/crl-parse.ts';
import type { OcspResponse } from '../formats/x509/ocsp-parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';

/** A certificate whose state is wanted, and who issued it. */
export interface RevocationNeed {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
}

/** Lists of revoked certificates and answers of OCSP responders that are at hand, and how they are to be gone by. */
export interface RevocationEvidence {
  readonly lists: readonly RevocationList[];
  readonly answers: readonly OcspResponse[];
  /** The moment of judgement, milliseconds since 1970: nothing from later is believed, and what ended before is old. */
  readonly nowMs: number;
  /** Whether a certificate that nothing speaks of is an error. */
  readonly required?: boolean | undefined;
  /** Told of what is missing in chains that lead to an anchor, and of what was of use. */
  readonly watch?:
    | { readonly missing: (need: RevocationNeed) => void; readonly used: (source: RevocationSource) => void }
    | undefined;
}

export type RevocationSource = RevocationList | OcspResponse;

/** What one list or answer says of a certificate. */
export type Said = {
  readonly source: RevocationSource;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
} & (
  | { readonly what: 'good' }
  | { readonly what: 'revoked'; readonly revocation: Revocation }
  /** It is about the certificate, and cannot be gone by; `why` is a clause. */
  | { readonly what: 'nothing'; readonly why: string }
);

/** Clocks differ by hours at most, and a day of judgement begins at midnight. */
export const CLOCK_TOLERANCE_MS = 24 * 60 * 60 * 1000;

/**
 * Until when something speaks. An answer without an end is one of its moment: its responder has newer ones at any time (RFC
 * 6960, 4.2.2.1). A list without one has no successor that is known.
 */
export const endOf = ({ source, thisUpdateMs, nextUpdateMs }: Said): number =>
  nextUpdateMs ?? ('revoked' in source ? Number.POSITIVE_INFINITY : thisUpdateMs + CLOCK_TOLERANCE_MS);
