import { hasCorpus, hasOracle, ORACLES } from './outside.ts';

/** Vitest global setup: says at the end what this run could not compare with. */
export const setup = (): (() => void) => () => {
  const missing = ORACLES.filter((tool) => !hasOracle(tool)).map((tool) => `${tool} (not installed)`);
  if (!hasCorpus) missing.push('the corpus of real files (../shared/corpus is not there)');
  // Each project of the test run has this setup; one word is enough.
  if (missing.length === 0 || process.env.WINPV_MISSING_SAID === '1') return;
  process.env.WINPV_MISSING_SAID = '1';
  console.log(`\nNot compared with: ${missing.join(', ')}. The tests that need them are counted as skipped.`);
};
