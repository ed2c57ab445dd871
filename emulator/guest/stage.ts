import type { GuestMachine } from './machine.ts';

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

/**
 * Brings a package into the driver store; nothing is installed by that (spec pnp-install 6).
 * @returns the published name; undefined when it was refused
 */
export const stagePackage = (machine: GuestMachine, key: string): string | undefined => {
  const facts = machine.package(key);
  if (facts === undefined) throw new TypeError(`no package ${key}`);
  const known = machine.store.find((one) => one.package === key);
  if (known !== undefined) return known.published;
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
  const published = lowestFree(machine);
  machine.store = [...machine.store, { published, package: key }];
  machine.say({ kind: 'package.staged', package: key, published });
  return published;
};

/** Every file that this Windows would copy has to be there. */
const missingFiles = (machine: GuestMachine, key: string): readonly string[] => {
  const facts = machine.package(key);
  return facts?.missingOn?.[machine.target] ?? facts?.missing ?? [];
};
