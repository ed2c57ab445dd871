import type { ErrorCode } from '../core/error-codes.ts';
import { closestName } from '../core/spelling.ts';
import type { GuestSpec } from './guest/guest.ts';
import { guestSpecs } from './guest/windows.ts';
import type { Scenario } from './scenarios/contract.ts';
import { SCENARIOS } from './scenarios/index.ts';

/** A name that stands for nothing. */
export interface UnknownName {
  /** Its place in the list. */
  readonly index: number;
  readonly code: Extract<ErrorCode, 'CHECK_GUEST_UNKNOWN' | 'CHECK_SCENARIO_UNKNOWN'>;
  readonly message: string;
  readonly hint: string;
}

export interface Choice<T> {
  /** In the order in which they are listed, each once. */
  readonly chosen: readonly T[];
  readonly unknown: readonly UnknownName[];
}

/** Every one of them. */
const ALL = 'all';

/** A name is an id, or the words that several ids begin with: `windows-10`, `fresh-install`; in any case. */
const choose = <T extends { readonly id: string }>(
  names: readonly string[],
  all: readonly T[],
  complain: (name: string) => Pick<UnknownName, 'code' | 'message'>,
): Choice<T> => {
  const chosen = new Set<T>();
  const unknown: UnknownName[] = [];
  const ids = all.map(({ id }) => id);
  for (const [index, name] of names.entries()) {
    const lower = name.toLowerCase();
    const found = all.filter(({ id }) => lower === ALL || id === lower || id.startsWith(`${lower}-`));
    for (const one of found) chosen.add(one);
    if (found.length > 0) continue;
    const nearest = closestName(lower, ids);
    const hint = nearest === undefined ? '`winpv check --list` names all of them.' : `Did you mean \`${nearest}\`?`;
    unknown.push({ index, hint, ...complain(name) });
  }
  return { chosen: all.filter((one) => chosen.has(one)), unknown };
};

/** The guests of these names. */
export const chooseGuests = (names: readonly string[]): Choice<GuestSpec> =>
  choose(names, guestSpecs(), (name) => ({ code: 'CHECK_GUEST_UNKNOWN', message: `There is no guest "${name}".` }));

/** The scenarios of these names. */
export const chooseScenarios = (names: readonly string[]): Choice<Scenario> =>
  choose(names, SCENARIOS, (name) => ({
    code: 'CHECK_SCENARIO_UNKNOWN',
    message: `There is no scenario "${name}".`,
  }));
