import { WinpvError } from '../../../core/errors.ts';

const encodingOf = (bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' => {
  const [a, b] = bytes;
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return 'utf-8';
};

const DECLARED = /^<\?xml\s[^>]*?encoding\s*=\s*["']([^"']*)["']/;

/** UTF-16 big-endian turned around, for not every build of node decodes it. */
const swapped = (bytes: Uint8Array): Uint8Array => new Uint8Array(Buffer.from(bytes).swap16());

/**
 * The text of an XML file: UTF-8, or UTF-16 with its mark (XML 1.0, 4.3.3), line ends as one line feed (2.11).
 * @throws WinpvError XML_ENCODING
 */
export const decodeXmlText = (bytes: Uint8Array, file: string): string => {
  const encoding = encodingOf(bytes);
  const refuse = (message: string, cause?: unknown): WinpvError =>
    new WinpvError('XML_ENCODING', message, { at: { file, offset: 0 }, cause });
  if (encoding !== 'utf-8' && bytes.length % 2 !== 0) throw refuse('The file is no whole UTF-16 text.');
  let text: string;
  try {
    const decoder = new TextDecoder(encoding === 'utf-8' ? 'utf-8' : 'utf-16le', { fatal: true });
    text = decoder.decode(encoding === 'utf-16be' ? swapped(bytes) : bytes);
  } catch (cause) {
    throw refuse(`The file is no whole ${encoding.toUpperCase()} text.`, cause);
  }
  const declared = DECLARED.exec(text)?.[1]?.toLowerCase();
  const fits = encoding === 'utf-8' ? ['utf-8', 'us-ascii', 'ascii'] : ['utf-16', encoding];
  if (declared !== undefined && !fits.includes(declared)) {
    throw refuse(`The file says that it is ${JSON.stringify(declared)}, and is read as ${encoding.toUpperCase()}.`);
  }
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
};
