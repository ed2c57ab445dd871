import { toHex } from '../../../core/bytes.ts';
import { contextPrimitiveTag, contextTag, type DerNode, Tag } from '../der/parse.ts';

/** Forms of a GeneralName that name constraints can speak of; `other` is a form that this reader does not compare. */
export type GeneralNameForm = 'email' | 'dns' | 'directory' | 'uri' | 'ip' | 'other';

/** GeneralName ::= CHOICE { … }   (RFC 5280, 4.2.1.6) */
export interface GeneralName {
  readonly form: GeneralNameForm;
  /** The identifier octet's number in the CHOICE: forms that are not compared are at least told apart. */
  readonly choice: number;
  /** Text of an email, dns or uri; lower-case hex octets of an ip; empty otherwise. */
  readonly text: string;
  /** Relative names of a directory name, first to last, in a form made for comparison; empty otherwise. */
  readonly rdns: readonly string[];
}

/** NameConstraints ::= SEQUENCE { permittedSubtrees [0] OPTIONAL, excludedSubtrees [1] OPTIONAL }   (RFC 5280, 4.2.1.10) */
export interface NameConstraints {
  /** Undefined when there is no such field: everything is permitted. */
  readonly permitted: readonly GeneralName[] | undefined;
  readonly excluded: readonly GeneralName[];
}

/** More would only make work. */
const MAX_NAMES = 500;

const TEXT_FORMS: Readonly<Record<number, GeneralNameForm>> = { 1: 'email', 2: 'dns', 6: 'uri' };

/** @throws WinpvError DER_* */
export const parseGeneralName = (node: DerNode): GeneralName => {
  const choice = node.tag & 0x1f;
  const none = { choice, text: '', rdns: [] };
  if (node.tag === contextTag(4)) {
    return { ...none, form: 'directory', rdns: comparableName(node.child(0, 'directoryName', Tag.sequence)) };
  }
  if (node.tag === contextPrimitiveTag(7)) return { ...none, form: 'ip', text: toHex(node.value) };
  const form = node.constructedForm ? undefined : TEXT_FORMS[choice];
  return form === undefined
    ? { ...none, form: 'other' }
    : { ...none, form, text: Buffer.from(node.value).toString('latin1') };
};

/** GeneralNames ::= SEQUENCE OF GeneralName, as subjectAltName holds them. @throws WinpvError DER_* */
export const parseGeneralNames = (node: DerNode | undefined): readonly GeneralName[] =>
  bounded(node?.expect(Tag.sequence, 'GeneralNames').children ?? []).map(parseGeneralName);

/** @throws WinpvError DER_* */
export const parseNameConstraints = (node: DerNode | undefined): NameConstraints | undefined => {
  if (node === undefined) return undefined;
  node.expect(Tag.sequence, 'NameConstraints');
  const bases = (list: DerNode | undefined) =>
    list === undefined ? undefined : bounded(list.children).map((tree) => parseGeneralName(tree.child(0, 'base')));
  return { permitted: bases(node.find(contextTag(0))), excluded: bases(node.find(contextTag(1))) ?? [] };
};

const bounded = (nodes: readonly DerNode[]): readonly DerNode[] => {
  const [first] = nodes;
  if (nodes.length > MAX_NAMES) first?.fail('DER_UNEXPECTED', `There are more than ${MAX_NAMES} names.`);
  return nodes;
};

/**
 * The relative names of a Name so that equal ones are equal texts: without regard to string type, case and runs of spaces
 * (RFC 5280, 7.1).
 * @throws WinpvError DER_*
 */
export const comparableName = (name: DerNode): readonly string[] =>
  name.children.map((rdn) =>
    rdn.expect(Tag.set, 'RelativeDistinguishedName').children.map(comparable).sort().join('+'),
  );

const STRINGS: ReadonlySet<number> = new Set([
  Tag.utf8String,
  Tag.printableString,
  Tag.t61String,
  Tag.ia5String,
  Tag.universalString,
  Tag.bmpString,
]);

const comparable = (attribute: DerNode): string => {
  const value = attribute.child(1, 'value');
  const text = STRINGS.has(value.tag)
    ? `"${value.text('value').normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')}"`
    : toHex(value.bytes);
  return `${attribute.child(0, 'type').oid('type')}=${text}`;
};
