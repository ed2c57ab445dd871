import { WinpvError } from '../../../core/errors.ts';
import { shownText } from '../../../core/spelling.ts';
import { parseXml } from '../xml/parse.ts';
import { attributeOf, childElements, placeOf, type XmlDocument, type XmlElement } from '../xml/tree.ts';
import { parseZip, type ZipEntry } from '../zip/parse.ts';
import {
  type OpcPackage,
  type OpcPart,
  type OpcRelationship,
  type OpcTypes,
  PACKAGE_SOURCE,
  partKey,
  RELATIONSHIPS_NAMESPACE,
  RELATIONSHIPS_TYPE,
  sourceOfRelationships,
  TYPES_ENTRY,
  TYPES_NAMESPACE,
} from './model.ts';
import { partNameFlaw, resolveTarget } from './names.ts';

const MAX_PARTS = 10_000;
/** What all parts may have together: a file that promises far more than logs and databases pack to is none of them. */
const MAX_BYTES = 2 ** 31;
const MIN_LIMIT = 256 * 1024 * 1024;
const USUAL_RATIO = 64;
/** What an application that changed the package in place left behind: no part (ECMA-376 part 2, 10.2.8). */
const TRASH = /^\[trash\]\//i;
/** Of a part that lists types or relationships. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;

/**
 * Reads an OPC package. Every part has a content type, every relationship leads to a part that is there or, marked so,
 * to somewhere outside, where nobody looks.
 *
 * @throws WinpvError ZIP_*, XML_*, OPC_NOT_A_PACKAGE, OPC_PART_NAME, OPC_CONTENT_TYPE, OPC_RELATIONSHIP
 */
export const parseOpc = (bytes: Uint8Array, file: string): OpcPackage => {
  const maxBytes = Math.min(MAX_BYTES, Math.max(MIN_LIMIT, bytes.length * USUAL_RATIO));
  const entries = parseZip(bytes, file, { zip64: 'read', maxBytes }).filter(({ name }) => !TRASH.test(name));
  const list = entries.find(({ name }) => name.toLowerCase() === TYPES_ENTRY.toLowerCase());
  if (list === undefined) {
    const message = `The archive has no ${TYPES_ENTRY}.`;
    throw new WinpvError('OPC_NOT_A_PACKAGE', message, { at: { file } });
  }
  if (entries.length > MAX_PARTS) {
    const message = `The package has ${entries.length} parts; ${MAX_PARTS} is the limit.`;
    throw new WinpvError('OPC_NOT_A_PACKAGE', message, { at: { file } });
  }
  const types = parseTypes(listOf(list, file));
  const parts = entries.filter((entry) => entry !== list).map((entry) => partOf(entry, types, file));
  const relationships = readRelationships(parts, file);
  return { file, parts, types, relationships, zip64: entries.some(({ zip64 }) => zip64) };
};

const listOf = (entry: Pick<ZipEntry, 'name' | 'size' | 'bytes'>, file: string): XmlDocument =>
  parseXml(smallBytes(entry, MAX_LIST_BYTES, file), `${file}/${entry.name.replace(/^\//, '')}`);

/** The bytes of a part that is never large. @throws WinpvError XML_TOO_LARGE before it is unpacked, ZIP_DATA_INVALID */
export const smallBytes = (
  { name, size, bytes }: Pick<OpcPart, 'name' | 'size' | 'bytes'>,
  maxBytes: number,
  file: string,
): Uint8Array => {
  if (size <= maxBytes) return bytes();
  const message = `${shownText(name)} has ${size} bytes; ${maxBytes} is the limit.`;
  throw new WinpvError('XML_TOO_LARGE', message, { at: { file } });
};

const partOf = (entry: ZipEntry, types: OpcTypes, file: string): OpcPart => {
  const name = `/${entry.name}`;
  const flaw = partNameFlaw(name);
  if (flaw !== undefined) {
    const message = `No part can be named ${JSON.stringify(shownText(name))}: ${flaw}.`;
    throw new WinpvError('OPC_PART_NAME', message, { at: { file } });
  }
  const contentType = typeOf(types, name);
  if (contentType === undefined) {
    throw new WinpvError('OPC_CONTENT_TYPE', `${shownText(name)} has no content type.`, { at: { file } });
  }
  const { size, packed } = entry;
  return { name, contentType, size, packed, bytes: () => entry.bytes(), chunks: () => entry.chunks() };
};

/** An override goes before the default of the extension (10.1.2.4). */
export const typeOf = (types: OpcTypes, name: string): string | undefined =>
  types.overrides.get(partKey(name))?.contentType ?? types.defaults.get(extensionOf(name));

/** Lower case, without the dot; empty when the name has none. */
export const extensionOf = (name: string): string => /\.([^./]+)$/.exec(partKey(name))?.[1] ?? '';

const refuse = (
  code: 'OPC_CONTENT_TYPE' | 'OPC_RELATIONSHIP',
  document: XmlDocument,
  element: XmlElement,
  message: string,
): WinpvError => new WinpvError(code, message, { at: placeOf(document, element) });

const parseTypes = (document: XmlDocument): OpcTypes => {
  const { root } = document;
  const defaults = new Map<string, string>();
  const overrides = new Map<string, { readonly name: string; readonly contentType: string }>();
  if (root.local !== 'Types' || root.namespace !== TYPES_NAMESPACE)
    throw refuse('OPC_CONTENT_TYPE', document, root, 'This is no list of content types.');
  for (const element of childElements(root)) {
    const contentType = attributeOf(element, 'ContentType');
    const extension = attributeOf(element, 'Extension');
    const name = attributeOf(element, 'PartName');
    if (contentType === undefined || !/^[^\s/;]+\/[^\s/;]+/.test(contentType))
      throw refuse('OPC_CONTENT_TYPE', document, element, 'A content type is missing or is none.');
    if (element.local === 'Default' && extension !== undefined) {
      const key = partKey(extension);
      if (defaults.has(key)) throw refuse('OPC_CONTENT_TYPE', document, element, 'An extension has two content types.');
      defaults.set(key, contentType);
    } else if (element.local === 'Override' && name !== undefined) {
      if (overrides.has(partKey(name)))
        throw refuse('OPC_CONTENT_TYPE', document, element, 'A part has two content types.');
      overrides.set(partKey(name), { name, contentType });
    } else throw refuse('OPC_CONTENT_TYPE', document, element, 'An entry is neither a default nor an override.');
  }
  return { defaults, overrides };
};

const readRelationships = (
  parts: readonly OpcPart[],
  file: string,
): ReadonlyMap<string, readonly OpcRelationship[]> => {
  const names = new Map(parts.map((part) => [partKey(part.name), part.name]));
  const found = new Map<string, readonly OpcRelationship[]>();
  for (const part of parts) {
    const source = sourceOfRelationships(part.name);
    if (source === undefined) continue;
    if (partKey(part.contentType) !== RELATIONSHIPS_TYPE) {
      const message = `${shownText(part.name)} holds relationships and has another content type.`;
      throw new WinpvError('OPC_CONTENT_TYPE', message, { at: { file } });
    }
    if (source !== PACKAGE_SOURCE && !names.has(partKey(source))) {
      const message = `${shownText(part.name)} is for a part that is not there.`;
      throw new WinpvError('OPC_RELATIONSHIP', message, { at: { file } });
    }
    found.set(partKey(source), parseRelationships(listOf(part, file), source, names));
  }
  return found;
};

const parseRelationships = (
  document: XmlDocument,
  source: string,
  names: ReadonlyMap<string, string>,
): readonly OpcRelationship[] => {
  const { root } = document;
  const refused = (element: XmlElement, message: string) => refuse('OPC_RELATIONSHIP', document, element, message);
  if (root.local !== 'Relationships' || root.namespace !== RELATIONSHIPS_NAMESPACE)
    throw refused(root, 'This is no list of relationships.');
  const ids = new Set<string>();
  return childElements(root).map((element): OpcRelationship => {
    const id = attributeOf(element, 'Id');
    const type = attributeOf(element, 'Type');
    const target = attributeOf(element, 'Target');
    const mode = attributeOf(element, 'TargetMode') ?? 'Internal';
    const whole = element.local === 'Relationship' && element.namespace === RELATIONSHIPS_NAMESPACE;
    if (!whole || id === undefined || type === undefined || target === undefined)
      throw refused(element, 'A relationship has no id, type or target.');
    if (ids.has(id)) throw refused(element, `The id ${JSON.stringify(shownText(id))} stands twice.`);
    ids.add(id);
    if (mode === 'External') return { id, type, target, mode, part: undefined };
    if (mode !== 'Internal') throw refused(element, 'A relationship is neither internal nor external.');
    const part = names.get(partKey(resolveTarget(source, target) ?? ''));
    if (part !== undefined && sourceOfRelationships(part) === undefined) return { id, type, target, mode, part };
    throw refused(element, `${JSON.stringify(shownText(target))} leads to no part of the package.`);
  });
};
