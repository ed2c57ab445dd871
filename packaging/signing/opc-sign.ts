import { createHash } from 'node:crypto';
import { concatBytes, toHex, utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { parseDer } from '../formats/der/parse.ts';
import { encodeRelationships, encodeTypes, typesWith } from '../formats/opc/encode.ts';
import {
  type OpcPackage,
  type OpcPart,
  type OpcRelationship,
  partKey,
  RELATIONSHIPS_TYPE,
  relationshipsOf,
  relationshipsPartOf,
  sourceOfRelationships,
  TYPES_ENTRY,
} from '../formats/opc/model.ts';
import { parseOpc } from '../formats/opc/parse.ts';
import { transformRelationships } from '../formats/opc/relationship-transform.ts';
import { canonicalXml, escapedAttribute } from '../formats/xml/canonical.ts';
import { parseXml } from '../formats/xml/parse.ts';
import { childrenNamed } from '../formats/xml/tree.ts';
import { assembleZip, type PackedInput, packedInput } from '../formats/zip/assemble.ts';
import { readIdentity, signChecked } from './identity.ts';
import {
  C14N,
  DSIG,
  OBJECT_TYPE,
  OPC_DSIG,
  PACKAGE_OBJECT,
  RELATIONSHIP_TRANSFORM,
  SignatureRelationship,
  SignatureType,
  signatureParts,
} from './opc-terms.ts';
import type { Signer } from './signer.ts';

export interface OpcSignOptions {
  readonly signer: Signer;
  /** What the signature says of its time, and the date of the archive's entries; milliseconds since 1970. */
  readonly signedAtMs: number;
  /** What to do with signatures that are there; default: refuse. */
  readonly existing?: 'refuse' | 'replace' | undefined;
}

const FOLDER = '/package/services/digital-signature';
const ORIGIN = `${FOLDER}/origin.psdsor`;
const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/**
 * Signs a package as the kit's own tools do (spec hlk 1.3): RSA with SHA-256 over every part and every relationship, the
 * certificate in a part of its own. The bytes of all parts stay; signatures that were there go when `existing` says so.
 *
 * @throws WinpvError ZIP_*, OPC_* for what is no package, OPC_SIGNED, SIGN_KEY_UNSUPPORTED for a key that is not RSA
 */
export const signOpc = async (bytes: Uint8Array, file: string, options: OpcSignOptions): Promise<Uint8Array> => {
  const opc = parseOpc(bytes, file);
  const identity = await readIdentity(options.signer);
  if (identity.kind !== 'rsa') {
    throw new WinpvError('SIGN_KEY_UNSUPPORTED', `${options.signer.label} is not an RSA key.`, {
      hint: 'Partner Center accepts a package that is signed otherwise, and fails later (docs issue 3740).',
    });
  }
  const { signatures, own } = signatureParts(opc);
  if (signatures.length > 0 && options.existing !== 'replace') {
    throw new WinpvError('OPC_SIGNED', 'The package is signed already.', {
      at: { file },
      hint: 'Sign it anew with --replace.',
    });
  }
  const kept = opc.parts.filter((part) => !own.has(partKey(part.name)));
  const unsigned = relationshipsOf(opc, '/').filter(({ type }) => type !== SignatureRelationship.origin);
  const object = await packageObject(opc, { kept, unsigned, signedAtMs: options.signedAtMs });
  const signature = await signatureXml(object, (message) => signChecked(identity, message, 'sha256'));
  return assemble(opc, {
    kept,
    unsigned,
    signature,
    certificate: identity.certificate,
    serial: parseDer(identity.name.serialNumber, { file }).value,
    options,
  });
};

interface Signable {
  /** All parts that stay, those with relationships too. */
  readonly kept: readonly OpcPart[];
  /** The package's relationships but that to signatures. */
  readonly unsigned: readonly OpcRelationship[];
}

const digestXml = (base64: string): string =>
  `<DigestMethod Algorithm="${SHA256}" /><DigestValue>${base64}</DigestValue>`;

const digest = (bytes: Uint8Array): string => digestXml(createHash('sha256').update(bytes).digest('base64'));

/** The object that lists what is signed, as it will stand in the XML. */
const packageObject = async (
  opc: OpcPackage,
  { kept, unsigned, signedAtMs }: Signable & { readonly signedAtMs: number },
): Promise<string> => {
  const references: string[] = [];
  for (const part of kept) {
    const source = sourceOfRelationships(part.name);
    if (source === undefined) {
      references.push(await partReference(part));
      continue;
    }
    const list = source === '/' ? unsigned : relationshipsOf(opc, source);
    if (list.length > 0) references.push(relationshipsReference(part, list));
  }
  const time = new Date(signedAtMs).toISOString().replace(/(\.\d)\d\dZ$/, '$1Z');
  return [
    `<Object Id="${PACKAGE_OBJECT}"><Manifest>${references.sort().join('')}</Manifest>`,
    '<SignatureProperties><SignatureProperty Id="idSignatureTime" Target="#SignatureIdValue">',
    `<SignatureTime xmlns="${OPC_DSIG}"><Format>YYYY-MM-DDThh:mm:ss.sTZD</Format><Value>${time}</Value></SignatureTime>`,
    '</SignatureProperty></SignatureProperties></Object>',
  ].join('');
};

const referenceUri = ({ name, contentType }: OpcPart): string => escapedAttribute(`${name}?ContentType=${contentType}`);

/** Parts have hundreds of megabytes: the digest is taken while they are unpacked, and they are kept packed. */
const partReference = async (part: OpcPart): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of part.chunks()) hash.update(piece);
  return `<Reference URI="${referenceUri(part)}">${digestXml(hash.digest('base64'))}</Reference>`;
};

const relationshipsReference = (part: OpcPart, relationships: readonly OpcRelationship[]): string => {
  const types = [...new Set(relationships.map(({ type }) => type))].sort();
  const selection = { ids: new Set<string>(), types: new Set(types) };
  const groups = types.map(
    (type) => `<RelationshipsGroupReference SourceType="${escapedAttribute(type)}" xmlns="${OPC_DSIG}" />`,
  );
  return [
    `<Reference URI="${referenceUri(part)}"><Transforms>`,
    `<Transform Algorithm="${RELATIONSHIP_TRANSFORM}">${groups.join('')}</Transform><Transform Algorithm="${C14N}" />`,
    `</Transforms>${digest(transformRelationships(relationships, selection))}</Reference>`,
  ].join('');
};

const signatureXml = async (
  object: string,
  sign: (message: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> => {
  const whole = (signedInfo: string, value: string): string =>
    `<?xml version="1.0" encoding="utf-8"?><Signature Id="SignatureIdValue" xmlns="${DSIG}">${signedInfo}<SignatureValue>${value}</SignatureValue>${object}</Signature>`;
  const canonical = (xml: string, local: string): Uint8Array => {
    const { root } = parseXml(utf8(xml), 'signature');
    const [element] = childrenNamed(root, local, DSIG);
    if (element === undefined) throw new TypeError(`the new signature has no ${local}`);
    return canonicalXml(element);
  };
  const signedInfo = [
    `<SignedInfo><CanonicalizationMethod Algorithm="${C14N}" /><SignatureMethod Algorithm="${RSA_SHA256}" />`,
    `<Reference URI="#${PACKAGE_OBJECT}" Type="${OBJECT_TYPE}">${digest(canonical(whole('', ''), 'Object'))}</Reference></SignedInfo>`,
  ].join('');
  const signature = await sign(canonical(whole(signedInfo, ''), 'SignedInfo'));
  return utf8(whole(signedInfo, Buffer.from(signature).toString('base64')));
};

interface Assembly extends Signable {
  readonly signature: Uint8Array;
  readonly certificate: Uint8Array;
  /** The octets of its serial number, which names its part. */
  readonly serial: Uint8Array;
  readonly options: OpcSignOptions;
}

const hashId = (...parts: readonly Uint8Array[]): string =>
  toHex(
    createHash('sha256')
      .update(concatBytes(...parts))
      .digest(),
  ).slice(0, 32);

/** The parts that stay but those that are written anew: the package's relationships. @throws WinpvError OPC_SIGNATURE_MALFORMED */
const withoutClash = (
  { file }: OpcPackage,
  kept: readonly OpcPart[],
  written: readonly { readonly name: string }[],
): readonly OpcPart[] => {
  const taken = new Set(written.map(({ name }) => partKey(name)));
  const clash = kept.find(({ name }) => taken.has(partKey(name)) && partKey(name) !== '/_rels/.rels');
  if (clash === undefined) return kept.filter(({ name }) => !taken.has(partKey(name)));
  const message = `${clash.name} is in the place of a signature and is none.`;
  throw new WinpvError('OPC_SIGNATURE_MALFORMED', message, { at: { file } });
};

/** Ids follow from the content, so that the same package signed by the same key gives the same bytes. */
const assemble = (
  opc: OpcPackage,
  { kept, unsigned, signature, certificate, serial, options }: Assembly,
): Uint8Array => {
  const id = hashId(signature);
  const signaturePart = `${FOLDER}/xml-signature/${id}.psdsxs`;
  const certificatePart = `${FOLDER}/certificate/${toHex(serial).toUpperCase()}.cer`;
  const link = (
    source: string,
    kind: keyof typeof SignatureRelationship,
    target: string,
  ): Omit<OpcRelationship, 'part'> => ({
    ...{ id: `R${hashId(utf8(source), utf8(id)).slice(0, 16)}`, type: SignatureRelationship[kind], target },
    mode: 'Internal',
  });
  const added = [
    { name: ORIGIN, contentType: SignatureType.origin, bytes: new Uint8Array() },
    { name: signaturePart, contentType: SignatureType.signature, bytes: signature },
    { name: certificatePart, contentType: SignatureType.certificate, bytes: certificate },
  ];
  const lists = new Map([
    ['/', [...unsigned, link('/', 'origin', ORIGIN)]],
    [ORIGIN, [link(ORIGIN, 'signature', signaturePart)]],
    [signaturePart, [link(signaturePart, 'certificate', certificatePart)]],
  ]);
  const relationshipParts = [...lists].map(([source, list]) => ({
    ...{ name: relationshipsPartOf(source), contentType: RELATIONSHIPS_TYPE, bytes: encodeRelationships(list) },
  }));
  const rest = withoutClash(opc, kept, [...added, ...relationshipParts]);
  const own = signatureParts(opc).own;
  const overrides = new Map([...opc.types.overrides].filter(([key]) => !own.has(key)));
  const types = typesWith({ defaults: opc.types.defaults, overrides }, [...added, ...relationshipParts]);
  const all: readonly PackedInput[] = [
    packedInput(TYPES_ENTRY, encodeTypes(types)),
    ...rest.map(({ name, size, packed }) => ({ name: name.slice(1), size, packed })),
    ...[...added, ...relationshipParts].map(({ name, bytes }) => packedInput(name.slice(1), bytes)),
  ];
  return assembleZip(all, options.signedAtMs);
};
