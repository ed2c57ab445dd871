import { type DerNode, Tag } from '../der/parse.ts';

/** Short names of RFC 4514 and of what certificates for code signing carry. */
const SHORT: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

/** `,` and its like with a backslash, as RFC 4514 2.4 wants; control characters as hex pairs, so that no text can fake a line. */
const escapeValue = (text: string): string =>
  text
    .replace(/[\\,+"<>;]/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) =>
      Buffer.from(c).toString('hex').replace(/../g, '\\$&'),
    )
    .replace(/^[ #]/, '\\$&')
    .replace(/ $/, '\\ ');

/**
 * A Name as text: the last RDN first, `CN=Acme,O=Acme Ltd` (RFC 4514). An attribute without a short name is written by
 * its identifier; a value that is no text is written as `#` and hex.
 * @throws WinpvError DER_UNEXPECTED
 */
export const formatName = (name: DerNode): string =>
  [...name.expect(Tag.sequence, 'Name').children]
    .reverse()
    .map((rdn) => rdn.expect(Tag.set, 'RelativeDistinguishedName').children.map(formatAttribute).join('+'))
    .join(',');

const formatAttribute = (node: DerNode): string => {
  const type = node.expect(Tag.sequence, 'AttributeTypeAndValue').child(0, 'type').oid('type');
  return `${SHORT[type] ?? type}=${attributeValue(node.child(1, 'value'))}`;
};

const TEXT_TAGS: ReadonlySet<number> = new Set([
  Tag.utf8String,
  Tag.printableString,
  Tag.t61String,
  Tag.ia5String,
  Tag.universalString,
  Tag.bmpString,
]);

const attributeValue = (node: DerNode): string =>
  TEXT_TAGS.has(node.tag) ? escapeValue(node.text('value')) : `#${Buffer.from(node.bytes).toString('hex')}`;
