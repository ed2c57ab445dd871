import { createHash } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { checkPageLines } from '../../../cli/render/check-html/page.ts';
import { recordStories } from '../../../cli/render/check-html/stories.ts';
import { escapeMarkup } from '../../../cli/render/markup.ts';
import { valueReader } from '../../../cli/render/report/client/values.js';
import { scriptJson } from '../../../cli/render/report/page.ts';
import { shareValues } from '../../../emulator/shared-values.ts';
import { storyOf } from '../../../emulator/story/story.ts';
import type { Played } from '../../support/rehearsal.ts';
import { pageOf, playedIn, releaseThatDoesNotBoot, reportAssets, reportOf } from '../../support/report-page.ts';
import { HOSTILE, manyRuns, withHostileNames } from '../../support/report-runs.ts';

// Ten thousand runs take a while to be told.
vi.setConfig({ testTimeout: 240_000 });

const failing = playedIn(releaseThatDoesNotBoot(), { guests: ['windows-10-22h2-x64'], scenarios: ['fresh-install'] });
const [failed] = failing as readonly [Played];
const page = await pageOf(failing);

const dataIn = (html: string) =>
  JSON.parse(/<script type="application\/json" id="report-data">\n([\s\S]*?)\n<\/script>/.exec(html)?.[1] ?? '');

const elementText = (html: string, name: 'style' | 'script'): string =>
  new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(html)?.[1] ?? '';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('the policy of a page', () => {
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';

  test('allows its own style and its own script by their hashes, and nothing else', () => {
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hashOf(elementText(page, 'style'))}`,
      `script-src ${hashOf(elementText(page, 'script'))}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
    ]);
  });

  test('is kept: nothing is named outside the page, no style or handler stands in an element', () => {
    const markup = page.replace(/<style>[\s\S]*?<\/style>|<script[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/\s(src|style|on\w+)=/);
    expect(markup.match(/href="(?!#)/g)).toBeNull();
    expect(elementText(page, 'style')).not.toMatch(/url\(|@import/);
    expect(elementText(page, 'script')).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/);
  });
});

describe('a page without scripts', () => {
  test('has a matrix with real headers, and failing cells that lead to their finding', () => {
    expect(page).toMatch(/<th scope="row"><span class="name">fresh-install<\/span>/);
    expect(page).toMatch(/<th scope="col" data-guest="windows-10-22h2-x64">/);
    expect(page).toMatch(/<td class="fail" data-verdict="fail" data-guest="windows-10-22h2-x64"><a href="#finding-1"/);
    expect(page).toContain('id="finding-1"');
  });

  test('has each finding once, with its row of the table of failure modes and what to do', () => {
    expect(page).toContain('<span class="mode">F30</span>');
    expect(page).toContain('<strong>What to do</strong> StartType = 0 for xenvbd.');
  });
});

describe('the data of a page', () => {
  test('has the story of each run, as it was told', () => {
    const { values, runs } = dataIn(page);
    const read = valueReader(values);
    const [guest, scenario, verdict, boots, errors, , findings, story] = runs[0];
    const { result, run } = failed;
    expect([guest, scenario, verdict, boots, errors]).toEqual([result.guest, result.scenario, 'fail', result.boots, 1]);
    expect((read(findings) as readonly unknown[])[0]).toMatchObject({ failureMode: 'F30', code: 'EMULATOR_NO_BOOT' });
    expect(read(story)).toEqual(JSON.parse(JSON.stringify(storyOf(run, result))));
  });

  test('has what is equal in many runs once', async () => {
    const once = page.length;
    const often = await pageOf(Array.from({ length: 500 }, () => failed));
    expect(often.length - once).toBeLessThan(500 * 120);
  });

  test('reads shared values back, names like those of prototypes too', () => {
    const value = { list: [1, [2, ['x']], { a: null }], ['__proto__']: { constructor: 'c' } };
    const { add, entries } = shareValues();
    const reference = add(JSON.parse(JSON.stringify(value)));
    expect(valueReader(entries.map((entry) => JSON.parse(entry)))(reference)).toEqual(
      JSON.parse(JSON.stringify(value)),
    );
  });
});

describe('names from outside', () => {
  test('stay texts, wherever they stand', async () => {
    const html = await pageOf([withHostileNames(failed)], { title: HOSTILE, note: HOSTILE });
    expect(html).not.toContain('<img');
    expect(html).not.toContain('\u202e');
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toContain(escapeMarkup('"><img src=x onerror=alert(1)>'));
    expect(() => dataIn(html)).not.toThrow();
  });

  test('cannot end the element that the data stands in', () => {
    const hostile = '</script><!--<script>\u2028\u202e';
    expect(scriptJson(JSON.stringify(hostile))).toBe('"\\u003c/script>\\u003c!--\\u003cscript>\ufffd\ufffd"');
  });
});

describe('the size of a page', () => {
  test('is bounded: stories of passing runs are left out first, verdicts and findings never', async () => {
    const stories = recordStories({ passing: 100_000, all: 400_000 });
    const runs = manyRuns(failed, 400);
    const html = await pageOf(runs, { stories });
    expect(html.length).toBeLessThan(700_000);
    const told = dataIn(html).runs as readonly (readonly unknown[])[];
    const without = told.filter(([, , , , , , , story]) => story === null);
    expect(told).toHaveLength(400);
    expect(without.length).toBeGreaterThan(0);
    const firstLost = told.findIndex((run) => run[7] === null);
    expect(told[firstLost]?.[2]).toBe('pass');
  });

  test('of 10,000 runs that differ stays below 40 MB', async () => {
    const html = await pageOf(manyRuns(failed, 10_000));
    expect(html.length).toBeLessThan(40_000_000);
    expect(dataIn(html).runs).toHaveLength(10_000);
  });
});

test('a rehearsal without runs is a page too', async () => {
  const stories = recordStories();
  const lines = checkPageLines(reportOf([]), stories, await reportAssets());
  expect(lines.join('\n')).toContain('No scenario says anything');
});
