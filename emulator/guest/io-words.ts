import type { IoEvent, IoOutput } from './io-events.ts';

const blocksOf = (ranges: readonly { readonly blocks: number }[]): number =>
  ranges.reduce((sum, { blocks }) => sum + blocks, 0);

/** What was done with a disk, as people say it. */
export const ioEventWords = (event: IoEvent): string => {
  switch (event.kind) {
    case 'io.write':
      return `wrote ${event.blocks} blocks from ${event.block} on to disk ${event.vbd}`;
    case 'io.read':
      return `read ${event.blocks} blocks from ${event.block} on of disk ${event.vbd}`;
    case 'io.flush':
      return `flushed disk ${event.vbd}`;
    case 'io.delete':
      return `deleted a file of ${blocksOf(event.ranges)} blocks on disk ${event.vbd}`;
    case 'io.retrim':
      return `optimised disk ${event.vbd}, of which ${blocksOf(event.ranges)} blocks are free`;
    case 'io.power-loss':
      return 'took the power from the host';
  }
};

/** What came of it. */
export const ioOutputWords = (output: IoOutput): string => {
  switch (output.kind) {
    case 'io.done':
      return `disk ${output.vbd} did the ${output.op} in ${output.requests} requests, by way of ${output.path.join(', ')}`;
    case 'io.failed':
      return `disk ${output.vbd} failed the ${output.op} with ${output.srbStatus}: ${output.because}`;
    case 'io.trimmed':
      return `${output.by} told disk ${output.vbd} of ${output.blocks} blocks: the volume went from ${output.pagesBefore} to ${output.pagesAfter} pages`;
    case 'io.not-trimmed':
      return `nothing was trimmed on disk ${output.vbd}: ${output.because}`;
  }
};
