import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { oracle, withTempFolder } from './outside.ts';

/** Browsers of distributions are found by name; none is downloaded. */
const program = (): string => spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();

export interface OpenedPage {
  readonly page: Page;
  /** What the page wrote to its console as errors or warnings, and what it threw. */
  readonly complaints: readonly string[];
  /** What it asked for beside itself. */
  readonly requests: readonly string[];
}

/** Opens pages of a report. */
export type OpenReport = (html: string, options?: BrowserContextOptions) => Promise<OpenedPage>;

const openIn =
  (browser: Browser, folder: string): OpenReport =>
  async (html, options = {}) => {
    const file = join(folder, 'report.html');
    writeFileSync(file, html);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('dialog', async (dialog) => {
      complaints.push(`dialog: ${dialog.message()}`);
      await dialog.dismiss();
    });
    page.on('request', (request) => requests.push(request.url()));
    const url = pathToFileURL(file).href;
    await page.goto(url);
    return { page, complaints, requests: requests.filter((one) => one !== url) };
  };

let started: Promise<Browser> | undefined;

/** One browser for the tests of a file. Without its sandbox, since tests may run as root; the pages are our own. */
const browser = (): Promise<Browser> => {
  started ??= chromium.launch({ executablePath: program(), args: ['--no-sandbox'] });
  return started;
};

afterAll(async () => {
  await (await started)?.close();
});

/** A test in Chromium, which is skipped where there is none. */
export const inChromium = (name: string, body: (open: OpenReport) => Promise<void>): void => {
  oracle('chromium', name, () => withTempFolder(async (folder) => body(openIn(await browser(), folder))));
};
