import type { ServedRequest } from '../../core/ports.ts';

const MIB = 1024 * 1024;
/** Packages of a lab kit have hundreds of MB. */
const MAX_PACKAGE = 1024 * MIB;
/** The largest body of the API is a label with its targeting. */
const MAX_JSON = 8 * MIB;

/** Whether the name stands for this machine's own address, which nobody else reaches. */
export const isLoopback = (host: string): boolean => /^(localhost|127\.0\.0\.1|::1|\[::1\])$/i.test(host);

/** How much a request may carry: bytes go to the blob store and to pre-production signing, JSON everywhere else. */
export const maxBodyBytes = ({ method, url }: Pick<ServedRequest, 'method' | 'url'>): number => {
  const { pathname } = new URL(url);
  const packages = pathname.startsWith('/ingestion/') || /\/preprod\/packages\/?$/i.test(pathname);
  return method === 'PUT' && packages ? MAX_PACKAGE : MAX_JSON;
};
