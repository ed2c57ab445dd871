/** Whether a source is named by an address instead of a path. */
export const isAddress = (source: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(source);

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i;

/** Why nothing is fetched from an address; undefined when it may be. */
export const addressFlaw = (address: string): string | undefined => {
  if (!URL.canParse(address)) return 'is not a web address';
  const { protocol, hostname, username, password } = new URL(address);
  if (username !== '' || password !== '') return 'has a user name or a password, which messages would show';
  if (protocol === 'https:') return undefined;
  if (protocol === 'http:' && LOOPBACK.test(hostname)) return undefined;
  return protocol === 'http:' ? 'is http, which is only for this machine' : 'is not https';
};
