import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Random } from '../../core/ports.ts';
import { encodePem, parseCertificates } from '../formats/x509/pem.ts';
import { type NamedBytes, readPrivateKey } from './pem-key.ts';
import type { Secret } from './secret.ts';
import type { CertifiedKey, TestHierarchy, TestRole } from './test-hierarchy.ts';

/** A file to write; a secret one is for its owner only (mode 0600). */
export interface HierarchyFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly secret: boolean;
}

const ROLES: readonly TestRole[] = ['root', 'signer', 'tsa'];

/** The certificates alone, for people who have to trust them: `root.pem`, `root.cer`, `signer.pem`, … */
export const certificateFiles = (hierarchy: TestHierarchy): readonly HierarchyFile[] =>
  ROLES.flatMap((role) => {
    const { certificate } = hierarchy[role];
    return [
      { name: `${role}.pem`, bytes: utf8(encodePem('CERTIFICATE', certificate)), secret: false },
      { name: `${role}.cer`, bytes: certificate, secret: false },
    ];
  });

/** The names of `certificateFiles`' files. */
export const CERTIFICATE_FILE_NAMES: readonly string[] = ROLES.flatMap((role) => [`${role}.pem`, `${role}.cer`]);

/** The names of `keyContainers`' files. */
export const KEY_CONTAINER_NAMES: readonly string[] = ROLES.map((role) => `${role}.p12`);

/** The keys as `.p12`, each with its certificate and the root's, under one password. */
export const keyContainers = async (
  hierarchy: TestHierarchy,
  password: Secret,
  random: Random,
): Promise<readonly HierarchyFile[]> => {
  const { makePkcs12 } = await import('./forge.ts');
  return ROLES.map((role) => {
    const { certificate, privateKey } = hierarchy[role];
    const certificates = role === 'root' ? [certificate] : [certificate, hierarchy.root.certificate];
    const parts = { privateKey, certificates, friendlyName: `winpv ${role}`, password: password.reveal() };
    return { name: `${role}.p12`, bytes: makePkcs12(parts, random), secret: true };
  });
};

/** A project's own store: one PEM file a role with the key, not encrypted, and its certificate. */
export const hierarchyStore = (hierarchy: TestHierarchy): readonly HierarchyFile[] =>
  ROLES.map((role) => {
    const { certificate, privateKey } = hierarchy[role];
    const text = encodePem('PRIVATE KEY', privateKey) + encodePem('CERTIFICATE', certificate);
    return { name: storeName(role), bytes: utf8(text), secret: true };
  });

const storeName = (role: TestRole): string => `${role}-key.pem`;

/** The names of `hierarchyStore`'s files. */
export const HIERARCHY_STORE_NAMES: readonly string[] = ROLES.map(storeName);

/**
 * Reads back what `hierarchyStore` wrote.
 * @throws WinpvError SIGN_KEY_UNREADABLE, SIGN_CERTIFICATE_UNREADABLE when a file is missing or damaged
 */
export const readHierarchyStore = (files: readonly NamedBytes[]): TestHierarchy => {
  const read = (role: TestRole): CertifiedKey => {
    const found = files.find(({ file }) => file.replaceAll('\\', '/').split('/').at(-1) === storeName(role));
    if (found === undefined) {
      throw new WinpvError('SIGN_KEY_UNREADABLE', `The file ${storeName(role)} of the test keys is missing.`, {
        hint: 'Remove the folder of the test keys: winpv makes new ones.',
      });
    }
    const [certificate = new Uint8Array(0)] = parseCertificates(found.bytes, found.file);
    const key = readPrivateKey(found).export({ type: 'pkcs8', format: 'der' });
    return { certificate, privateKey: new Uint8Array(key) };
  };
  return { root: read('root'), signer: read('signer'), tsa: read('tsa') };
};
