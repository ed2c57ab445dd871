import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import {
  type OpcPackage,
  type OpcPart,
  partKey,
  partNamed,
  relationshipsOf,
  sourceOfRelationships,
} from '../formats/opc/model.ts';
import {
  isSelected,
  type RelationshipSelection,
  transformRelationships,
} from '../formats/opc/relationship-transform.ts';
import { canonicalXml } from '../formats/xml/canonical.ts';
import { parseXml } from '../formats/xml/parse.ts';
import {
  attributeOf,
  childElements,
  childrenNamed,
  firstChild,
  type XmlDocument,
  type XmlElement,
} from '../formats/xml/tree.ts';
import { checkDigest, transformsOf } from './opc-reference.ts';
import {
  C14N,
  C14N_WITH_COMMENTS,
  DSIG,
  OPC_DSIG,
  RELATIONSHIP_TRANSFORM,
  SignatureRelationship,
} from './opc-terms.ts';

export interface ManifestRequest {
  readonly document: XmlDocument;
  readonly packageObject: XmlElement;
  /** Keys of the parts that no signature covers. */
  readonly own: ReadonlySet<string>;
}

const MAX_REFERENCES = 20_000;
const REFERENCE = /^([^?#]+)\?ContentType=([^?#&]+)$/;

/** Every digest of the list of parts, and whether the list has all parts and relationships. */
export const checkManifest = (opc: OpcPackage, request: ManifestRequest): readonly Diagnostic[] => {
  const { document, packageObject } = request;
  const manifest = firstChild(packageObject, 'Manifest', DSIG);
  const references = manifest === undefined ? [] : childrenNamed(manifest, 'Reference', DSIG);
  if (references.length === 0 || references.length > MAX_REFERENCES)
    throw new WinpvError('OPC_SIGNATURE_MALFORMED', 'The signature has no list of parts.', {
      at: { file: document.file },
    });
  const judged = references.map((reference) => checkReference(opc, document, reference));
  return [...judged.flatMap(({ findings }) => findings), ...checkCoverage(opc, request.own, judged)];
};

interface JudgedReference {
  /** The part that it names. */
  readonly part: OpcPart | undefined;
  /** The relationships that it covers, when it is of some; everything when `all`. */
  readonly selection: RelationshipSelection | 'all' | undefined;
  readonly findings: readonly Diagnostic[];
}

const checkReference = (opc: OpcPackage, document: XmlDocument, reference: XmlElement): JudgedReference => {
  const at = { file: document.file, line: reference.line, column: reference.column };
  const uri = attributeOf(reference, 'URI') ?? '';
  const [, name = '', type = ''] = REFERENCE.exec(uri) ?? [];
  const malformed = (message: string): JudgedReference => ({
    ...{ part: undefined, selection: undefined, findings: [problem('OPC_SIGNATURE_MALFORMED', message, { at })] },
  });
  if (name === '') return malformed(`${JSON.stringify(shownText(uri))} names no part with its content type.`);
  const part = partNamed(opc, name);
  if (part === undefined) {
    const message = `${shownText(name)} was signed and is not there.`;
    return { part, selection: undefined, findings: [problem('OPC_DIGEST', message, { at })] };
  }
  const typed = partKey(type) === partKey(part.contentType) || partKey(decoded(type)) === partKey(part.contentType);
  const findings = typed
    ? []
    : [problem('OPC_DIGEST', `${shownText(name)} was signed with another content type than it has.`, { at })];
  const source = sourceOfRelationships(part.name);
  const transforms = transformsOf(reference);
  const [first, second] = transforms;
  const plain = transforms.length === 0 || (transforms.length === 1 && isCanonical(first));
  if (
    !plain &&
    !(source !== undefined && first === RELATIONSHIP_TRANSFORM && isCanonical(second) && transforms.length === 2)
  )
    return malformed(`${shownText(name)} is transformed in a way that OPC does not allow.`);
  if (first === RELATIONSHIP_TRANSFORM) {
    const selection = selectionOf(reference);
    const bytes = () => transformRelationships(relationshipsOf(opc, source ?? ''), selection);
    const what = `The relationships in ${part.name}`;
    return { part, selection, findings: [...findings, ...checkDigest(document, reference, { bytes, what })] };
  }
  const bytes = first === undefined ? () => part.bytes() : () => canonicalPart(opc, part, first);
  const selection = source === undefined ? undefined : 'all';
  return { part, selection, findings: [...findings, ...checkDigest(document, reference, { bytes, what: part.name })] };
};

const isCanonical = (algorithm: string | undefined): boolean => algorithm === C14N || algorithm === C14N_WITH_COMMENTS;

const canonicalPart = (opc: OpcPackage, part: OpcPart, algorithm: string): Uint8Array => {
  const { root } = parseXml(part.bytes(), `${opc.file}${part.name}`);
  return canonicalXml(root, { comments: algorithm === C14N ? 'dropped' : 'kept' });
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const selectionOf = (reference: XmlElement): RelationshipSelection => {
  const ids = new Set<string>();
  const types = new Set<string>();
  for (const list of childrenNamed(reference, 'Transforms', DSIG)) {
    for (const transform of childrenNamed(list, 'Transform', DSIG)) {
      for (const element of childElements(transform).filter(({ namespace }) => namespace === OPC_DSIG)) {
        const id = element.local === 'RelationshipReference' ? attributeOf(element, 'SourceId') : undefined;
        const type = element.local === 'RelationshipsGroupReference' ? attributeOf(element, 'SourceType') : undefined;
        if (id !== undefined) ids.add(id);
        if (type !== undefined) types.add(type);
      }
    }
  }
  return { ids, types };
};

const checkCoverage = (
  opc: OpcPackage,
  own: ReadonlySet<string>,
  judged: readonly JudgedReference[],
): readonly Diagnostic[] => {
  const covered = new Map<string, JudgedReference[]>();
  for (const one of judged) {
    if (one.part === undefined) continue;
    const key = partKey(one.part.name);
    covered.set(key, [...(covered.get(key) ?? []), one]);
  }
  return opc.parts.flatMap((part): readonly Diagnostic[] => {
    const key = partKey(part.name);
    if (own.has(key)) return [];
    const by = covered.get(key) ?? [];
    const source = sourceOfRelationships(part.name);
    if (source !== undefined) return checkRelationships(opc, source, by);
    if (by.length > 0) return [];
    return [problem('OPC_NOT_COVERED', `No signature covers ${shownText(part.name)}.`, { at: { file: opc.file } })];
  });
};

/** Each relationship is covered but that to the signatures, which comes with them. */
const checkRelationships = (opc: OpcPackage, source: string, by: readonly JudgedReference[]): readonly Diagnostic[] =>
  relationshipsOf(opc, source)
    .filter(({ type }) => !(source === '/' && type === SignatureRelationship.origin))
    .filter(
      (one) =>
        !by.some(({ selection }) => selection === 'all' || (selection !== undefined && isSelected(selection, one))),
    )
    .map(({ id, type }) =>
      problem('OPC_NOT_COVERED', `No signature covers the relationship ${shownText(id)} (${shownText(type)}).`, {
        at: { file: opc.file },
      }),
    );
