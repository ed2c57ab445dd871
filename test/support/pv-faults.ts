import { describe, expect, test } from 'vitest';
import type { Severity } from '../../core/errors.ts';
import type { PvRuleCode } from '../../core/pv-rule-codes.ts';
import { type Change, changed, type PvSample, pvFindings, pvText } from './pv-infs.ts';

/** The note that every storage package with the filter gets; it names no failure. */
export const STORPORT_NOTE = 'PV_FILTER_ABOVE_STORPORT';

/** One fault put into a sound INF, and the finding that it must give. */
export interface Fault {
  /** Row of the failure-mode table. */
  readonly mode: string;
  readonly what: string;
  readonly sample: PvSample;
  readonly changes: readonly Change[];
  readonly code: PvRuleCode;
  /** `error` when not given. */
  readonly severity?: Severity;
  /** Text of the line that the finding points at. */
  readonly line: string | RegExp;
}

/** Each fault is found at its line and by its failure mode, and nothing else is found. */
export const describeFaults = (name: string, faults: readonly Fault[]): void => {
  describe(name, () => {
    test.each(faults)('$mode: $what ($sample)', ({ sample, changes, mode, code, severity = 'error', line }) => {
      const text = changed(pvText(sample), changes);
      const found = pvFindings(text).filter((one) => one.code !== STORPORT_NOTE);
      expect(new Set(found.map((one) => `${one.failureMode} ${one.code}`))).toEqual(new Set([`${mode} ${code}`]));
      const [first] = found;
      expect(first?.severity).toBe(severity);
      expect(first?.hint).toMatch(/\w/);
      const shown = text.split('\n')[(first?.at?.line ?? 0) - 1] ?? '';
      expect(first?.excerpt).toBe(shown);
      if (typeof line === 'string') expect(shown).toContain(line);
      else expect(shown).toMatch(line);
    });
  });
};
