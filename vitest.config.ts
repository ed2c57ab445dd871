import { defineConfig } from 'vitest/config';
import { coverageReporter } from './test/docs/coverage-reporter.ts';

/** These need a process of their own: the library of a token reads the environment of the process, which threads share. */
const TOKENS = ['test/oracles/pkcs11*.test.ts'];

export default defineConfig({
  test: {
    globalSetup: ['test/support/say-what-is-missing.ts'],
    testTimeout: 60_000,
    maxWorkers: '100%',
    hookTimeout: 120_000,
    reporters: ['default', coverageReporter()],
    projects: [
      { extends: true, test: { name: 'winpv', include: ['test/**/*.test.ts'], exclude: TOKENS, pool: 'threads' } },
      { extends: true, test: { name: 'tokens', include: TOKENS, pool: 'forks', globalSetup: [] } },
    ],
  },
});
