import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { problem, WinpvError } from '../../core/errors.ts';
import { errorInProjectWords, inProjectWords } from '../../release/project/words.ts';
import { projectRoot } from '../support/outside.ts';

const hintOf = (hint: string): string | undefined => inProjectWords(problem('SIGN_FAILED', 'x', { hint })).hint;

/** Every piece of advice in signing code that names an option. Files whose findings no release prints are left out. */
const advice = ['packaging/signing', 'packaging/formats/pe', 'packaging/formats/cab'].flatMap((folder) =>
  (readdirSync(join(projectRoot, folder), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => !['embedded-signature.ts', 'chain.ts', 'refuse-signed.ts', 'fitness.ts'].includes(name))
    .flatMap((name) =>
      [...readFileSync(join(projectRoot, folder, name), 'utf8').matchAll(/hint: (['"`])(.*?)\1/g)].map(
        (match) => match[2] ?? '',
      ),
    )
    .filter((hint) => /--[a-z]/.test(hint)),
);

describe('what a release advises about its key', () => {
  test('there is advice that names options of the command line', () => {
    expect(advice.length).toBeGreaterThan(5);
  });

  test.each(advice.filter((hint) => !/--(replace|append)/.test(hint)))('"%s" names settings, not options', (hint) => {
    expect(hintOf(hint)).not.toMatch(/--[a-z]/);
    expect(hintOf(hint)).toContain('`signing.');
  });

  test('names what to write about sources that are signed', () => {
    const { hint } = inProjectWords(problem('SIGN_ALREADY_SIGNED', 'x', { hint: 'Use --replace.' }));
    expect(hint).toContain('existing: replace');
    expect(hint).toContain('winpv pe strip');
  });

  test('leaves findings about anything else alone, and errors that are no findings', () => {
    const other = problem('INF_NUL', 'x', { hint: 'Use --cert.' });
    expect(inProjectWords(other)).toBe(other);
    const bug = new TypeError('bug');
    expect(errorInProjectWords(bug)).toBe(bug);
    const plain = new WinpvError('SIGN_FAILED', 'x');
    expect(errorInProjectWords(plain)).toBe(plain);
  });

  test('keeps code, message, place, cause and the other findings of an error', () => {
    const cause = new Error('why');
    const error = new WinpvError('SIGN_KEY_PASSWORD', 'Locked.', {
      ...{ at: { file: 'a.pfx' }, hint: 'Give its password with --passin.', cause },
    });
    const told = errorInProjectWords(error);
    expect(told).toMatchObject({
      ...{ code: 'SIGN_KEY_PASSWORD', message: 'Locked.', at: { file: 'a.pfx' }, exit: 6, cause },
      diagnostics: [{ hint: 'Give its password with `signing.passin`.' }],
    });
  });
});
