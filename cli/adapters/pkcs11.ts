import { WinpvError } from '../../core/errors.ts';
import {
  TokenFailure,
  type TokenInfo,
  type TokenKey,
  type TokenLibraries,
  type TokenLibrary,
  type TokenSession,
} from '../../core/tokens.ts';

/** The part of pkcs11js that is used. Written out here, because the package may not be installed when winpv is compiled. */
interface Pkcs11Js {
  load(path: string): void;
  close(): void;
  C_Initialize(): void;
  C_Finalize(): void;
  C_GetInfo(): {
    readonly libraryDescription: string;
    readonly manufacturerID: string;
    readonly libraryVersion: { readonly major: number; readonly minor: number };
  };
  C_GetSlotList(tokenPresent: boolean): readonly Buffer[];
  C_GetSlotInfo(slot: Buffer): { readonly slotDescription: string; readonly manufacturerID: string };
  C_GetTokenInfo(slot: Buffer): {
    readonly label: string;
    readonly manufacturerID: string;
    readonly model: string;
    readonly serialNumber: string;
    readonly flags: number;
  };
  C_OpenSession(slot: Buffer, flags: number): Buffer;
  C_CloseSession(session: Buffer): void;
  C_Login(session: Buffer, user: number, pin?: string): void;
  C_FindObjectsInit(session: Buffer, template: readonly { type: number; value: number }[]): void;
  C_FindObjects(session: Buffer, count: number): readonly Buffer[];
  C_FindObjectsFinal(session: Buffer): void;
  C_GetAttributeValue(
    session: Buffer,
    object: Buffer,
    template: readonly { type: number }[],
  ): readonly { readonly value: Buffer }[];
  C_SignInit(session: Buffer, mechanism: { mechanism: number }, key: Buffer): void;
  C_SignAsync(session: Buffer, data: Buffer, signature: Buffer): Promise<Buffer>;
}

/** Numbers of PKCS#11 2.40. */
const CKF = { loginRequired: 0x4, ownPinPad: 0x100, initialised: 0x400, lastTry: 0x20000, locked: 0x40000 };
const CKF_SERIAL_SESSION = 4;
const CKU = { user: 1, contextSpecific: 2 };
const CKO = { certificate: 1, privateKey: 3 };
const CKA = { class: 0, label: 3, value: 0x11, keyType: 0x100, id: 0x102, alwaysAuthenticate: 0x202 };
const CKM = { 'rsa-pkcs': 1, ecdsa: 0x1041 };
const CKK: Readonly<Record<number, TokenKey['kind']>> = { 0: 'rsa', 3: 'ec' };

/** A key of 16,384 bits would fit. */
const MAX_SIGNATURE = 2048;
const MAX_OBJECTS = 4096;
const OBJECTS_AT_ONCE = 64;

const PACKAGE: string = 'pkcs11js';

const loadPackage = async (): Promise<new () => Pkcs11Js> => {
  try {
    const loaded = (await import(PACKAGE)) as { default: { PKCS11: new () => Pkcs11Js } };
    return loaded.default.PKCS11;
  } catch (cause) {
    throw new WinpvError('SIGN_TOKEN_MODULE', 'This installation of winpv has no PKCS#11: pkcs11js was not built.', {
      hint: 'Install a C++ compiler, make and python3, then run `npm rebuild pkcs11js` or `npm ci`.',
      cause,
    });
  }
};

/** pkcs11js says what went wrong in a message like `CKR_PIN_INCORRECT:160`. */
const resultOf = (error: unknown): string =>
  /CKR_\w+/.exec(error instanceof Error ? error.message : String(error))?.[0] ?? 'CKR_FUNCTION_FAILED';

const call = <T>(work: () => T): T => {
  try {
    return work();
  } catch (error) {
    throw new TokenFailure(resultOf(error), error);
  }
};

const quietly = (work: () => void): void => {
  try {
    work();
  } catch {
    // What is closed may be gone already.
  }
};

const text = (padded: string): string => padded.replace(/[\s\0]+$/, '');

/** CK_ULONG of this machine: four or eight octets, little-endian on every machine that Node runs on with a token. */
const unsigned = (value: Buffer | undefined): number =>
  value === undefined || value.length === 0 ? -1 : value.readUIntLE(0, Math.min(value.length, 6));

/** The attribute, or undefined when the object has none. */
const attribute = (p11: Pkcs11Js, session: Buffer, object: Buffer, type: number): Buffer | undefined => {
  try {
    return p11.C_GetAttributeValue(session, object, [{ type }])[0]?.value;
  } catch (error) {
    const result = resultOf(error);
    if (['CKR_ATTRIBUTE_TYPE_INVALID', 'CKR_ATTRIBUTE_SENSITIVE'].includes(result)) return undefined;
    throw new TokenFailure(result, error);
  }
};

const objects = (p11: Pkcs11Js, session: Buffer, kind: number): readonly Buffer[] =>
  call(() => {
    p11.C_FindObjectsInit(session, [{ type: CKA.class, value: kind }]);
    const found: Buffer[] = [];
    try {
      while (found.length < MAX_OBJECTS) {
        const more = p11.C_FindObjects(session, OBJECTS_AT_ONCE);
        found.push(...more);
        if (more.length === 0) break;
      }
    } finally {
      p11.C_FindObjectsFinal(session);
    }
    return found;
  });

const named = (p11: Pkcs11Js, session: Buffer, object: Buffer): { id: Uint8Array; label: string } => ({
  id: new Uint8Array(attribute(p11, session, object, CKA.id) ?? []),
  label: text(attribute(p11, session, object, CKA.label)?.toString('utf8') ?? ''),
});

const openSession = (p11: Pkcs11Js, slot: Buffer): TokenSession => {
  const session = call(() => p11.C_OpenSession(slot, CKF_SERIAL_SESSION));
  return {
    login: (pin) => {
      try {
        p11.C_Login(session, CKU.user, pin);
      } catch (error) {
        const result = resultOf(error);
        if (result !== 'CKR_USER_ALREADY_LOGGED_IN') throw new TokenFailure(result);
      }
    },
    privateKeys: () =>
      objects(p11, session, CKO.privateKey).map((handle) => ({
        handle,
        ...named(p11, session, handle),
        kind: CKK[unsigned(attribute(p11, session, handle, CKA.keyType))] ?? 'other',
        alwaysAuthenticate: attribute(p11, session, handle, CKA.alwaysAuthenticate)?.[0] === 1,
      })),
    certificates: () =>
      objects(p11, session, CKO.certificate).map((handle) => ({
        ...named(p11, session, handle),
        der: new Uint8Array(attribute(p11, session, handle, CKA.value) ?? []),
      })),
    sign: async ({ handle }, mechanism, data, pin) => {
      try {
        p11.C_SignInit(session, { mechanism: CKM[mechanism] }, handle as Buffer);
        if (pin !== undefined) p11.C_Login(session, CKU.contextSpecific, pin);
        return new Uint8Array(await p11.C_SignAsync(session, Buffer.from(data), Buffer.alloc(MAX_SIGNATURE)));
      } catch (error) {
        throw new TokenFailure(resultOf(error));
      }
    },
    close: () => quietly(() => p11.C_CloseSession(session)),
  };
};

const tokenInfo = (p11: Pkcs11Js, slot: Buffer): TokenInfo & { readonly initialised: boolean } => {
  const { label, manufacturerID, model, serialNumber, flags } = p11.C_GetTokenInfo(slot);
  const { slotDescription, manufacturerID: slotManufacturer } = p11.C_GetSlotInfo(slot);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    label: text(label),
    manufacturer: text(manufacturerID),
    model: text(model),
    serial: text(serialNumber),
    slotId: unsigned(slot),
    slotDescription: text(slotDescription),
    slotManufacturer: text(slotManufacturer),
    loginRequired: has(CKF.loginRequired),
    ownPinPad: has(CKF.ownPinPad),
    pinState: has(CKF.locked) ? 'locked' : has(CKF.lastTry) ? 'last-try' : 'fine',
    initialised: has(CKF.initialised),
  };
};

const openLibrary = (p11: Pkcs11Js): TokenLibrary => {
  const { libraryDescription, manufacturerID, libraryVersion } = call(() => p11.C_GetInfo());
  const slots = new Map<TokenInfo, Buffer>();
  return {
    description: text(libraryDescription),
    manufacturer: text(manufacturerID),
    version: `${libraryVersion.major}.${libraryVersion.minor}`,
    tokens: () =>
      call(() => {
        slots.clear();
        for (const slot of p11.C_GetSlotList(true)) {
          const { initialised, ...token } = tokenInfo(p11, slot);
          if (initialised) slots.set(token, slot);
        }
        return [...slots.keys()];
      }),
    open: (token) => {
      const slot = slots.get(token);
      if (slot === undefined) throw new TokenFailure('CKR_SLOT_ID_INVALID');
      return openSession(p11, slot);
    },
    close: () => {
      quietly(() => p11.C_Finalize());
      quietly(() => p11.close());
    },
  };
};

/** PKCS#11 libraries of this machine, through pkcs11js, which is an optional dependency and loaded when first needed. */
export const systemTokens: TokenLibraries = {
  async load(path) {
    const Pkcs11 = await loadPackage();
    const p11 = new Pkcs11();
    try {
      p11.load(path);
    } catch (cause) {
      throw new WinpvError('SIGN_TOKEN_MODULE', `${path} cannot be loaded as a PKCS#11 module.`, {
        hint: 'Name the library of the token’s vendor, for example /usr/lib/softhsm/libsofthsm2.so.',
        cause,
      });
    }
    try {
      p11.C_Initialize();
      return openLibrary(p11);
    } catch (error) {
      quietly(() => p11.close());
      throw new WinpvError('SIGN_TOKEN_MODULE', `The PKCS#11 module ${path} does not start: ${resultOf(error)}.`, {
        hint: 'Its own settings may be missing; see the manual of the token.',
      });
    }
  },
};
