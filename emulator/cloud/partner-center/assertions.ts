import { createPublicKey, verify, X509Certificate } from 'node:crypto';

/**
 * Signed assertions in the place of a secret (RFC 7523): by the application's certificate, or by the token of another
 * identity provider. The emulator knows neither certificates nor providers of the account beforehand: it judges form,
 * audience and time, and the signature where the assertion carries its certificate.
 */
export interface AssertionFlaw {
  readonly number: number;
  readonly description: string;
}

interface Expected {
  readonly clientId: string;
  /** The address of the token endpoint. */
  readonly audience: string;
  readonly nowS: number;
}

/** How far clocks may differ, as Entra allows. */
const SKEW_S = 300;
/** The audience of tokens of other providers. */
const EXCHANGE = 'api://AzureADTokenExchange';

type Claims = Readonly<Record<string, unknown>>;

const decode = (part: string): Claims | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return value !== null && typeof value === 'object' ? (value as Claims) : undefined;
  } catch {
    return undefined;
  }
};

/** RS256 and PS256 over `header.payload`, by the first certificate of `x5c`. */
const signatureFlaw = (header: Claims, signed: string, signature: string): string | undefined => {
  const { x5c } = header;
  const [certificate] = Array.isArray(x5c) ? (x5c as unknown[]) : [];
  if (typeof certificate !== 'string') return undefined;
  try {
    const { publicKey } = new X509Certificate(Buffer.from(certificate, 'base64'));
    const key =
      header.alg === 'PS256'
        ? { key: publicKey, padding: 6, saltLength: 32 }
        : createPublicKey(publicKey.export({ format: 'pem', type: 'spki' }));
    const good = verify('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64url'));
    return good ? undefined : 'The signature of the assertion is not right.';
  } catch {
    return 'The certificate of the assertion cannot be read.';
  }
};

export const assertionFlaw = (assertion: string, expected: Expected): AssertionFlaw | undefined => {
  const malformed = { number: 50027, description: 'The assertion is malformed.' };
  const [head = '', payload = '', signature = '', ...rest] = assertion.split('.');
  const header = decode(head);
  const claims = decode(payload);
  if (header === undefined || claims === undefined || signature === '' || rest.length > 0) return malformed;
  const { iss, sub, aud, exp, nbf } = claims;
  const audiences = [aud].flat();
  if (
    typeof exp !== 'number' ||
    exp <= expected.nowS - SKEW_S ||
    (typeof nbf === 'number' && nbf > expected.nowS + SKEW_S)
  ) {
    return { number: 700024, description: 'The assertion is not within its valid time range; compare the clocks.' };
  }
  if (audiences.includes(EXCHANGE)) return undefined;
  if (!audiences.includes(expected.audience)) {
    return { number: 700023, description: 'The audience of the assertion is not the token endpoint.' };
  }
  if (iss !== expected.clientId || sub !== expected.clientId) {
    return { number: 700021, description: 'The assertion was issued for another application.' };
  }
  const flaw = signatureFlaw(header, `${head}.${payload}`, signature);
  return flaw === undefined ? undefined : { number: 700027, description: flaw };
};
