import { describe, expect, test } from 'vitest';
import { srbDone } from '../../../drivers/storage.ts';
import { answerControl } from '../../../drivers/xendisk/controls.ts';
import { readCapacity10, readCapacity16 } from '../../../drivers/xenvbd/capacity.ts';
import type { DiskFacts } from '../../../drivers/xenvbd/disk-facts.ts';
import { inquiry } from '../../../drivers/xenvbd/inquiry.ts';
import { modeSense } from '../../../drivers/xenvbd/mode-sense.ts';
import {
  directRequest,
  discardRequest,
  indirectRequest,
  RingOp,
  responseStatus,
  segmentPages,
} from '../../../drivers/xenvbd/ring-requests.ts';
import { scsiRequest, spanOf } from '../../../drivers/xenvbd/scsi.ts';
import { encodeUnmap, parseUnmap } from '../../../drivers/xenvbd/unmap-list.ts';
import { hex } from '../../support/hex.ts';
import { testMachine } from '../../support/machine.ts';

const FACTS: DiskFacts = {
  ...{ sectorSize: 512, physicalSize: 4096, removable: false, info: 0, flush: true, barrier: true, discard: true },
  ...{ granularity: 4096, alignment: 0, maxIndirect: 256, queues: 1 },
};
const place = { id: 0x1122_3344, handle: 768, sector: 0x1_0000_0002 };

describe('requests of a ring (blkif.h, x86_64)', () => {
  test('a read of two segments', () => {
    const bytes = directRequest(RingOp.read, place, [
      { grant: 0x20, first: 0, last: 7 },
      { grant: 0x21, first: 2, last: 3 },
    ]);
    const head = hex`
      00                      ; operation: read
      02                      ; nr_segments
      00 03                   ; handle: 768
      00 00 00 00             ; alignment
      44 33 22 11 00 00 00 00 ; id
      02 00 00 00 01 00 00 00 ; sector_number
      20 00 00 00 00 07 00 00 ; gref, first_sect, last_sect
      21 00 00 00 02 03 00 00`;
    expect(bytes).toHaveLength(112);
    expect(bytes.subarray(0, 40)).toEqual(head);
    expect(bytes.subarray(40).every((byte) => byte === 0)).toBe(true);
  });

  test('a discard', () => {
    expect(discardRequest(place, 0x2_0000_0001).subarray(0, 32)).toEqual(hex`
      05 00 00 03 00 00 00 00 ; operation: discard, flag, handle
      44 33 22 11 00 00 00 00 ; id
      02 00 00 00 01 00 00 00 ; sector_number
      01 00 00 00 02 00 00 00 ; nr_sectors`);
  });

  test('an indirect write, and the page with its segments', () => {
    const segments = Array.from({ length: 513 }, (_none, index) => ({ grant: 0x100 + index, first: 0, last: 7 }));
    const bytes = indirectRequest(RingOp.write, place, { count: segments.length, grants: [0x30, 0x31] });
    expect(bytes.subarray(0, 36)).toEqual(hex`
      06 01 01 02 00 00 00 00 ; operation: indirect, indirect_op: write, nr_segments: 513
      44 33 22 11 00 00 00 00 ; id
      02 00 00 00 01 00 00 00 ; sector_number
      00 03 00 00             ; handle
      30 00 00 00 31 00 00 00 ; indirect_grefs`);
    const pages = segmentPages(segments);
    expect(pages.map(({ length }) => length)).toEqual([4096, 4096]);
    expect(pages[1]?.subarray(0, 16)).toEqual(hex`00 03 00 00 00 07 00 00 00 00 00 00 00 00 00 00`);
  });

  test('the status of a response', () => {
    expect(responseStatus(hex`01 00 00 00 00 00 00 00 05 00 fe ff 00 00 00 00`)).toBe(-2);
  });
});

const asked = { built: '2026-01-01', target: 3, facts: FACTS };
const vital = (page: number, facts = FACTS, store: Record<string, string> = {}): Uint8Array | string => {
  const data = new Uint8Array(255);
  const cdb = Uint8Array.from([0x12, 1, page, 0, 255, 0]);
  const result = inquiry({ vbd: 768, cdb, data }, { ...asked, facts }, testMachine({ store }));
  return result.status === 'SRB_STATUS_SUCCESS' ? data.slice(0, result.length) : result.status;
};
const zeros = (count: number): string => '00'.repeat(count);

describe('INQUIRY', () => {
  test('standard: 36 bytes of a disk of XENSRC', () => {
    const data = new Uint8Array(36);
    inquiry({ vbd: 768, cdb: hex`12 00 00 00 24 00`, data }, asked, testMachine());
    expect(data).toEqual(hex`
      00 00 04 02 1f 00 00 02
      58 45 4e 53 52 43 20 20                         ; XENSRC
      50 56 44 49 53 4b 20 20 20 20 20 20 20 20 20 20 ; PVDISK
      32 2e 30 20                                     ; 2.0`);
  });

  test('page 00h lists 80h, 83h, B0h and B1h, and no B2h', () => {
    expect(vital(0)).toEqual(hex`00 00 00 05 00 80 83 b0 b1`);
    expect(vital(0xb2)).toBe('SRB_STATUS_ERROR');
  });

  test('page 80h is the target in four digits, or what the backend brings', () => {
    expect(vital(0x80)).toEqual(hex`00 80 00 04 30 30 30 33`);
    const own = { 'device/vbd/768/backend': '/b', '/b/sm-data/scsi/0x12/0x80': 'AIAAAkFC' };
    expect(vital(0x80, FACTS, own)).toEqual(hex`00 80 00 02 41 42`);
    expect(vital(0x80, FACTS, { ...own, '/b/sm-data/scsi/0x12/0x80': '%%%' })).toEqual(hex`00 80 00 04 30 30 30 33`);
  });

  test('page 83h names XENSRC and the target in eight digits', () => {
    expect(vital(0x83)).toEqual(hex`
      00 83 00 14
      02 01 00 10 58 45 4e 53 52 43 20 20 30 30 30 30 30 30 30 33`);
  });

  test('page B0h has granularity and alignment in bytes, and no counts', () => {
    expect(vital(0xb0)).toEqual(hex`
      00 b0 00 3c
      ${zeros(16)}
      00 00 00 00 00 00 00 00 ; maximum LBA and descriptor counts
      00 00 10 00             ; 4096 bytes, where the standard counts blocks
      80 00 00 00             ; UGAVALID
      ${zeros(28)}`);
    expect(vital(0xb0, { ...FACTS, granularity: 0 })).toEqual(hex`00 b0 00 3c ${zeros(60)}`);
  });

  test('page B1h says that nothing rotates', () => {
    expect(vital(0xb1)).toEqual(hex`00 b1 00 3c 00 01 ${zeros(58)}`);
  });

  test('a page code without EVPD is an error', () => {
    const srb = { vbd: 768, cdb: hex`12 00 80 00 24 00`, data: new Uint8Array(36) };
    expect(inquiry(srb, asked, testMachine()).status).toBe('SRB_STATUS_ERROR');
  });
});

describe('READ CAPACITY', () => {
  test('16: the exponent only in a buffer of 32 bytes, and never LBPME', () => {
    const read = (length: number): Uint8Array => {
      const data = new Uint8Array(length);
      readCapacity16({ vbd: 768, cdb: hex`9e 10 ${zeros(14)}`, data }, 0x400_0000, FACTS);
      return data;
    };
    expect(read(32)).toEqual(hex`00 00 00 00 03 ff ff ff 00 00 02 00 00 03 ${zeros(18)}`);
    expect(read(16)).toEqual(hex`00 00 00 00 03 ff ff ff 00 00 02 00 ${zeros(4)}`);
  });

  test('10: the last block, or all ones for what 32 bits do not hold', () => {
    const read = (sectors: number): Uint8Array => {
      const data = new Uint8Array(8);
      readCapacity10({ vbd: 768, cdb: hex`25 ${zeros(9)}`, data }, sectors, FACTS);
      return data;
    };
    expect(read(0x400_0000)).toEqual(hex`03 ff ff ff 00 00 02 00`);
    expect(read(2 ** 33)).toEqual(hex`ff ff ff ff 00 00 02 00`);
  });

  test('a block that is named without PMI is an error', () => {
    const srb = { vbd: 768, cdb: hex`9e 10 ${zeros(7)} 01 ${zeros(6)}`, data: new Uint8Array(32) };
    expect(readCapacity16(srb, 100, FACTS).status).toBe('SRB_STATUS_ERROR');
  });
});

describe('other answers', () => {
  const answerOf = (cdb: Uint8Array, length: number): Uint8Array => {
    const data = new Uint8Array(length);
    const machine = testMachine();
    machine.remember('xenvbd', 'facts 768', { ...FACTS });
    machine.remember('xenvbd', 'sectors 768', '100');
    const model = { image: 'xenvbd', built: '2026-01-01', line: 'master' };
    const result = scsiRequest({ service: 'xenvbd', key: 'K', model }, 0, { vbd: 768, cdb, data }, machine);
    expect(result.status).toBe('SRB_STATUS_SUCCESS');
    return data.slice(0, result.length);
  };

  test('REPORT LUNS has one entry, the number 255', () => {
    expect(answerOf(hex`a0 ${zeros(11)}`, 64)).toEqual(hex`00 00 00 08 00 00 00 00 00 00 00 00 00 00 00 ff`);
  });

  test('REQUEST SENSE has no sense', () => {
    expect(answerOf(hex`03 00 00 00 12 00`, 18)).toEqual(hex`70 00 00 00 00 00 00 0a ${zeros(10)}`);
  });

  test.each(['00', '16', '17', '1b', '1e', '2f', '56', '57', '8f'])(
    'operation %s does nothing, and succeeds',
    (operation) => {
      expect(answerOf(hex`${operation} ${zeros(15)}`, 0)).toHaveLength(0);
    },
  );

  test('MODE SENSE(6) of the caching page: WCE, and a length two more than the standard has', () => {
    const data = new Uint8Array(64);
    const { length } = modeSense({ vbd: 768, cdb: hex`1a 08 08 00 40 00`, data }, { ...FACTS, info: 4 });
    expect(data.slice(0, length)).toEqual(hex`17 00 80 00 08 14 04 ${zeros(17)}`);
  });
});

describe('places in READ and WRITE', () => {
  test.each([
    ['08 12 34 56 00 00', { write: false, block: 0x12_3456, blocks: 256 }],
    ['2a 00 00 00 00 08 00 01 00 00', { write: true, block: 8, blocks: 256 }],
    ['a8 00 00 00 00 08 00 00 00 10 00 00', { write: false, block: 8, blocks: 16 }],
    ['8a 00 00 00 00 01 00 00 00 02 00 00 00 03 00 00', { write: true, block: 0x1_0000_0002, blocks: 3 }],
  ])('%s', (cdb, span) => {
    expect(spanOf(hex`${cdb}`)).toEqual(span);
  });
});

const NEW = { built: '2026-01-01' };
const OLD = { built: '2015-12-31' };

describe('UNMAP', () => {
  const ranges = [
    { block: 0x1_0000_0008, blocks: 16 },
    { block: 64, blocks: 8 },
  ];

  test('has its list big-endian, as SBC has it', () => {
    expect(encodeUnmap(NEW, ranges)).toEqual(hex`
      00 26 00 20 00 00 00 00
      00 00 00 01 00 00 00 08 00 00 00 10 00 00 00 00
      00 00 00 00 00 00 00 40 00 00 00 08 00 00 00 00`);
    expect(parseUnmap(NEW, encodeUnmap(NEW, ranges))).toEqual(ranges);
  });

  test('of one side of 34f858c is not what the other reads', () => {
    expect(parseUnmap(OLD, encodeUnmap(OLD, ranges))).toEqual(ranges);
    expect(parseUnmap(NEW, encodeUnmap(OLD, ranges))).toBeUndefined();
    expect(parseUnmap(OLD, encodeUnmap(NEW, ranges))).toBeUndefined();
  });

  test.each(['', '00', '00 06 00 10 00 00 00 00'])('a list that ends too soon is none: %s', (bytes) => {
    expect(parseUnmap(NEW, hex`${bytes}`)).toBeUndefined();
  });
});

describe('xendisk', () => {
  const driver = { service: 'xendisk', key: 'K', model: { image: 'xendisk', built: '2026-01-01', line: 'master' } };
  const sent: string[] = [];
  const send = (cdb: Uint8Array, data: Uint8Array) => {
    sent.push(Buffer.from(cdb).toString('hex'));
    if (cdb[0] === 0x9e) data.set(hex`00 00 00 00 00 00 ff ff 00 00 02 00 00 03`);
    return srbDone(data.length, 1);
  };
  const query = (
    property: 'trim' | 'alignment' | 'provisioning' | 'seek-penalty',
    output: number,
    type: 'standard' | 'exists' = 'standard',
  ) => answerControl(driver, { kind: 'query', property, type, output }, testMachine(), send);

  test('answers that TRIM is enabled, in twelve bytes, whatever the backend says', () => {
    expect(query('trim', 12)).toMatchObject({ status: 'success', data: hex`0c 00 00 00 0c 00 00 00 01 00 00 00` });
    expect(query('trim', 0, 'exists')).toMatchObject({ status: 'success' });
    expect(query('trim', 11)).toMatchObject({ status: 'overflow' });
  });

  test('answers how sectors are aligned', () => {
    expect(query('alignment', 28)).toMatchObject({
      status: 'success',
      data: hex`
        1c 00 00 00 1c 00 00 00             ; version, size
        00 00 00 00 00 00 00 00             ; bytes of a cache line, and its offset
        00 02 00 00 00 10 00 00 00 00 00 00 ; 512 bytes, 4096 bytes, offset`,
    });
  });

  test('leaves provisioning and the seek penalty to others', () => {
    expect(query('provisioning', 64)).toBeUndefined();
    expect(query('seek-penalty', 64)).toBeUndefined();
  });

  test('answers no question about TRIM with InterceptTrim = 0', () => {
    const machine = testMachine({ registry: { 'K\\Parameters': { InterceptTrim: 0 } } });
    const control = { kind: 'query', property: 'trim', type: 'standard', output: 12 } as const;
    expect(answerControl(driver, control, machine, send)).toBeUndefined();
  });

  test('makes one UNMAP of all ranges, in a command of ten bytes', () => {
    sent.length = 0;
    const ranges = [
      { offset: 4096, length: 8192 },
      { offset: 65_536, length: 512 },
    ];
    expect(answerControl(driver, { kind: 'trim', ranges }, testMachine(), send)).toMatchObject({ status: 'success' });
    expect(sent).toEqual(['9e100000000000000000000000200000', '42000000000000002800']);
  });

  test('takes 4095 ranges, and no more', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_none, index) => ({ offset: index * 512, length: 512 }));
    const trim = (count: number) => answerControl(driver, { kind: 'trim', ranges: many(count) }, testMachine(), send);
    expect(trim(4095)).toMatchObject({ status: 'success' });
    expect(trim(4096)).toMatchObject({ status: 'failed' });
  });
});
