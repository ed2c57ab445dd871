/** An XML document as a tree that keeps the order of everything, with positions (Namespaces in XML 1.0). */

export interface XmlAttribute {
  readonly prefix: string;
  readonly local: string;
  /** Empty when it has no prefix. */
  readonly namespace: string;
  /** Normalised: references replaced, each blank a space unless it was written as a reference. */
  readonly value: string;
}

export interface XmlElement {
  readonly kind: 'element';
  readonly prefix: string;
  readonly local: string;
  /** Empty when no default namespace is declared. */
  readonly namespace: string;
  /** Without namespace declarations, in document order. */
  readonly attributes: readonly XmlAttribute[];
  /** What the element itself declares: prefix (empty for the default) to name (empty to take the default back). */
  readonly declared: ReadonlyMap<string, string>;
  /** All that is in scope, the element's own included; without `xml`. */
  readonly inScope: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  readonly parent: XmlElement | undefined;
  /** From 1, of the `<`. */
  readonly line: number;
  readonly column: number;
}

export interface XmlText {
  readonly kind: 'text';
  readonly text: string;
}

export interface XmlComment {
  readonly kind: 'comment';
  readonly text: string;
}

export interface XmlInstruction {
  readonly kind: 'instruction';
  readonly target: string;
  readonly data: string;
}

export type XmlNode = XmlElement | XmlText | XmlComment | XmlInstruction;

export interface XmlDocument {
  readonly file: string;
  /** The root, and comments and instructions around it. */
  readonly children: readonly XmlNode[];
  readonly root: XmlElement;
}

export const childElements = (element: XmlElement): readonly XmlElement[] =>
  element.children.filter((node): node is XmlElement => node.kind === 'element');

/** Children of this local name; of this namespace when one is given. */
export const childrenNamed = (element: XmlElement, local: string, namespace?: string): readonly XmlElement[] =>
  childElements(element).filter(
    (child) => child.local === local && (namespace === undefined || child.namespace === namespace),
  );

export const firstChild = (element: XmlElement, local: string, namespace?: string): XmlElement | undefined =>
  childrenNamed(element, local, namespace)[0];

/** The value of an attribute without a namespace. */
export const attributeOf = (element: XmlElement, local: string): string | undefined =>
  element.attributes.find((attribute) => attribute.local === local && attribute.namespace === '')?.value;

/** The text directly inside, without that of elements inside. */
export const textOf = (element: XmlElement): string => {
  const parts: string[] = [];
  for (const node of element.children) if (node.kind === 'text') parts.push(node.text);
  return parts.join('');
};

/** An element and all below it, in document order. */
export function* elementsBelow(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) if (child.kind === 'element') yield* elementsBelow(child);
}

/** Where an element stands, for messages. */
export const placeOf = (document: Pick<XmlDocument, 'file'>, { line, column }: XmlElement) => ({
  ...{ file: document.file, line, column },
});
