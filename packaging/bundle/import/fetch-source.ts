import { utf8 } from '../../../core/bytes.ts';
import { type SourcePosition, WinpvError } from '../../../core/errors.ts';
import type { Files, Http, HttpResponse } from '../../../core/ports.ts';
import { addressFlaw } from './address.ts';
import { SOURCE_LIMITS, sha256Of } from './source-tree.ts';

export interface FetchPorts {
  readonly files: Files;
  readonly http: () => Promise<Http>;
  /** Where downloads are kept, by their SHA-256. */
  readonly cache: string;
  /** Of one answer, up to its last byte. */
  readonly timeoutMs?: number;
}

export interface PinnedAddress {
  readonly url: string;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Where the project names it. */
  readonly at?: SourcePosition;
}

const TIMEOUT_MS = 120_000;
const MAX_REDIRECTIONS = 5;
const REDIRECTIONS: readonly number[] = [301, 302, 303, 307, 308];

const refuse = ({ url, at }: PinnedAddress, what: string, more: { hint?: string; cause?: unknown } = {}): WinpvError =>
  new WinpvError('SOURCE_DOWNLOAD', `${url} cannot be downloaded: ${what}.`, {
    ...(at === undefined ? {} : { at }),
    ...more,
  });

const send = async (source: PinnedAddress, url: string, ports: FetchPorts): Promise<HttpResponse> => {
  const http = await ports.http();
  try {
    return await http.send({
      method: 'GET',
      url,
      headers: { accept: 'application/octet-stream, */*', 'accept-encoding': 'identity' },
      timeoutMs: ports.timeoutMs ?? TIMEOUT_MS,
      maxBytes: SOURCE_LIMITS.maxBytes,
    });
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const { message } = error;
    throw refuse(source, message.charAt(0).toLowerCase() + message.slice(1).replace(/\.$/, ''), { cause: error });
  }
};

/** Where an answer sends the reader. Never from https to http, and never where a project could not point by itself. */
const redirection = (source: PinnedAddress, from: string, { headers, status }: HttpResponse): string => {
  const { location } = headers;
  if (location === undefined || !URL.canParse(location, from))
    throw refuse(source, `it answered ${status} without a place`);
  const to = new URL(location, from);
  const downgrade = from.startsWith('https:') && to.protocol !== 'https:';
  const flaw = downgrade ? 'is not https' : addressFlaw(to.href);
  if (flaw === undefined) return to.href;
  throw refuse(source, `it is sent on to an address that ${flaw} (${to.protocol}//${to.host})`);
};

const download = async (source: PinnedAddress, ports: FetchPorts): Promise<Uint8Array> => {
  let url = new URL(source.url).href;
  for (let steps = 0; steps <= MAX_REDIRECTIONS; steps += 1) {
    const answer = await send(source, url, ports);
    if (answer.status === 200) return answer.body;
    if (!REDIRECTIONS.includes(answer.status)) throw refuse(source, `the server answered ${answer.status}`);
    url = redirection(source, url, answer);
  }
  throw refuse(source, `it is sent on more than ${MAX_REDIRECTIONS} times`);
};

const looksLikeText = (bytes: Uint8Array): boolean =>
  /^\s*</.test(new TextDecoder('latin1').decode(bytes.subarray(0, 64)));

/** What is kept is looked at again: a damaged or foreign file counts as none. */
const cached = async (path: string, sha256: string, files: Files): Promise<Uint8Array | undefined> => {
  const entry = await files.stat(path);
  if (entry?.kind !== 'file' || entry.size > SOURCE_LIMITS.maxBytes) return undefined;
  const bytes = await files.read(path, { maxBytes: SOURCE_LIMITS.maxBytes });
  return sha256Of(bytes) === sha256 ? bytes : undefined;
};

/**
 * A source from the network, or from what was kept of an earlier download. Nothing is used or kept whose SHA-256 is not
 * the pinned one.
 * @throws WinpvError SOURCE_ADDRESS, SOURCE_DOWNLOAD, SOURCE_HASH_DIFFERS, FILE_*
 */
export const fetchSource = async (source: PinnedAddress, ports: FetchPorts): Promise<Uint8Array> => {
  const { url, sha256, at } = source;
  const { files, cache } = ports;
  const place = at === undefined ? {} : { at };
  const flaw = addressFlaw(url);
  if (flaw !== undefined) throw new WinpvError('SOURCE_ADDRESS', `The address ${url} ${flaw}.`, place);
  const path = files.join(cache, sha256);
  const kept = await cached(path, sha256, files);
  if (kept !== undefined) return kept;
  const bytes = await download(source, ports);
  const got = sha256Of(bytes);
  if (got !== sha256) {
    const page = looksLikeText(bytes) ? ' It looks like a web page.' : '';
    throw new WinpvError('SOURCE_HASH_DIFFERS', `${url} has the SHA-256 ${got}, and ${sha256} is pinned.${page}`, {
      ...place,
      hint: 'Nothing of it was used. Find out why it changed before you change the pin.',
    });
  }
  await files.write(files.join(cache, '.gitignore'), utf8('*\n'));
  await files.write(path, bytes);
  return bytes;
};
