/** Annotated bytes: hex digits, blanks, and `; a comment` to the end of the line. */
export const hex = (strings: TemplateStringsArray, ...values: readonly string[]): Uint8Array => {
  const text = String.raw({ raw: strings }, ...values)
    .split('\n')
    .map((line) => line.replace(/;.*$/, ''))
    .join('')
    .replace(/\s+/g, '');
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new TypeError(`not hex: ${text}`);
  return new Uint8Array(Buffer.from(text, 'hex'));
};
