/** When Microsoft's ship room releases drivers that need its approval (spec windows-update 5; driver-release-cadence.md). */

const DAY_MS = 86_400_000;

/** A day in UTC as the number of days since 1970. */
type DayNumber = number;

const dayNumber = (year: number, month: number, day: number): DayNumber => Date.UTC(year, month - 1, day) / DAY_MS;
const dayOf = (epochMs: number): DayNumber => Math.floor(epochMs / DAY_MS);
/** 0 for Sunday. */
const weekday = (day: DayNumber): number => (((day + 4) % 7) + 7) % 7;

/** The `count`-th `wanted` weekday of a month; counted from its end when negative. */
const nthWeekday = (year: number, month: number, wanted: number, count: number): DayNumber => {
  const first = dayNumber(year, month, 1);
  if (count > 0) return first + ((wanted - weekday(first) + 7) % 7) + 7 * (count - 1);
  const last = dayNumber(year, month + 1, 1) - 1;
  return last - ((weekday(last) - wanted + 7) % 7);
};

const [SUNDAY, MONDAY, TUESDAY, THURSDAY, SATURDAY] = [0, 1, 2, 4, 6];

/** A holiday on a weekend is kept on the workday beside it. */
const observed = (day: DayNumber): DayNumber =>
  weekday(day) === SATURDAY ? day - 1 : weekday(day) === SUNDAY ? day + 1 : day;

/** United States holidays; by rule, since the published table names weekdays that its dates are not. */
const holidaysOf = (year: number): ReadonlyMap<DayNumber, string> => {
  const thanksgiving = nthWeekday(year, 11, THURSDAY, 4);
  return new Map([
    [observed(dayNumber(year, 1, 1)), "New Year's Day"],
    [nthWeekday(year, 1, MONDAY, 3), 'Martin Luther King Day'],
    [nthWeekday(year, 2, MONDAY, 3), "Presidents' Day"],
    [nthWeekday(year, 5, MONDAY, -1), 'Memorial Day'],
    [observed(dayNumber(year, 6, 19)), 'Juneteenth'],
    [observed(dayNumber(year, 7, 4)), 'Independence Day'],
    [nthWeekday(year, 9, MONDAY, 1), 'Labor Day'],
    [thanksgiving, 'Thanksgiving'],
    [thanksgiving + 1, 'the day after Thanksgiving'],
    [observed(dayNumber(year, 12, 25)), 'Christmas'],
  ]);
};

/** Winter moratoria as published, first and last day. Later years are not published: the last one's days are assumed. */
const MORATORIA: Readonly<Record<number, readonly [first: DayNumber, last: DayNumber]>> = {
  2024: [dayNumber(2024, 12, 14), dayNumber(2025, 1, 1)],
  2025: [dayNumber(2025, 12, 18), dayNumber(2026, 1, 1)],
};
const moratoriumOf = (year: number): readonly [first: DayNumber, last: DayNumber] =>
  MORATORIA[year] ?? [dayNumber(year, 12, 18), dayNumber(year + 1, 1, 1)];

/** Days on which feature updates of Windows began to roll out; a release waits for two days either side. */
const FEATURE_UPDATES: readonly (readonly [day: DayNumber, name: string])[] = [
  [dayNumber(2024, 10, 1), 'Windows 11 24H2'],
  [dayNumber(2025, 9, 30), 'Windows 11 25H2'],
];

/** Why the ship room releases nothing on the day of an instant; undefined when it does. */
export const shipRoomClosed = (epochMs: number): string | undefined => {
  const day = dayOf(epochMs);
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + 1];
  if (weekday(day) === SATURDAY || weekday(day) === SUNDAY) return 'a weekend';
  for (const first of [moratoriumOf(year - 1), moratoriumOf(year)]) {
    if (day >= first[0] && day <= first[1]) return 'the winter moratorium';
  }
  const updates = nthWeekday(year, month, TUESDAY, 2);
  if (Math.abs(day - updates) <= 1)
    return `beside the monthly updates of ${new Date(updates * DAY_MS).toISOString().slice(0, 10)}`;
  const holiday = holidaysOf(year).get(day) ?? holidaysOf(year + 1).get(day);
  if (holiday !== undefined) return holiday;
  const feature = FEATURE_UPDATES.find(([one]) => Math.abs(day - one) <= 2);
  return feature === undefined ? undefined : `beside the roll-out of ${feature[1]}`;
};

/** The first instant from this one on, on a day when the ship room releases drivers. */
export const nextShipRoomDay = (epochMs: number): number => {
  let at = epochMs;
  while (shipRoomClosed(at) !== undefined) at = (dayOf(at) + 1) * DAY_MS;
  return at;
};
