import { BUS_STATES } from '../../drivers/revision-bus-states.ts';
import type { BusState } from '../../drivers/revision-register.ts';
import { allWrites, keyOf, type PvFacts, serviceOf, textsOf } from '../formats/inf/pv/facts.ts';

/**
 * A mark in the INF of xenbus that tells its age (spec xen-pv 1.2, 3.2): an INF with it is from `since` or later, one
 * without it from before `until`. Undefined when the INF cannot tell.
 */
interface Mark {
  readonly shown: (facts: PvFacts) => boolean | undefined;
  readonly since: string;
  readonly until: string;
}

const FUNCTIONS = ['0001', '0002'];

/** All platform functions on one Models line. */
export const matchesOnOneLine = ({ ids }: PvFacts): boolean => {
  const [first, second] = FUNCTIONS.map((one) => ids.filter(({ platform }) => platform === one));
  return first?.some(({ line }) => second?.some((other) => other.line === line)) ?? false;
};

/** Each platform function with a display name of its own. */
const namedApart = (facts: PvFacts): boolean | undefined => {
  if (matchesOnOneLine(facts)) return undefined;
  const { model, ids } = facts;
  const lines = new Set(ids.map(({ line }) => line));
  const shown = model.devices.filter(({ line }) => lines.has(line));
  const { os } = shown[0] ?? {};
  const names = shown.filter((device) => device.os === os).map(({ description }) => description);
  return names.length < 2 ? undefined : new Set(names).size > 1;
};

const writesOf = ({ installs }: PvFacts) => installs.flatMap(allWrites);

const supportsClass =
  (name: string) =>
  (facts: PvFacts): boolean | undefined => {
    const write = writesOf(facts).find((one) => one.name.toLowerCase() === 'supportedclasses');
    return write === undefined ? undefined : textsOf(write).some((text) => text.toUpperCase() === name);
  };

/** The names of xenfilt's parameters, which are ids of what it filters. */
const filters =
  (id: string, before: string) =>
  (facts: PvFacts): boolean | undefined => {
    const names = writesOf(facts).map(({ name }) => name.toUpperCase());
    return names.includes(id) ? true : names.includes(before) ? false : undefined;
  };

const MARKS: readonly Mark[] = [
  { shown: matchesOnOneLine, since: '2025-08-18', until: '2025-08-18' },
  { shown: namedApart, since: '2024-10-28', until: '2024-11-01' },
  { shown: ({ coInstallers }) => !coInstallers, since: '2023-09-13', until: '2023-10-01' },
  { shown: filters('*PNP0A03', 'ACPI\\PNP0A03'), since: '2019-09-27', until: '2019-10-03' },
  { shown: supportsClass('VKBD'), since: '2017-06-01', until: '2017-12-21' },
  { shown: supportsClass('CONS'), since: '2017-04-26', until: '2017-05-01' },
  {
    shown: ({ installs }) => installs.some((install) => serviceOf(install, 'xenbus_monitor') !== undefined),
    since: '2016-07-08',
    until: '2016-07-09',
  },
];

/** In 2014 and 2015 the co-installers of children registered what they need below this key. */
const INTERFACES_KEY = /\\services\\xenbus\\interfaces$|^hkr\\interfaces$/;
const countsCombinations = (facts: PvFacts): boolean =>
  writesOf(facts).some((write) => INTERFACES_KEY.test(keyOf(write)));

/** The days from and before which INFs of xenbus had the form that this one has; ISO 8601, `9999` when they still have. */
export const xenbusPeriod = (facts: PvFacts): { readonly from: string; readonly before: string } => {
  let [from, before] = ['', '9999'];
  for (const { shown, since, until } of MARKS) {
    const there = shown(facts);
    if (there === true && since > from) from = since;
    if (there === false && until < before) before = until;
  }
  return { from, before };
};

/** What the bus driver of an INF of xenbus may be: every known state that had an INF of this form. */
const xenbusStates = (facts: PvFacts): readonly BusState[] => {
  const { from, before } = xenbusPeriod(facts);
  const combinatorial = countsCombinations(facts);
  return BUS_STATES.filter(
    ({ table, since = '', until = '9999' }) =>
      table.bus === 'xenbus' && since < before && until > from && (table.kind === 'combinatorial') === combinatorial,
  );
};

/** The revision of its own bus that an INF binds; undefined when it names none, or several. */
export const boundRevision = ({ ids }: Pick<PvFacts, 'ids'>): string | undefined => {
  const [revision, ...others] = new Set(ids.flatMap((id) => id.revision ?? []));
  return others.length === 0 ? revision : undefined;
};

/**
 * The known bus drivers that an INF may belong to. The table is compiled into the binary; the INF tells the age of the
 * build by its form (xenbus) or by what it binds itself (xenvif, xenvkbd). Empty: none that is known.
 */
export const possibleBuses = (facts: PvFacts): readonly BusState[] => {
  if (facts.kind === 'xenbus') return xenbusStates(facts);
  const binds = boundRevision(facts);
  return BUS_STATES.filter(({ table, binds: own }) => table.bus === facts.kind && own === binds);
};
