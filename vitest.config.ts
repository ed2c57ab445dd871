import { defineConfig } from 'vitest/config';
import { coverageReporter } from './test/docs/coverage-reporter.ts';
import { LongFirst } from './test/support/long-first.ts';

/** These need a process of their own: the library of a token reads the environment of the process, which threads share. */
const TOKENS = ['test/oracles/pkcs11*.test.ts'];
/** These need a worker of their own: they have a browser, which their support ends with the file. */
const BROWSERS = ['test/e2e/*-html.test.ts', 'test/cli/render/check-page.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/run-folder.ts', 'test/support/say-what-is-missing.ts'],
    testTimeout: 60_000,
    maxWorkers: '100%',
    hookTimeout: 120_000,
    reporters: ['default', coverageReporter()],
    sequence: { sequencer: LongFirst },
    pool: 'threads',
    projects: [
      // The emulator and the command line are loaded once for a worker, not for each of its files: the product keeps no state.
      {
        extends: true,
        test: { name: 'winpv', include: ['test/**/*.test.ts'], exclude: [...TOKENS, ...BROWSERS], isolate: false },
      },
      { extends: true, test: { name: 'browsers', include: BROWSERS } },
      { extends: true, test: { name: 'tokens', include: TOKENS, pool: 'forks' } },
    ],
  },
});
