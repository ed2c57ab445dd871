import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { attribute } from '../cms/encode.ts';
import { type DigestAlgorithm, DigestOid, SpcOid } from '../cms/object-ids.ts';
import {
  bitString,
  contextConstructed,
  contextPrimitive,
  type Der,
  nullValue,
  octetString,
  oid,
  sequence,
  utf16be,
} from '../der/encode.ts';
import { type PageHashTable, spcLinkToPages } from './page-hashes.ts';

const NOTHING = new Uint8Array(0);

/** SpcString ::= CHOICE { [0] IMPLICIT BMPString unicode, [1] IMPLICIT IA5String ascii }; Windows writes unicode. */
const spcString = (text: string): Der => contextPrimitive(0, utf16be(text));

/** SpcLink ::= CHOICE { [0] IMPLICIT IA5String url, [1] …, [2] EXPLICIT SpcString file } */
const spcLinkToFile = (text: string): Der => contextConstructed(2, spcString(text));
const spcLinkToUrl = (url: string): Der => {
  if (!/^[!-~]+$/.test(url)) {
    throw new WinpvError(
      'SIGN_URL_INVALID',
      `The address "${url}" is empty or has characters that are not plain ASCII.`,
      {
        hint: 'Write host names in their xn-- form, and other characters as %XX.',
      },
    );
  }
  return contextPrimitive(0, utf8(url));
};

/** SpcPeImageData ::= SEQUENCE { BIT STRING flags (none set), [0] EXPLICIT SpcLink } as SignTool writes it. */
const spcPeImageData = (pages: PageHashTable | undefined): Der =>
  sequence(bitString(NOTHING), contextConstructed(0, pages === undefined ? spcLinkToFile('') : spcLinkToPages(pages)));

/**
 * SpcIndirectDataContent ::= SEQUENCE { SEQUENCE { OID type, data }, DigestInfo }: the content of an embedded signature.
 * Its value octets are what `messageDigest` covers.
 * @param pages the page hashes of a PE image, when they are to be signed too
 * @see spec signing-formats 3.3 (PE), 3.5 (page hashes), 5.4 (CAB)
 */
export const encodeIndirectData = (
  kind: 'pe' | 'cab',
  algorithm: DigestAlgorithm,
  digest: Uint8Array,
  pages?: PageHashTable,
): Der => {
  const data =
    kind === 'pe'
      ? sequence(oid(SpcOid.peImageData), spcPeImageData(pages))
      : sequence(oid(SpcOid.cabData), spcLinkToFile(''));
  return sequence(data, sequence(sequence(oid(DigestOid[algorithm]), nullValue), octetString(digest)));
};

/** What a signature says about itself to people. */
export interface OpusInfo {
  /** The program's name, shown when Windows asks whether to trust it. */
  readonly description?: string | undefined;
  /** Where to read more; ASCII. */
  readonly url?: string | undefined;
}

/** SpcSpOpusInfo ::= SEQUENCE { [0] EXPLICIT SpcString programName OPTIONAL, [1] EXPLICIT SpcLink moreInfo OPTIONAL } */
const spcSpOpusInfo = ({ description, url }: OpusInfo): Der =>
  sequence(
    ...(description === undefined ? [] : [contextConstructed(0, spcString(description))]),
    ...(url === undefined ? [] : [contextConstructed(1, spcLinkToUrl(url))]),
  );

/**
 * The attributes of SignTool beside content type and message digest; no signing time (spec signing-formats 1.7, 3.4).
 * @throws WinpvError SIGN_URL_INVALID
 */
export const authenticodeAttributes = (opus: OpusInfo): readonly Der[] => [
  attribute(SpcOid.opusInfo, spcSpOpusInfo(opus)),
  attribute(SpcOid.statementType, sequence(oid(SpcOid.individualCodeSigning))),
];
