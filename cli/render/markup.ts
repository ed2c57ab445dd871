import { shownLine } from '../../core/spelling.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

// What XML 1.0 cannot carry even in escaped form: controls other than tab, LF and CR, halves of surrogate pairs, FFFE, FFFF.
const NOT_XML = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

/** Text from outside: the same, without what turns its direction around, so that what is read is what is there. */
export const escapeShown = (text: string): string => {
  const lines = text.split('\n').map((line) => line.split('\t').map(shownLine).join('\t'));
  return escapeMarkup(lines.join('\n'));
};

/** Text for an element or an attribute of XML or HTML. What neither can carry becomes U+FFFD. */
export const escapeMarkup = (text: string): string =>
  text.replace(NOT_XML, '\ufffd').replace(/[&<>"']/g, (one) => ENTITIES[one] ?? one);
