import { createHash, type X509Certificate } from 'node:crypto';
import { equalBytes, toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { TokenInfo, TokenKey, TokenLibraries, TokenSession } from '../../core/tokens.ts';
import { encodeDigestInfo } from './digest-info.ts';
import { certificateChain, keyKind, publicKeyOf } from './key.ts';
import type { KeyUri } from './key-uri.ts';
import { limitConcurrency } from './limit.ts';
import { ecdsaSignature } from './raw-signature.ts';
import type { Secret } from './secret.ts';
import { DIGEST_OF, type SignatureAlgorithm, type Signer } from './signer.ts';
import { chooseKey, chooseToken, shown } from './token-choice.ts';
import { tokenError } from './token-errors.ts';

export interface Pkcs11Options {
  readonly tokens: TokenLibraries;
  /** The PKCS#11 library's file. */
  readonly module: string;
  readonly key: KeyUri;
  /** Undefined for a token with a PIN pad, or one that asks for none. */
  readonly pin?: Secret | undefined;
  /** DER: the key's own first, then issuers. Without any, the token's own are taken. */
  readonly certificates?: readonly Uint8Array[];
}

/** A signer that holds a session with its token until it is closed. */
export interface OpenTokenSigner {
  readonly signer: Signer;
  /** Logs out; the signer is of no use afterwards. Never throws. */
  close(): void;
}

/**
 * Opens a key on a PKCS#11 token: one token, one key and one certificate must be as described. Logs in once; a wrong PIN
 * is not tried again, and not even tried when one more wrong one would lock the token.
 * @throws WinpvError SIGN_TOKEN_*, SIGN_CERTIFICATE_*, SIGN_KEY_UNSUPPORTED
 */
export const openPkcs11Signer = async (options: Pkcs11Options): Promise<OpenTokenSigner> => {
  const library = await options.tokens.load(options.module);
  let session: TokenSession | undefined;
  const close = (): void => {
    session?.close();
    library.close();
  };
  try {
    const token = chooseToken(library, options.key);
    session = library.open(token);
    return { signer: openKey(session, token, options), close };
  } catch (error) {
    close();
    throw tokenError(error, 'the PKCS#11 module');
  }
};

const openKey = (
  session: TokenSession,
  token: TokenInfo,
  { key: uri, pin, certificates = [] }: Pkcs11Options,
): Signer => {
  login(session, token, pin);
  const key = chooseKey(session.privateKeys(), uri, token);
  const label = `token ${shown(token.label)}, key ${shown(key.label === '' ? toHex(key.id) : key.label)}`;
  const chain = chainOf(session, key, certificates, label);
  const kind = keyKind(publicKeyOf(chain[0] ?? new Uint8Array(0), label), label);
  if (key.kind !== kind)
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `The certificate of ${label} is for another kind of key.`);
  return tokenSigner({ session, key, label, chain, contextPin: key.alwaysAuthenticate ? pin : undefined });
};

const login = (session: TokenSession, token: TokenInfo, pin: Secret | undefined): void => {
  if (!token.loginRequired) return;
  const name = `token ${shown(token.label)}`;
  if (token.pinState === 'locked')
    throw new WinpvError('SIGN_TOKEN_PIN', `The PIN of ${name} is locked.`, {
      hint: 'Unlock it with its PUK or SO PIN.',
    });
  if (token.pinState === 'last-try') {
    throw new WinpvError('SIGN_TOKEN_PIN', `One more wrong PIN locks ${name}, so it was not tried.`, {
      hint: 'Log in once with the vendor’s own tool; that resets the count.',
    });
  }
  if (pin === undefined && !token.ownPinPad)
    throw new WinpvError('SIGN_TOKEN_PIN', `${name} asks for a PIN.`, { hint: 'Name its source: --pin env:NAME.' });
  try {
    session.login(token.ownPinPad && pin === undefined ? undefined : pin?.reveal());
  } catch (error) {
    throw tokenError(error, name);
  }
};

/** The certificates given, or those of the token: the key's own has the key's id there (PKCS#11 2.40, 4.6.2). */
const chainOf = (
  session: TokenSession,
  key: TokenKey,
  given: readonly Uint8Array[],
  label: string,
): readonly Uint8Array[] => {
  const stored = session.certificates();
  const all = [...given, ...stored.map(({ der }) => der).filter((der) => der.length > 0)];
  const [first] = given;
  const own = first === undefined ? stored.filter(({ id }) => equalBytes(id, key.id)).map(({ der }) => der) : [first];
  const [leaf, second] = own;
  if (leaf === undefined || second !== undefined) {
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${label} has ${own.length} certificates on the token, not one.`, {
      hint: 'Give its certificate with --cert, then those of its issuers.',
    });
  }
  return certificateChain(all, (certificate: X509Certificate) => certificate.raw.equals(leaf), label);
};

interface TokenSignerParts {
  readonly session: TokenSession;
  readonly key: TokenKey;
  readonly label: string;
  readonly chain: readonly Uint8Array[];
  readonly contextPin: Secret | undefined;
}

/** A session does one thing at a time. After a failure the token is not asked again: it may be a PIN that was refused. */
const tokenSigner = ({ session, key, label, chain, contextPin }: TokenSignerParts): Signer => {
  const inTurn = limitConcurrency(1);
  let failed: WinpvError | undefined;
  const ask = async (message: Uint8Array, algorithm: SignatureAlgorithm): Promise<Uint8Array> => {
    if (failed !== undefined) throw failed;
    const hash = DIGEST_OF[algorithm];
    const digest = new Uint8Array(createHash(hash).update(message).digest());
    try {
      if (key.kind === 'rsa')
        return await session.sign(key, 'rsa-pkcs', encodeDigestInfo(hash, digest), contextPin?.reveal());
      return ecdsaSignature(await session.sign(key, 'ecdsa', digest, contextPin?.reveal()));
    } catch (error) {
      const reason = tokenError(error, label);
      if (reason instanceof WinpvError) failed = reason;
      throw reason;
    }
  };
  return {
    label,
    certificates: async () => chain,
    sign: async (message, algorithm) => {
      if (algorithm.startsWith('rsa') !== (key.kind === 'rsa'))
        throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${label} cannot sign with ${algorithm}.`);
      return inTurn(() => ask(message, algorithm));
    },
  };
};
