import { createHash } from 'node:crypto';
import { escapeShown } from '../markup.ts';
import type { ReportAssets } from './assets.ts';

/** One page: HTML that is readable without scripts, and data that scripts tell the rest from. */
export interface ReportPage {
  readonly title: string;
  /** Markup of the body. */
  readonly body: readonly string[];
  /** JSON text in parts, safe to stand in a script element (`scriptJson`). */
  readonly data: readonly string[];
}

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;

/**
 * What the page may do: its own style and its own script, named by their hashes, and nothing else. Nothing is fetched, no other
 * script runs even if a text found a way into the markup, and the script itself cannot turn texts into markup.
 */
const policyOf = ({ style, script }: ReportAssets): string =>
  [
    "default-src 'none'",
    `style-src ${sourceOf(style)}`,
    ...(script === '' ? [] : [`script-src ${sourceOf(script)}`]),
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');

// Of JSON, what would end the element or show something else than it is.
const UNSAFE = /[<\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON text for a script element: `<` in another spelling, characters that turn the direction of a text around replaced. */
export const scriptJson = (json: string): string => json.replace(UNSAFE, (one) => (one === '<' ? '\\u003c' : '\ufffd'));

/** A page that needs nothing but itself, as lines; each ends with a line feed. */
export const reportPageLines = ({ title, body, data }: ReportPage, assets: ReportAssets): readonly string[] => [
  '<!DOCTYPE html>',
  '<html lang="en">',
  '<head>',
  '<meta charset="utf-8">',
  `<meta http-equiv="Content-Security-Policy" content="${policyOf(assets)}">`,
  '<meta name="viewport" content="width=device-width, initial-scale=1">',
  '<meta name="color-scheme" content="light dark">',
  '<meta name="referrer" content="no-referrer">',
  `<title>${escapeShown(title)}</title>`,
  `<style>${assets.style}</style>`,
  '</head>',
  '<body>',
  ...body,
  ...(assets.script === ''
    ? []
    : ['<script type="application/json" id="report-data">', ...data, '</script>', `<script>${assets.script}</script>`]),
  '</body>',
  '</html>',
];
