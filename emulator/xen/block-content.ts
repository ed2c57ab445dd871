import { Buffer } from 'node:buffer';

/** Bytes of a page, and of the smallest part of a volume that is kept by itself. */
export const PAGE = 4096;

type Group = Readonly<Record<number, string>>;

/**
 * What is on a volume: pages of 4096 bytes, in groups of 128, each by its number. A page that was never written, or was
 * discarded, is not there and reads as zeros. One that repeats four bytes is `*` and their eight hex digits (little-endian);
 * others are base64.
 */
export interface BlockContent {
  readonly groups: Readonly<Record<number, Group>>;
  /** Pages that are there: what a thin volume takes of its storage. */
  readonly pages: number;
}

/** Groups and tables that one transition made itself, so that they may be changed in place. */
export type OwnContent = WeakSet<object>;

const IN_GROUP = 128;

export const EMPTY_CONTENT: BlockContent = { groups: {}, pages: 0 };

const pageText = (bytes: Uint8Array): string => {
  const page = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(page.buffer, page.byteOffset, PAGE / 4);
  const [first = 0] = words;
  let at = 1;
  while (at < words.length && words[at] === first) at += 1;
  return at === words.length
    ? `*${first.toString(16).padStart(8, '0')}`
    : Buffer.from(page.buffer, page.byteOffset, PAGE).toString('base64');
};

const fillPage = (text: string, into: Uint8Array): void => {
  if (!text.startsWith('*')) {
    into.set(Buffer.from(text, 'base64').subarray(0, into.length));
    return;
  }
  const word = Number.parseInt(text.slice(1), 16);
  const four = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24];
  into.set(four);
  // Doubling what is there is faster than byte after byte.
  for (let done = 4; done < into.length; done *= 2) into.copyWithin(done, 0, Math.min(done, into.length - done));
};

const pageAt = ({ groups }: BlockContent, page: number): string | undefined =>
  groups[Math.floor(page / IN_GROUP)]?.[page % IN_GROUP];

interface OpenContent {
  readonly groups: Record<number, Record<number, string>>;
  pages: number;
}

const opened = (content: BlockContent, owned: OwnContent): OpenContent => {
  if (owned.has(content)) return content as OpenContent;
  const copy: OpenContent = { groups: { ...content.groups } as OpenContent['groups'], pages: content.pages };
  owned.add(copy);
  return copy;
};

const putPage = (open: OpenContent, page: number, text: string | undefined, owned: OwnContent): void => {
  const number = Math.floor(page / IN_GROUP);
  let group = open.groups[number] ?? {};
  if (!owned.has(group)) {
    group = { ...group };
    owned.add(group);
    open.groups[number] = group;
  }
  const before = group[page % IN_GROUP];
  open.pages += (text === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  if (text === undefined) delete group[page % IN_GROUP];
  else group[page % IN_GROUP] = text;
};

/** A part of a page: where it begins in it, and in what is read or written. */
interface Part {
  readonly page: number;
  readonly from: number;
  readonly at: number;
  readonly length: number;
}

function* partsOf(offset: number, length: number): Generator<Part, undefined> {
  for (let at = 0; at < length; ) {
    const page = Math.floor((offset + at) / PAGE);
    const from = (offset + at) % PAGE;
    const part = Math.min(PAGE - from, length - at);
    yield { page, from, at, length: part };
    at += part;
  }
}

/** Reads from a byte on into a buffer, all of it. */
export const readContent = (content: BlockContent, offset: number, into: Uint8Array): void => {
  for (const { page, from, at, length } of partsOf(offset, into.length)) {
    const text = pageAt(content, page);
    const target = into.subarray(at, at + length);
    if (text === undefined) target.fill(0);
    else if (length === PAGE) fillPage(text, target);
    else {
      const whole = new Uint8Array(PAGE);
      fillPage(text, whole);
      target.set(whole.subarray(from, from + length));
    }
  }
};

/** With bytes written from a byte on. */
export const writeContent = (
  content: BlockContent,
  offset: number,
  bytes: Uint8Array,
  owned: OwnContent = new WeakSet(),
): BlockContent => {
  const open = opened(content, owned);
  for (const { page, from, at, length } of partsOf(offset, bytes.length)) {
    const part = bytes.subarray(at, at + length);
    let whole = part;
    if (length < PAGE) {
      whole = new Uint8Array(PAGE);
      const before = pageAt(open, page);
      if (before !== undefined) fillPage(before, whole);
      whole.set(part, from);
    }
    putPage(open, page, pageText(whole), owned);
  }
  return open;
};

/** Without the whole pages from a first one to before another; what is left of a granule is the backend's to know. */
export const dropPages = (
  content: BlockContent,
  { first, end }: { readonly first: number; readonly end: number },
  owned: OwnContent = new WeakSet(),
): BlockContent => {
  const groups = Object.keys(content.groups).map(Number);
  const touched = groups.filter((group) => (group + 1) * IN_GROUP > first && group * IN_GROUP < end);
  if (touched.length === 0 || end <= first) return content;
  const open = opened(content, owned);
  for (const group of touched) {
    for (const name of Object.keys(open.groups[group] ?? {})) {
      const page = group * IN_GROUP + Number(name);
      if (page >= first && page < end) putPage(open, page, undefined, owned);
    }
  }
  return open;
};

/** With nothing from a byte on. */
export const cutContent = (content: BlockContent, size: number): BlockContent => {
  const page = Math.floor(size / PAGE);
  const first = Math.ceil(size / PAGE);
  const cut = dropPages(content, { first, end: Number.MAX_SAFE_INTEGER });
  if (first === page || pageAt(cut, page) === undefined) return cut;
  return writeContent(cut, size, new Uint8Array(PAGE - (size % PAGE)));
};
