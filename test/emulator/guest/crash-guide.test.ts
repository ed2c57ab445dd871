import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DumpFailure } from '../../../drivers/dump.ts';
import { PAGES_PER_TRANSFER, XENCRSH } from '../../../drivers/xencrsh/limits.ts';
import { CRASH_CONTROL } from '../../../emulator/guest/dump-stack.ts';
import { dumpNoteWords } from '../../../emulator/guest/dump-words.ts';
import type { GuestEvent, GuestOutput } from '../../../emulator/guest/events.ts';
import { newWorld } from '../../../emulator/new-world.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { eventWords, outputWords } from '../../../emulator/words.ts';
import type { HostDisk } from '../../../emulator/xen/host.ts';
import { inputOn, machineOn } from '../../support/crash.ts';
import { projectRoot } from '../../support/outside.ts';

const GUIDE = join(projectRoot, 'docs/guide/crash-dumps.md');
const input = inputOn();

const TOLD = /^(crash|dump|hibernate|resume)\./;

const lineOf = (output: GuestOutput): readonly string[] => {
  if (output.kind === 'driver.note') {
    const { note } = output;
    return note.kind === 'xen.dump-target' || note.kind === 'xen.dump-connected' ? [`  ${dumpNoteWords(note)}`] : [];
  }
  if (output.kind === 'boot.running') return ['  Windows runs'];
  return TOLD.test(output.kind) ? [`  ${outputWords(output)}`] : [];
};

/** A run in lines: what was done, and what came of it as far as dumps go. */
const told = (run: Run, ...events: readonly GuestEvent[]): string =>
  events
    .flatMap((event) => {
      const lines = run.play(event).flatMap(lineOf);
      return lines.length === 0 ? [] : [eventWords(event), ...lines];
    })
    .join('\n');

const CRASH: readonly GuestEvent[] = [{ kind: 'crash', pages: 42 }, { kind: 'restart' }];
const onDisk = (file: string): readonly GuestEvent[] => [
  { kind: 'registry.set', key: CRASH_CONTROL, name: 'DedicatedDumpFile', type: 'REG_SZ', data: file },
  { kind: 'restart' },
];
const disks = (disk: Partial<HostDisk>, ...others: readonly HostDisk[]) => ({
  disks: [{ vbd: 768, system: true, ...disk }, ...others],
});

/** What the guide shows, by the name of its block. */
const RUNS: Readonly<Record<string, () => string>> = {
  pv: () => told(machineOn(input), ...CRASH),
  nvme: () => told(new Run(input, newWorld(input.guest, { emulatedDisks: 'nvme' })), ...CRASH),
  ide: () => told(new Run(input, newWorld(input.guest)), ...CRASH),
  'target-128': () => {
    const beyond = { vbd: (1 << 28) | (128 << 8), system: false };
    return told(machineOn(input, disks({}, beyond)), ...onDisk('D:\\dump.sys'), ...CRASH);
  },
  refuses: () => told(machineOn(input, disks({ refuses: 'again' })), ...CRASH),
  grants: () => told(machineOn(inputOn(undefined, { xenbus: { reservedGrants: 8 } })), ...CRASH),
};

const BLOCK = /```text ([a-z0-9-]+)\n((?:(?!```)[^\n]*\n)*)```/g;
const blocksOf = (text: string): ReadonlyMap<string, string> =>
  new Map([...text.matchAll(BLOCK)].map(([, name = '', block = '']) => [name, block.trimEnd()]));

describe('docs/guide/crash-dumps.md', () => {
  const text = readFileSync(GUIDE, 'utf8');
  const blocks = blocksOf(text);

  test('shows every run, and no other', () => {
    expect([...blocks.keys()].sort()).toEqual(Object.keys(RUNS).sort());
  });

  test.each(Object.entries(RUNS))('shows the run "%s" as it goes', (name, run) => {
    if (process.env.WINPV_UPDATE_DOCS === '1') {
      const block = `\`\`\`text ${name}\n${run()}\n\`\`\``;
      const now = readFileSync(GUIDE, 'utf8');
      writeFileSync(
        GUIDE,
        now.replace(BLOCK, (whole, own: string) => (own === name ? block : whole)),
      );
      return;
    }
    expect(blocks.get(name)).toBe(run());
  });

  test('names the limits that the library has', () => {
    const rows = [
      ['targets', String(XENCRSH.targets)],
      ['pages in one transfer', String(PAGES_PER_TRANSFER)],
      ['grants', `${XENCRSH.firstGrant} to ${XENCRSH.lastGrant}`],
      ['memory', `${XENCRSH.heapPages} pages`],
      ['pages that stand in for others', String(XENCRSH.buffers)],
    ];
    for (const [what, limit] of rows) expect(text).toMatch(new RegExp(`\\| ${what} \\|[^|]*\\| ${limit}`));
  });

  test('names every way to fail', () => {
    const kinds: readonly DumpFailure['kind'][] = [
      'target',
      'grants',
      'backend',
      'queues',
      'page',
      'buffers',
      'disk',
      'io',
    ];
    for (const kind of kinds) expect(text).toContain(`\`${kind}\``);
  });
});
