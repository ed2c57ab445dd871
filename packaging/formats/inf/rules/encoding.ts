import { physicalLine } from '../document.ts';
import type { RuleContext, RuleFinding, RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

/** ANSI and UTF-16 little-endian are the encodings of INFs (spec inf.md section 1). */
const encodings = ({ document }: RuleContext): Found => {
  const { encoding } = document;
  if (encoding === 'utf-8-bom')
    return [{ code: 1003, message: 'The file is in UTF-8, which is not an encoding of INFs.' }];
  if (encoding === 'utf-16le-no-bom') {
    const message = 'The file is in UTF-16 without a byte order mark; Windows has to guess.';
    return [{ code: 1003, message, atMost: 'W' }];
  }
  if (encoding !== 'utf-8' && encoding !== 'ansi') return [];
  return foreignCharacters(document);
};

const isForeign = (text: string | null): boolean => text !== null && /[^\0-\x7f]/.test(text);

/** The first value that Windows may read otherwise. Comments do not count. */
const foreignCharacters = (document: RuleContext['document']): Found => {
  if (!isForeign(document.table.text)) return [];
  const utf8 = document.encoding === 'utf-8';
  for (const { lines } of document.sections) {
    for (const { rawKey, raw, line } of lines) {
      if (!isForeign(rawKey) && !raw.some(isForeign)) continue;
      const words = utf8
        ? 'is in UTF-8 and is read in the code page of the system'
        : 'depends on the code page of the system';
      const message = `Text of this line ${words}.`;
      return [{ code: 1003, line, message, ...(utf8 ? {} : { atMost: 'W' as const }) }];
    }
  }
  return [];
};

/** `$ARCH$` where it has not been replaced. */
const unstamped = ({ document, unstampedLines, options }: RuleContext): Found =>
  options.stampinf
    ? []
    : unstampedLines.map((line) => ({
        code: 1274,
        line,
        message: `$ARCH$ is still in the line${physicalLine(document, line).trimStart().startsWith('[') ? ' that begins a section' : ''}.`,
        token: '$ARCH$',
      }));

/** Rules about the text of the file. */
export const encodingRules: RuleGroup = (context) => [...encodings(context), ...unstamped(context)];
