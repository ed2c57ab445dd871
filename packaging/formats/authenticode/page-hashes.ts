import { fromHex } from '../../../core/bytes.ts';
import { contextConstructed, type Der, octetString, oid, sequence, setOf } from '../der/encode.ts';

/** The class of SpcSerializedObject that page hashes have, and a cabinet's second hash (spec signing-formats 3.5, 3.6). */
const SERIALIZED_CLASS = fromHex('a6b586d5b4a12466ae05a217da8e60d6');
const PAGE_HASH_OID = { sha1: '1.3.6.1.4.1.311.2.3.1', sha256: '1.3.6.1.4.1.311.2.3.2' } as const;

/** A table of page hashes as `pageHashes` makes it, and the hash it is of. */
export interface PageHashTable {
  readonly algorithm: 'sha1' | 'sha256';
  readonly table: Uint8Array;
}

/** SpcLink ::= [1] IMPLICIT SpcSerializedObject { classId, serializedData } around one attribute. */
export const spcLinkToObject = (id: string, value: Uint8Array): Der =>
  contextConstructed(
    1,
    octetString(SERIALIZED_CLASS),
    octetString(setOf(sequence(oid(id), setOf(octetString(value))))),
  );

/** SpcLink to a table of page hashes, alike in embedded signatures and in catalogs. */
export const spcLinkToPages = ({ algorithm, table }: PageHashTable): Der =>
  spcLinkToObject(PAGE_HASH_OID[algorithm], table);
