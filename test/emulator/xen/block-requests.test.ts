import { describe, expect, test } from 'vitest';
import { dropPages, EMPTY_CONTENT, PAGE, readContent, writeContent } from '../../../emulator/xen/block-content.ts';
import { submitBlock } from '../../../emulator/xen/block-requests.ts';
import { encodeBlockResponse, parseBlockRequest, ringSlots } from '../../../emulator/xen/block-ring.ts';
import { type HostDisk, type HostSettings, type HostState, newHost } from '../../../emulator/xen/host.ts';
import { DOMAIN_AREA, writeNodes } from '../../../emulator/xen/tree.ts';
import { hex } from '../../support/hex.ts';

const FRONT = `${DOMAIN_AREA}/device/vbd/768`;
const BACK = '/local/domain/0/backend/vbd/1/768';

/** A host whose frontend wrote this, and whose backend is connected. */
const connected = (
  disk: Partial<HostDisk> = {},
  { settings = {}, front = {} }: { settings?: Partial<HostSettings>; front?: Record<string, string> } = {},
): HostState => {
  const host = newHost({ ...settings, disks: [{ vbd: 768, system: true, sectors: 65_536, ...disk }] });
  const keys = { 'ring-ref': '40', 'event-channel': '9', protocol: 'x86_64-abi', state: '4', ...front };
  const store = writeNodes(host.store, {
    ...Object.fromEntries(Object.entries(keys).map(([name, value]) => [`${FRONT}/${name}`, value])),
    [`${BACK}/state`]: '4',
  });
  return { ...host, store };
};

const le = (value: number, bytes: number): string =>
  Buffer.from(Uint8Array.from({ length: bytes }, (_none, at) => Math.floor(value / 2 ** (8 * at)) & 0xff)).toString(
    'hex',
  );
const segment = (grant: number, first: number, last: number): string =>
  `${le(grant, 4)}${le(first, 1)}${le(last, 1)}0000`;
const slot = (text: string): Uint8Array => {
  const bytes = new Uint8Array(112);
  bytes.set(hex`${text}`);
  return bytes;
};
const direct = (operation: number, sector: number, ...segments: readonly string[]): Uint8Array =>
  slot(`${le(operation, 1)}${le(segments.length, 1)}000300000000${le(7, 8)}${le(sector, 8)}${segments.join('')}`);
const discard = (sector: number, sectors: number): Uint8Array =>
  slot(`0500000300000000${le(7, 8)}${le(sector, 8)}${le(sectors, 8)}`);

const filledPage = (value: number): Uint8Array => new Uint8Array(PAGE).fill(value);

/** Sends requests one after another, each with pages under the grants 100, 101, ... */
const ask = (host: HostState, request: Uint8Array, ...pages: readonly Uint8Array[]) => {
  const [after, response] = submitBlock(host, {
    vbd: 768,
    queue: 0,
    request,
    pages: { page: (one) => pages[one - 100] },
  });
  const status = response === undefined ? undefined : new DataView(response.buffer).getInt16(10, true);
  return { after, response, status };
};

describe('a response', () => {
  test('has the id of its request, the operation and the status: 16 bytes of x86_64, 12 of x86_32', () => {
    const answer = { id: 0x1_0000_0002n, operation: 5, status: -2 };
    expect(encodeBlockResponse(answer, 'x86_64-abi')).toEqual(hex`02 00 00 00 01 00 00 00 05 00 fe ff 00 00 00 00`);
    expect(encodeBlockResponse(answer, 'x86_32-abi')).toEqual(hex`02 00 00 00 01 00 00 00 05 00 fe ff`);
  });
});

describe('a ring', () => {
  test('has 32 slots in a page, and 512 in sixteen', () => {
    expect([0, 1, 2, 3, 4].map((order) => ringSlots(order))).toEqual([32, 64, 128, 256, 512]);
    expect(ringSlots(0, 'x86_32-abi')).toBe(32);
  });

  test('of x86_32 has its fields closer together', () => {
    const bytes = new Uint8Array(108);
    bytes.set(hex`00 01 00 03 07 00 00 00 00 00 00 00 08 00 00 00 00 00 00 00 64 00 00 00 01 02 00 00`);
    expect(parseBlockRequest(bytes, 'x86_32-abi')).toEqual({
      ...{ kind: 'transfer', id: 7n, sector: 8, operation: 0 },
      segments: [{ grant: 100, first: 1, last: 2 }],
    });
  });
});

describe('reads and writes', () => {
  test('go page by page, in parts of pages', () => {
    const wrote = ask(connected(), direct(1, 10, segment(100, 0, 7), segment(101, 2, 3)), filledPage(1), filledPage(2));
    expect(wrote.status).toBe(0);
    const page = filledPage(9);
    const read = ask(wrote.after, direct(0, 10, segment(100, 0, 7)), page);
    expect(read.status).toBe(0);
    expect(page).toEqual(filledPage(1));
    const rest = filledPage(9);
    ask(wrote.after, direct(0, 18, segment(100, 0, 3)), rest);
    expect([rest[0], rest[1023], rest[1024], rest[2047], rest[2048]]).toEqual([2, 2, 0, 0, 9]);
    expect(wrote.after.blocks?.[768]?.counts).toMatchObject({ writes: 1, sectorsWritten: 10 });
  });

  test('leave the host before as it was', () => {
    const host = connected();
    const before = JSON.stringify(host);
    const { after } = ask(host, direct(1, 0, segment(100, 0, 7)), filledPage(1));
    ask(after, direct(1, 0, segment(100, 0, 7)), filledPage(2));
    expect(JSON.stringify(host)).toBe(before);
    const page = filledPage(9);
    ask(after, direct(0, 0, segment(100, 0, 7)), page);
    expect(page).toEqual(filledPage(1));
  });

  test.each([
    ['past the end', direct(1, 65_532, segment(100, 0, 7))],
    ['at a place that no disk has', slot(`0101000300000000${le(7, 8)}ffffffffffffffff${segment(100, 0, 7)}`)],
    ['of nothing', direct(1, 0)],
    ['that end before they begin', direct(1, 0, segment(100, 5, 2))],
    ['past the end of a page', direct(1, 0, segment(100, 0, 8))],
    ['into a page that was not granted', direct(1, 0, segment(555, 0, 7))],
    ['of twelve segments', slot(`010c000300000000${le(7, 8)}${le(0, 8)}`)],
  ])('%s are errors, and write nothing', (_what, request) => {
    const { status, after } = ask(connected(), request, filledPage(1));
    expect(status).toBe(-1);
    expect(after.blocks?.[768]?.content.pages).toBe(0);
    expect(after.blocks?.[768]?.counts.failed).toBe(1);
  });

  test('nobody answers for a queue that is not there, or a backend that is not connected', () => {
    const pages = { page: () => filledPage(1) };
    const request = direct(0, 0, segment(100, 0, 7));
    expect(submitBlock(connected(), { vbd: 768, queue: 1, request, pages })[1]).toBeUndefined();
    expect(submitBlock(newHost(), { vbd: 768, queue: 0, request, pages })[1]).toBeUndefined();
    expect(submitBlock(newHost(), { vbd: 99, queue: 0, request, pages })[1]).toBeUndefined();
  });

  test('a CD-ROM is not written', () => {
    const { status } = ask(connected({ cdrom: true }), direct(1, 0, segment(100, 0, 7)), filledPage(1));
    expect(status).toBe(-1);
  });

  test('an operation that nobody knows is not supported', () => {
    expect(ask(connected(), direct(4, 0)).status).toBe(-2);
    expect(ask(connected(), direct(200, 0)).status).toBe(-2);
  });
});

describe('indirect requests', () => {
  const request = slot(`0601020000000000${le(7, 8)}${le(0, 8)}00030000${le(102, 4)}`);
  const listed = (): Uint8Array => {
    const page = new Uint8Array(PAGE);
    page.set(hex`${segment(100, 0, 7)}${segment(101, 0, 7)}`);
    return page;
  };

  test('have their segments in a page of their own', () => {
    const { status, after } = ask(connected(), request, filledPage(1), filledPage(2), listed());
    expect(status).toBe(0);
    expect(after.blocks?.[768]?.counts).toMatchObject({ writes: 1, indirect: 1, sectorsWritten: 16 });
  });

  test('are not supported by a backend that did not offer them', () => {
    const old = connected({}, { settings: { backends: 'linux-3.2' } });
    expect(ask(old, request, filledPage(1), filledPage(2), listed()).status).toBe(-2);
  });

  test('of more segments than were offered are errors', () => {
    const many = slot(`0601010100000000${le(7, 8)}${le(0, 8)}00030000${le(102, 4)}`);
    expect(ask(connected(), many, filledPage(1), filledPage(2), listed()).status).toBe(-1);
  });
});

const THIN = { keys: { 'feature-discard': '1', 'discard-granularity': '8192' } } as const;

describe('discards', () => {
  const written = (disk: Partial<HostDisk>): HostState => {
    const segments = [100, 101, 102, 103].map((grant) => segment(grant, 0, 7));
    return ask(connected(disk), direct(1, 0, ...segments), ...[1, 2, 3, 4].map(filledPage)).after;
  };

  test('take whole granules away, which read as zeros', () => {
    const { after, status } = ask(written(THIN), discard(0, 24));
    expect(status).toBe(0);
    expect(after.blocks?.[768]?.content.pages).toBe(2);
    const page = filledPage(9);
    ask(after, direct(0, 8, segment(100, 0, 7)), page);
    expect(page).toEqual(filledPage(0));
    ask(after, direct(0, 16, segment(100, 0, 7)), page);
    expect(page).toEqual(filledPage(3));
  });

  test.each([
    ['past the end', discard(65_535, 2)],
    ['of nothing', discard(0, 0)],
    ['of more than there is', discard(0, 2 ** 52)],
  ])('%s are errors', (_what, request) => {
    expect(ask(written(THIN), request).status).toBe(-1);
  });

  test('are not supported by a backend without them', () => {
    const { after, status } = ask(written({}), discard(0, 32));
    expect(status).toBe(-2);
    expect(after.blocks?.[768]?.content.pages).toBe(4);
  });
});

describe('flushes and barriers', () => {
  const write = direct(1, 0, segment(100, 0, 7));
  const durable = ({ blocks }: HostState): number | undefined => blocks?.[768]?.durable.pages;

  test('make durable what was written before them', () => {
    const wrote = ask(connected(), write, filledPage(1)).after;
    expect(durable(wrote)).toBe(0);
    expect(durable(ask(wrote, direct(3, 0)).after)).toBe(1);
    const barrier = ask(wrote, direct(2, 8, segment(100, 0, 7)), filledPage(2));
    expect([barrier.status, durable(barrier.after)]).toEqual([0, 2]);
  });

  test('are not supported where the keys say so', () => {
    const without = connected({ keys: { 'feature-flush-cache': '0', 'feature-barrier': null } });
    expect(ask(without, direct(3, 0)).status).toBe(-2);
    expect(ask(without, direct(2, 0)).status).toBe(-2);
  });
});

describe('sectors of 4096 bytes', () => {
  const request = direct(1, 1, segment(100, 0, 0));
  const keys = { 'sector-size': '4096' };

  test('count 4096 bytes each on a backend that counts in them', () => {
    const { after, status } = ask(connected({ keys }, { settings: { backends: 'qemu-4' } }), request, filledPage(7));
    const page = filledPage(0);
    readContent(after.blocks?.[768]?.content ?? EMPTY_CONTENT, 4096, page);
    expect([status, page[0], page[4095]]).toEqual([0, 7, 7]);
  });

  test('count 512 bytes each on one that reads the newer text of blkif.h', () => {
    const { after } = ask(connected({ keys }), request, filledPage(7));
    const page = filledPage(0);
    readContent(after.blocks?.[768]?.content ?? EMPTY_CONTENT, 0, page);
    expect([page[511], page[512], page[1023], page[1024]]).toEqual([0, 7, 7, 0]);
  });
});

describe('what is on a volume', () => {
  test('survives a way through JSON, and keeps pages that repeat four bytes short', () => {
    const noise = Uint8Array.from({ length: PAGE }, (_none, at) => (at * 7 + (at >> 8)) & 0xff);
    const content = writeContent(writeContent(EMPTY_CONTENT, PAGE, filledPage(0xab)), 5 * PAGE + 100, noise);
    expect(content.groups[0]?.[1]).toBe('*abababab');
    const back = new Uint8Array(PAGE);
    readContent(JSON.parse(JSON.stringify(content)), 5 * PAGE + 100, back);
    expect(back).toEqual(noise);
    expect(dropPages(content, { first: 5, end: 7 }).pages).toBe(1);
  });
});
