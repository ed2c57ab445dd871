import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import { CHILD_NEEDS } from '../../drivers/revision-child-needs.ts';
import type { BusState, ChildNeed } from '../../drivers/revision-register.ts';
import { KNOWN_RELEASES, type KnownBuild, type KnownRelease } from './releases.ts';

/** A build with the release that it is named after and what the register knows of it. */
export interface RegisteredBuild {
  readonly build: KnownBuild;
  readonly release: KnownRelease;
  /** For a bus. */
  readonly state: BusState | undefined;
  /** For a child. */
  readonly need: ChildNeed | undefined;
}

const find = (driver: string, commit: string): RegisteredBuild | undefined => {
  const named = KNOWN_RELEASES.flatMap((release) => {
    const build = release.builds.find((one) => one.driver === driver && one.commit === commit);
    return build === undefined ? [] : [{ build, release }];
  });
  // Vendors take upstream's commits as they are.
  const first = named.find(({ release }) => release.brand === 'upstream') ?? named[0];
  if (first === undefined) return undefined;
  return {
    ...first,
    state: BUS_STATES.find(({ table, commits }) => table.bus === driver && commits.includes(commit)),
    need: CHILD_NEEDS.find((one) => one.driver === driver && one.commits.includes(commit)),
  };
};

const known = new Map<string, RegisteredBuild | undefined>();

/** What is known of a build by its driver and its commit of seven digits; undefined when it is in no release. */
export const registeredBuild = (driver: string, commit: string): RegisteredBuild | undefined => {
  const key = `${driver} ${commit}`;
  if (!known.has(key)) known.set(key, find(driver, commit));
  return known.get(key);
};
