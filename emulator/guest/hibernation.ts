import { poweredOn } from '../xen/host.ts';
import { boot } from './boot.ts';
import { HEADER_PAGES, PAGE_BYTES, pagesOf, parseHeader } from './dump-bytes.ts';
import { clearAtBoot, readAtBoot } from './dump-disk.ts';
import type { DumpEvent } from './dump-events.ts';
import { HIBERNATION_FILE, hibernationEnabled } from './dump-stack.ts';
import { resumeDrivers } from './host-change.ts';
import type { GuestMachine } from './machine.ts';
import { writeMemory } from './memory-image.ts';
import type { World } from './world.ts';

/** Where the file of a hibernation begins on its disk, in bytes. */
const HIBERNATION_START = 0x2000_0000;

/** INTERNAL_POWER_ERROR: there is no way back once the running system's connections are closed (general knowledge). */
const POWER_ERROR = '0xA0';

/** The machine writes its memory by the copies under `hiber_`, and is switched off. */
export const hibernate = (machine: GuestMachine, { pages }: Extract<DumpEvent, { kind: 'hibernate' }>): void => {
  if (machine.session.phase !== 'running') return;
  if (!hibernationEnabled(machine)) {
    machine.say({ kind: 'hibernate.refused', because: 'Control\\Power\\HibernateEnabled is not 1.' });
    return;
  }
  const { session } = machine;
  const header = { build: machine.guest.windows.build, code: 0, pages: pagesOf(pages) };
  if (writeMemory(machine, { mode: 'hiber', file: HIBERNATION_FILE, start: HIBERNATION_START, header })) {
    machine.say({ kind: 'hibernate.done' });
    machine.switchOff();
    machine.hibernated = { ...session };
    return;
  }
  const reason = 'The machine cannot be written for hibernation (INTERNAL_POWER_ERROR).';
  machine.change({ phase: 'stopped', stop: { code: POWER_ERROR, reason, cause: { kind: 'text', text: reason } } });
};

const systemVbd = (machine: GuestMachine): number =>
  machine.host.settings.disks.find(({ system }) => system)?.vbd ?? -1;

/**
 * Switches on a machine that hibernated: the loader reads its memory, on a new domain with every emulated device, and drivers set
 * up what they had from the host. One whose file is damaged starts from nothing.
 */
export const resume = (machine: GuestMachine, good: World['disk']['lastKnownGood']): void => {
  const saved = machine.hibernated;
  machine.hibernated = undefined;
  if (saved === undefined) {
    boot(machine, { mode: 'normal', options: [] }, good);
    return;
  }
  const bytes = readAtBoot(machine, systemVbd(machine), HIBERNATION_START, HEADER_PAGES * PAGE_BYTES);
  const header = parseHeader('hiber', bytes);
  if (header === undefined || header.build !== machine.guest.windows.build) {
    const because = 'The file of the hibernation does not begin as it was written.';
    boot(machine, { mode: 'normal', options: saved.options }, good);
    machine.say({ kind: 'resume.failed', boot: machine.boots, because });
    return;
  }
  clearAtBoot(machine, systemVbd(machine), HIBERNATION_START);
  machine.boots += 1;
  machine.host = poweredOn(machine.host);
  machine.session = saved;
  resumeDrivers(machine);
  if (machine.running) machine.say({ kind: 'resume.done', boot: machine.boots });
};
