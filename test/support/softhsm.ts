import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { hasOracle } from './outside.ts';

/** SoftHSM2: a token in a folder. The library finds it by SOFTHSM2_CONF in the environment of the process. */

const MODULES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

export const softHsmModule = MODULES.find((path) => existsSync(path)) ?? '';

interface Pkcs11Package {
  readonly PKCS11: new () => {
    load(path: string): void;
    close(): void;
    C_Initialize(): void;
    C_Finalize(): void;
    C_GetSlotList(present: boolean): Buffer[];
    C_GetTokenInfo(slot: Buffer): { label: string };
    C_OpenSession(slot: Buffer, flags: number): Buffer;
    C_Login(session: Buffer, user: number, pin: string): void;
    C_CreateObject(session: Buffer, template: readonly { type: number; value: unknown }[]): Buffer;
    C_SetAttributeValue(session: Buffer, object: Buffer, template: readonly { type: number; value: unknown }[]): void;
  };
}

const loadPackage = (): Pkcs11Package | undefined => {
  try {
    return createRequire(import.meta.url)('pkcs11js') as Pkcs11Package;
  } catch {
    return undefined;
  }
};

const pkcs11js = loadPackage();
const missing = [
  ...(pkcs11js === undefined ? ['pkcs11js'] : []),
  ...(softHsmModule !== '' && hasOracle('softhsm2-util') ? [] : ['softhsm2']),
];

/** Why tests with a token cannot run here; undefined when they can. Where outside tools are required they always run. */
export const noSoftHsm: string | undefined =
  missing.length === 0 || process.env.WINPV_REQUIRE_OUTSIDE === '1' ? undefined : `needs ${missing.join(' and ')}`;

export const USER_PIN = '648219';

export interface StoredKey {
  readonly label: string;
  /** Hex. */
  readonly id: string;
  readonly pkcs8: Uint8Array;
}

export interface StoredCertificate {
  readonly label: string;
  readonly id: string;
  readonly der: Uint8Array;
}

export interface SoftToken {
  readonly module: string;
  readonly label: string;
  /** Where its files are: without them the token is gone. */
  readonly store: string;
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

const run = (environment: Readonly<Record<string, string>>, ...args: string[]): void => {
  const { status, stderr } = spawnSync('softhsm2-util', args, { env: { ...process.env, ...environment } });
  if (status !== 0) throw new Error(`softhsm2-util ${args[0]}: ${stderr}`);
};

/** A new token with these keys; this process and its children see it until it is removed. */
export const createSoftToken = (
  label: string,
  keys: readonly StoredKey[],
  certificates: readonly StoredCertificate[] = [],
): SoftToken => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-softhsm-'));
  const store = join(folder, 'tokens');
  mkdirSync(store);
  writeFileSync(
    join(folder, 'softhsm2.conf'),
    `directories.tokendir = ${store}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n`,
  );
  const environment = { SOFTHSM2_CONF: join(folder, 'softhsm2.conf') };
  run(environment, '--init-token', '--free', '--label', label, '--so-pin', '12345678', '--pin', USER_PIN);
  for (const key of keys) {
    const file = join(folder, `${key.label}.key`);
    writeFileSync(file, encodePem('PRIVATE KEY', key.pkcs8));
    run(environment, '--import', file, '--token', label, '--label', key.label, '--id', key.id, '--pin', USER_PIN);
    rmSync(file);
  }
  process.env.SOFTHSM2_CONF = environment.SOFTHSM2_CONF;
  if (certificates.length > 0) storeCertificates(certificates);
  return {
    module: softHsmModule,
    label,
    store,
    environment,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** softhsm2-util imports keys only. CKO_CERTIFICATE with CKC_X_509, as PKCS#11 2.40, 4.6.3 wants it. */
const storeCertificates = (certificates: readonly StoredCertificate[]): void => {
  if (pkcs11js === undefined) throw new Error('pkcs11js is required here and does not load');
  const p11 = new pkcs11js.PKCS11();
  p11.load(softHsmModule);
  p11.C_Initialize();
  try {
    const [slot] = p11.C_GetSlotList(true);
    if (slot === undefined) throw new Error('no slot');
    const session = p11.C_OpenSession(slot, 6);
    p11.C_Login(session, 1, USER_PIN);
    for (const { label, id, der } of certificates) {
      p11.C_CreateObject(session, [
        { type: 0x0, value: 1 },
        { type: 0x80, value: 0 },
        { type: 0x1, value: true },
        { type: 0x2, value: false },
        { type: 0x3, value: label },
        { type: 0x102, value: Buffer.from(id, 'hex') },
        { type: 0x101, value: Buffer.from(label) },
        { type: 0x11, value: Buffer.from(der) },
      ]);
    }
  } finally {
    p11.C_Finalize();
    p11.close();
  }
};

/** Takes the token's files away while somebody has a session with it. */
export const pullOut = ({ store }: SoftToken): void => {
  for (const entry of readdirSync(store)) rmSync(join(store, entry), { recursive: true });
};
