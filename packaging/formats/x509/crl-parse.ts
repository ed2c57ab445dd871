import { toHex } from '../../../core/bytes.ts';
import { type AlgorithmIdentifier, parseAlgorithmIdentifier } from '../cms/algorithms.ts';
import { contextPrimitiveTag, contextTag, type DerNode, parseDer, Tag } from '../der/parse.ts';

/** One revoked certificate. */
export interface Revocation {
  /** Milliseconds since 1970. */
  readonly dateMs: number;
  /** CRLReason (RFC 5280, 5.3.1); undefined when none is given. */
  readonly reason: number | undefined;
  /** Since when the key was known or suspected to be in other hands (RFC 5280, 5.3.2); undefined when it is not said. */
  readonly invalidityMs: number | undefined;
}

/** issuingDistributionPoint: what a list speaks of (RFC 5280, 5.2.5). */
export interface ListScope {
  /** Whole GeneralNames of the place that the list is fetched from; empty when it is not said. */
  readonly places: readonly Uint8Array[];
  /** A place is said, in whichever form. */
  readonly placed: boolean;
  readonly only: 'users' | 'authorities' | 'attributes' | undefined;
  readonly someReasons: boolean;
  /** It lists certificates of other issuers as well. */
  readonly indirect: boolean;
}

/** A list of revoked certificates, as read. Byte fields are views of whole encodings unless said otherwise. */
export interface RevocationList {
  readonly der: Uint8Array;
  readonly issuer: Uint8Array;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number | undefined;
  /** Those of the list's own issuer, by the value octets of the serial number, in lower-case hex. */
  readonly revoked: ReadonlyMap<string, Revocation>;
  /** cRLNumber, and the one that a list of changes builds on: value octets in lower-case hex. */
  readonly number: string | undefined;
  readonly changesSince: string | undefined;
  readonly scope: ListScope | undefined;
  /** Critical extensions, of the list or its entries, that this reader does not know: such a list must not be used. */
  readonly unknownCritical: readonly string[];
  /** tbsCertList: what the issuer signed. */
  readonly tbs: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  /** The signature octets, without the count of unused bits. */
  readonly signature: Uint8Array;
  readonly file: string;
}

/** Microsoft's and DigiCert's longest lists have some ten thousand. */
const MAX_REVOKED = 2_000_000;
const MAX_EXTENSIONS = 100;
const Oid = {
  reasonCode: '2.5.29.21',
  invalidityDate: '2.5.29.24',
  certificateIssuer: '2.5.29.29',
  number: '2.5.29.20',
  deltaIndicator: '2.5.29.27',
  scope: '2.5.29.28',
  authorityKeyIdentifier: '2.5.29.35',
} as const;

const isTime = ({ tag }: DerNode): boolean => tag === Tag.utcTime || tag === Tag.generalizedTime;

/**
 * CertificateList ::= SEQUENCE { tbsCertList SEQUENCE { version OPTIONAL, signature, issuer, thisUpdate, nextUpdate
 * OPTIONAL, revokedCertificates OPTIONAL, [0] crlExtensions OPTIONAL }, signatureAlgorithm, signatureValue }   (RFC 5280, 5.1)
 * @throws WinpvError DER_*
 */
export const parseRevocationList = (bytes: Uint8Array, file: string): RevocationList => {
  const node = parseDer(bytes, { file }).expect(Tag.sequence, 'CertificateList');
  if (node.children.length !== 3) node.fail('DER_UNEXPECTED', 'A revocation list does not have three parts.');
  const tbs = node.child(0, 'tbsCertList', Tag.sequence);
  const outer = node.child(1, 'signatureAlgorithm', Tag.sequence);
  const first = tbs.children[0]?.tag === Tag.integer ? 1 : 0;
  const signatureAlgorithm = parseAlgorithmIdentifier(tbs.child(first, 'signature', Tag.sequence), 'signature');
  if (toHex(outer.bytes) !== toHex(signatureAlgorithm.node.bytes)) {
    outer.fail('DER_UNEXPECTED', 'The signature algorithms inside and outside a revocation list differ.');
  }
  const [next, ...rest] = tbs.children.slice(first + 3);
  const hasNext = next !== undefined && isTime(next);
  const fields = hasNext || next === undefined ? rest : [next, ...rest];
  const entries = fields[0]?.tag === Tag.sequence ? fields[0] : undefined;
  const extensions = fields[entries === undefined ? 0 : 1];
  if (fields.length > (entries === undefined ? 0 : 1) + (extensions === undefined ? 0 : 1)) {
    tbs.fail('DER_UNEXPECTED', 'A revocation list has an unknown field.');
  }
  const bits = node.child(2, 'signatureValue', Tag.bitString);
  if (bits.value[0] !== 0) bits.fail('DER_UNEXPECTED', 'A signature is not whole octets.');
  const issuer = tbs.child(first + 1, 'issuer', Tag.sequence).bytes;
  const { revoked, unknownCritical } = readRevoked(entries, issuer);
  const said = readExtensions(extensions);
  return {
    der: bytes,
    issuer,
    thisUpdateMs: tbs.child(first + 2, 'thisUpdate').time('thisUpdate'),
    nextUpdateMs: hasNext ? next.time('nextUpdate') : undefined,
    revoked,
    ...said,
    unknownCritical: [...said.unknownCritical, ...unknownCritical],
    tbs: tbs.bytes,
    signatureAlgorithm,
    signature: bits.value.subarray(1),
    file,
  };
};

/** Extension ::= SEQUENCE { extnID, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING } */
export interface ListExtension {
  readonly oid: string;
  readonly critical: boolean;
  /** What stands in the OCTET STRING. */
  value(): DerNode;
}

/** Extensions of lists, of their entries and of OCSP answers, each once. @throws WinpvError DER_* */
export const parseListExtensions = (list: DerNode | undefined): readonly ListExtension[] => {
  const nodes = list?.expect(Tag.sequence, 'Extensions').children ?? [];
  const found = nodes.slice(0, MAX_EXTENSIONS + 1).map((node): ListExtension => {
    const { children } = node.expect(Tag.sequence, 'Extension');
    if (children.length < 2 || children.length > 3) node.fail('DER_UNEXPECTED', 'An extension has another shape.');
    const critical = children.length === 3 && node.child(1, 'critical', Tag.boolean).value[0] !== 0;
    const octets = node.child(children.length - 1, 'extnValue', Tag.octetString);
    const base = octets.offset + octets.bytes.length - octets.value.length;
    return {
      oid: node.child(0, 'extnID').oid('extnID'),
      critical,
      value: () => parseDer(octets.value, { file: node.file, base }),
    };
  });
  if (found.length > MAX_EXTENSIONS || new Set(found.map(({ oid }) => oid)).size < found.length) {
    list?.fail('DER_UNEXPECTED', 'There are too many extensions, or one of them twice.');
  }
  return found;
};

const NO_REASON = { reason: undefined, invalidityMs: undefined };

/** SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions OPTIONAL } */
const readRevoked = (entries: DerNode | undefined, listIssuer: Uint8Array) => {
  const items = entries?.children ?? [];
  if (items.length > MAX_REVOKED) entries?.fail('DER_UNEXPECTED', 'The revocation list has too many entries.');
  const revoked = new Map<string, Revocation>();
  const unknownCritical = new Set<string>();
  // An entry that names its issuer speaks for those after it as well (RFC 5280, 5.3.3).
  let own = true;
  for (const item of items) {
    const serial = item.expect(Tag.sequence, 'revokedCertificate').child(0, 'userCertificate').integerHex('serial');
    const dateMs = item.child(1, 'revocationDate').time('revocationDate');
    if (item.children.length > 3) item.fail('DER_UNEXPECTED', 'An entry of a revocation list has an unknown field.');
    const extensions = item.children[2];
    const said = extensions === undefined ? NO_REASON : readEntry(extensions, listIssuer, unknownCritical);
    if ('own' in said && said.own !== undefined) own = said.own;
    if (!own) continue;
    // Of two entries for one certificate the earlier is the worse.
    const before = revoked.get(serial);
    const { reason, invalidityMs } = said;
    if (before === undefined || before.dateMs > dateMs) revoked.set(serial, { dateMs, reason, invalidityMs });
  }
  return { revoked, unknownCritical: [...unknownCritical] };
};

const readEntry = (extensions: DerNode, listIssuer: Uint8Array, unknownCritical: Set<string>) => {
  let [reason, invalidityMs]: (number | undefined)[] = [];
  let own: boolean | undefined;
  for (const { oid, critical, value } of parseListExtensions(extensions)) {
    if (oid === Oid.reasonCode) reason = parseReason(value());
    else if (oid === Oid.invalidityDate) invalidityMs = value().time('invalidityDate');
    else if (oid === Oid.certificateIssuer) {
      const names = value().expect(Tag.sequence, 'certificateIssuer').children;
      own = names.some((name) => name.tag === contextTag(4) && same(name.value, listIssuer));
    } else if (critical) unknownCritical.add(oid);
  }
  return { reason, invalidityMs, own };
};

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** CRLReason ::= ENUMERATED   (RFC 5280, 5.3.1) @throws WinpvError DER_UNEXPECTED */
export const parseReason = (node: DerNode): number => {
  const [reason, ...more] = node.expect(Tag.enumerated, 'CRLReason').value;
  if (reason === undefined || more.length > 0 || reason > 10 || reason === 7) {
    return node.fail('DER_UNEXPECTED', 'A reason for revocation is none that exists.');
  }
  return reason;
};

const readExtensions = (field: DerNode | undefined) => {
  const extensions = parseListExtensions(field?.expect(contextTag(0), 'crlExtensions').child(0, 'crlExtensions'));
  const inner = (oid: string): DerNode | undefined => extensions.find((one) => one.oid === oid)?.value();
  const scope = inner(Oid.scope);
  const known: ReadonlySet<string> = new Set(Object.values(Oid));
  return {
    number: inner(Oid.number)?.integerHex('cRLNumber'),
    changesSince: inner(Oid.deltaIndicator)?.integerHex('BaseCRLNumber'),
    scope: scope === undefined ? undefined : readScope(scope),
    unknownCritical: extensions.filter(({ oid, critical }) => critical && !known.has(oid)).map(({ oid }) => oid),
  };
};

/**
 * IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0] OPTIONAL, onlyContainsUserCerts [1], onlyContainsCACerts [2],
 * onlySomeReasons [3] OPTIONAL, indirectCRL [4], onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
 */
const readScope = (node: DerNode): ListScope => {
  node.expect(Tag.sequence, 'IssuingDistributionPoint');
  const flag = (n: number): boolean => (node.find(contextPrimitiveTag(n))?.value[0] ?? 0) !== 0;
  const known = [contextTag(0), ...[1, 2, 3, 4, 5].map(contextPrimitiveTag)];
  for (const field of node.children) {
    if (!known.includes(field.tag))
      field.fail('DER_UNEXPECTED', 'The scope of a revocation list has an unknown field.');
  }
  const place = node.find(contextTag(0));
  return {
    places: place?.find(contextTag(0))?.children.map(({ bytes }) => bytes) ?? [],
    placed: place !== undefined,
    only: flag(1) ? 'users' : flag(2) ? 'authorities' : flag(5) ? 'attributes' : undefined,
    someReasons: node.find(contextPrimitiveTag(3)) !== undefined,
    indirect: flag(4),
  };
};

const PEM = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g;

/** The lists of a `.crl` file: one in DER, or any number in PEM. @throws WinpvError DER_* */
export const parseRevocationLists = (bytes: Uint8Array, file: string): readonly RevocationList[] => {
  if (bytes[0] === Tag.sequence) return [parseRevocationList(bytes, file)];
  const blocks = [...Buffer.from(bytes).toString('latin1').matchAll(PEM)];
  // Neither form: reading it as DER says what is wrong at which place.
  if (blocks.length === 0) return [parseRevocationList(bytes, file)];
  return blocks.map(([, text = '']) => parseRevocationList(new Uint8Array(Buffer.from(text, 'base64')), file));
};
