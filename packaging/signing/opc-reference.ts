import { createHash } from 'node:crypto';
import { equalBytes } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import {
  attributeOf,
  childrenNamed,
  firstChild,
  textOf,
  type XmlDocument,
  type XmlElement,
} from '../formats/xml/tree.ts';
import { DIGEST_URIS, DSIG } from './opc-terms.ts';

/** The octets of a base64 text with blanks in it; undefined when it is none. */
export const base64Of = (text: string): Uint8Array | undefined => {
  const plain = text.replace(/[ \t\n\r]+/g, '');
  if (plain === '' || plain.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(plain)) return undefined;
  return new Uint8Array(Buffer.from(plain, 'base64'));
};

/** The `Algorithm` of an element; empty when it, or the attribute, is not there. */
export const algorithmOf = (element: XmlElement | undefined): string =>
  element === undefined ? '' : (attributeOf(element, 'Algorithm') ?? '');

/** The algorithms of a reference's transforms, in order. */
export const transformsOf = (reference: XmlElement): readonly string[] =>
  childrenNamed(reference, 'Transforms', DSIG).flatMap((list) =>
    childrenNamed(list, 'Transform', DSIG).map(algorithmOf),
  );

export interface Digested {
  readonly bytes: () => Uint8Array;
  /** For messages: `/hck/data/PackageInfo.xml`. */
  readonly what: string;
}

/** Compares the digest that a reference has with that of the bytes. */
export const checkDigest = (
  document: XmlDocument,
  reference: XmlElement,
  { bytes, what }: Digested,
): readonly Diagnostic[] => {
  const at = { file: document.file, line: reference.line, column: reference.column };
  const method = algorithmOf(firstChild(reference, 'DigestMethod', DSIG));
  const hash = DIGEST_URIS[method];
  if (hash === undefined) return [problem('OPC_ALGORITHM', `${what} is hashed by an unknown algorithm.`, { at })];
  const value = firstChild(reference, 'DigestValue', DSIG);
  const expected = value === undefined ? undefined : base64Of(textOf(value));
  if (expected !== undefined && equalBytes(createHash(hash).update(bytes()).digest(), expected)) return [];
  return [problem('OPC_DIGEST', `${what} is not what was signed.`, { at })];
};
