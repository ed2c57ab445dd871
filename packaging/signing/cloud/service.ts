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

/** Addresses that never leave the machine's link, where platforms give tokens over http (RFC 3927; AWS, Google over IPv6). */
const OWN_LINK = /^(169\.254(\.\d{1,3}){2}|metadata\.google\.internal|\[fd00:ec2::(23|254)\]|\[fd20:ce::254\])$/;

/** Where the platform gives tokens. @throws WinpvError SIGN_CLOUD_AUTH: http is for the machine and its own link only */
export const platformAddress = (text: string, variable: string): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const near = url?.protocol === 'http:' && (LOOPBACK.test(url.hostname) || OWN_LINK.test(url.hostname));
  if (url !== undefined && (url.protocol === 'https:' || near) && url.username === '' && url.password === '')
    return url;
  throw new WinpvError('SIGN_CLOUD_AUTH', `${variable} names no address that tokens may come from.`, {
    hint: 'It has to be https, or http on this machine or its own link (169.254.…). The platform sets it.',
  });
};
