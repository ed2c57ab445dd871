import type { DriverNote } from '../../drivers/behaviour.ts';
import type { GuestEvent, GuestOutput } from '../../emulator/guest/events.ts';
import type { World } from '../../emulator/guest/world.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import { stableWorld } from '../../emulator/scenarios/stable.ts';
import { type Survey, survey } from '../../emulator/scenarios/survey.ts';
import { transition } from '../../emulator/transition.ts';
import type { HostSettings, HostState } from '../../emulator/xen/host.ts';
import { storeList, storeRead } from '../../emulator/xen/store.ts';
import { bundleOf, guestNamed, releaseFiles, type TestBundle } from './rehearsal.ts';

/** A guest on which a release works, and what hosts do to it next. */
export interface RunningGuest {
  readonly world: World;
  readonly survey: Survey;
  /** What drivers said in what was played last. */
  readonly notes: readonly DriverNote[];
  readonly outputs: readonly GuestOutput[];
  play(...events: readonly GuestEvent[]): RunningGuest;
  /** With a host that did something by itself. */
  on(host: HostState): RunningGuest;
  /** A key of xenstore: `device/vbd/768/state`. */
  key(path: string): string | undefined;
  keys(path: string): readonly string[];
}

const guestOf = (world: World, outputs: readonly GuestOutput[], library: PackageLibrary): RunningGuest => ({
  world,
  outputs,
  get survey() {
    return survey(world);
  },
  notes: outputs.flatMap((output) => (output.kind === 'driver.note' ? [output.note] : [])),
  play: (...events) => {
    let now = world;
    const all: GuestOutput[] = [];
    for (const event of events) {
      const [next, told] = transition(now, event, library);
      now = next;
      all.push(...told);
    }
    return guestOf(now, all, library);
  },
  on: (host) => guestOf({ ...world, host }, [], library),
  key: (path) => storeRead(world.host.store, path),
  keys: (path) => storeList(world.host.store, path),
});

const GUEST = 'windows-10-22h2-x64';
let release: TestBundle | undefined;

/** With winpv's own release of today, everything on the paravirtual path. */
export const runningGuest = (host: Partial<HostSettings> = {}): RunningGuest => {
  const guest = guestNamed(GUEST);
  release ??= bundleOf(releaseFiles(), [guest]);
  const { bundle, library } = release;
  return guestOf(stableWorld({ guest, guests: [guest], library, bundle, before: [] }, bundle, host), [], library);
};
