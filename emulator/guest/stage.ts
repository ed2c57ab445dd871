import type { PackageFacts } from '../package/facts.ts';
import type { GuestMachine } from './machine.ts';
import type { StoredPackage } from './world.ts';

/** Refusals by the signature gate (spec pnp-install 4): an administrator gets no say in these on current systems. */
const REFUSED = {
  untrusted: 'signature',
  unsigned: 'signature',
  altered: 'altered',
  'not-for-this-windows': 'not-for-this-windows',
} as const;

const lowestFree = (machine: GuestMachine): string => {
  const taken = new Set(machine.store.map(({ published }) => published));
  for (let number = 0; ; number += 1) {
    const name = `oem${number}.inf`;
    if (!taken.has(name)) return name;
  }
};

/** A package of the store that is the same, also under another key: it is not staged twice. */
const sameIn = (machine: GuestMachine, facts: PackageFacts): StoredPackage | undefined =>
  machine.store.find(({ package: key }) => {
    if (key === facts.key) return true;
    const other = facts.content === undefined ? undefined : machine.package(key);
    return other?.content === facts.content && other?.infName.toLowerCase() === facts.infName.toLowerCase();
  });

/**
 * Brings a package into the driver store; nothing is installed by that (spec pnp-install 6).
 * @returns what the store has of it: the same package may have come under another key; undefined when it was refused
 */
export const stagePackage = (machine: GuestMachine, key: string): StoredPackage | undefined => {
  const facts = machine.package(key);
  if (facts === undefined) throw new TypeError(`no package ${key}`);
  const known = sameIn(machine, facts);
  if (known !== undefined) return known;
  const signature = facts.signatures[machine.signing];
  if (signature !== undefined && signature.state !== 'trusted') {
    const because = REFUSED[signature.state];
    machine.say({ kind: 'package.refused', package: key, because, reason: signature.reason });
    return undefined;
  }
  const missing = missingFiles(machine, key);
  if (missing.length > 0) {
    const reason = `The package lacks ${missing.join(', ')}.`;
    machine.say({ kind: 'package.refused', package: key, because: 'missing-file', reason });
    return undefined;
  }
  const staged = { published: lowestFree(machine), package: key };
  machine.store = [...machine.store, staged];
  machine.say({ kind: 'package.staged', ...staged });
  return staged;
};

/** Every file that this Windows would copy has to be there. */
const missingFiles = (machine: GuestMachine, key: string): readonly string[] => {
  const facts = machine.package(key);
  return facts?.missingOn?.[machine.target] ?? facts?.missing ?? [];
};
