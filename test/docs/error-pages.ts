import type { CodePage } from '../../cli/render/explanations/index.ts';
import { FAILURE_MODES } from '../../packaging/formats/inf/pv/failure-modes.ts';

const MADE = 'Made from the texts of `winpv explain`; `npx vitest run test/docs -u` writes it.';

const link = (path: string): string => `[docs/${path}](../${path})`;

/** docs/errors/CODE.md */
export const errorPage = (page: CodePage): string =>
  [
    `# ${page.code}`,
    '',
    `${page.title}. Exit code ${page.exit}, where it is an error.`,
    '',
    page.means,
    '',
    `**What to do.** ${page.advice}`,
    '',
    ...page.failureModes.flatMap((mode) => [`Failure mode ${mode}: ${FAILURE_MODES[mode] ?? ''}`, '']),
    `${page.area}: ${page.more.map(link).join(', ')}. [All codes](README.md).`,
    '',
  ].join('\n');

const EXITS: Readonly<Record<number, string>> = {
  1: 'a bug in winpv',
  2: 'usage',
  3: 'project or brand invalid',
  4: 'driver package invalid',
  5: 'a check failed',
  6: 'key, token or time-stamp service failed',
  7: 'a remote refused or did not answer in time',
  8: 'this machine: file, permission, missing tool, full disk',
  130: 'interrupted',
};

const codeLink = ({ code }: CodePage): string => `[${code}](${code}.md)`;

/** docs/errors/README.md: by area with titles, then by exit code. */
export const errorIndex = (pages: readonly CodePage[], areas: readonly string[]): string =>
  [
    '# Codes',
    '',
    `Every finding and error of winpv has one of these ${pages.length} codes. They are permanent: none is renamed or used for something`,
    'else. The exit code is that of the first error; warnings and notes change none, whatever their code. `winpv explain CODE`',
    `says what a page says, \`winpv explain CAB\` lists the codes that begin so.`,
    MADE,
    '',
    ...areas.flatMap((area) => [
      `## ${area}`,
      '',
      '| code | exit | |',
      '|---|---|---|',
      ...pages
        .filter((page) => page.area === area)
        .map((page) => `| ${codeLink(page)} | ${page.exit} | ${page.title.replaceAll('|', '\\|')} |`),
      '',
    ]),
    '## By exit code',
    '',
    ...[...new Set(pages.map(({ exit }) => exit))]
      .sort((a, b) => a - b)
      .flatMap((exit) => [
        `**${exit}**, ${EXITS[exit] ?? ''}: ${pages
          .filter((page) => page.exit === exit)
          .map(codeLink)
          .join(', ')}.`,
        '',
      ]),
  ].join('\n');
