import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allBelow, type CommandWords } from '../../cli/render/command-tree.ts';
import { completionScript, SHELLS, type Shell } from '../../cli/render/completion.ts';
import { wholeTree } from '../../cli/whole-tree.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { oracle, withTempFolder } from '../support/outside.ts';

const tree = await wholeTree();
const script = (shell: Shell): string => `${completionScript(shell, tree).join('\n')}\n`;
const leaves = allBelow(tree).filter(({ commands }) => commands.length === 0);

/** What bash offers for a command line whose last word is being typed. */
const bashOffers = (...words: readonly string[]): readonly string[] => {
  const line = words.map((word) => `'${word}'`).join(' ');
  const run = `${script('bash')}\nCOMP_WORDS=(${line})\nCOMP_CWORD=${words.length - 1}\n_winpv\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', run], { encoding: 'utf8', cwd: import.meta.dirname });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
};

/** Questions that every shell is asked, with what it has to offer, and nothing else. */
const QUESTIONS: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [['winpv', 'rele'], ['release']],
  [
    ['winpv', 'inf', ''],
    ['diff', 'show', 'stamp', 'verify'],
  ],
  [
    ['winpv', 'inf', 'verify', '--format', ''],
    ['github', 'html', 'json', 'junit', 'sarif', 'text'],
  ],
  [['winpv', 'completion', ''], [...SHELLS].sort()],
];

describe('completion of the command line', () => {
  test('is printed, whole and alone, also with --quiet', async () => {
    const { stdout, exit } = await winpv(['completion', 'bash', '--quiet']);
    expect([exit, stdout]).toEqual([0, script('bash')]);
    expect((await winpvJson(['completion', 'fish'])).result.script).toBe(script('fish'));
  });

  test('is refused for a shell that winpv does not know, and the known ones are named', async () => {
    const { error } = await winpvJson(['completion', 'tcsh']);
    expect(error?.message).toMatch(/bash, zsh, fish, powershell/);
  });

  test.each(QUESTIONS)('in bash: %j', (words, offered) => {
    expect([...bashOffers(...words)].sort()).toEqual(offered);
  });

  test('in bash offers files where a file belongs', () => {
    expect(bashOffers('winpv', 'inf', 'show', 'comple')).toEqual(['completion.test.ts']);
    expect(bashOffers('winpv', 'release', '--out', 'comple')).toEqual(['completion.test.ts']);
  });

  test('in PowerShell has a table with every command and its options', () => {
    const lines = script('powershell').split('\n');
    for (const { path, options } of leaves as readonly CommandWords[]) {
      const line = lines.find((one) => one.startsWith(`    '${path}' = `));
      for (const { long } of options) expect(line, path).toContain(`'${long}'`);
    }
  });

  oracle('fish', 'in fish offers the same', (fish) =>
    withTempFolder((folder) => {
      writeFileSync(join(folder, 'winpv.fish'), script('fish'));
      for (const [words, offered] of QUESTIONS) {
        const ask = `source ${join(folder, 'winpv.fish')}; complete -C '${words.join(' ')}'`;
        const { stdout, stderr } = fish('--no-config', '-c', ask);
        expect(stderr).toBe('');
        const lines = stdout
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== '');
        expect(lines.map((line) => line.split('\t')[0]).sort(), words.join(' ')).toEqual(offered);
      }
    }),
  );

  oracle('zsh', 'in zsh is understood, and every command has a function that reaches it', (zsh) =>
    withTempFolder((folder) => {
      const file = join(folder, '_winpv');
      writeFileSync(file, script('zsh'));
      const asked = allBelow(tree).map(({ path }) => `_${path.replaceAll(/[ -]/g, '_')}`);
      const { status, stdout, stderr } = zsh(
        '-f',
        '-c',
        `compdef() { : }; source ${file}; print -l \${(k)functions[(I)_winpv*]}`,
      );
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout.toString('utf8').trim().split('\n').sort()).toEqual(asked.sort());
    }),
  );
});
