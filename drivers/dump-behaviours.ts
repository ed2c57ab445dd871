import type { DumpBehaviour } from './dump.ts';
import { xencrshDump } from './xencrsh/dump.ts';

/** What an image of the family does as the miniport of a dump stack; undefined for one that can be none. */
export const dumpBehaviourOf = (image: string): DumpBehaviour | undefined =>
  image.toLowerCase() === xencrshDump.miniport ? xencrshDump : undefined;
