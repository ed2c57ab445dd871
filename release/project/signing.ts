import type { Settings } from '../../branding/settings.ts';
import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { cloudAddress, knowsCertificate, rotates } from '../../packaging/signing/cloud/service.ts';
import type { SigningPurpose } from '../../packaging/signing/fitness.ts';
import type { KeySource } from '../../packaging/signing/open-signer.ts';
import type { CertificatePin } from '../../packaging/signing/pin.ts';
import type { ProjectSettings } from './project.ts';

/** How a release is signed. */
export type SigningSettings = (
  | { readonly kind: 'test' }
  /** A key, and what its certificate has to be. */
  | (KeySource & { readonly certificate?: CertificatePin | undefined })
  /** A tool that takes files, started in the project's folder. */
  | {
      readonly kind: 'file-command';
      readonly command: string;
      readonly folder: string;
      readonly certificate?: CertificatePin | undefined;
    }
) & {
  /** What to do with sources that are signed; refused when it is not said. */
  readonly existing?: 'refuse' | 'replace' | undefined;
  /** Whether the key may be one for test machines only. */
  readonly purpose: SigningPurpose;
};

type Written = NonNullable<ProjectSettings['signing']>;

const KINDS = ['test', 'pfx', 'key', 'pkcs11', 'cloud', 'command', 'fileCommand'] as const;
type Kind = (typeof KINDS)[number];

/** Which settings go with which key. Anything else would be read by nobody. */
const COMPANIONS: Readonly<Record<Kind, readonly (keyof Written)[]>> = {
  test: [],
  pfx: ['passin', 'cert', 'certificate', 'testSigning'],
  key: ['passin', 'cert', 'certificate', 'testSigning'],
  pkcs11: ['keyUri', 'pin', 'cert', 'certificate', 'testSigning'],
  cloud: ['cloudUrl', 'keyName', 'cert', 'certificate', 'testSigning'],
  command: ['cert', 'certificate', 'testSigning'],
  fileCommand: ['certificate', 'testSigning'],
};
const ALL_COMPANIONS = [
  'passin',
  'keyUri',
  'pin',
  'cloudUrl',
  'keyName',
  'cert',
  'certificate',
  'testSigning',
] as const;

/**
 * The key that `signing` of a project names; test keys when it is not there. Paths start from the project's folder, and a
 * command is started there.
 * @throws WinpvError CONFIG_CONFLICT
 */
export const signingOf = (
  settings: Settings<ProjectSettings>,
  place: { readonly files: Files; readonly folder: string },
): SigningSettings => {
  const written = settings.value.signing ?? { test: true };
  const refuse: Refuse = (message, hint, key) => {
    const at = settings.keyPoint(key === undefined ? ['signing'] : ['signing', key]);
    throw new WinpvError('CONFIG_CONFLICT', message, { ...at, hint });
  };
  const kind = chosenKind(written, refuse);
  const stray = ALL_COMPANIONS.find((key) => written[key] !== undefined && !COMPANIONS[kind].includes(key));
  if (stray !== undefined) refuse(`\`signing.${stray}\` does not go with \`${kind}\`.`, 'Remove one of them.', stray);
  const { existing, certificate } = written;
  const common = { existing, purpose: kind === 'test' || written.testSigning === true ? 'test' : 'release' } as const;
  if (kind === 'test') return { kind, ...common };
  if (kind === 'fileCommand') {
    if (Array.isArray(written.timestamp))
      refuse(
        '`signing.timestamp` names servers, but with `fileCommand` the tool asks for the time stamp.',
        'Name the server in the command.',
        'timestamp',
      );
    const command = written.fileCommand ?? '';
    return { kind: 'file-command', command, folder: place.folder, certificate, ...common };
  }
  if (written.timestamp === undefined)
    refuse('A signature without a time stamp has to be asked for.', 'Write `timestamp: none` if that is meant.');
  return { ...keySource(kind, written, place, refuse), certificate, ...common };
};

type Refuse = (message: string, hint: string, key?: string) => never;

/** What says nothing of the key. */
const IRRELEVANT: ReadonlySet<string> = new Set(['existing', 'revocation']);

const chosenKind = (written: Written, refuse: Refuse): Kind => {
  const named = KINDS.filter((kind) => written[kind] !== undefined);
  // What only says how sources are taken leaves the key as it is without `signing`.
  if (Object.entries(written).every(([key, value]) => IRRELEVANT.has(key) || value === undefined)) return 'test';
  const [kind, second] = named.length === 0 && written.keyUri !== undefined ? (['pkcs11'] as const) : named;
  if (kind !== undefined && second === undefined) return kind;
  return refuse(
    '`signing` has to name exactly one key.',
    'Use one of `test: true`, `pfx` with `passin`, `key` with `cert`, `pkcs11` with `keyUri`, `cloud` with `cloudUrl` and `keyName`, `command` with `cert`, or `fileCommand`.',
  );
};

/** A key in a cloud. One whose certificates change every few days cannot be pinned by thumbprint, and needs a time stamp. */
const cloudSource = (written: Written, certificates: readonly string[], refuse: Refuse): KeySource => {
  const { cloud: service, cloudUrl, keyName, certificate, timestamp } = written;
  if (service === undefined || cloudUrl === undefined || keyName === undefined)
    return refuse(
      '`signing.cloud` needs `cloudUrl` and `keyName`.',
      'For example `cloudUrl: https://acme.vault.azure.net`.',
    );
  if (!knowsCertificate(service) && certificates.length === 0)
    return refuse('This service needs `cert`: it keeps no certificates.', 'List them, the leaf first.', 'cloud');
  if (rotates(service) && timestamp === 'none')
    return refuse('These signatures end within days without a time stamp.', 'Name a server.', 'timestamp');
  if (rotates(service) && (certificate?.sha1 !== undefined || certificate?.sha256 !== undefined))
    return refuse('These certificates change every few days.', 'Pin `subject`, `issuer` or `eku`.', 'certificate');
  return { kind: 'cloud', service, url: cloudAddress(cloudUrl), keyName, certificates };
};

const keySource = (
  kind: Exclude<Kind, 'test' | 'fileCommand'>,
  written: Written,
  { files, folder }: { readonly files: Files; readonly folder: string },
  refuse: Refuse,
): KeySource => {
  const path = (one: string): string => (files.isAbsolute(one) ? one : files.join(folder, one));
  const secret = (source: string | undefined): string | undefined =>
    source?.startsWith('file:') === true ? `file:${path(source.slice('file:'.length))}` : source;
  const certificates = (written.cert ?? []).map(path);
  const { pfx = '', key = '', pkcs11, command = '', keyUri } = written;
  if (kind === 'pfx') {
    if (written.passin === undefined)
      return refuse('`signing.pfx` needs `passin`.', 'For example `passin: env:SIGNER_PASSWORD`.');
    return { kind, pfx: path(pfx), passin: secret(written.passin), certificates };
  }
  if (kind === 'pkcs11') {
    if (keyUri === undefined)
      return refuse('`signing.pkcs11` needs `keyUri`.', 'For example `keyUri: "pkcs11:token=release;object=signer"`.');
    // A name without a folder is looked for where the system keeps libraries.
    const module = pkcs11 === undefined || !/[\\/]/.test(pkcs11) ? pkcs11 : path(pkcs11);
    return { kind, module, keyUri, pin: secret(written.pin), certificates };
  }
  if (kind === 'cloud') return cloudSource(written, certificates, refuse);
  if (certificates.length === 0)
    return refuse(`\`signing.${kind}\` needs \`cert\`.`, 'List the certificates, the leaf first.');
  if (kind === 'command') return { kind, command, folder, certificates };
  return { kind: 'pem', key: path(key), passin: secret(written.passin), certificates };
};
