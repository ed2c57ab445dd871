import type { GuestEvent } from '../guest/events.ts';
import { CLASSES, SERVICES } from '../guest/machine.ts';
import { newWorld } from '../new-world.ts';
import type { Scenario } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, hasDriver } from './input.ts';

const FILTER = 'backupflt';
const ADAPTERS = `${CLASSES}\\{4d36e97b-e325-11ce-bfc1-08002be10318}`;

/** An image of Windows' own stands in for one that passes everything on. */
const IMAGE = 'System32\\drivers\\disk.sys';

/** A product for backups registers its driver, as those do that filter every storage adapter. */
const registered = (list: 'UpperFilters' | 'LowerFilters'): readonly GuestEvent[] => {
  const key = `${SERVICES}\\${FILTER}`;
  const number = (name: string, data: number): GuestEvent => ({
    ...{ kind: 'registry.set', key, name, type: 'REG_DWORD', data },
  });
  return [
    ...[number('Type', 1), number('Start', 0), number('ErrorControl', 1)],
    { kind: 'registry.set', key, name: 'ImagePath', type: 'REG_EXPAND_SZ', data: IMAGE },
    { kind: 'registry.set', key: ADAPTERS, name: list, type: 'REG_MULTI_SZ', data: [FILTER] },
  ];
};

/** Products for backups and against viruses filter storage adapters (F59). */
export const foreignStorageFilter: Scenario = {
  id: 'foreign-storage-filter',
  summary: "installs beside a storage filter of another vendor's, above or below the class of adapters",
  applies: (input) => hasBus(input) && hasDriver(input, input.bundle, 'xenvbd'),
  runs: (input) =>
    (['UpperFilters', 'LowerFilters'] as const).map((list) => ({
      variant: list === 'UpperFilters' ? 'above' : 'below',
      begin: newWorld(input.guest),
      play: (run) => {
        run.stage = 'another product';
        for (const event of registered(list)) run.play(event);
        run.stage = 'install';
        run.install(input.bundle);
        run.untilStable({ ...asFarAs(input, input.bundle, PV), beside: FILTER });
      },
    })),
};
