import type { Diagnostic } from '../../core/errors.ts';

/** Test results in one form, whoever exported them (spec hlk 4). */
export type TestStatus = 'passed' | 'failed' | 'not-run' | 'running' | 'queued' | 'canceled';

export interface TestAttempt {
  readonly status: TestStatus;
  /** It passed because a filter took a known failure out. */
  readonly filtered: boolean;
  /** As written. */
  readonly finished: string | undefined;
  readonly instance: string | undefined;
}

export interface TestResult {
  readonly name: string;
  readonly id: string | undefined;
  /** The device, by its name or key; undefined when the export does not say. */
  readonly target: string | undefined;
  /** The last attempt's. */
  readonly status: TestStatus;
  readonly filtered: boolean;
  /** What the laboratory wrote to excuse a failure; its own words, not Microsoft's. */
  readonly excuse: string | undefined;
  /** In the order in which they ended. */
  readonly attempts: readonly TestAttempt[];
}

export interface ResultSet {
  readonly source: 'autohck' | 'toolshck';
  /** Folder or file, for messages. */
  readonly file: string;
  readonly project: string | undefined;
  readonly platforms: readonly string[];
  readonly targets: readonly { readonly name: string; readonly key: string | undefined }[];
  readonly results: readonly TestResult[];
  /** Why the run is not whole; undefined when it is. */
  readonly stopped: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

const STATUSES: Readonly<Record<string, TestStatus>> = {
  passed: 'passed',
  failed: 'failed',
  notrun: 'not-run',
  notrunning: 'not-run',
  running: 'running',
  inqueue: 'queued',
  canceled: 'canceled',
  cancelled: 'canceled',
};

/** A word of the kit (`InQueue`, `Not Run`); undefined for what is none. */
export const testStatus = (word: string): TestStatus | undefined => STATUSES[word.toLowerCase().replace(/[^a-z]/g, '')];

export interface RetriedTest {
  readonly name: string;
  readonly target: string | undefined;
  readonly attempts: number;
  readonly failures: number;
  readonly status: TestStatus;
}

/** The retry ledger: what was run more than once, and how often it failed. AutoHCK's summaries hide that (spec hlk 4.3). */
export const retryLedger = (sets: readonly ResultSet[]): readonly RetriedTest[] =>
  sets
    .flatMap(({ results }) => results)
    .filter(({ attempts }) => attempts.length > 1)
    .map(({ name, target, status, attempts }) => ({
      ...{ name, target, attempts: attempts.length, status },
      failures: attempts.filter((attempt) => attempt.status === 'failed').length,
    }))
    .sort((a, b) => b.failures - a.failures || (a.name < b.name ? -1 : 1));

/** When an attempt ended, in milliseconds since 1970; a time without a zone is UTC. */
export const timeOf = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  const plain = text.trim().replace(/^(\d{4}-\d{2}-\d{2}) (\d)/, '$1T$2');
  const zoned = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/.test(plain) ? `${plain}Z` : plain;
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})(?: (\d{1,2}):(\d{2}):(\d{2}) ([AP])M)?$/.exec(plain);
  const time = us === null ? Date.parse(zoned) : usTime(us.slice(1));
  return Number.isNaN(time) ? undefined : time;
};

/** `11/24/2026 3:04:05 PM`, as .NET writes in the invariant culture of an American machine. */
const usTime = ([month, day, year, hour = '12', minute = '0', second = '0', half = 'A']: readonly string[]): number =>
  Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    (Number(hour) % 12) + (half === 'P' ? 12 : 0),
    Number(minute),
    Number(second),
  );
