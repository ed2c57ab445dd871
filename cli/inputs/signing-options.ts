import { type Command, Option } from 'commander';
import { WinpvError } from '../../core/errors.ts';
import { CLOUD_SERVICES, type CloudService } from '../../packaging/signing/cloud/service.ts';
import type { SigningPurpose } from '../../packaging/signing/fitness.ts';
import type { KeySource } from '../../packaging/signing/open-signer.ts';
import type { CertificatePin } from '../../packaging/signing/pin.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import type { RemoteTimestamper, TimestampProtocol } from '../../packaging/signing/timestamp-servers.ts';
import type { Io } from '../io.ts';
import { checkRotation, cloudSource } from './cloud-key.ts';

/** What every command that signs has in common: which key, and whose time stamp. */

/** As commander hands them over. */
export interface KeyOptions {
  readonly pfx?: string;
  readonly passin?: string;
  readonly key?: string;
  readonly pkcs11?: string;
  readonly keyUri?: string;
  readonly pin?: string;
  readonly cloud?: CloudService;
  readonly cloudUrl?: string;
  readonly keyName?: string;
  readonly exec?: string;
  readonly cert?: readonly string[];
  readonly certSha1?: string;
  readonly certSha256?: string;
  readonly certIssuer?: string;
  readonly certSubject?: string;
  readonly certEku?: string;
  readonly testSigning?: true;
}

export interface TimestampOptions {
  /** False after `--no-timestamp`. */
  readonly timestamp?: readonly string[] | false;
  readonly timestampCa?: readonly string[];
  readonly timestampTimeout?: number;
  readonly timestampProtocol?: TimestampProtocol;
}

/** What `--timestamp` and `--no-timestamp` ask for; undefined when neither was given. */
export type TimestampChoice =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'servers';
      /** In the order in which they are tried. */
      readonly urls: readonly string[];
      /** DER of the roots that an authority's chain may end in. */
      readonly authorities: readonly Uint8Array[];
      readonly timeoutMs: number;
      readonly protocol: TimestampProtocol;
    };

const MAX_KEY_BYTES = 1024 * 1024;
const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_TIMEOUT_SECONDS = 3600;

const collect = (value: string, before: readonly string[] | false | undefined): readonly string[] => [
  ...(before === undefined || before === false ? [] : before),
  value,
];

const usage = (message: string, hint: string): WinpvError => new WinpvError('USAGE', message, { hint });

/**
 * A secret's source, never the secret itself. A refused value is not repeated: it may be a password.
 * @throws WinpvError USAGE
 */
const secretSource =
  (option: string) =>
  (value: string): string => {
    if (/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+|stdin)$/.test(value)) return value;
    throw usage(
      `${option} takes where the secret is, not the secret: env:NAME, file:PATH or stdin.`,
      'Everybody on this machine can read the arguments of a program.',
    );
  };

const hexOf =
  (option: string, digits: number) =>
  (value: string): string => {
    const hex = value.replace(/[\s:]/g, '').toLowerCase();
    if (/^[0-9a-f]+$/.test(hex) && hex.length === digits) return hex;
    throw usage(`${option} takes a thumbprint of ${digits} hex digits.`, '`winpv verify` prints thumbprints.');
  };

const seconds = (value: string): number => {
  const number = Number(value);
  if (/^\d{1,5}(\.\d{1,3})?$/.test(value) && number > 0 && number <= MAX_TIMEOUT_SECONDS) return number;
  throw usage('--timestamp-timeout takes seconds.', `More than 0, at most ${MAX_TIMEOUT_SECONDS}.`);
};

/** Adds the options that name a key. */
export const addKeyOptions = (command: Command): Command =>
  command
    .option('--pfx <file>', 'the key and its certificates: PKCS#12 (.pfx, .p12)')
    .option('--passin <source>', 'where its password is: env:NAME, file:PATH or stdin', secretSource('--passin'))
    .option('--key <file>', 'the private key: PEM, or PKCS#8 as DER')
    .option('--pkcs11 <module>', 'the library of a PKCS#11 token that has the key')
    .option('--key-uri <uri>', 'which key of which token: pkcs11:token=…;object=… (RFC 7512)')
    .option('--pin <source>', 'where the token’s PIN is: env:NAME, file:PATH or stdin', secretSource('--pin'))
    .addOption(new Option('--cloud <service>', 'the service that has the key').choices(CLOUD_SERVICES))
    .option('--cloud-url <url>', 'the address of the vault, account or region')
    .option('--key-name <name>', 'which key of the service')
    .option('--exec <command>', 'a program that gets the digest on its standard input and answers with the signature')
    .option('--cert <file>', 'a certificate, PEM or DER: the key’s own first, then its issuers (repeatable)', collect)
    .addOption(
      new Option('--cert-sha1 <hex>', 'sign only with the certificate of this thumbprint').argParser(
        hexOf('--cert-sha1', 40),
      ),
    )
    .addOption(
      new Option('--cert-sha256 <hex>', 'sign only with the certificate of this SHA-256').argParser(
        hexOf('--cert-sha256', 64),
      ),
    )
    .option('--cert-issuer <name>', 'sign only with a certificate of this issuer: common or whole name')
    .option('--cert-subject <name>', 'sign only with a certificate of this subject: common or whole name')
    .option('--cert-eku <oid>', 'sign only with a certificate that has this extended key usage')
    .option('--test-signing', 'take a certificate for test machines: WDKTestCert, or one without a key usage');

/** Adds the options that say which servers confirm the time. */
export const addServerOptions = (command: Command): Command =>
  command
    .option('--timestamp <url>', 'a time-stamp server; the next is asked when one fails (repeatable)', collect)
    .option('--timestamp-ca <file>', 'a root that the server’s certificate must lead to (repeatable)', collect)
    .option(
      '--timestamp-timeout <seconds>',
      `how long to wait for each server (default: ${DEFAULT_TIMEOUT_SECONDS})`,
      seconds,
    )
    .addOption(
      new Option('--timestamp-protocol <protocol>', 'what the servers speak: RFC 3161, or the older Authenticode form')
        .choices(['rfc3161', 'authenticode'])
        .default('rfc3161'),
    );

/** Adds the options that say who confirms the time, if anybody. */
export const addTimestampOptions = (command: Command): Command =>
  addServerOptions(command).option(
    '--no-timestamp',
    'sign without a time stamp: the signature ends with its certificate',
  );

const KEY_OPTIONS = ['pfx', 'key', 'pkcs11', 'cloud', 'exec'] as const;

/** Whether any option names a key. */
export const namesKey = (options: KeyOptions): boolean =>
  KEY_OPTIONS.some((name) => options[name] !== undefined) || options.keyUri !== undefined;

const chosenKey = (options: KeyOptions): (typeof KEY_OPTIONS)[number] => {
  const named = KEY_OPTIONS.filter((name) => options[name] !== undefined);
  const [kind, second] = named.length === 0 && options.keyUri !== undefined ? (['pkcs11'] as const) : named;
  if (kind === undefined)
    throw usage(
      'No key was named.',
      'Use --pfx with --passin, --key with --cert, --pkcs11 with --key-uri, --cloud, or --exec.',
    );
  if (second !== undefined) throw usage(`--${kind} and --${second} both name a key.`, 'Name one.');
  return kind;
};

/** Options that say nothing with the key that was named: somebody expects them to. */
const checkCompanions = (kind: (typeof KEY_OPTIONS)[number], options: KeyOptions): void => {
  const of: Readonly<Record<'passin' | 'keyUri' | 'pin' | 'cloudUrl' | 'keyName', readonly string[]>> = {
    passin: ['pfx', 'key'],
    keyUri: ['pkcs11'],
    pin: ['pkcs11'],
    cloudUrl: ['cloud'],
    keyName: ['cloud'],
  };
  for (const [name, kinds] of Object.entries(of) as [keyof typeof of, readonly string[]][]) {
    const option = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (options[name] !== undefined && !kinds.includes(kind))
      throw usage(`--${option} does not go with --${kind}.`, `It belongs to --${kinds.join(' or --')}.`);
  }
};

/** The key that the options name. @throws WinpvError USAGE */
export const keySource = (options: KeyOptions): KeySource => {
  const kind = chosenKey(options);
  checkCompanions(kind, options);
  const { pfx = '', key = '', exec = '', keyUri, passin, pin, pkcs11: module, cert: certificates = [] } = options;
  if (kind === 'pfx') {
    if (passin === undefined) throw usage('--pfx needs --passin.', 'For example --passin env:SIGNER_PASSWORD.');
    return { kind, pfx, passin, certificates };
  }
  if (kind === 'pkcs11') {
    if (keyUri === undefined) throw usage('--pkcs11 needs --key-uri.', 'For example --key-uri "pkcs11:object=signer".');
    return { kind, module, keyUri, pin, certificates };
  }
  if (kind === 'cloud') return cloudSource(options);
  if (certificates.length === 0)
    throw usage(`--${kind} needs --cert.`, 'Give the certificate of the key first, then its issuers.');
  return kind === 'key' ? { kind: 'pem', key, passin, certificates } : { kind: 'command', command: exec, certificates };
};

/** Whether the signatures are for test machines. */
export const purposeOf = ({ testSigning }: KeyOptions): SigningPurpose => (testSigning === true ? 'test' : 'release');

/** What the certificate has to be. */
export const pinOf = (options: KeyOptions): CertificatePin => ({
  sha1: options.certSha1,
  sha256: options.certSha256,
  issuer: options.certIssuer,
  subject: options.certSubject,
  eku: options.certEku,
});

/** The code that opens keys. To be loaded early, beside work that waits for the disk. */
export const loadSigners = () =>
  Promise.all([import('../../packaging/signing/pin.ts'), import('../../packaging/signing/open-signer.ts')]);

/**
 * Opens the key that the options name, checks that its certificate is the one that was pinned, and hands it to `use`.
 * A token's session is closed afterwards, whatever happens, so the signer must not be kept.
 * @throws WinpvError USAGE, SIGN_*, FILE_*, and what `use` throws
 */
export const withSigner = async <T>(io: Io, options: KeyOptions, use: (signer: Signer) => Promise<T>): Promise<T> => {
  checkRotation(options);
  const source = keySource(options);
  const [{ checkPin }, { openSigner }] = await loadSigners();
  const { signer, close } = await openSigner(source, io);
  try {
    await checkPin(signer, pinOf(options));
    return await use(signer);
  } finally {
    close();
  }
};

/**
 * What was said about time stamps; undefined when nothing was. Only a test key may go on then.
 * @throws WinpvError USAGE, FILE_*, SIGN_CERTIFICATE_UNREADABLE
 */
export const readTimestampChoice = async (io: Io, options: TimestampOptions): Promise<TimestampChoice | undefined> => {
  const { timestamp, timestampCa = [], timestampTimeout = DEFAULT_TIMEOUT_SECONDS } = options;
  if (timestamp === undefined || timestamp === false) {
    if (timestampCa.length > 0) throw usage('--timestamp-ca needs --timestamp.', 'Name a server with --timestamp URL.');
    return timestamp === false ? { kind: 'none' } : undefined;
  }
  for (const url of timestamp) checkServer(url);
  const { parseCertificates } = await import('../../packaging/formats/x509/pem.ts');
  const authorities: Uint8Array[] = [];
  for (const file of timestampCa)
    authorities.push(...parseCertificates(await io.files.read(file, { maxBytes: MAX_KEY_BYTES }), file));
  return {
    kind: 'servers',
    urls: timestamp,
    authorities,
    timeoutMs: timestampTimeout * 1000,
    protocol: options.timestampProtocol ?? 'rfc3161',
  };
};

/**
 * The servers of a choice, ready to be asked. What it finds on the way (`findings()`) belongs to the command's findings.
 * @throws WinpvError TS_SERVER_INVALID
 */
export const openTimestamper = async (
  io: Io,
  choice: Extract<TimestampChoice, { readonly kind: 'servers' }>,
): Promise<RemoteTimestamper> => {
  const { timestampServers } = await import('../../packaging/signing/timestamp-servers.ts');
  return timestampServers(choice, { http: await io.http(), random: io.random, clock: io.clock, timer: io.timer });
};

/** The answer is signed, so plain http is as good as https; a password in an address would be shown in messages. */
const checkServer = (url: string): void => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol))
    throw usage(
      '--timestamp takes an address that begins with http:// or https://.',
      'Give it whole, as the authority lists it.',
    );
  if (parsed.username !== '' || parsed.password !== '')
    throw usage(
      '--timestamp takes an address without a user name and password.',
      'Leave out what stands before the @.',
    );
};
