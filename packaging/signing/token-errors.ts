import type { ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import { TokenFailure } from '../../core/tokens.ts';

type Meaning = readonly [code: ErrorCode, what: string, hint: string];

const NOT_AGAIN = 'It was tried once and is not tried again: a token locks after a few wrong PINs.';
const PUT_BACK = 'Nothing was written. Put the token back, check its reader or its network, and start again.';

const wrongPin: Meaning = ['SIGN_TOKEN_PIN', 'does not take the PIN', NOT_AGAIN];
const lost: Meaning = ['SIGN_TOKEN_LOST', 'is no longer there', PUT_BACK];

/** Results of PKCS#11 2.40, 5.1, that mean something to the person at the keyboard. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  CKR_PIN_INCORRECT: wrongPin,
  CKR_PIN_INVALID: wrongPin,
  CKR_PIN_LEN_RANGE: wrongPin,
  CKR_PIN_EXPIRED: ['SIGN_TOKEN_PIN', 'wants its PIN to be changed first', 'Change it with the vendor’s own tool.'],
  CKR_PIN_LOCKED: ['SIGN_TOKEN_PIN', 'has its PIN locked', 'Unlock it with its PUK or SO PIN.'],
  CKR_USER_PIN_NOT_INITIALIZED: ['SIGN_TOKEN_PIN', 'has no user PIN yet', 'Set one with the vendor’s own tool.'],
  CKR_DEVICE_ERROR: lost,
  CKR_DEVICE_REMOVED: lost,
  CKR_TOKEN_NOT_PRESENT: lost,
  CKR_TOKEN_NOT_RECOGNIZED: lost,
  CKR_SESSION_CLOSED: lost,
  CKR_SESSION_HANDLE_INVALID: lost,
  CKR_KEY_HANDLE_INVALID: lost,
  CKR_OBJECT_HANDLE_INVALID: lost,
  CKR_USER_NOT_LOGGED_IN: lost,
  CKR_MECHANISM_INVALID: ['SIGN_KEY_UNSUPPORTED', 'cannot make this kind of signature', 'Use another key or hash.'],
  CKR_KEY_FUNCTION_NOT_PERMITTED: ['SIGN_TOKEN_KEY', 'is not allowed to sign with this key', 'Name a signing key.'],
};

/** What a library's failure means; anything else is handed back as it is. */
export const tokenError = (error: unknown, name: string): unknown => {
  if (!(error instanceof TokenFailure)) return error;
  const known = MEANINGS[error.result];
  const subject = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  if (known === undefined) {
    return new WinpvError('SIGN_TOKEN_FAILED', `${subject} answered ${error.result}.`, {
      hint: 'The manual of the token says what that means. Nothing was written.',
      cause: error,
    });
  }
  const [code, what, hint] = known;
  return new WinpvError(code, `${subject} ${what} (${error.result}).`, { hint, cause: error });
};
