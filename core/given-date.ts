import { type CalendarDate, compareDates, dateOfEpochMs, dateToEpochMs, formatDate, parseDate } from './date.ts';
import { WinpvError } from './errors.ts';
import { shownText } from './spelling.ts';

/** What holds for a day that someone gives. */
export interface DayRule {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What the day is for, to begin a message with: "The release date". */
  readonly what?: string;
  /** How the day is to be written, unless YYYY-MM-DD. */
  readonly form?: 'mm/dd/yyyy';
  /** Set where a day to come makes sense, as for a judgement; not for what is written into files. */
  readonly later?: 'allowed';
}

/** The first and the last day that cabinets and ZIPs can hold ([MS-CAB] 2.4, CFFILE.date). */
const FIRST_DAY: CalendarDate = { year: 1980, month: 1, day: 1 };
const LAST_DAY: CalendarDate = { year: 2107, month: 12, day: 31 };

/** How a DriverVer and its catalog are judged by Windows' tools (spec signing-formats 2.7: in UTC). */
const FUTURE_HINT = 'Windows tools refuse a date in the future. Use today or earlier.';

/**
 * The one rule for every day that a command takes: a day of the calendar, which cabinets and ZIPs can hold, and not after
 * today in UTC.
 *
 * @param day what `text` was read as; undefined when it is no day
 * @throws WinpvError DATE_INVALID, DATE_IN_FUTURE
 */
export const checkedDay = (text: string, day: CalendarDate | undefined, rule: DayRule): CalendarDate => {
  const { what = 'The date', now, later, form = 'YYYY-MM-DD' } = rule;
  if (day === undefined) {
    const formed = /^\d{4}-\d{2}-\d{2}$/.test(text) || /^\d{1,2}\/\d{1,2}\/\d{4}$/.test(text);
    const wrong = formed ? 'is not a day of the calendar' : `is not a day of the form ${form}`;
    throw new WinpvError('DATE_INVALID', `"${shownText(text)}" ${wrong}.`, {
      hint: `For example ${form === 'YYYY-MM-DD' ? '2026-01-31' : '01/31/2026, or * for today (UTC)'}.`,
    });
  }
  if (compareDates(day, FIRST_DAY) < 0 || compareDates(day, LAST_DAY) > 0) {
    throw new WinpvError(
      'DATE_INVALID',
      `${what}, ${formatDate(day)}, is not between ${formatDate(FIRST_DAY)} and ${formatDate(LAST_DAY)}.`,
      { hint: 'Cabinets and ZIPs hold no other days.' },
    );
  }
  const today = dateOfEpochMs(now);
  if (later !== 'allowed' && compareDates(day, today) > 0) {
    const message = `${what}, ${formatDate(day)}, is after today, ${formatDate(today)} in UTC.`;
    throw new WinpvError('DATE_IN_FUTURE', message, { hint: FUTURE_HINT });
  }
  return day;
};

/** The day of an option such as `--date 2026-01-31`. @throws WinpvError DATE_INVALID, DATE_IN_FUTURE */
export const givenDay = (text: string, rule: DayRule): CalendarDate => checkedDay(text, parseDate(text), rule);

/**
 * The time in `SOURCE_DATE_EPOCH`, in milliseconds since 1970, under the same rule; undefined when it is not set.
 *
 * @see https://reproducible-builds.org/specs/source-date-epoch/
 * @throws WinpvError DATE_INVALID, DATE_IN_FUTURE
 */
export const sourceDateEpoch = (text: string | undefined, now: number): number | undefined => {
  const written = text?.trim() ?? '';
  if (written === '') return undefined;
  if (!/^\d{1,11}$/.test(written)) {
    const message = `SOURCE_DATE_EPOCH is "${shownText(written)}", not a number of seconds.`;
    throw new WinpvError('DATE_INVALID', message, {
      hint: 'For example SOURCE_DATE_EPOCH=$(git log -1 --format=%ct).',
    });
  }
  const epochMs = Number(written) * 1000;
  checkedDay(written, dateOfEpochMs(epochMs), { now, what: 'The day of SOURCE_DATE_EPOCH' });
  return epochMs;
};

/** The time for what a command writes: the option's day, SOURCE_DATE_EPOCH, or now; milliseconds since 1970. */
export const writingTime = (option: string | undefined, epoch: string | undefined, now: number): number =>
  option === undefined ? (sourceDateEpoch(epoch, now) ?? now) : dateToEpochMs(givenDay(option, { now }));
