import { escapeShown } from '../markup.ts';

/** A part of a bar. */
export interface BarPart {
  /** The colour's class and the word that people read. */
  readonly kind: string;
  readonly words: string;
  readonly value: number;
}

const WIDTH = 1000;
const HEIGHT = 28;
/** A part that is there is seen, however small. */
const LEAST = 4;

export const count = (value: number): string => value.toLocaleString('en-GB');

export const percent = (part: number, whole: number): string => {
  if (whole === 0) return '0 %';
  const share = (part / whole) * 100;
  return `${share > 0 && share < 0.1 ? '<0.1' : share.toFixed(share < 10 ? 1 : 0)} %`;
};

/** One bar of parts, and the same in words below it. */
export const stackedBar = (title: string, parts: readonly BarPart[]): readonly string[] => {
  const there = parts.filter(({ value }) => value > 0);
  const whole = there.reduce((sum, { value }) => sum + value, 0);
  if (whole === 0) return [];
  const small = there.filter(({ value }) => (value / whole) * WIDTH < LEAST);
  const room = WIDTH - small.length * LEAST;
  const rest = whole - small.reduce((sum, { value }) => sum + value, 0);
  let x = 0;
  const shapes = there.map((part) => {
    const width = small.includes(part) ? LEAST : (part.value / rest) * room;
    const shape = `<rect class="part ${part.kind}" x="${x.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="${HEIGHT}"><title>${escapeShown(part.words)}: ${count(part.value)}</title></rect>`;
    x += width;
    return shape;
  });
  const told = there.map(({ words, value }) => `${words} ${count(value)}`).join(', ');
  return [
    `<svg class="bar" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escapeShown(`${title}: ${told}`)}">`,
    ...shapes,
    '</svg>',
    '<ul class="bar-words">',
    ...there.map(
      ({ kind, words, value }) =>
        `<li><span class="dot ${kind}" aria-hidden="true"></span>${escapeShown(words)} <strong>${count(value)}</strong> <span class="quiet">${percent(value, whole)}</span></li>`,
    ),
    '</ul>',
  ];
};
