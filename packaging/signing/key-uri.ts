import { WinpvError } from '../../core/errors.ts';
import { closestName } from '../../core/spelling.ts';

/** Attributes of a `pkcs11:` URI whose value is text that a token, its slot or its library has to show. */
const TEXT_ATTRIBUTES = [
  'token',
  'manufacturer',
  'model',
  'serial',
  'slot-description',
  'slot-manufacturer',
  'library-description',
  'library-manufacturer',
  'library-version',
  'object',
] as const;

const OTHER_ATTRIBUTES = ['id', 'type', 'slot-id'] as const;
const QUERY_ATTRIBUTES = ['pin-source', 'pin-value', 'module-path', 'module-name'] as const;

export type TokenText = (typeof TEXT_ATTRIBUTES)[number];

/** A key on a token, as RFC 7512 describes it. What is not named may be anything, if there is only one. */
export interface KeyUri {
  readonly texts: Readonly<Partial<Record<TokenText, string>>>;
  /** CKA_ID, octets. */
  readonly id?: Uint8Array;
  readonly slotId?: number;
  /** Where the PIN is, in the spelling of `--pin`. */
  readonly pinSource?: string;
  readonly modulePath?: string;
}

const refuse = (message: string, hint?: string): WinpvError =>
  new WinpvError('SIGN_KEY_URI', message, hint === undefined ? {} : { hint });

/**
 * Reads a `pkcs11:` URI (RFC 7512). A PIN in it is refused and never repeated.
 * @throws WinpvError SIGN_KEY_URI
 */
export const parseKeyUri = (uri: string): KeyUri => {
  const match = /^pkcs11:([^?#]*)(?:\?([^#]*))?$/i.exec(uri);
  if (match === null)
    throw refuse('A key on a token is named by a pkcs11: address.', 'For example pkcs11:token=release;object=signer.');
  const path = readAttributes(match[1] ?? '', ';', [...TEXT_ATTRIBUTES, ...OTHER_ATTRIBUTES]);
  const query = readAttributes(match[2] ?? '', '&', QUERY_ATTRIBUTES);
  const type = textOf(path, 'type') ?? 'private';
  if (!['private', 'cert'].includes(type)) throw refuse(`\`type=${type}\` names no private key.`);
  if (query.has('module-name')) throw refuse('`module-name` is not known here.', 'Use --pkcs11 FILE or module-path.');
  const texts = Object.fromEntries(
    TEXT_ATTRIBUTES.flatMap((name) => {
      const value = textOf(path, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const id = path.get('id');
  return {
    texts,
    ...(id === undefined ? {} : { id }),
    ...numbered(path),
    ...pinSource(query),
    ...modulePath(query),
  };
};

const numbered = (path: ReadonlyMap<string, Uint8Array>): { readonly slotId?: number } => {
  const text = textOf(path, 'slot-id');
  if (text === undefined) return {};
  if (!/^\d{1,15}$/.test(text)) throw refuse('`slot-id` is a number.');
  return { slotId: Number(text) };
};

const modulePath = (query: ReadonlyMap<string, Uint8Array>): { readonly modulePath?: string } => {
  const path = textOf(query, 'module-path');
  return path === undefined ? {} : { modulePath: path };
};

const pinSource = (query: ReadonlyMap<string, Uint8Array>): { readonly pinSource?: string } => {
  if (query.has('pin-value'))
    throw refuse('A PIN does not belong into an address: everybody can read it there.', 'Use --pin env:NAME.');
  const source = textOf(query, 'pin-source');
  if (source === undefined) return {};
  if (source.startsWith('|'))
    throw refuse('A PIN from a program is not taken.', 'Use --pin env:NAME, file:PATH or stdin.');
  const file = source.replace(/^file:(\/\/(?=\/))?/i, '');
  return { pinSource: `file:${file}` };
};

const textOf = (attributes: ReadonlyMap<string, Uint8Array>, name: string): string | undefined => {
  const octets = attributes.get(name);
  if (octets === undefined) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw refuse(`\`${name}\` is not UTF-8.`);
  }
};

const readAttributes = (text: string, separator: string, known: readonly string[]): ReadonlyMap<string, Uint8Array> => {
  const found = new Map<string, Uint8Array>();
  for (const part of text.split(separator).filter((one) => one !== '')) {
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    // Values stay out of messages: one of them may be a PIN in the wrong place.
    if (equals < 0 || !/^[a-z0-9-]+$/i.test(name)) throw refuse('A part of the address is not of the form name=value.');
    if (!known.includes(name)) throw unknown(name, known);
    if (found.has(name)) throw refuse(`\`${name}\` stands twice in the address.`);
    found.set(name, percentDecode(part.slice(equals + 1), name));
  }
  return found;
};

const unknown = (name: string, known: readonly string[]): WinpvError => {
  const meant = closestName(name, known);
  return refuse(
    `\`${name}\` does not belong here in a pkcs11: address.`,
    meant === undefined ? `Known here are ${known.join(', ')}.` : `Did you mean \`${meant}\`?`,
  );
};

const percentDecode = (text: string, name: string): Uint8Array => {
  if (/%(?![0-9a-f]{2})/i.test(text)) throw refuse(`\`${name}\` has a % that two hex digits do not follow.`);
  const pieces = text.split(/%([0-9a-f]{2})/i);
  return new Uint8Array(Buffer.concat(pieces.map((piece, i) => Buffer.from(piece, i % 2 === 1 ? 'hex' : 'utf8'))));
};
