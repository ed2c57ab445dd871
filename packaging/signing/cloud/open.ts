import { WinpvError } from '../../../core/errors.ts';
import type { Signer } from '../signer.ts';
import type { CloudPorts } from './rest.ts';
import { type CloudService, cloudAddress, knowsCertificate } from './service.ts';

export interface CloudSource {
  /** Without a slash at its end. */
  readonly url: string;
  readonly keyName: string;
  /** DER, as far as they were given. */
  readonly certificates: readonly Uint8Array[];
}

/** A key in a cloud; nothing is asked before it is used. @throws WinpvError SIGN_URL_INVALID, SIGN_CLOUD_KEY, SIGN_CERTIFICATE_MISSING */
export const openCloudSigner = async (
  service: CloudService,
  source: CloudSource,
  outside: CloudPorts,
): Promise<Signer> => {
  // CI sets secrets that are not there to nothing.
  const env = Object.fromEntries(Object.entries(outside.env).filter(([, value]) => value !== ''));
  const ports = { ...outside, env };
  const { keyName, certificates } = source;
  const place = { url: cloudAddress(source.url), keyName, certificates };
  if (keyName.split('/').some((part) => part === '' || part === '.' || part === '..'))
    throw new WinpvError('SIGN_CLOUD_KEY', 'The name of the key in the cloud has an empty part.');
  if (!knowsCertificate(service) && certificates.length === 0)
    throw new WinpvError('SIGN_CERTIFICATE_MISSING', `${service} needs the certificate of its key.`, {
      hint: 'The service keeps no certificates. Give the key’s own with --cert, then those of its issuers.',
    });
  switch (service) {
    case 'azure-key-vault':
      return (await import('./azure-key-vault.ts')).azureKeyVault(place, ports);
    case 'azure-trusted-signing':
      return (await import('./azure-trusted-signing.ts')).azureTrustedSigning(place, ports);
    case 'aws-kms':
      return (await import('./aws.ts')).awsKms(place, ports);
    case 'google-kms':
      return (await import('./google.ts')).googleKms(place, ports);
    case 'hashicorp-vault':
      return (await import('./vault.ts')).hashicorpVault(place, ports);
  }
};
