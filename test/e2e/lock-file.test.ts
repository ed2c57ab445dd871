import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../support/outside.ts';

test('the lock file names no place that packages come from, so that a mirror of the registry can be used', () => {
  const lock = readFileSync(join(projectRoot, 'package-lock.json'), 'utf8');
  expect(lock).not.toMatch(/"resolved"|https?:\/\/[^"]*\.tgz/);
  expect(lock).toContain('"integrity"');
});
