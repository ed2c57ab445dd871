/** PKCS#11 as far as signing needs it, as a port: `cli/adapters/pkcs11.ts` implements it, tests pretend it. */

/** What a library answered instead of doing it: the name of the standard, for example `CKR_PIN_INCORRECT`. */
export class TokenFailure extends Error {
  override readonly name = 'TokenFailure';
  readonly result: string;

  constructor(result: string, cause?: unknown) {
    super(result, cause === undefined ? undefined : { cause });
    this.result = result;
  }
}

/** CK_TOKEN_INFO with its slot and library. Texts without the blanks that pad them. */
export interface TokenInfo {
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly slotId: number;
  readonly slotDescription: string;
  readonly slotManufacturer: string;
  readonly loginRequired: boolean;
  /** The PIN is typed on the token or its reader. */
  readonly ownPinPad: boolean;
  readonly pinState: 'fine' | 'last-try' | 'locked';
}

/** A private key object. The handle means something to its session only. */
export interface TokenKey {
  readonly handle: unknown;
  readonly id: Uint8Array;
  readonly label: string;
  readonly kind: 'rsa' | 'ec' | 'other';
  /** The PIN is asked for before each signature. */
  readonly alwaysAuthenticate: boolean;
}

export interface TokenCertificate {
  readonly id: Uint8Array;
  readonly label: string;
  readonly der: Uint8Array;
}

/** One operation at a time. Every call throws TokenFailure. */
export interface TokenSession {
  /** Undefined where the token has a PIN pad of its own. Never called twice by us: a wrong PIN may lock the token. */
  login(pin: string | undefined): void;
  privateKeys(): readonly TokenKey[];
  certificates(): readonly TokenCertificate[];
  /** CKM_RSA_PKCS over a DigestInfo, or CKM_ECDSA over a digest (answer: r and s). `pin` for keys that always ask. */
  sign(key: TokenKey, mechanism: 'rsa-pkcs' | 'ecdsa', data: Uint8Array, pin?: string): Promise<Uint8Array>;
  /** Never throws: a token may be gone. */
  close(): void;
}

export interface TokenLibrary {
  readonly description: string;
  readonly manufacturer: string;
  /** `major.minor` */
  readonly version: string;
  /** Tokens that are present and initialised. */
  tokens(): readonly TokenInfo[];
  open(token: TokenInfo): TokenSession;
  /** Never throws. */
  close(): void;
}

export interface TokenLibraries {
  /** @throws WinpvError SIGN_TOKEN_MODULE when there is no such library, or this installation of winpv cannot load one */
  load(path: string): Promise<TokenLibrary>;
}
