import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'threads',
    globalSetup: ['test/support/say-what-is-missing.ts'],
    testTimeout: 60_000,
    reporters: ['default'],
  },
});
