import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GuestEvent } from '../../../emulator/guest/events.ts';
import { ENUM, SERVICES } from '../../../emulator/guest/machine.ts';
import { volumePages } from '../../../emulator/guest/storage-io.ts';
import { guestById } from '../../../emulator/guest/windows.ts';
import type { Run } from '../../../emulator/scenarios/run.ts';
import { eventWords, outputWords } from '../../../emulator/words.ts';
import { inputOn, machineOn, said, setting } from '../../support/crash.ts';
import { projectRoot } from '../../support/outside.ts';

const GUIDE = join(projectRoot, 'docs/guide/trim.md');
const VBD = 51_776;
const DISCARD = { 'feature-discard': '1', 'discard-granularity': '4096' };

const thin = (keys: Readonly<Record<string, string>> = DISCARD) => ({
  disks: [
    { vbd: 768, system: true },
    { vbd: VBD, system: false, keys },
  ],
});

const machine = (guest: string, keys = DISCARD, builds: Parameters<typeof inputOn>[1] = {}): Run =>
  machineOn(inputOn(guest, builds), thin(keys));

/** A file of 64 pages. */
const WRITE: GuestEvent = { kind: 'io.write', vbd: VBD, block: 0, blocks: 512, fill: 1 };
const DELETE: GuestEvent = { kind: 'io.delete', vbd: VBD, ranges: [{ block: 0, blocks: 128 }] };
const OPTIMISE: GuestEvent = { kind: 'io.retrim', vbd: VBD, ranges: [{ block: 128, blocks: 128 }] };

/** Without the filter in the stack of the adapter, as after a package without it. */
const withoutFilter = (run: Run): Run => {
  const adapter = Object.values(run.world.session?.devices ?? {}).find(({ stack }) =>
    stack.some(({ service }) => service === 'xendisk'),
  );
  said(
    run,
    { kind: 'registry.delete', key: `${ENUM}\\${adapter?.path ?? ''}`, name: 'UpperFilters' },
    { kind: 'restart' },
  );
  return run;
};

/** In lines: what was done, and what came of it. */
const told = (run: Run, ...events: readonly GuestEvent[]): string => {
  said(run, WRITE);
  return events
    .flatMap((event) => {
      const lines = run.play(event).filter(({ kind }) => kind.startsWith('io.'));
      return [eventWords(event), ...lines.map((output) => `  ${outputWords(output)}`)];
    })
    .join('\n');
};

const TEN = 'windows-10-22h2-x64';
const SEVEN = 'windows-7-sp1-sha2-x64';

const RUNS: Readonly<Record<string, () => string>> = {
  'windows-10-without-xendisk': () => told(withoutFilter(machine(TEN)), DELETE, OPTIMISE),
  'windows-7': () => told(machine(SEVEN), DELETE, OPTIMISE),
  'windows-10': () => told(machine(TEN), DELETE, OPTIMISE),
  'without-discard': () => told(machine(TEN, { ...DISCARD, 'feature-discard': '0' }), DELETE, OPTIMISE),
  'intercept-off': () => {
    const run = machine(TEN);
    said(run, setting(`${SERVICES}\\xendisk\\Parameters`, 'InterceptTrim', 0));
    return told(run, DELETE, OPTIMISE);
  },
  'two-sides': () => told(machine(TEN, DISCARD, { xendisk: { built: '2015-06-01' } }), DELETE),
};

const WINDOWS = [
  SEVEN,
  'windows-8.1-x64',
  'windows-10-1607-x64',
  TEN,
  'windows-11-24h2-x64',
  'server-2008r2-x64',
  'server-2012r2-x64',
  'server-2016-x64',
  'server-2022-x64',
];

/** Pages that the volume takes after each step. */
const pagesAfter = (run: Run): readonly number[] => {
  said(run, WRITE);
  return [DELETE, OPTIMISE].map((event) => {
    said(run, event);
    return volumePages(run.world, VBD);
  });
};

const rowOf = (id: string): string => {
  const pages = [...pagesAfter(machine(id)), ...pagesAfter(withoutFilter(machine(id)))];
  return `| ${guestById(id)?.windows.title ?? id} | ${pages.join(' | ')} |`;
};

const BLOCK = /```text ([a-z0-9-]+)\n((?:(?!```)[^\n]*\n)*)```/g;
const HEAD = '|---|---|---|---|---|\n';
const isUpdate = process.env.WINPV_UPDATE_DOCS === '1';

describe('docs/guide/trim.md', () => {
  const text = readFileSync(GUIDE, 'utf8');
  const blocks = new Map([...text.matchAll(BLOCK)].map(([, name = '', block = '']) => [name, block.trimEnd()]));

  test('shows every run, and no other', () => {
    expect([...blocks.keys()].sort()).toEqual(Object.keys(RUNS).sort());
  });

  test.each(Object.entries(RUNS))('shows the run "%s" as it goes', (name, run) => {
    if (isUpdate) {
      const block = `\`\`\`text ${name}\n${run()}\n\`\`\``;
      const now = readFileSync(GUIDE, 'utf8');
      writeFileSync(
        GUIDE,
        now.replace(BLOCK, (whole, own: string) => (own === name ? block : whole)),
      );
    } else expect(blocks.get(name)).toBe(run());
  });

  test('shows what each Windows does', { timeout: 60_000 }, () => {
    const rows = WINDOWS.map(rowOf).join('\n');
    if (isUpdate) {
      const now = readFileSync(GUIDE, 'utf8');
      const at = now.indexOf(HEAD) + HEAD.length;
      const rest = now.slice(at).replace(/^(\|[^\n]*\n)*/, '');
      writeFileSync(GUIDE, `${now.slice(0, at)}${rows}\n${rest}`);
    } else expect(text).toContain(`${HEAD}${rows}\n\n`);
  });

  test('names the pages that xenvbd lists', () => {
    expect(text).toContain('pages 00h, 80h, 83h, B0h and B1h, and no B2h');
    expect(RUNS['windows-10-without-xendisk']?.()).toContain('it lists 00 80 83 B0 B1.');
  });
});
