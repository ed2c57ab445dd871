/** A day of the calendar in UTC, written `2026-11-24`. */
export interface CalendarDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Reads `YYYY-MM-DD`; undefined when it is no such text or no such day. */
export const parseDate = (text: string): CalendarDate | undefined => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0] = match.slice(1).map(Number);
  return checkedDate(year, month, day);
};

/** The day, if the calendar has it. */
export const checkedDate = (year: number, month: number, day: number): CalendarDate | undefined => {
  const date = new Date(Date.UTC(year, month - 1, day));
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same ? { year, month, day } : undefined;
};

const two = (value: number): string => String(value).padStart(2, '0');

export const formatDate = (date: CalendarDate): string =>
  `${String(date.year).padStart(4, '0')}-${two(date.month)}-${two(date.day)}`;

/** `mm/dd/yyyy`, the only form of DriverVer that every tool accepts (spec signing-formats 2.7). */
export const formatInfDate = (date: CalendarDate): string =>
  `${two(date.month)}/${two(date.day)}/${String(date.year).padStart(4, '0')}`;

/** Milliseconds since 1970 of the day's first instant in UTC. */
export const dateToEpochMs = (date: CalendarDate): number => Date.UTC(date.year, date.month - 1, date.day);

export const dateOfEpochMs = (epochMs: number): CalendarDate => {
  const date = new Date(epochMs);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
};

export const compareDates = (a: CalendarDate, b: CalendarDate): number => dateToEpochMs(a) - dateToEpochMs(b);
