import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { HashName } from '../formats/cms/algorithms.ts';
import { type OpcPackage, partNamed } from '../formats/opc/model.ts';
import { smallBytes } from '../formats/opc/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { signatureHolds } from '../formats/x509/signature.ts';
import { canonicalXml } from '../formats/xml/canonical.ts';
import { parseXml } from '../formats/xml/parse.ts';
import {
  attributeOf,
  childrenNamed,
  elementsBelow,
  firstChild,
  textOf,
  type XmlDocument,
  type XmlElement,
} from '../formats/xml/tree.ts';
import type { Trust } from './chain.ts';
import { type CertificatePlace, checkOpcCertificate, opcCertificates } from './opc-certificate.ts';
import { judgeOpcChain, type OpcChain } from './opc-chain.ts';
import { checkManifest } from './opc-manifest.ts';
import { algorithmOf, base64Of, checkDigest, transformsOf } from './opc-reference.ts';
import { C14N, C14N_WITH_COMMENTS, DSIG, OPC_DSIG, PACKAGE_OBJECT, RSA_URIS, signatureParts } from './opc-terms.ts';
import { checkHashStrength } from './strength.ts';

export interface OpcSignature {
  /** The part with the XML. */
  readonly part: string;
  /** Of the certificate whose key made the signature; undefined when there is none. */
  readonly certificate: Certificate | undefined;
  readonly certificateIn: CertificatePlace;
  /** `rsa-sha256`; undefined for what is not read. */
  readonly algorithm: string | undefined;
  /** As the signer's clock had it, ISO 8601; nobody confirms it. */
  readonly signedAt: string | undefined;
  /** Where its certificate leads; undefined when there is none. */
  readonly chain: Pick<OpcChain, 'path' | 'root'> | undefined;
}

export interface OpcVerdict {
  /** `untrusted`: whole, but of nobody who is trusted; only when it was said who is. */
  readonly verdict: 'valid' | 'untrusted' | 'invalid' | 'unsigned';
  readonly signatures: readonly OpcSignature[];
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_SIGNATURE_BYTES = 16 * 1024 * 1024;
const MAX_SIGNATURES = 16;

/**
 * Verifies the signatures of a package: every digest is computed again, every part and relationship but those of the
 * signatures themselves has to be covered by each of them (spec hlk 1.3). Whom the certificate belongs to is for the
 * caller to judge.
 *
 * @param nowMs the certificates have to be valid then; milliseconds since 1970
 * @param trust where the certificate has to lead; anywhere when it names nobody
 */
export const verifyOpc = (opc: OpcPackage, nowMs: number, trust: Trust = { anchors: [] }): OpcVerdict => {
  const { file } = opc;
  const { origins, signatures: parts, own } = signatureParts(opc);
  if (parts.length === 0) return { verdict: 'unsigned', signatures: [], diagnostics: [] };
  const found: Diagnostic[] = [];
  if (origins.length > 1)
    found.push(problem('OPC_SIGNATURE_MALFORMED', 'The package has two origins of signatures.', { at: { file } }));
  if (parts.length > MAX_SIGNATURES)
    found.push(problem('OPC_SIGNATURE_MALFORMED', `The package has ${parts.length} signatures.`, { at: { file } }));
  const judged = parts.slice(0, MAX_SIGNATURES).map((part) => verifyPart(opc, { part, own, nowMs, trust }));
  const diagnostics = [...found, ...judged.flatMap((one) => one.diagnostics)];
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const untrusted = errors.every(({ code }) => code === 'OPC_CHAIN') ? 'untrusted' : 'invalid';
  return {
    verdict: errors.length === 0 ? 'valid' : untrusted,
    signatures: judged.map((one) => one.signature),
    diagnostics,
  };
};

interface Request {
  readonly part: string;
  readonly own: ReadonlySet<string>;
  readonly nowMs: number;
  readonly trust: Trust;
}

interface Judged {
  readonly signature: OpcSignature;
  readonly diagnostics: readonly Diagnostic[];
}

const verifyPart = (opc: OpcPackage, request: Request): Judged => {
  const { part } = request;
  const signature: OpcSignature = {
    ...{ part, certificate: undefined, certificateIn: 'nowhere', algorithm: undefined, signedAt: undefined },
    chain: undefined,
  };
  try {
    return judge(opc, request);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const at = error.at ?? { file: opc.file };
    return { signature, diagnostics: [problem('OPC_SIGNATURE_MALFORMED', error.message, { at })] };
  }
};

interface SignatureXml {
  readonly document: XmlDocument;
  readonly signedInfo: XmlElement;
  readonly value: Uint8Array;
  readonly packageObject: XmlElement;
}

const refuse = (document: XmlDocument, message: string, element: XmlElement = document.root): never => {
  const at = { file: document.file, line: element.line, column: element.column };
  throw new WinpvError('OPC_SIGNATURE_MALFORMED', message, { at });
};

const readSignature = (opc: OpcPackage, part: string): SignatureXml => {
  const found = partNamed(opc, part);
  if (found === undefined) throw new WinpvError('OPC_SIGNATURE_MALFORMED', `${part} is not there.`);
  const document = parseXml(smallBytes(found, MAX_SIGNATURE_BYTES, opc.file), `${opc.file}${part}`, {
    maxBytes: MAX_SIGNATURE_BYTES,
  });
  const { root } = document;
  if (root.local !== 'Signature' || root.namespace !== DSIG) return refuse(document, 'This is no XML signature.');
  const [signedInfo, second] = childrenNamed(root, 'SignedInfo', DSIG);
  const [valueElement, more] = childrenNamed(root, 'SignatureValue', DSIG);
  if (signedInfo === undefined || valueElement === undefined || second !== undefined || more !== undefined)
    return refuse(document, 'A signature has one SignedInfo and one SignatureValue.');
  const [packageObject, another] = childrenNamed(root, 'Object', DSIG).filter(
    (object) => attributeOf(object, 'Id') === PACKAGE_OBJECT,
  );
  if (packageObject === undefined || another !== undefined)
    return refuse(document, `A package signature has one object called ${PACKAGE_OBJECT}.`);
  const value = base64Of(textOf(valueElement)) ?? refuse(document, 'The signature is not base64.', valueElement);
  return { document, signedInfo, value, packageObject };
};

const judge = (opc: OpcPackage, { part, own, nowMs, trust }: Request): Judged => {
  const xml = readSignature(opc, part);
  const at = { file: xml.document.file };
  const method = algorithmOf(firstChild(xml.signedInfo, 'SignatureMethod', DSIG));
  const hash = RSA_URIS[method];
  const held = opcCertificates(opc, part, xml.document.root);
  const signed = { message: canonicalSignedInfo(xml), signature: xml.value, scheme: { key: 'rsa', hash } } as const;
  const certificate =
    hash === undefined
      ? held.certificates[0]
      : held.certificates.find((one) => signatureHolds(one, { ...signed, hash }));
  const leaf = certificate ?? held.certificates[0];
  // A certificate that signed nothing here leads nowhere.
  const chain = certificate && judgeOpcChain({ leaf: certificate, pool: held.certificates, trust, nowMs });
  const signature: OpcSignature = {
    ...{ part, certificate: leaf, certificateIn: held.place },
    algorithm: hash === undefined ? undefined : `rsa-${hash}`,
    signedAt: signingTime(xml.packageObject),
    chain,
  };
  const findings = [
    ...checkMade({ file: opc.file, method, hash, at }, certificate, held.certificates),
    ...checkReferences(xml),
    ...checkManifest(opc, { document: xml.document, packageObject: xml.packageObject, own }),
    ...checkOpcCertificate(opc, { part, place: held.place, certificate: leaf, nowMs }),
    ...(chain?.diagnostics ?? []),
  ];
  return { signature, diagnostics: findings };
};

interface Making {
  readonly file: string;
  /** As the signature names its algorithm, and the hash in it when it is one that is read. */
  readonly method: string;
  readonly hash: HashName | undefined;
  readonly at: { readonly file: string };
}

/** Whether it was made as it should be, and by whom it says. */
const checkMade = (
  { file, method, hash, at }: Making,
  certificate: Certificate | undefined,
  held: readonly Certificate[],
): readonly Diagnostic[] => {
  if (hash === undefined) return [refusedAlgorithm(method, at)];
  const strength = checkHashStrength(hash, `${file} is signed`, { ...at, offset: 0 });
  if (certificate !== undefined || held.length === 0) return strength;
  const message = 'The signature was not made by the key of its certificate, or over other XML.';
  return [...strength, problem('OPC_SIGNATURE_INVALID', message, { at })];
};

const refusedAlgorithm = (method: string, at: { readonly file: string }): Diagnostic => {
  const name = shownText(method.replace(/^.*[#/]/, ''));
  return problem('OPC_ALGORITHM', `The package is signed by ${name === '' ? 'no known algorithm' : name}.`, {
    at,
    hint: 'Partner Center takes RSA. It accepts an ECDSA-signed package at first and fails at the preparation step (docs issue 3740).',
  });
};

const canonicalSignedInfo = ({ document, signedInfo }: SignatureXml): Uint8Array => {
  const method = firstChild(signedInfo, 'CanonicalizationMethod', DSIG);
  const algorithm = algorithmOf(method);
  if (algorithm !== C14N && algorithm !== C14N_WITH_COMMENTS)
    return refuse(document, 'The signed information is put into a form that OPC does not allow.', signedInfo);
  return canonicalXml(signedInfo, { comments: algorithm === C14N ? 'dropped' : 'kept' });
};

/** The references of SignedInfo: all to elements of the signature itself, the package object among them, all intact. */
const checkReferences = (xml: SignatureXml): readonly Diagnostic[] => {
  const { document, signedInfo, packageObject } = xml;
  const byId = idsOf(document);
  const references = childrenNamed(signedInfo, 'Reference', DSIG);
  const found: Diagnostic[] = [];
  let covered = false;
  for (const reference of references) {
    const uri = attributeOf(reference, 'URI') ?? '';
    const element = uri.startsWith('#') ? byId.get(uri.slice(1)) : undefined;
    if (element === undefined)
      return refuse(document, 'The signed information refers to something outside.', reference);
    covered ||= element === packageObject;
    const transforms = transformsOf(reference);
    if (transforms.some((one) => one !== C14N && one !== C14N_WITH_COMMENTS) || transforms.length > 1)
      return refuse(document, 'A reference is transformed in a way that OPC does not allow.', reference);
    const comments = transforms[0] === C14N_WITH_COMMENTS ? 'kept' : 'dropped';
    const what = `The signature's own ${shownText(element.local)}`;
    found.push(...checkDigest(document, reference, { bytes: () => canonicalXml(element, { comments }), what }));
  }
  if (!covered) return refuse(document, 'The signed information does not cover the list of parts.', signedInfo);
  return found;
};

const idsOf = (document: XmlDocument): ReadonlyMap<string, XmlElement> => {
  const found = new Map<string, XmlElement>();
  for (const element of elementsBelow(document.root)) {
    const id = attributeOf(element, 'Id');
    if (id === undefined) continue;
    if (found.has(id)) return refuse(document, `Two elements have the id ${JSON.stringify(shownText(id))}.`, element);
    found.set(id, element);
  }
  return found;
};

/** SignatureProperties/SignatureProperty/SignatureTime/Value (13.2.4.22). */
const signingTime = (packageObject: XmlElement): string | undefined => {
  const [time] = [...elementsBelow(packageObject)].filter(
    ({ local, namespace }) => local === 'SignatureTime' && namespace === OPC_DSIG,
  );
  const value = time === undefined ? undefined : firstChild(time, 'Value', OPC_DSIG);
  return value === undefined ? undefined : shownText(textOf(value).trim());
};
