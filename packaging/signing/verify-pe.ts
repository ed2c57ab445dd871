import { ByteReader } from '../../core/bytes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { signedDataOf } from '../formats/cms/parse.ts';
import { parseDer } from '../formats/der/parse.ts';
import { pageHashes, peChecksum, peDigest } from '../formats/pe/digest.ts';
import { type PeFlawRule, type PeImage, Subsystem } from '../formats/pe/model.ts';
import { type CheckedSignature, checkSignature, findingOf, type JudgeContext } from './check-signature.ts';
import { checkIndirectData, type EmbeddedSubject } from './content-check.ts';
import type { ImageFacts, SignatureReport, VerifyCode } from './verdict.ts';

const REVISION_2 = 0x0200;
const PKCS_SIGNED_DATA = 0x0002;
/** UEFI images carry two; more only make work. */
const MAX_ENTRIES = 16;

const FLAW_CODES: Readonly<Record<PeFlawRule, VerifyCode>> = {
  'overlap-raw': 'VERIFY_SECTIONS_OVERLAP',
  'overlap-virtual': 'VERIFY_SECTIONS_OVERLAP',
  'section-out-of-range': 'VERIFY_MALFORMED',
  'directories-out-of-range': 'VERIFY_MALFORMED',
  'certificate-table-out-of-range': 'VERIFY_CERTIFICATE_TABLE',
  'certificate-table-overlap': 'VERIFY_CERTIFICATE_TABLE',
  'certificate-table-unaligned': 'VERIFY_CERTIFICATE_TABLE',
  'trailing-data-after-certificates': 'VERIFY_TRAILING_DATA',
};

/** WIN_CERTIFICATE: the PKCS #7 with what follows it in its entry. */
interface CertificateEntry {
  readonly offset: number;
  readonly body: Uint8Array;
}

/** What a PE image carries: its signatures, and what is wrong around them. */
export interface CheckedContainer {
  readonly signatures: readonly CheckedSignature[];
  readonly findings: readonly Diagnostic[];
  /** Findings that follow from any change to the file, so that others explain it better. */
  readonly minor: readonly Diagnostic[];
  readonly image?: ImageFacts;
}

/**
 * The embedded signatures of an image, and every byte that they do not cover: checksum, directory entry,
 * WIN_CERTIFICATE headers and padding are held to the one value that they may have.
 */
export const verifyPe = (image: PeImage, context: JudgeContext): CheckedContainer => {
  const { file, certificateTable } = image;
  const findings: Diagnostic[] = image.flaws.map(({ rule, message, offset }) =>
    problem(FLAW_CODES[rule], message, { at: { file, offset } }),
  );
  const minor = checkChecksum(image);
  if (certificateTable === undefined) return { signatures: [], findings, minor };
  try {
    const entries = readEntries(image, certificateTable, findings);
    const digests = new Map<string, Uint8Array>();
    const subject: EmbeddedSubject = {
      subject: 'pe',
      digest: (hash) => {
        const known = digests.get(hash) ?? peDigest(image, hash);
        digests.set(hash, known);
        return known;
      },
      pageHashes: (hash) => pageHashes(image, hash),
    };
    return {
      signatures: entries.flatMap((entry, i) => verifyEntry(entry, i, { ...context, file, subject })),
      findings,
      minor,
    };
  } catch (error) {
    return { signatures: [], findings: [...findings, findingOf(error)], minor };
  }
};

const verifyEntry = (
  { offset, body }: CertificateEntry,
  index: number,
  context: JudgeContext & { readonly file: string; readonly subject: EmbeddedSubject },
): readonly CheckedSignature[] => {
  const { file, subject, trust, atMs } = context;
  const place: SignatureReport['place'] = index === 0 ? 'primary' : 'further';
  const root = parseDer(body, { file, base: offset, allowTrailing: true });
  const padding = checkPadding(body.subarray(root.bytes.length), file, offset + root.bytes.length);
  const [first, ...nested] = checkSignature(signedDataOf(root), {
    trust,
    atMs,
    place,
    contentType: SpcOid.indirectData,
    checkContent: (content) => checkIndirectData(content, subject),
    sortedCertificates: false,
    mayNest: true,
  });
  if (first === undefined) return nested;
  return [{ ...first, findings: [...first.findings, ...padding] }, ...nested];
};

/** Zeros up to the next multiple of 8 may follow the PKCS #7, and nothing else (CVE-2013-3900). */
export const checkPadding = (rest: Uint8Array, file: string, offset: number): Diagnostic[] => {
  if (rest.length < 8 && rest.every((byte) => byte === 0)) return [];
  const message = `${rest.length} bytes follow the signature in its place, which are more than padding.`;
  return [problem('VERIFY_TRAILING_DATA', message, { at: { file, offset } })];
};

const readEntries = (
  image: PeImage,
  table: { readonly offset: number; readonly size: number },
  findings: Diagnostic[],
): readonly CertificateEntry[] => {
  const { bytes, file } = image;
  const end = table.offset + table.size;
  const wrong = (message: string, offset: number): void => {
    findings.push(problem('VERIFY_CERTIFICATE_TABLE', message, { at: { file, offset } }));
  };
  const r = new ByteReader(bytes.subarray(table.offset, end), { file, truncated: 'PE_TRUNCATED', base: table.offset });
  const entries: CertificateEntry[] = [];
  while (r.remaining > 0 && entries.length < MAX_ENTRIES) {
    const start = table.offset + r.offset;
    const length = r.u32le('WIN_CERTIFICATE.dwLength');
    const revision = r.u16le('WIN_CERTIFICATE.wRevision');
    const type = r.u16le('WIN_CERTIFICATE.wCertificateType');
    if (revision !== REVISION_2 || type !== PKCS_SIGNED_DATA) {
      wrong(`A certificate entry has revision ${revision} and type ${type}, not 512 and 2.`, start);
    }
    entries.push({ offset: start + 8, body: r.take(length - 8, 'WIN_CERTIFICATE.bCertificate') });
    const padding = r.take(Math.min(r.remaining, -length & 7), 'padding of WIN_CERTIFICATE');
    if ((length + padding.length) % 8 !== 0) wrong('The certificate table does not end on a multiple of 8.', end);
    if (padding.some((byte) => byte !== 0)) wrong('The padding of a certificate entry is not zero.', start + length);
  }
  if (r.remaining > 0) wrong(`The certificate table has more than ${MAX_ENTRIES} entries.`, table.offset);
  return entries;
};

/**
 * CheckSum must be right in a signed image and in a driver; elsewhere a linker may leave it out as zero, and a wrong one
 * is only said (spec signing-formats 3.9).
 */
const checkChecksum = (image: PeImage): Diagnostic[] => {
  const { bytes, checksum, checksumOffset, subsystem, certificateTable, file } = image;
  const right = peChecksum(bytes, checksumOffset);
  if (checksum === right) return [];
  const signed = certificateTable !== undefined;
  const severity = signed || (subsystem === Subsystem.native && checksum !== 0) ? 'error' : 'warning';
  const message = `The checksum is 0x${checksum.toString(16)}; the file's is 0x${right.toString(16)}.`;
  return [problem('VERIFY_CHECKSUM_WRONG', message, { severity, at: { file, offset: checksumOffset } })];
};

const EFI_SUBSYSTEMS: ReadonlySet<number> = new Set([10, 11, 12, 13]);
const PAGE_SIZE = 0x1000;
const EXECUTABLE = 0x2000_0000;
const WRITABLE = 0x8000_0000;

/** What the policy table asks of an image. */
export const imageFacts = ({ machine, subsystem, sectionAlignment, sections }: PeImage): ImageFacts => {
  const writable = sections.find(
    ({ characteristics }) => (characteristics & EXECUTABLE) !== 0 && (characteristics & WRITABLE) !== 0,
  );
  const firmware = EFI_SUBSYSTEMS.has(subsystem);
  return {
    machine,
    runsIn: firmware ? 'firmware' : subsystem === Subsystem.native ? 'kernel' : 'user',
    pageAligned: sectionAlignment !== 0 && sectionAlignment % PAGE_SIZE === 0,
    ...(writable === undefined ? {} : { writableCode: writable.name }),
  };
};
