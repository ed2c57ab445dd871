import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import type { HttpResponse } from '../../core/ports.ts';
import { type BlobPorts, blobFailure, sendToBlob } from './blob.ts';

/** Large enough that 50,000 of them hold anything, small enough to be sent again. */
const BLOCK_BYTES = 8 * 1024 * 1024;

interface Block {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The id of a block says its place and its content: what is there already under that id needs not be sent again. */
const blocksOf = (content: Uint8Array, blockBytes: number): readonly Block[] =>
  Array.from({ length: Math.max(1, Math.ceil(content.length / blockBytes)) }, (_, index) => {
    const bytes = content.subarray(index * blockBytes, (index + 1) * blockBytes);
    const hash = toHex(createHash('sha256').update(bytes).digest()).slice(0, 32);
    return { id: Buffer.from(`${String(index).padStart(6, '0')}-${hash}`).toString('base64'), bytes };
  });

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('base64');

interface ListedBlocks {
  readonly committed: readonly { readonly id: string; readonly size: number }[];
  readonly uncommitted: ReadonlySet<string>;
}

const BLOCK = /<Block>\s*<Name>\s*([^<\s]*)\s*<\/Name>\s*<Size>\s*(\d+)\s*<\/Size>\s*<\/Block>/g;

const sectionOf = (text: string, name: string): readonly { readonly id: string; readonly size: number }[] => {
  const [from, to] = [text.indexOf(`<${name}>`), text.indexOf(`</${name}>`)];
  if (from < 0 || to < from) return [];
  return [...text.slice(from, to).matchAll(BLOCK)].map(([, id = '', size]) => ({ id, size: Number(size) }));
};

const withQuery = (link: string, query: string): string => `${link}${link.includes('?') ? '&' : '?'}${query}`;

/** Which blocks are there; undefined when the link may not be used for looking. */
const listBlocks = async (ports: BlobPorts, link: string): Promise<ListedBlocks | undefined> => {
  const url = withQuery(link, 'comp=blocklist&blocklisttype=all');
  const response = await sendToBlob(ports, { method: 'GET', url, what: 'the list of blocks' });
  if (response.status === 404) return { committed: [], uncommitted: new Set() };
  if (response.status !== 200) return undefined;
  const text = new TextDecoder().decode(response.body);
  return {
    committed: sectionOf(text, 'CommittedBlocks'),
    uncommitted: new Set(sectionOf(text, 'UncommittedBlocks').map(({ id }) => id)),
  };
};

const isWhole = (listed: ListedBlocks, blocks: readonly Block[]): boolean =>
  listed.committed.length === blocks.length &&
  blocks.every(({ id, bytes }, index) => {
    const there = listed.committed[index];
    return there?.id === id && there.size === bytes.length;
  });

const expectCreated = (response: HttpResponse, what: string): void => {
  if (response.status !== 201) throw blobFailure('PUBLISH_UPLOAD_FAILED', what, response);
};

const differs = (why: string): WinpvError =>
  new WinpvError('PUBLISH_UPLOAD_DIFFERS', `The package was uploaded, and ${why}. It was not committed.`, {
    hint: 'Nothing is lost: --resume uploads it again.',
  });

/** Where the link allows a look: length and hash of what is there. */
const checkHead = async (ports: BlobPorts, link: string, content: Uint8Array): Promise<void> => {
  const head = await sendToBlob(ports, { method: 'HEAD', url: link, what: 'the uploaded package' });
  if (head.status === 403) return;
  if (head.status !== 200) throw blobFailure('PUBLISH_UPLOAD_FAILED', 'A look at the uploaded package', head);
  const length = head.headers['content-length'];
  if (length !== undefined && Number(length) !== content.length) {
    throw differs(`the store has ${length} of its ${content.length} bytes`);
  }
  const told = head.headers['content-md5'];
  if (told !== undefined && told !== md5(content)) throw differs('the store has another content');
};

export interface UploadOptions {
  /** For tests; 8 MiB otherwise. */
  readonly blockBytes?: number;
  readonly progress?: (doneBytes: number, totalBytes: number) => void;
}

/**
 * Puts a package where the link leads, in blocks. Blocks that are there from an earlier try are not sent again, and a
 * package that is there whole is not sent at all. The store checks the hash of each block, and the list of blocks, length
 * and hash are looked at afterwards.
 * @param link of the blob store; a secret, taken as it is
 * @throws WinpvError PUBLISH_UPLOAD_FAILED, PUBLISH_UPLOAD_DIFFERS; BlobLinkExpired when a new link is needed
 */
export const uploadPackage = async (
  ports: BlobPorts,
  link: string,
  content: Uint8Array,
  { blockBytes = BLOCK_BYTES, progress }: UploadOptions = {},
): Promise<{ readonly sentBlocks: number }> => {
  const blocks = blocksOf(content, blockBytes);
  const before = await listBlocks(ports, link);
  const there = before?.uncommitted ?? new Set<string>();
  let sentBlocks = 0;
  if (before === undefined || !isWhole(before, blocks)) {
    let done = 0;
    for (const { id, bytes } of blocks) {
      if (!there.has(id)) {
        const url = withQuery(link, `comp=block&blockid=${encodeURIComponent(id)}`);
        const headers = { 'content-md5': md5(bytes) };
        const what = 'a block of the package';
        expectCreated(await sendToBlob(ports, { method: 'PUT', url, headers, body: bytes, what }), 'A block');
        sentBlocks += 1;
      }
      done += bytes.length;
      progress?.(done, content.length);
    }
    await commitBlocks(ports, link, blocks, content);
  }
  const after = await listBlocks(ports, link);
  if (after !== undefined && !isWhole(after, blocks)) throw differs('the store has other blocks than were sent');
  await checkHead(ports, link, content);
  return { sentBlocks };
};

const commitBlocks = async (
  ports: BlobPorts,
  link: string,
  blocks: readonly Block[],
  content: Uint8Array,
): Promise<void> => {
  const list = blocks.map(({ id }) => `<Latest>${id}</Latest>`).join('');
  const body = utf8(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`);
  const headers = {
    'content-type': 'application/xml',
    'x-ms-blob-content-md5': md5(content),
    'x-ms-blob-content-type': 'application/octet-stream',
  };
  const url = withQuery(link, 'comp=blocklist');
  const what = 'the list of blocks';
  expectCreated(await sendToBlob(ports, { method: 'PUT', url, headers, body, what }), 'The list of blocks');
};
