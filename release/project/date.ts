import { type CalendarDate, dateOfEpochMs, formatDate } from '../../core/date.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { checkedDay, givenDay, sourceDateEpoch } from '../../core/given-date.ts';

/** Where a release date can come from; the first that is there counts. */
export interface DateSources {
  /** `--date`, YYYY-MM-DD. */
  readonly option?: string | undefined;
  /** `SOURCE_DATE_EPOCH`, seconds since 1970. */
  readonly sourceDateEpoch?: string | undefined;
  /** Seconds since 1970 of the project's commit, as git prints it. */
  readonly commit?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface ReleaseDate {
  readonly date: CalendarDate;
  readonly from: 'option' | 'SOURCE_DATE_EPOCH' | 'commit' | 'clock';
  readonly diagnostics: readonly Diagnostic[];
}

const epochDate = (seconds: string | undefined): CalendarDate | undefined => {
  if (seconds === undefined || !/^\d{1,11}$/.test(seconds.trim())) return undefined;
  return dateOfEpochMs(Number(seconds) * 1000);
};

const given = (sources: DateSources): Omit<ReleaseDate, 'diagnostics'> | undefined => {
  const { option, commit, now } = sources;
  const rule = { now, what: 'The release date' };
  if (option !== undefined) return { date: givenDay(option, rule), from: 'option' };
  const epochMs = sourceDateEpoch(sources.sourceDateEpoch, now);
  if (epochMs !== undefined) return { date: dateOfEpochMs(epochMs), from: 'SOURCE_DATE_EPOCH' };
  const date = epochDate(commit);
  return date === undefined ? undefined : { date: checkedDay('', date, rule), from: 'commit' };
};

/**
 * The day that DriverVer, catalogs and test time stamps carry. Windows and Inf2Cat refuse a DriverVer in the future
 * (spec signing-formats 2.7, judged in UTC).
 * @throws WinpvError DATE_INVALID, DATE_IN_FUTURE
 */
export const releaseDate = (sources: DateSources): ReleaseDate => {
  const today = dateOfEpochMs(sources.now);
  const found = given(sources);
  if (found === undefined) {
    const message = `No --date, no SOURCE_DATE_EPOCH and no git commit: the release is dated today, ${formatDate(today)}.`;
    const hint = 'Give --date to get the same bytes on another day.';
    return {
      date: today,
      from: 'clock',
      diagnostics: [problem('RELEASE_CLOCK_DATE', message, { severity: 'warning', hint })],
    };
  }
  return { ...found, diagnostics: [] };
};
