/**
 * Text of bytes that are held as Latin-1 characters, for people and for paths: UTF-8 where it is that, which every
 * system's git writes; else the characters as they are.
 */
export const textOf = (latin1: string): string => {
  const text = new TextDecoder().decode(Buffer.from(latin1, 'latin1'));
  return text.includes('\ufffd') ? latin1 : text;
};
