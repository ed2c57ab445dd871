import { WinpvError } from '../../core/errors.ts';
import type { Clock, Exec, Http, Timer } from '../../core/ports.ts';
import type { TokenLibraries } from '../../core/tokens.ts';
import { parseCertificates } from '../formats/x509/pem.ts';
import type { CloudService } from './cloud/service.ts';
import type { NamedBytes } from './pem-key.ts';
import { environmentSecrets, Secret } from './secret.ts';
import { readSecret, type SecretPorts } from './secret-source.ts';
import type { Signer } from './signer.ts';

/** Where a key is, as options and settings name it. Certificates are files: the key's own first, then its issuers. */
export type KeySource =
  | {
      readonly kind: 'pfx';
      readonly pfx: string;
      readonly passin?: string | undefined;
      readonly certificates: readonly string[];
    }
  | {
      readonly kind: 'pem';
      readonly key: string;
      readonly passin?: string | undefined;
      readonly certificates: readonly string[];
    }
  | {
      readonly kind: 'pkcs11';
      /** The library's file; without one the address has to name it. */
      readonly module?: string | undefined;
      readonly keyUri: string;
      readonly pin?: string | undefined;
      readonly certificates: readonly string[];
    }
  | {
      readonly kind: 'command';
      readonly command: string;
      /** Where it is started; the working folder otherwise. */
      readonly folder?: string | undefined;
      readonly certificates: readonly string[];
    }
  | {
      readonly kind: 'cloud';
      readonly service: CloudService;
      readonly url: string;
      readonly keyName: string;
      readonly certificates: readonly string[];
    };

export interface SignerPorts extends SecretPorts {
  readonly exec: () => Promise<Exec>;
  readonly tokens: () => Promise<TokenLibraries>;
  readonly http: () => Promise<Http>;
  readonly clock: Clock;
  readonly timer: Timer;
}

export interface OpenSigner {
  readonly signer: Signer;
  /** Ends the session with a token; the signer is of no use afterwards. Never throws. */
  close(): void;
}

const MAX_KEY_BYTES = 1024 * 1024;
const nothingToClose = (): void => {};

/** @throws WinpvError SIGN_*, FILE_* */
export const openSigner = async (source: KeySource, ports: SignerPorts): Promise<OpenSigner> => {
  const named = async (file: string): Promise<NamedBytes> => ({
    file,
    bytes: await ports.files.read(file, { maxBytes: MAX_KEY_BYTES }),
  });
  const certificates = await Promise.all(source.certificates.map(named));
  const chain = (): readonly Uint8Array[] =>
    certificates.flatMap(({ bytes, file }) => [...parseCertificates(bytes, file)]);
  switch (source.kind) {
    case 'pfx': {
      const container = await named(source.pfx);
      const { openPfxSigner } = await import('./pfx.ts');
      const password = (await secretOf(source.passin, ports)) ?? new Secret('');
      return { signer: await openPfxSigner(container, password, chain()), close: nothingToClose };
    }
    case 'pem': {
      const key = await named(source.key);
      const { openPemSigner } = await import('./pem-key.ts');
      const password = await secretOf(source.passin, ports);
      return { signer: openPemSigner({ key, certificates, password }), close: nothingToClose };
    }
    case 'pkcs11':
      return openToken(source, chain(), ports);
    case 'cloud': {
      const { openCloudSigner } = await import('./cloud/open.ts');
      const { files, env, clock, timer } = ports;
      const place = { url: source.url, keyName: source.keyName, certificates: chain() };
      const http = await ports.http();
      const signer = await openCloudSigner(source.service, place, { files, env, clock, timer, http });
      return { signer, close: nothingToClose };
    }
    case 'command': {
      const { parseCommandLine } = await import('./command-line.ts');
      const { createCommandSigner } = await import('./command-signer.ts');
      const command = parseCommandLine(source.command);
      const secrets = environmentSecrets(ports.env);
      const exec = await ports.exec();
      const { folder } = source;
      const signer = createCommandSigner({ exec, command, folder, certificates: chain(), secrets });
      return { signer, close: nothingToClose };
    }
  }
};

const secretOf = async (source: string | undefined, ports: SignerPorts): Promise<Secret | undefined> =>
  source === undefined ? undefined : readSecret(source, ports);

const openToken = async (
  source: Extract<KeySource, { readonly kind: 'pkcs11' }>,
  certificates: readonly Uint8Array[],
  ports: SignerPorts,
): Promise<OpenSigner> => {
  const { parseKeyUri } = await import('./key-uri.ts');
  const { openPkcs11Signer } = await import('./pkcs11.ts');
  const key = parseKeyUri(source.keyUri);
  const module = source.module ?? key.modulePath;
  if (module === undefined) {
    throw new WinpvError('SIGN_KEY_URI', 'Nothing says which PKCS#11 module the token needs.', {
      hint: 'Name its library, or write it into the address as ?module-path=….',
    });
  }
  const pin = await secretOf(source.pin ?? key.pinSource, ports);
  return openPkcs11Signer({ tokens: await ports.tokens(), module, key, pin, certificates });
};
