import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { winpvJson } from '../support/command-line.ts';
import { compileExecutable, executable } from '../support/executable.ts';

beforeAll(compileExecutable);

interface HelpPage {
  readonly command: string;
  readonly text: string;
  readonly children: readonly string[];
}

const section = (text: string, title: string): string => text.split(`\n${title}:\n`)[1]?.split('\n\n')[0] ?? '';

/** The help of a command and of every command below it, found as a reader finds them. */
const pagesFrom = async (command: string): Promise<readonly HelpPage[]> => {
  const { result } = await winpvJson([...command.split(' ').filter((word) => word !== ''), '--help']);
  const text: string = result.help;
  const children = [...section(text, 'Commands').matchAll(/^ {2}([a-z][\w-]*)/gm)]
    .map((match) => match[1] ?? '')
    .filter((name) => name !== 'help');
  const below = await Promise.all(children.map((name) => pagesFrom(`${command} ${name}`.trim())));
  return [{ command, text, children }, ...below.flat()];
};

const pages = await pagesFrom('');
const commands = new Set(pages.map(({ command }) => command));
const examplesOf = ({ text }: HelpPage): readonly string[] =>
  (text.split('\nExamples:\n')[1] ?? '').split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
/** Long lines are wrapped: a paragraph in one line. */
const flat = (text: string): string => text.replace(/\n +/g, ' ').replace(/([^\n])\n(?=[^\n])/g, '$1 ');

describe('the help', () => {
  test('is found for every command', () => {
    expect(pages.length).toBeGreaterThan(25);
  });

  test.each(pages.map((page) => [page.command, page] as const))(
    'of `winpv %s` says what it does and how to use it',
    (command, page) => {
      const [, description = ''] = page.text.split('\n\n');
      expect(description, 'a description in whole sentences').toMatch(/^[A-Z`][\s\S]*\.$/);
      if (command !== '') expect(page.text, 'options that work everywhere').toContain('--json');
      if (page.children.length === 0) expect(examplesOf(page).length, 'an example').toBeGreaterThan(0);
    },
  );

  test('speaks of no command that does not exist', () => {
    for (const { command, text } of pages) {
      for (const [, words = ''] of flat(text).matchAll(/`winpv((?: [a-z][a-z-]*)+)/g)) {
        const [first = '', second = ''] = words.trim().split(' ');
        const known = commands.has(first) || first === 'help';
        expect(known, `\`winpv ${command} --help\` speaks of \`winpv ${first}\``).toBe(true);
        const group = pages.some((page) => page.command === first && page.children.length > 0);
        if (group) expect(commands.has(`${first} ${second}`), `winpv ${first} ${second}`).toBe(true);
      }
    }
  });

  test('has examples that are understood: none is a usage error or a bug', () => {
    const folder = mkdtempSync(join(tmpdir(), 'winpv-examples-'));
    writeFileSync(join(folder, 'winpv'), `#!/bin/sh\nexec '${process.execPath}' '${executable}' "$@"\n`, {
      mode: 0o755,
    });
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, PFX_PASSWORD: 'x', TEST_PASSWORD: 'x' };
    try {
      for (const page of pages.filter(({ children }) => children.length === 0)) {
        for (const example of examplesOf(page)) {
          // a server runs until it is told to end, which is 130
          const serves = page.command.endsWith(' serve');
          const limit = serves ? { timeout: 5000, killSignal: 'SIGTERM' as const } : {};
          const run = spawnSync('sh', ['-c', `exec ${example}`], { cwd: folder, env, encoding: 'utf8', ...limit });
          // whoever has no account is told so before anything is asked
          const stranger = run.status === 2 && /PUBLISH_CREDENTIALS_MISSING/.test(run.stderr + run.stdout);
          if (!stranger) {
            expect(serves ? [130] : [0, 3, 4, 5, 6, 8], `${example}\n${run.stderr}`).toContain(run.status);
          }
          expect(example.startsWith(`winpv ${page.command}`), example).toBe(true);
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
