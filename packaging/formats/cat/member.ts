import { spcLinkToObject, spcLinkToPages } from '../authenticode/page-hashes.ts';
import { bitString, contextConstructed, contextPrimitive, type Der, sequence, utf16be } from '../der/encode.ts';
import {
  type CatalogAlgorithm,
  type CatalogMember,
  type CatalogVersion,
  CatOid,
  type MemberInfo,
  type NameValue,
  SUBJECT_GUIDS,
  type SubjectKind,
  tagOfHash,
} from './model.ts';
import type { CatalogSubject } from './subject.ts';

/** Old tools put the text `<<<Obsolete>>>` where today's put nothing (spec signing-formats 1.4). Ours write nothing. */
export type LinkStyle = 'empty' | 'obsolete';

export interface MemberStyle {
  readonly version: CatalogVersion;
  /** Name/values of the file. */
  readonly attributes: readonly NameValue[];
  readonly link?: LinkStyle;
  /** Whether a PE image's page hashes are listed too. */
  readonly pageHashes?: 'listed' | 'none';
  /** What the SHA-1 member of version 2 says: all attributes (Inf2Cat), the kind alone (MakeCat), or these (Windows). */
  readonly compat?: 'full' | 'bare' | readonly NameValue[];
}

/** SpcLink `[2] file` holding SpcString `[0] unicode`. */
const fileLink = (style: LinkStyle): Der =>
  contextConstructed(2, contextPrimitive(0, style === 'empty' ? new Uint8Array(0) : utf16be('<<<Obsolete>>>')));

/** Of the serialized object that holds a cabinet's second hash: the same class as that of page hashes. */
const ENHANCED_HASH_OID = '1.3.6.1.4.1.311.2.5.1';

/** SpcPeImageData ::= SEQUENCE { flags BIT STRING, file [0] EXPLICIT SpcLink } with the flags that catalogs have. */
const peImageData = (link: Der): Der => sequence(bitString(Uint8Array.of(0xa0), 5), contextConstructed(0, link));

interface Subject {
  readonly type: string;
  readonly data: Der;
}

const subjectData = (subject: CatalogSubject, algorithm: CatalogAlgorithm, style: MemberStyle): Subject => {
  const { link = 'empty', pageHashes = 'none' } = style;
  if (subject.kind === 'pe') {
    const table = pageHashes === 'listed' ? subject.pageHashes?.(algorithm) : undefined;
    return {
      type: CatOid.peImageData,
      data: peImageData(table === undefined ? fileLink(link) : spcLinkToPages({ algorithm, table })),
    };
  }
  const enhanced = subject.kind === 'cab' ? subject.enhancedHash?.() : undefined;
  if (enhanced !== undefined) return { type: CatOid.link, data: spcLinkToObject(ENHANCED_HASH_OID, enhanced) };
  return { type: CatOid.cabData, data: fileLink(link) };
};

const MEMBER_INFOS: Readonly<Record<CatalogVersion, Readonly<Record<SubjectKind, MemberInfo>>>> = {
  1: {
    pe: { form: 1, guid: SUBJECT_GUIDS.pe, certVersion: 0x200 },
    cab: { form: 1, guid: SUBJECT_GUIDS.cab, certVersion: 0x200 },
    flat: { form: 1, guid: SUBJECT_GUIDS.flat, certVersion: 0x200 },
  },
  2: { pe: { form: 2, kind: 'pe' }, cab: { form: 2, kind: 'cab' }, flat: { form: 2, kind: 'flat' } },
};

/**
 * The members that list a file: one with its SHA-1 hash in version 1; in version 2 one with its SHA-256 hash and a SHA-1
 * "compat" member without indirect data (spec signing-formats 1.3, 1.4).
 */
export const membersOf = (subject: CatalogSubject, style: MemberStyle): readonly CatalogMember[] => {
  const { version, attributes, compat = 'full' } = style;
  const algorithm = version === 1 ? 'sha1' : 'sha256';
  const digest = subject.digest(algorithm);
  const common = { memberInfo: MEMBER_INFOS[version][subject.kind], otherAttributes: [] };
  const main: CatalogMember = {
    ...common,
    tag: tagOfHash(version, digest),
    attributes,
    indirectData: { ...subjectData(subject, algorithm, style), algorithm: CatOid[algorithm], digest },
  };
  if (version === 1) return [main];
  return [
    main,
    {
      ...common,
      tag: subject.digest('sha1'),
      attributes: compat === 'full' ? attributes : compat === 'bare' ? [] : compat,
      indirectData: undefined,
    },
  ];
};
