import { type CalendarDate, checkedDate, dateOfEpochMs, parseDate } from '../../../core/date.ts';
import { WinpvError } from '../../../core/errors.ts';
import { checkedDay } from '../../../core/given-date.ts';
import { shownText } from '../../../core/spelling.ts';
import { type FourPartVersion, parseVersion } from '../../../core/version.ts';
import type { FrameworkVersion, InfStamp } from './stamp.ts';
import type { InfArch } from './target-os.ts';

/** StampInf's options as written; `true` for one that was given without a value. */
export interface StampOptions {
  /** -d: `mm/dd/yyyy`, `yyyy-mm-dd`, or `*` for today. */
  readonly date?: string | true;
  /** -v: `w.x.y.z`, or `*` for the time of day. */
  readonly version?: string | true;
  /** -a */
  readonly arch?: string | true;
  /** -c */
  readonly catalog?: string;
  /** -k: `major.minor`. */
  readonly kmdf?: string;
  /** -u: `major.minor.service`. */
  readonly umdf?: string;
  /** -s */
  readonly section?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const usage = (what: string, hint: string): WinpvError => new WinpvError('USAGE', what, { hint });

const ARCHITECTURES: ReadonlyMap<string, InfArch> = new Map([
  ['x86', 'x86'],
  ['win32', 'x86'],
  ['amd64', 'amd64'],
  ['x64', 'amd64'],
  ['arm', 'arm'],
  ['arm64', 'arm64'],
  ['ia64', 'ia64'],
  ['64', 'ia64'],
]);

const textDate = (text: string): CalendarDate | undefined => {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const [month = 0, day = 0, year = 0] = (match ?? []).slice(1).map(Number);
  return match === null ? parseDate(text) : checkedDate(year, month, day);
};

const stampDate = (text: string, nowMs: number, today: number): CalendarDate =>
  text === '*'
    ? dateOfEpochMs(nowMs)
    : checkedDay(text, textDate(text), { now: today, what: 'The date for DriverVer', form: 'mm/dd/yyyy' });

/** `*` is the time of day: hours, minutes, seconds, milliseconds in UTC. At midnight it is 0.0.0.0, which is no version. */
const stampVersion = (text: string, nowMs: number): FourPartVersion => {
  const now = new Date(nowMs);
  const clock = [now.getUTCHours(), now.getUTCMinutes(), now.getUTCSeconds(), now.getUTCMilliseconds()].join('.');
  const version = parseVersion(text === '*' ? clock : text);
  if (version !== undefined) return version;
  const hint = 'Write four numbers of 0 to 65535, not all 0, for example 9.1.0.31.';
  throw text === '*'
    ? usage('-v * takes the time of day, and at midnight that is 0.0.0.0, which is no version.', hint)
    : usage(`"${shownText(text)}" is not a version for DriverVer.`, hint);
};

const stampArch = (text: string): InfArch => {
  const arch = ARCHITECTURES.get(text.toLowerCase());
  if (arch !== undefined) return arch;
  throw usage(`"${shownText(text)}" is not an architecture of INFs.`, 'One of x86, amd64, x64, arm, arm64, ia64.');
};

const catalogName = (text: string): string => {
  if (/^[^\\/:*?"<>|%\p{Cc}]+\.cat$/iu.test(text)) return text;
  throw usage(`"${shownText(text)}" is not the name of a catalog.`, 'A plain file name that ends in .cat.');
};

const frameworkVersion = (option: string, text: string, parts: 2 | 3): FrameworkVersion => {
  const numbers = /^\d{1,3}(\.\d{1,3}){1,2}$/.test(text) ? text.split('.').map(Number) : [];
  const [major = 0, minor = 0] = numbers;
  if (numbers.length === parts && major <= 99) return { text, major, minor };
  const example = parts === 2 ? '-k 1.15' : '-u 2.15.0';
  throw usage(`"${shownText(text)}" is not a version for ${option}.`, `For example ${example}.`);
};

/** The value of an option; given without one, or not at all, that of the environment. */
const givenOr = (option: string | true | undefined, environment: string | undefined): string | undefined => {
  if (option !== undefined && option !== true) return option;
  return environment === undefined || environment.trim() === '' ? undefined : environment.trim();
};

/** Inside a build of Windows itself: everything is of now, and the catalog is delta.cat. */
const isPrivatePackage = ({ PRIVATE_DRIVER_PACKAGE: set }: Environment): boolean => set !== undefined && set !== '';

/**
 * What StampInf's options and its environment variables ask for (spec infverif.md section 7): STAMPINF_DATE,
 * STAMPINF_VERSION, Platform, PRIVATE_DRIVER_PACKAGE. Unlike StampInf's, the day is that of UTC; there is no ntverp.h to
 * take a version from, so that of the INF stays when none is given.
 *
 * @param nowMs milliseconds since 1970; what `*` stands for
 * @param todayMs the day that a written date must not be after, when `*` stands for another
 * @throws WinpvError USAGE, DATE_INVALID, DATE_IN_FUTURE
 */
export const planStamp = (
  options: StampOptions,
  environment: Environment,
  nowMs: number,
  todayMs: number = nowMs,
): InfStamp => {
  const ofNow = isPrivatePackage(environment);
  const date = ofNow ? '*' : (givenOr(options.date, environment.STAMPINF_DATE) ?? '*');
  const version = ofNow ? '*' : givenOr(options.version, environment.STAMPINF_VERSION);
  const platform = ARCHITECTURES.get((environment.Platform ?? '').toLowerCase());
  const arch = givenOr(options.arch, platform);
  const catalog = options.catalog ?? (ofNow ? 'delta.cat' : undefined);
  return {
    section: options.section ?? 'Version',
    date: stampDate(date, nowMs, todayMs),
    ...(version === undefined ? {} : { version: stampVersion(version, nowMs) }),
    ...(arch === undefined ? {} : { arch: stampArch(arch) }),
    ...(catalog === undefined ? {} : { catalog: catalogName(catalog) }),
    ...(options.kmdf === undefined ? {} : { kmdf: frameworkVersion('KMDF', options.kmdf, 2) }),
    ...(options.umdf === undefined ? {} : { umdf: frameworkVersion('UMDF', options.umdf, 3) }),
  };
};
