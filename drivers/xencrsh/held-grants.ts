import type { DumpMachine } from '../dump.ts';
import { XENCRSH } from './limits.ts';

const RING_KEY = /(?:^|-)ring-ref\d*$/;
const QUEUE = /^queue-\d+$/;

export interface HeldGrants {
  readonly references: readonly number[];
  /** Frontends whose backends have them mapped, by path. */
  readonly holders: readonly string[];
}

/** Grants of rings that a frontend named to its backend. */
const ringsOf = (machine: DumpMachine, frontend: string): readonly number[] =>
  machine.storeList(frontend).flatMap((name) => {
    if (QUEUE.test(name)) return ringsOf(machine, `${frontend}/${name}`);
    if (!RING_KEY.test(name)) return [];
    const reference = Number.parseInt(machine.storeRead(`${frontend}/${name}`) ?? '', 10);
    return Number.isNaN(reference) ? [] : [reference];
  });

const isOwn = (reference: number): boolean => reference >= XENCRSH.firstGrant && reference <= XENCRSH.lastGrant;

/** Whether a backend has let go of what its frontend gave it. */
const isClosed = (machine: DumpMachine, frontend: string): boolean => {
  const backend = machine.storeRead(`${frontend}/backend`);
  const state = backend === undefined ? undefined : machine.storeRead(`${backend}/state`);
  return state === undefined || state === '6';
};

/**
 * Grants of the library's own that a backend of another device has mapped: the bus of the running system gave them away. What is
 * put under such a grant does not reach the disk, for the old page stays mapped.
 */
export const heldGrants = (machine: DumpMachine, own: string): HeldGrants => {
  const references: number[] = [];
  const holders: string[] = [];
  for (const type of machine.storeList('device')) {
    for (const id of machine.storeList(`device/${type}`)) {
      const frontend = `device/${type}/${id}`;
      if (frontend === own || isClosed(machine, frontend)) continue;
      const found = ringsOf(machine, frontend).filter(isOwn);
      if (found.length === 0) continue;
      references.push(...found);
      holders.push(frontend);
    }
  }
  return { references: references.sort((a, b) => a - b), holders };
};
