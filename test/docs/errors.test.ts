import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allBelow } from '../../cli/render/command-tree.ts';
import { CODE_AREAS } from '../../cli/render/explanations/areas.ts';
import { codePages } from '../../cli/render/explanations/index.ts';
import { wholeTree } from '../../cli/whole-tree.ts';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { projectRoot } from '../support/outside.ts';
import { errorIndex, errorPage } from './error-pages.ts';

const pages = codePages();
const docs = (name: string): string => join(projectRoot, 'docs', name);
const said = (page: (typeof pages)[number]): string => `${page.means} ${page.advice}`;

/** `npx vitest run test/docs -u` writes these pages anew; a page of a code that is gone has to be deleted by hand. */
describe('docs/errors', () => {
  test('has the page of each code as winpv explain has it', async () => {
    for (const page of pages) await expect(errorPage(page)).toMatchFileSnapshot(docs(`errors/${page.code}.md`));
  });

  test('has an index of them by area and exit code', async () => {
    const index = errorIndex(
      pages,
      CODE_AREAS.map(({ title }) => title),
    );
    await expect(index).toMatchFileSnapshot(docs('errors/README.md'));
    for (const { code } of pages) expect(index.split(`[${code}](${code}.md)`)).toHaveLength(3);
  });

  test('holds a page for each code and nothing else', () => {
    const wanted = [...Object.keys(ERROR_CODES).map((code) => `${code}.md`), 'README.md'].sort();
    expect(readdirSync(docs('errors')).sort()).toEqual(wanted);
  });
});

describe('what is said of a code', () => {
  test('is there for each of them, in sentences, and not the title once more', () => {
    const bad = pages.filter(
      ({ title, means, advice }) =>
        !/^\S.{9,}[.)]$/.test(means) ||
        !/^\S.{5,}[.}]$/.test(advice) ||
        means === `${title}.` ||
        means.length + advice.length > 700,
    );
    expect(bad).toEqual([]);
  });

  test('names a page of the documentation that exists', () => {
    for (const page of pages) {
      expect(page.area, page.code).not.toBe('');
      for (const path of page.more) expect(statSync(docs(path)).isFile(), path).toBe(true);
      for (const [path] of said(page).matchAll(/\bdocs\/[\w/.-]+\.(?:md|yaml)\b/g))
        expect(statSync(join(projectRoot, path)).isFile(), `${page.code}: ${path}`).toBe(true);
    }
  });

  test('names only commands and options that winpv has', async () => {
    const commands = [...allBelow(await wholeTree())];
    const names = new Set(commands.map(({ path }) => path));
    const options = new Set([
      ...['--json', '--events', '--quiet', '--verbose', '--help'],
      ...commands.flatMap((one) => one.options.flatMap(({ flags }) => flags.match(/--[\w-]+/g) ?? [])),
    ]);
    const unknown = pages.flatMap((page) => [
      ...[...said(page).matchAll(/`(winpv [^`]+)`/g)]
        .map(([, line = '']) => line.replace(/ (?:[A-Z…<-].*|help.*)$/, ''))
        .filter((name) => !names.has(name) && name !== 'winpv COMMAND')
        .map((name) => `${page.code}: ${name}`),
      ...[...said(page).matchAll(/(?<![\w-])--[a-z][\w-]+/g)]
        .filter(([option]) => !options.has(option))
        .map(([option]) => `${page.code}: ${option}`),
    ]);
    expect(unknown).toEqual([]);
  });

  test('names only codes that winpv has', () => {
    const codes = new Set<string>(Object.keys(ERROR_CODES));
    for (const page of pages)
      for (const [code] of said(page).matchAll(CODE))
        if (isOurs(code)) expect(codes.has(code), `${page.code}: ${code}`).toBe(true);
  });
});

const CODE = /(?<!env:|\$|\$\{)\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b/g;
const FIRST_WORDS = new Set(
  Object.keys(ERROR_CODES).flatMap((code) => (code.includes('_') ? [code.split('_')[0] ?? ''] : [])),
);
/** Variables of the environment whose names begin like a code. */
const OTHERS = new Set(['SOURCE_DATE_EPOCH', 'TOKEN_PIN']);
const isOurs = (name: string): boolean => FIRST_WORDS.has(name.split('_')[0] ?? '') && !OTHERS.has(name);

const textFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textFiles(path);
    return /\.(?:md|yaml|1)$/.test(entry.name) ? [path] : [];
  });

describe('the documentation', () => {
  test('names only codes that exist', () => {
    const files = [...textFiles(docs('')), join(projectRoot, 'README.md'), join(projectRoot, 'CHANGELOG.md')];
    const unknown = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(CODE)]
        .map(([name]) => name)
        .filter((name) => isOurs(name) && !Object.hasOwn(ERROR_CODES, name))
        .map((name) => `${file.slice(projectRoot.length)}: ${name}`),
    );
    expect(unknown).toEqual([]);
  });
});

describe('winpv explain', () => {
  test('tells of one code what its page has', async () => {
    const { result } = await winpvJson(['explain', 'pv_unplug_reset']);
    const page = pages.find(({ code }) => code === 'PV_UNPLUG_RESET');
    expect(result.codes).toEqual([
      { ...page, more: ['docs/errors/PV_UNPLUG_RESET.md', 'docs/pv-rules.md', 'docs/failure-modes.md'] },
    ]);
    const { stdout } = await winpv(['explain', 'PV_UNPLUG_RESET']);
    for (const text of [page?.means, page?.advice, 'exit 4', 'failure mode F13: ', 'docs/errors/PV_UNPLUG_RESET.md'])
      expect(stdout).toContain(text);
  });

  test('takes the number of an INF rule', async () => {
    expect((await winpvJson(['explain', '1235'])).result.codes).toMatchObject([{ code: 'INF_1235' }]);
  });

  test('lists the codes that begin with a word', async () => {
    const { result } = await winpvJson(['explain', 'der']);
    expect(result.codes.map(({ code }: { code: string }) => code)).toEqual([
      'DER_NOT_CANONICAL',
      'DER_TOO_DEEP',
      'DER_TRAILING_DATA',
      'DER_TRUNCATED',
      'DER_UNEXPECTED',
    ]);
  });

  test('suggests the code that was probably meant', async () => {
    const { error } = await winpvJson(['explain', 'VERIFY_DIGEST_MISSMATCH']);
    expect(error).toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('Did you mean VERIFY_DIGEST_MISMATCH?'),
    });
  });

  test('tells every byte that no signature covers, under the code of these', async () => {
    expect((await winpv(['explain', 'VERIFY_UNCOVERED'])).stdout).toContain('Bytes that no signature covers');
  });
});
