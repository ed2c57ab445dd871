import { WinpvError } from '../../core/errors.ts';
import { cloudAddress, knowsCertificate, rotates } from '../../packaging/signing/cloud/service.ts';
import type { KeySource } from '../../packaging/signing/open-signer.ts';
import type { KeyOptions, TimestampOptions } from './signing-options.ts';

const usage = (message: string, hint: string): WinpvError => new WinpvError('USAGE', message, { hint });

/** The key that `--cloud` names. @throws WinpvError USAGE, SIGN_URL_INVALID */
export const cloudSource = ({ cloud, cloudUrl, keyName, cert: certificates = [] }: KeyOptions): KeySource => {
  if (cloud === undefined || cloudUrl === undefined || keyName === undefined)
    throw usage(
      '--cloud needs --cloud-url and --key-name.',
      'For example --cloud-url https://acme.vault.azure.net --key-name drivers.',
    );
  if (!knowsCertificate(cloud) && certificates.length === 0)
    throw usage(
      `--cloud ${cloud} needs --cert.`,
      'The service keeps no certificates: give the key’s own, then its issuers.',
    );
  return { kind: 'cloud', service: cloud, url: cloudAddress(cloudUrl), keyName, certificates };
};

/** Certificates that change every few days cannot be named by their thumbprints, and need a time stamp. */
export const checkRotation = (options: KeyOptions & Pick<TimestampOptions, 'timestamp'>): void => {
  if (options.cloud === undefined || !rotates(options.cloud)) return;
  if (options.certSha1 !== undefined || options.certSha256 !== undefined)
    throw usage(
      `The certificates of ${options.cloud} change every few days, and so do their thumbprints.`,
      'Pin what stays: --cert-subject, --cert-issuer or --cert-eku.',
    );
  if (options.timestamp === false)
    throw new WinpvError(
      'SIGN_TIMESTAMP_NEEDED',
      `A signature of ${options.cloud} without a time stamp ends within days.`,
      {
        hint: 'Leave out --no-timestamp and give --timestamp URL.',
      },
    );
};
