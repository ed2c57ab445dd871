import type { DumpFailure } from '../../drivers/dump.ts';
import { dumpFailureWords } from '../guest/dump-words.ts';
import type { Attribution } from './attribute.ts';

const RESERVE = 'Take a xenbus that leaves the first 32 grants alone (since 2014-12), and xencrsh of the same time.';

/** What to do, and which failure mode it is; none for what no part of the release has a part in. */
const MEANING: Readonly<Record<DumpFailure['kind'], Pick<Attribution, 'failureMode' | 'hint'>>> = {
  target: { failureMode: 'F52', hint: 'Put the page file, or the file for dumps, on a disk with a target below 128.' },
  grants: { failureMode: 'F52', hint: RESERVE },
  backend: { failureMode: 'F52', hint: 'The backend has to be willing to connect a second time after it was closed.' },
  queues: { failureMode: 'F37', hint: 'Ship xencrsh.sys from the build of xenvbd.sys.' },
  page: { failureMode: 'F53', hint: 'Take an xencrsh with the change 01a1170.' },
  buffers: { failureMode: 'F53', hint: 'Keep dumps to the memory of the kernel on machines that give memory back.' },
  disk: { failureMode: 'F52', hint: 'Keep page file and dumps on a disk that the drivers have a target for.' },
  io: { hint: 'See what the backend says about the request.' },
};

/** Why a machine left no dump, or did not hibernate. */
export const withoutDump = (failure: DumpFailure): Attribution => ({
  ...MEANING[failure.kind],
  message: dumpFailureWords(failure),
});
