import { HEADER_PAGES, PAGE_BYTES, pagesOf, parseHeader, sha256 } from './dump-bytes.ts';
import { clearBytes, hasContent, readBytes } from './dump-disk.ts';
import type { DumpEvent } from './dump-events.ts';
import { dumpDisk, dumpFile, dumpsEnabled } from './dump-stack.ts';
import type { GuestMachine } from './machine.ts';
import { writeMemory } from './memory-image.ts';

type Crash = Extract<DumpEvent, { kind: 'crash' }>;

/** Where the page file, or a file for dumps, begins on its disk, in bytes. The emulated disks have no file system. */
const DUMP_START = 0x1000_0000;

/** MANUALLY_INITIATED_CRASH */
const ASKED_FOR = 0xe2;

const codeOf = (code: string): number => {
  const value = /^(0x[0-9a-f]+|\d+)$/i.test(code) ? Number(code) : ASKED_FOR;
  return value <= 0xffff_ffff ? value : ASKED_FOR;
};

const nameOf = (code: number): string => `0x${code.toString(16).toUpperCase()}`;

/** A bug check: nothing of the running system is used any more; the machine stands when all is written. */
export const crash = (machine: GuestMachine, { code = '0xE2', pages }: Crash): void => {
  if (!machine.running) return;
  const number = codeOf(code);
  const name = nameOf(number);
  machine.say({ kind: 'crash.started', code: name });
  if (dumpsEnabled(machine)) {
    const header = { build: machine.guest.windows.build, code: number, pages: pagesOf(pages) };
    writeMemory(machine, { mode: 'dump', file: dumpFile(machine), start: DUMP_START, header });
  }
  const reason = `The machine crashed with ${name}.`;
  machine.change({ phase: 'stopped', stop: { code: name, reason, cause: { kind: 'text', text: reason } } });
};

/** A machine that starts looks where the one before may have left a dump, and takes it out of there. */
export const recoverDump = (machine: GuestMachine): void => {
  if (!hasContent(machine) || !dumpsEnabled(machine)) return;
  const disk = dumpDisk(machine);
  const vbd = disk?.facts.kind === 'disk' ? disk.facts.vbd : -1;
  const header = parseHeader('dump', readBytes(machine, vbd, DUMP_START, HEADER_PAGES * PAGE_BYTES));
  if (header === undefined) return;
  const length = (HEADER_PAGES + header.pages) * PAGE_BYTES;
  const bytes = readBytes(machine, vbd, DUMP_START, length);
  machine.say({ kind: 'dump.found', vbd, bytes: length, code: nameOf(header.code), sha256: sha256(bytes) });
  clearBytes(machine, vbd, DUMP_START);
};
