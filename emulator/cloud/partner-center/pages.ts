import type { Link } from '../../../publishing/partner-center/contract.ts';
import { type Call, type CloudResponse, functional, gateway } from './answers.ts';
import { isOn } from './faults.ts';
import type { CloudState } from './state.ts';

export const API_BASE = '/v2.0/my/hardware';
/** More are not given, whatever is asked for. */
const PAGE_SIZE = 50;
const OTHER_BASE = 'https://hardwareapi.microsoft.com/api/v1/hardware';

const baseOf = ({ state, request }: Pick<Call, 'state' | 'request'>): string =>
  isOn(state, 'odd-links') ? OTHER_BASE : `${request.origin}${API_BASE}`;

export const linkTo = (
  call: Pick<Call, 'state' | 'request'>,
  path: string,
  rel: string,
  method: 'GET' | 'POST' | 'PATCH' = 'GET',
): Link => ({ href: `${baseOf(call)}${path}`, rel, method });

export interface Page<T> {
  readonly items: readonly T[];
  readonly links: Link[];
}

const encodeToken = (offset: number): string => Buffer.from(`page ${offset}`).toString('base64url');
const decodeToken = (token: string): number | undefined => {
  const match = /^page (\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString());
  return match === null ? undefined : Number(match[1]);
};

/**
 * One page of a list. The link to the next one is the only link that has to be followed, so it is right even when the
 * others are odd.
 */
export const pageOf = <T>(
  call: Call,
  path: string,
  all: readonly T[],
): Page<T> | { readonly refusal: CloudResponse } => {
  const token = call.request.query.get('continuationToken');
  const offset = token === null ? 0 : decodeToken(token);
  if (offset === undefined) return { refusal: functional('invalidInput', 'The continuation token is not understood.') };
  if (offset > 0 && isOn(call.state, 'later-page-error')) return { refusal: gateway(500, 'Internal server error') };
  const items = all.slice(offset, offset + PAGE_SIZE);
  const self = linkTo(call, path, 'self');
  if (offset + PAGE_SIZE >= all.length) return { items, links: [self] };
  const query = `pageSize=${PAGE_SIZE}&continuationToken=${encodeToken(offset + PAGE_SIZE)}`;
  const href = `${call.request.origin}${API_BASE}${path}?${query}`;
  return { items, links: [self, { href, rel: 'next_link', method: 'GET' }] };
};

export const submissionsOf = (state: CloudState, product: string) =>
  [...state.submissions.values()].filter(({ productId }) => productId === product);
