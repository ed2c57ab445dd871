import type { DriverNote } from '../../drivers/behaviour.ts';
import type { DumpFailure } from '../../drivers/dump.ts';
import type { DumpEvent, DumpOutput } from './dump-events.ts';

const count = (many: number, one: string): string => `${many} ${one}${many === 1 ? '' : 's'}`;

/** What was done to a machine. */
export const dumpEventWords = (event: DumpEvent): string => {
  switch (event.kind) {
    case 'crash':
      return `crashed with ${event.code ?? '0xE2'}`;
    case 'memory.balloon':
      return event.pages === 0 ? 'took its memory back' : `gave ${count(event.pages, 'page')} back to the host`;
    case 'hibernate':
      return 'hibernated';
    case 'resume':
      return 'switched on after hibernation';
  }
};

/** What came of it. */
export const dumpOutputWords = (output: DumpOutput): string => {
  switch (output.kind) {
    case 'crash.started':
      return `the machine stopped with ${output.code}`;
    case 'dump.stack':
      return `${output.images.join(', ')} took over`;
    case 'dump.stack-failed':
      return 'the stack for dumps was not loaded';
    case 'dump.written':
      return `${output.bytes} bytes went to ${output.file} on disk ${output.vbd}`;
    case 'dump.failed':
      return failedWords(output);
    case 'dump.found':
      return `a dump of ${output.bytes} bytes with ${output.code} was found on disk ${output.vbd}`;
    case 'hibernate.refused':
      return `the machine does not hibernate: ${output.because}`;
    case 'hibernate.done':
      return 'the machine was switched off';
    case 'resume.done':
      return 'the machine went on where it was';
    case 'resume.failed':
      return `the machine started from nothing: ${output.because}`;
  }
};

type DumpNote = Extract<DriverNote, { kind: `xen.dump-${string}` }>;

/** What the crash dump library does on its way to the disk. */
export const dumpNoteWords = (note: DumpNote): string => {
  if (note.kind === 'xen.dump-target') {
    const marked = note.guessed ? 'as no target is marked' : `as data/scsi/target/${note.target} says`;
    return `xencrsh takes target ${note.target}, device/vbd/${note.device}, ${marked}`;
  }
  const flush = note.flush === 'none' ? 'nothing to end with' : `a ${note.flush} to end with`;
  return `xencrsh is connected to ${note.device} by a ring under grant ${note.ring}, with ${flush}`;
};

const failedWords = ({ cause, hangs }: Extract<DumpOutput, { kind: 'dump.failed' }>): string => {
  const end = hangs ? 'the machine stands, without an end' : 'what was in memory is lost';
  if (cause.kind === 'dump') return `${end}: ${dumpFailureWords(cause.failure)}`;
  return cause.kind === 'text' ? `${end}: ${cause.text}` : `${end} (${cause.kind})`;
};

const STATES: Readonly<Record<string, string>> = {
  ...{ '1': 'initialising', '2': 'waiting', '3': 'initialised', '4': 'connected', '5': 'closing', '6': 'closed' },
};
const stateWords = (state: string | undefined): string =>
  state === undefined ? 'nowhere' : `in state ${state} (${STATES[state] ?? 'unknown'})`;

/** Why the machine's memory did not get to the disk, in one sentence. */
export const dumpFailureWords = (failure: DumpFailure): string => {
  switch (failure.kind) {
    case 'target':
      return `The disk is target ${failure.target}, and xencrsh knows the targets below ${failure.limit}.`;
    case 'grants':
      return `xencrsh puts its pages under the grants ${failure.references.join(', ')}, which ${failure.holders.join(', ')} holds: the bus has not left them alone.`;
    case 'backend':
      return `The backend of ${failure.frontend} is ${stateWords(failure.state)}, and xencrsh needs it in state ${failure.wanted}${failure.waits === 'for ever' ? ': it asks again without an end' : ''}.`;
    case 'queues':
      return `multi-queue-num-queues of ${failure.frontend} is ${failure.queues} from before, and xencrsh has one ring: the backend serves those of the system that is no more.`;
    case 'page':
      return `Page ${failure.page} was given back to the host, and xencrsh hands it to the backend.`;
    case 'buffers':
      return `${failure.pages} pages of one transfer were given back to the host, and xencrsh has ${failure.buffers} to put in their place.`;
    case 'disk':
    case 'io':
      return failure.reason;
  }
};
