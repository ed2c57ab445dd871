import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../support/outside.ts';
import { anchorsOf, linksOf } from './markdown.ts';

const SKIPPED = new Set(['node_modules', 'dist', 'build', '.git', '.winpv', '.ci']);

/** Every Markdown file of the project, from its root. */
const pagesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : pagesBelow(path);
    return entry.name.endsWith('.md') ? [relative(projectRoot, path)] : [];
  });

const pages = [...pagesBelow(projectRoot)].sort();
/** Pages of error codes are many and made from the codes: they are one case. */
const groups: readonly (readonly [string, readonly string[]])[] = [
  ...pages.filter((page) => !page.startsWith('docs/errors/')).map((page) => [page, [page]] as const),
  ['docs/errors', pages.filter((page) => page.startsWith('docs/errors/'))],
];
const textOf = (page: string): string => readFileSync(join(projectRoot, page), 'utf8');

/** What is wrong with a link of a page; undefined when it leads somewhere. */
const flawOf = (page: string, link: string): string | undefined => {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), decodeURIComponent(path));
  const full = join(projectRoot, target);
  if (!existsSync(full)) return `${link}: there is no ${target}`;
  if (anchor === undefined) return undefined;
  if (statSync(full).isDirectory() || !target.endsWith('.md')) return `${link}: only pages have anchors`;
  return anchorsOf(textOf(target)).has(anchor) ? undefined : `${link}: ${target} has no heading #${anchor}`;
};

describe('links of the pages', () => {
  test('every page is looked at', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/README.md', 'docs/guide/signing.md']));
    expect(pages.length).toBeGreaterThan(40);
  });

  test.each(groups)('%s: every relative link and anchor leads somewhere', (_name, members) => {
    const flaws = members.flatMap((page) => {
      const links = linksOf(textOf(page)).filter((link) => !/^[a-z][a-z0-9+.-]*:/i.test(link));
      return links.flatMap((link) => flawOf(page, link) ?? []).map((flaw) => `${page}: ${flaw}`);
    });
    expect(flaws).toEqual([]);
  });

  test('every page of docs is reached from docs/README.md or a page that it leads to', () => {
    const reached = new Set<string>();
    const visit = (page: string): void => {
      if (reached.has(page) || !pages.includes(page)) return;
      reached.add(page);
      for (const link of linksOf(textOf(page))) visit(join(dirname(page), link.split('#')[0] ?? ''));
    };
    visit('docs/README.md');
    expect(pages.filter((page) => page.startsWith('docs/') && !reached.has(page))).toEqual([]);
  });

  test('pages that are named in words are there', () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/(?:^|[\s(`])(docs\/[\w./-]+\.(?:md|yaml|svg))\b/g)].map(([, path = '']) => [
        page,
        path,
      ]),
    );
    expect(named.filter(([, path = '']) => !existsSync(join(projectRoot, path)))).toEqual([]);
  });
});

describe('how links are read', () => {
  test('headings give anchors as on GitHub, twice the same name a number', () => {
    const text = '# A `b` & C!\n\n## Twice\n\n```\n# no heading\n```\n\n## Twice\n';
    expect([...anchorsOf(text)]).toEqual(['a-b--c', 'twice', 'twice-1']);
  });

  test('links and pictures are found, in code they are not', () => {
    const text =
      '[a](x.md) ![p](y.svg "title") `[no](z.md)`\n```\n[no](w.md)\n```\n[b]: v.md\n[c](<a b.md>)\n<img src="q.png">';
    expect(linksOf(text)).toEqual(['x.md', 'y.svg', 'a b.md', 'v.md', 'q.png']);
  });
});
