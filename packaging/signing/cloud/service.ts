import { WinpvError } from '../../../core/errors.ts';

/** The services that hold keys and sign with them, as `--cloud` names them. */
export const CLOUD_SERVICES = [
  'azure-key-vault',
  'azure-trusted-signing',
  'aws-kms',
  'google-kms',
  'hashicorp-vault',
] as const;
export type CloudService = (typeof CLOUD_SERVICES)[number];

/** Services that hand out certificates of a few days: only a time stamp lets a signature outlive them. */
export const rotates = (service: CloudService): boolean => service === 'azure-trusted-signing';

/** Services that know the certificate of their keys; of the others it has to be given. */
export const knowsCertificate = (service: CloudService): boolean => service.startsWith('azure-');

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An address without a slash at its end. @throws WinpvError SIGN_URL_INVALID: a token goes there, so only https will do */
export const cloudAddress = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK.test(url.hostname));
  if (url !== undefined && safe && url.username === '' && url.password === '' && url.search === '' && url.hash === '')
    return url.href.replace(/\/+$/, '');
  throw new WinpvError('SIGN_URL_INVALID', 'The address of the cloud has to be a plain https:// address.', {
    hint: 'Without user name, password and query. http:// is for services on this machine only.',
  });
};
