import { styleText } from 'node:util';
import type { Io, TextStream } from '../io.ts';

type Style = 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan';

/** Paints text, or leaves it alone: colour only on a terminal and never with NO_COLOR. */
export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

export const paintFor = (io: Io, stream: TextStream): Paint => {
  const colour = stream.isTerminal && (io.env.NO_COLOR ?? '') === '' && io.env.TERM !== 'dumb';
  return colour ? (style, text) => styleText(style, text, { validateStream: false }) : plain;
};
