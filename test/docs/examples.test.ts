import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { allCommands } from '../../cli/commands/index.ts';
import { projectRoot } from '../support/outside.ts';
import { type CommandLine, commandLinesOf, shellWords } from './markdown.ts';

const makers = await allCommands();

/** All commands, as winpv has them, with nothing behind them. */
const program = (): Command => {
  const root = new Command('winpv')
    .version('0')
    .option('--json')
    .option('--quiet')
    .option('--verbose')
    .option('--events');
  for (const make of makers) root.addCommand(make(() => async () => undefined));
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
    for (const one of command.commands) quiet(one);
  };
  quiet(root);
  return root;
};

const UNFINISHED = new Set([
  'commander.optionMissingArgument',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.help',
]);
const TOLD = new Set(['commander.helpDisplayed', 'commander.version']);

/** What winpv would complain of; undefined when the line is understood. */
const complaintOf = async ({ words, inSentence }: CommandLine): Promise<string | undefined> => {
  try {
    await program().parseAsync([...words], { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (TOLD.has(error.code) || (inSentence && UNFINISHED.has(error.code))) return undefined;
    return error.message;
  }
};

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'drivers/README.md',
  'emulator/README.md',
  'publishing/README.md',
  ...(readdirSync(join(projectRoot, 'docs'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.md') && !/^errors/.test(name))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`)
    .sort(),
];
const linesOf = (page: string): readonly CommandLine[] => commandLinesOf(readFileSync(join(projectRoot, page), 'utf8'));

describe('command lines of the pages', () => {
  test('there are many', () => {
    expect(pages.flatMap(linesOf).length).toBeGreaterThan(300);
    expect(linesOf('README.md').length).toBeGreaterThan(3);
  });

  test('docs/errors: winpv understands every one', async () => {
    const folder = join(projectRoot, 'docs', 'errors');
    const complaints: string[] = [];
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      for (const line of commandLinesOf(readFileSync(join(folder, name), 'utf8'))) {
        const complaint = await complaintOf(line);
        if (complaint !== undefined) complaints.push(`${name}:${line.line}: ${line.text}\n  ${complaint}`);
      }
    }
    expect(complaints).toEqual([]);
  }, 60_000);

  test.each(pages)('%s: winpv understands every one', async (page) => {
    const complaints: string[] = [];
    for (const line of linesOf(page)) {
      const complaint = await complaintOf(line);
      if (complaint !== undefined) complaints.push(`${page}:${line.line}: ${line.text}\n  ${complaint}`);
    }
    expect(complaints).toEqual([]);
  });
});

describe('how lines are read', () => {
  test('as a shell does, up to the end of the command', () => {
    expect(shellWords(` a 'b c' "d \\"e" x=y#z | f`)).toEqual(['a', 'b c', 'd "e', 'x=y#z']);
    expect(shellWords('release --out dist   # a comment')).toEqual(['release', '--out', 'dist']);
    expect(shellWords('schema > f.json')).toEqual(['schema']);
  });

  test('in blocks and in sentences, over several lines, not where something is left out', () => {
    const text =
      'Say `winpv init` or `winpv sign … x`.\n\n```sh\nPIN=1 winpv sign a \\\n  --pfx b\nls\nwinpv x   # y\n```\n';
    expect(commandLinesOf(text).map(({ words, inSentence }) => [inSentence, ...words])).toEqual([
      [false, 'sign', 'a', '--pfx', 'b'],
      [false, 'x'],
      [true, 'init'],
    ]);
  });

  test.each([
    ['winpv relase', 'unknown command'],
    ['winpv release --no-such', 'unknown option'],
    ['winpv cab create a.cab b --compress lzx', 'choices'],
    ['winpv cab create a.cab', 'missing'],
  ])('a wrong one is found: %s', async (text, complaint) => {
    const [line] = commandLinesOf(`\`\`\`\n${text}\n\`\`\`\n`);
    expect(line === undefined ? undefined : await complaintOf(line)).toMatch(new RegExp(complaint));
  });
});
