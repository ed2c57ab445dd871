import { createHash } from 'node:crypto';
import { concatBytes } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { HttpResponse } from '../../core/ports.ts';
import { type BlobPorts, blobFailure, sendToBlob } from './blob.ts';

const PART_BYTES = 16 * 1024 * 1024;

const failed = (what: string, why: string): WinpvError =>
  new WinpvError('PUBLISH_DOWNLOAD_FAILED', `${what} cannot be downloaded whole: ${why}.`, {
    hint: 'Nothing was kept of it. Go on with --resume.',
  });

/** From, to (exclusive) and whole size of what an answer holds. */
const rangeOf = ({ headers }: HttpResponse): readonly [number, number, number] | undefined => {
  const match = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '');
  return match === null ? undefined : [Number(match[1]), Number(match[2]) + 1, Number(match[3])];
};

const checkHash = (what: string, bytes: Uint8Array, told: string | undefined): void => {
  if (told === undefined) return;
  const md5 = createHash('md5').update(bytes).digest('base64');
  if (told !== md5) throw failed(what, 'its hash is not the one that the store says');
};

/**
 * Gets a file part by part; a part that breaks off is asked for again. Whatever the store says of length, hash and version
 * has to fit what came.
 * @param link of the blob store; a secret, taken as it is
 * @param what for messages: `The signed package`
 * @throws WinpvError PUBLISH_DOWNLOAD_FAILED, REMOTE_TOO_LARGE; BlobLinkExpired when a new link is needed
 */
export const downloadFile = async (
  ports: BlobPorts,
  link: string,
  {
    what,
    maxBytes,
    partBytes = PART_BYTES,
  }: { readonly what: string; readonly maxBytes: number; readonly partBytes?: number },
): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  let at = 0;
  let size = Number.POSITIVE_INFINITY;
  let etag: string | undefined;
  let md5: string | undefined;
  while (at < size) {
    const headers = { range: `bytes=${at}-${at + partBytes - 1}`, ...(etag === undefined ? {} : { 'if-match': etag }) };
    const request = { method: 'GET', url: link, headers, what: what.toLowerCase(), maxBytes } as const;
    const response = await sendToBlob(ports, request);
    if (response.status === 200) {
      const length = response.headers['content-length'];
      if (length !== undefined && Number(length) !== response.body.length) {
        throw failed(what, `${response.body.length} of ${length} bytes came`);
      }
      checkHash(what, response.body, response.headers['content-md5']);
      return response.body;
    }
    if (response.status === 416 && at === 0) return new Uint8Array(0);
    if (response.status === 412) throw failed(what, 'it changed meanwhile');
    if (response.status !== 206) throw blobFailure('PUBLISH_DOWNLOAD_FAILED', what, response);
    const range = rangeOf(response);
    if (range === undefined || range[0] !== at || range[1] - range[0] !== response.body.length || range[1] <= at) {
      throw failed(what, 'the store sends another part than was asked for');
    }
    if (range[2] > maxBytes) throw failed(what, `it has ${range[2]} bytes, and at most ${maxBytes} are read`);
    [, at, size] = range;
    etag = response.headers.etag;
    md5 = response.headers['x-ms-blob-content-md5'];
    parts.push(response.body);
  }
  const bytes = concatBytes(...parts);
  checkHash(what, bytes, md5);
  return bytes;
};
