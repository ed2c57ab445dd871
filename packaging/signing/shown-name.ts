/** `\,` and its like, or octets in hexadecimal (RFC 4514, 2.4). */
const ESCAPED = /((?:\\[0-9A-Fa-f]{2})+)|\\(.)/g;

const unescaped = (text: string): string =>
  text.replace(ESCAPED, (_all, octets: string | undefined, sign: string | undefined) =>
    octets === undefined
      ? (sign ?? '')
      : new TextDecoder().decode(new Uint8Array(Buffer.from(octets.replaceAll('\\', ''), 'hex'))),
  );

/** The common name of a distinguished name as people write it in a sentence; the whole name where it begins with none. */
export const commonName = (subject: string): string => {
  const name = /^CN=((?:\\.|[^,+\\])+)/.exec(subject)?.[1];
  return name === undefined ? subject : unescaped(name).replace(/\p{Cc}/gu, ' ');
};
