import { type Diagnostic, problem } from '../../core/errors.ts';
import { X509Oid } from '../formats/cms/object-ids.ts';
import { type OpcPackage, partNamed, relationshipsOf } from '../formats/opc/model.ts';
import { smallBytes } from '../formats/opc/parse.ts';
import { type Certificate, parseCertificates } from '../formats/x509/parse.ts';
import { elementsBelow, textOf, type XmlElement } from '../formats/xml/tree.ts';
import { DSIG, SignatureRelationship } from './opc-terms.ts';
import { checkStrength } from './strength.ts';

/** Where a signature has its certificate: in a part of its own, which Partner Center wants, or in the XML. */
export type CertificatePlace = 'part' | 'xml' | 'both' | 'nowhere';

const MAX_CERTIFICATES = 32;
const MAX_CERTIFICATE_BYTES = 1024 * 1024;

/** @throws WinpvError DER_* */
export const opcCertificates = (
  opc: OpcPackage,
  signature: string,
  root: XmlElement,
): { readonly certificates: readonly Certificate[]; readonly place: CertificatePlace } => {
  const inParts = relationshipsOf(opc, signature)
    .filter(({ type }) => type === SignatureRelationship.certificate)
    .slice(0, MAX_CERTIFICATES)
    .flatMap(({ part }) => {
      const found = part === undefined ? undefined : partNamed(opc, part);
      return found === undefined
        ? []
        : [...parseCertificates(smallBytes(found, MAX_CERTIFICATE_BYTES, opc.file), `${opc.file}${found.name}`)];
    });
  const inXml = [...elementsBelow(root)]
    .filter(({ local, namespace }) => local === 'X509Certificate' && namespace === DSIG)
    .slice(0, MAX_CERTIFICATES)
    .flatMap((element) => [...parseCertificates(Buffer.from(textOf(element), 'base64'), `${opc.file}${signature}`)]);
  const place = inParts.length === 0 ? (inXml.length === 0 ? 'nowhere' : 'xml') : inXml.length === 0 ? 'part' : 'both';
  return { certificates: [...inParts, ...inXml], place };
};

const day = (epochMs: number): string => new Date(epochMs).toISOString().slice(0, 10);

/** What Partner Center would refuse of the certificate, or of where it is (spec hlk 1.3). */
export const checkOpcCertificate = (
  opc: OpcPackage,
  request: {
    readonly part: string;
    readonly place: CertificatePlace;
    readonly certificate: Certificate | undefined;
    readonly nowMs: number;
  },
): readonly Diagnostic[] => {
  const { part, place, certificate, nowMs } = request;
  const at = { file: `${opc.file}${part}` };
  if (certificate === undefined) return [problem('OPC_CERTIFICATE', 'The signature has no certificate.', { at })];
  const found: Diagnostic[] = [];
  if (place === 'xml')
    found.push(
      problem('OPC_CERTIFICATE', 'The certificate is inside the signature, not in a part of its own.', {
        at,
        hint: 'Partner Center does not take such a package: sign it again with `winpv hlk sign`.',
      }),
    );
  const { subjectText, notBeforeMs, notAfterMs, ekus, selfIssued } = certificate;
  if (nowMs < notBeforeMs || nowMs > notAfterMs) {
    const message = `"${subjectText}" is valid from ${day(notBeforeMs)} to ${day(notAfterMs)}, not on ${day(nowMs)}.`;
    found.push(problem('OPC_CERTIFICATE', message, { at }));
  }
  if (ekus?.includes(X509Oid.codeSigning) !== true)
    found.push(problem('OPC_CERTIFICATE', `"${subjectText}" is not for code signing.`, { at, severity: 'warning' }));
  return [...found, ...checkStrength(certificate, { root: selfIssued })];
};
