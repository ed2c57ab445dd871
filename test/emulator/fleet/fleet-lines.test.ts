import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import type { FleetOutcome } from '../../../emulator/fleet/outcome/model.ts';
import { FleetSimulation } from '../../../emulator/fleet/simulate.ts';

const BOOTS: FleetOutcome = {
  ...{ outcome: 'boots', findings: [], guest: undefined, assumed: [], arrival: [], restarts: 0 },
};

interface Read {
  readonly ids: readonly string[];
  readonly bad: readonly { readonly line: number; readonly message: string }[];
  readonly configurations: number;
  readonly machines: number;
}

async function* each(blocks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* blocks;
}

const readFleet = async (...blocks: readonly Uint8Array[]): Promise<Read> => {
  const bad: { line: number; message: string }[] = [];
  const simulation = new FleetSimulation({
    question: { labels: [], packagesOf: () => [], at: 0, channel: 'any' },
    rehearsal: { outcomeOf: () => BOOTS, rehearsed: () => 0 },
    bad: (line, message) => {
      bad.push({ line, message });
    },
  });
  let text = '';
  for await (const part of simulation.run(each(blocks))) text += new TextDecoder().decode(part);
  const ids = text
    .trimEnd()
    .split('\n')
    .flatMap((line): string[] => (line === '' ? [] : [JSON.parse(line).id]));
  const { machines, badLines } = simulation.totals.summary();
  expect([machines, badLines]).toEqual([ids.length, bad.length]);
  return { ids, bad, configurations: simulation.counts().configurations, machines };
};

const device = (id: string, more: object = {}) => ({
  ...{ id: `${id}\\1`, hardwareIds: [id], compatibleIds: [], driver: null, ...more },
});
const machine = (id: string, more: object = {}) => ({
  id,
  os: '10.0.19045',
  arch: 'x64',
  type: 'workstation',
  devices: [],
  ...more,
});
const read = (...lines: readonly (object | string)[]): Promise<Read> =>
  readFleet(utf8(lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')));

const complaintOf = async (more: object): Promise<string> => {
  const { bad, ids } = await read(machine('a', more), machine('b'));
  expect(ids).toContain('b');
  return bad.map(({ message }) => message).join(' ');
};

/** JSON in any spelling that a program may choose: order of keys, blanks, escapes. */
const spelled = (
  value: unknown,
  choose: { readonly order: number; readonly blank: string; readonly escape: boolean },
): string => {
  if (Array.isArray(value)) return `[${value.map((one) => spelled(one, choose)).join(`${choose.blank},`)}]`;
  if (typeof value === 'string') {
    const text = JSON.stringify(value);
    return choose.escape ? text.replace(/[a-z]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`) : text;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  const turned = entries.map((_, index) => entries[(index + choose.order) % entries.length] ?? ['', '']);
  const parts = turned.map(
    ([key, one]) => `${choose.blank}"${key}"${choose.blank}:${choose.blank}${spelled(one, choose)}`,
  );
  return `{${parts.join(',')}${choose.blank}}`;
};
const spelling = fc.record({
  order: fc.nat(6),
  blank: fc.constantFrom('', ' ', '\t', '  '),
  escape: fc.boolean(),
});

describe('lines of a fleet', () => {
  test('are read the same however a program spells them', async () => {
    const own = machine('vm-é-1', {
      devices: [{ ...device('PCI\\VEN_5853&DEV_0001'), driver: { inf: 'a.inf', provider: 'Ä' } }],
    });
    await fc.assert(
      fc.asyncProperty(fc.array(spelling, { minLength: 1, maxLength: 8 }), async (ways) => {
        const lines = ways.map((way, index) => spelled({ ...own, id: `vm-é-${index}` }, way));
        const { ids, bad } = await readFleet(utf8(lines.join('\n')));
        expect(bad).toEqual([]);
        expect(ids).toEqual(ways.map((_, index) => `vm-é-${index}`));
      }),
      { numRuns: 60 },
    );
  });

  test('are the same in blocks of any size', async () => {
    const whole = utf8(
      `\ufeff${[machine('a'), 'no machine', machine('b', { sMode: true }), '', machine('a')].map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\r\n')}`,
    );
    const expected = await readFleet(whole);
    expect(expected.ids).toEqual(['a', 'b']);
    expect(expected.bad.map(({ line }) => line)).toEqual([2, 5]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 }), async (sizes) => {
        const blocks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          blocks.push(whole.subarray(at, at + size));
          at += size;
        }
        expect(await readFleet(...blocks)).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  test('of any bytes are machines or told, one by one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), async (lines) => {
        const clean = lines.map((bytes) => bytes.filter((byte) => byte !== 0x0a && byte !== 0x0d));
        const text = Buffer.concat(clean.flatMap((bytes) => [Buffer.from(bytes), Buffer.from('\n')]));
        const { machines, bad } = await readFleet(text);
        const blank = clean.filter((bytes) => bytes.every((byte) => byte === 0x20 || byte === 0x09)).length;
        expect(machines + bad.length + blank).toBe(clean.length);
      }),
      { numRuns: 100 },
    );
  });

  test('mutated anywhere are machines or told, and leave their neighbours alone', async () => {
    const line = JSON.stringify(machine('m', { devices: [device('PCI\\VEN_5853&DEV_0001')] }));
    await fc.assert(
      fc.asyncProperty(fc.nat(line.length - 1), fc.integer({ min: 0x20, max: 0xff }), async (at, byte) => {
        const bytes = Buffer.from(line);
        bytes[at] = byte;
        const { ids } = await readFleet(Buffer.concat([bytes, utf8(`\n${JSON.stringify(machine('next'))}\n`)]));
        expect(ids.at(-1)).toBe('next');
      }),
      { numRuns: 150 },
    );
  });

  test('of machines that are alike are one configuration, wherever the id stands', async () => {
    const { id, ...rest } = machine('x');
    const late = Array.from({ length: 50 }, (_, index) => ({ ...rest, id: `${id}-${index}` }));
    expect((await read(...late)).configurations).toBe(1);
    expect((await read(...late.map(({ id: own, ...others }) => ({ id: own, ...others })))).configurations).toBe(1);
  });

  test('with an id twice in one line are read as JSON is: the last counts', async () => {
    const { ids } = await read(
      '{"id":"a","os":"10.0.19045","arch":"x64","type":"dc","devices":[],"id":"b"}'.replace('"dc"', '"workstation"'),
    );
    expect(ids).toEqual(['b']);
  });

  test('say that a name is taken, or none', async () => {
    const { bad, ids } = await read(machine('a'), machine('a', { sMode: true }), machine(''), machine('b', { id: 7 }));
    expect(ids).toEqual(['a']);
    expect(bad).toEqual([
      { line: 2, message: 'A machine "a" is there twice.' },
      { line: 3, message: '`id` has to be text of 1 to 256 characters.' },
      { line: 4, message: '`id` has to be text of 1 to 256 characters.' },
    ]);
  });

  test('longer than 1 MiB, or no UTF-8, are told', async () => {
    const long = JSON.stringify(machine('long', { ring: 'x'.repeat(1_100_000) }));
    const wrong = Buffer.from(JSON.stringify(machine('wrong', { ring: '~' })));
    wrong[wrong.indexOf(0x7e)] = 0xff;
    const { bad, ids } = await readFleet(utf8(`${long}\n`), wrong, utf8(`\n${JSON.stringify(machine('good'))}`));
    expect(ids).toEqual(['good']);
    expect(bad.map(({ line, message }) => [line, message])).toEqual([
      [1, 'The line is longer than 1 MiB.'],
      [2, 'The line is no UTF-8.'],
    ]);
  });
});

describe('a machine of a fleet', () => {
  test.each([
    [{ os: '10.0.12345' }, 'no release of Windows 10.0.12345'],
    [{ os: '10.0.99999' }, 'no release of Windows 10.0.99999'],
    [{ os: '11.0.22631' }, 'no release of Windows 11.0.22631'],
    [{ os: 'Windows 10' }, 'has to be like 10.0.19045'],
    [{ os: '10.0.22631', arch: 'x86' }, 'no Windows of build 22631 runs on x86'],
    [{ os: '10.0.14393', arch: 'arm64' }, 'no Windows of build 14393 runs on arm64'],
    [{ os: '10.0.22631', type: 'server' }, 'build 22631 is no server on x64'],
    [{ os: '10.0.20348' }, 'build 20348 is no workstation on x64'],
    [{ os: '6.1.7601', type: 'server', arch: 'x86' }, 'build 7601 is no server on x86'],
  ])('cannot run %j', async (more, message) => {
    expect(await complaintOf(more)).toContain(message);
  });

  test.each([
    [{ os: '10.0.26100', type: 'server' }],
    [{ os: '10.0.26100.4061' }],
    [{ os: '6.1.7601' }],
    [{ os: '10.0.28120' }],
    [{ os: '10.0.25915', ring: 'Insider Canary' }],
  ])('may run %j', async (more) => {
    expect(await complaintOf(more)).toBe('');
  });

  test.each([
    ['PCI\\VEN_5853&DEV_0003', 'Xen has no function 0003'],
    ['PCI\\VEN_5853&DEV_1', 'no id that PCI makes'],
    ['PCI\\VEN_ZZZZ&DEV_0001', 'no id that PCI makes'],
    ['XENBUS\\VEN_XP0001&DEV_FOO&REV_09000000', 'no driver of the family makes a FOO below XENBUS'],
    ['XENBUS\\nonsense', 'no id that XENBUS makes'],
    ['two words', 'no id of a device'],
    ['a,b', 'no id of a device'],
    ['', ''],
  ])('has no device of %j', async (id, message) => {
    expect(await complaintOf({ devices: [device(id)] })).toContain(message);
  });

  test.each([
    'PCI\\VEN_8086&DEV_7010&SUBSYS_11001AF4&REV_00',
    'PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01',
    'PCI\\CC_010802',
    'XENBUS\\VEN_XP&DEV_VBD',
    'XENBUS\\CLASS_VIF&REV_02',
    'XENVIF\\VEN_XP0001&DEV_NET&REV_09000005',
    'HID_DEVICE_UP:000C_U:0001',
    'SCSI\\DiskXENSRC__PVDISK__________2.0_',
    '*PNP0303',
    'XENCLASS',
    'SWD\\PRINTENUM\\PrintQueues',
    'ms_pppoeminiport',
  ])('may have %s', async (id) => {
    expect(await complaintOf({ devices: [device(id)] })).toBe('');
  });

  test('has one platform device', async () => {
    const [first, second] = ['0001', '0002'].map((code) =>
      device(`PCI\\VEN_5853&DEV_${code}&SUBSYS_${code}5853&REV_01`),
    );
    expect(await complaintOf({ devices: [first, second] })).toContain('Two platform devices are active');
    expect(await complaintOf({ devices: [first, device('PCI\\VEN_5853&DEV_C000')] })).toBe('');
    expect(
      await complaintOf({
        devices: [{ ...device('PCI\\VEN_5853&DEV_0001'), compatibleIds: ['PCI\\VEN_5853&DEV_0002'] }],
      }),
    ).toContain('at once');
    expect(await complaintOf({ devices: [first, first] })).toContain('is there twice');
  });

  test('with a key that is none is told which was meant', async () => {
    expect(await complaintOf({ archs: 'x64' })).toContain('Did you mean `arch`?');
    expect(await complaintOf({ policy: { excludeDriver: true } })).toContain('Did you mean `excludeDrivers`?');
    expect(await complaintOf({ smbios: { productname: 'x' } })).toContain('Did you mean `productName`?');
    const driver = { inf: 'a.inf', provider: 'A', ranks: 1 };
    expect(await complaintOf({ devices: [device('PCI\\VEN_5853&DEV_0001', { driver })] })).toContain(
      '`devices.0.driver.ranks`',
    );
  });

  test.each([
    [{ date: '2026-02-31' }, 'no day'],
    [{ date: '2026-01-01 or so' }, 'has to be a date'],
    [{ version: '9.1.0.65536' }, 'above 65535'],
    [{ rank: 'FE' }, 'eight hex digits'],
  ])('has no driver with %j', async (more, message) => {
    const driver = { inf: 'a.inf', provider: 'A', ...more };
    expect(await complaintOf({ devices: [device('PCI\\VEN_5853&DEV_0001', { driver })] })).toContain(message);
  });

  test('shows nothing of a line that a terminal would act on', async () => {
    const message = await complaintOf({ devices: [device('PCI\\\u001b[31m\u202e')] });
    for (const control of ['\u001b', '\u202e']) expect(message).not.toContain(control);
  });
});
