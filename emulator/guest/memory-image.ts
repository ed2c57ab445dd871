import type { LoadedDriver } from '../../drivers/behaviour.ts';
import type {
  DumpAdapter,
  DumpBehaviour,
  DumpFailure,
  DumpMachine,
  DumpMode,
  DumpOutcome,
  DumpRequest,
} from '../../drivers/dump.ts';
import { dumpBehaviourOf } from '../../drivers/dump-behaviours.ts';
import { libraryBeside, replacesLostPages } from '../../drivers/xencrsh/traits.ts';
import { lacksBuffers } from '../../drivers/xencrsh/transfer.ts';
import { type DumpHeader, dumpBytes, HEADER_PAGES, PAGE_BYTES, sha256 } from './dump-bytes.ts';
import { type Answer, inboxAdapter, keepThrough, submitRequest, writeThrough } from './dump-disk.ts';
import { dumpMachine } from './dump-machine.ts';
import type { Cause } from './events.ts';
import type { GuestMachine } from './machine.ts';
import type { DumpStack } from './world.ts';

/** What is written, and where. */
export interface MemoryImage {
  readonly mode: DumpMode;
  readonly file: string;
  /** Place of the file on its disk, in bytes. */
  readonly start: number;
  readonly header: DumpHeader;
}

type Written = { readonly ok: true } | { readonly ok: false; readonly cause: Cause; readonly hangs: boolean };

/** The copy of a miniport and the code of the family that it is: what the library's own build does decides. */
interface Miniport {
  readonly behaviour: DumpBehaviour;
  readonly driver: LoadedDriver;
}

const miniportOf = (machine: GuestMachine, stack: DumpStack): Miniport | undefined => {
  const models = stack.images.flatMap(({ image }) => (image === undefined ? [] : (machine.image(image)?.model ?? [])));
  const own = models.find(({ image }) => image === stack.miniport);
  const behaviour = own === undefined ? undefined : dumpBehaviourOf(own.image);
  if (own === undefined || behaviour === undefined) return undefined;
  const library = models.find(({ image }) => image === 'xencrsh');
  const model = library === undefined ? own : libraryBeside(library, own);
  return { behaviour, driver: { service: `dump_${stack.miniport}`, key: '', model } };
};

const failed = (cause: Cause, hangs = false): Written => ({ ok: false, cause, hangs });
const notWritten = (failure: DumpFailure): Written =>
  failed({ kind: 'dump', failure }, 'waits' in failure && failure.waits === 'for ever');

/** Writes the memory of a machine that is no more, by the stack that was loaded for that; says what came of it. */
export const writeMemory = (machine: GuestMachine, image: MemoryImage): boolean => {
  const written = write(machine, image);
  if (written.ok) return true;
  machine.say({ kind: 'dump.failed', mode: image.mode, cause: written.cause, hangs: written.hangs });
  return false;
};

const write = (machine: GuestMachine, image: MemoryImage): Written => {
  const stack = machine.session.dumpStacks?.[image.mode];
  if (stack === undefined) return failed({ kind: 'text', text: 'No disk was there for it when the machine started.' });
  if (stack.failure !== undefined) return failed(stack.failure);
  const images = stack.images.map(({ file }) => `${image.mode}_${file}`);
  machine.say({ kind: 'dump.stack', mode: image.mode, images });
  const miniport = miniportOf(machine, stack);
  const view = dumpMachine(machine);
  const found =
    miniport === undefined
      ? inboxAdapter(machine, stack)
      : miniport.behaviour.find(miniport.driver, { mode: image.mode, target: stack.target }, view);
  if (!found.ok) return notWritten(found.failure);
  if (found.value.vbd !== stack.vbd) return notWritten(otherDisk(stack, found.value));
  return send(machine, { image, miniport, view, adapter: found.value });
};

/** A port names its disk by number only: what it sends would go to whatever the library has connected. */
const otherDisk = ({ vbd }: DumpStack, adapter: DumpAdapter): DumpFailure => ({
  kind: 'disk',
  frontend: `device/vbd/${adapter.vbd}`,
  reason: `No target is marked for it, so that what is meant for disk ${vbd} goes to disk ${adapter.vbd}.`,
});

interface Sending {
  readonly image: MemoryImage;
  readonly miniport: Miniport | undefined;
  readonly view: DumpMachine;
  readonly adapter: DumpAdapter;
}

/** One transfer at a time, and the next when it has come back: there are no interrupts, and nothing waits. */
const send = (machine: GuestMachine, sending: Sending): Written => {
  const { image, view } = sending;
  const { mode, header } = image;
  const bytes = dumpBytes(mode, header, { boot: machine.boots, isMemory: view.isMemory });
  let { adapter } = sending;
  let transfers = 0;
  let requests = 0;
  const all = HEADER_PAGES + header.pages;
  for (let page = 0; page < all; page += adapter.pagesPerTransfer) {
    const part = bytes.subarray(page * PAGE_BYTES, Math.min(all, page + adapter.pagesPerTransfer) * PAGE_BYTES);
    const sent = sendPart(machine, { ...sending, adapter }, { page, part });
    if (!sent.ok) return notWritten(sent.failure);
    adapter = sent.value.adapter;
    requests += sent.value.requests;
    transfers += 1;
  }
  if (sending.miniport === undefined) keepThrough(machine, adapter);
  for (const request of sending.miniport?.behaviour.finish(adapter) ?? []) {
    submitRequest(machine, adapter.vbd, request, new Uint8Array());
    requests += 1;
  }
  const sector = image.start / adapter.sectorSize;
  const place = { vbd: adapter.vbd, file: image.file, sector, bytes: bytes.length };
  machine.say({ kind: 'dump.written', mode, ...place, transfers, requests, sha256: sha256(bytes) });
  return { ok: true };
};

interface Part {
  /** First page of the file. */
  readonly page: number;
  readonly part: Uint8Array;
}

type Sent = DumpOutcome<{ readonly adapter: DumpAdapter; readonly requests: number }>;

const sendPart = (machine: GuestMachine, sending: Sending, { page, part }: Part): Sent => {
  const { image, miniport, adapter } = sending;
  const start = image.start + page * PAGE_BYTES;
  if (miniport === undefined) return writeThrough(machine, adapter, start, part);
  const pages = part.length / PAGE_BYTES;
  const lost = lostPages(sending, page, pages);
  const transfer = { write: true, sector: start / adapter.sectorSize, pages, lost };
  if (lost.length > 0) tellLost(machine, miniport, transfer);
  const prepared = miniport.behaviour.transfer(miniport.driver, adapter, transfer);
  if (!prepared.ok) return prepared;
  let offset = 0;
  for (const request of prepared.value.requests) {
    const length = request.segments.length * PAGE_BYTES;
    const answer = submitRequest(machine, adapter.vbd, request, part.subarray(offset, offset + length));
    if (answer !== 'okay') return unanswered(adapter, request, answer);
    offset += length;
  }
  return { ok: true, value: { adapter: prepared.value.adapter, requests: prepared.value.requests.length } };
};

/** The library takes an error for done, and the dump has old bytes there; without an answer it polls without an end. */
const unanswered = (adapter: DumpAdapter, { sector }: DumpRequest, answer: Answer): Sent => {
  if (answer === 'nobody answers') {
    const { frontend = '' } = adapter.pv ?? {};
    const failure = { kind: 'backend', frontend, state: undefined, wanted: '4', waits: 'for ever' } as const;
    return { ok: false, failure };
  }
  const reason = `The backend of disk ${adapter.vbd} answers a request for sector ${sector} with an error, and xencrsh goes on as if it had not.`;
  return { ok: false, failure: { kind: 'io', sector, reason } };
};

/** The header is memory of the dump code's own. */
const lostPages = ({ image, view }: Sending, page: number, pages: number): readonly number[] =>
  Array.from({ length: pages }, (_, index) => page + index - HEADER_PAGES).filter(
    (frame) => frame >= 0 && frame < image.header.pages && !view.isMemory(frame),
  );

type Transfer = Parameters<DumpBehaviour['transfer']>[2];

const tellLost = (machine: GuestMachine, { driver }: Miniport, transfer: Transfer): void => {
  const about = { module: 'xencrsh', device: `dump_${driver.service}` };
  if (replacesLostPages(driver.model) === 'undecided') {
    const reason = 'whether it replaces pages that were given back to the host is not known of builds of its day.';
    machine.note({ kind: 'xen.undecided', ...about, reason });
  } else if (lacksBuffers(transfer)) {
    const reason = `${transfer.lost.length} pages of one transfer were given back to the host, more than it has pages to put in their place.`;
    machine.note({ kind: 'xen.undecided', ...about, reason });
  }
};
