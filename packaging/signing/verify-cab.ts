import { type Diagnostic, problem } from '../../core/errors.ts';
import { cabDigest, cabSignature } from '../formats/cab/digest.ts';
import type { Cabinet } from '../formats/cab/model.ts';
import { parseCab } from '../formats/cab/parse.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { signedDataOf } from '../formats/cms/parse.ts';
import { parseDer } from '../formats/der/parse.ts';
import { type CheckedSignature, checkSignature, findingOf, type JudgeContext } from './check-signature.ts';
import { checkIndirectData, type FileHash } from './content-check.ts';
import { type CheckedContainer, checkPadding } from './verify-pe.ts';

/** The reserved area that signing tools write: two lengths, and structure 2 (spec signing-formats 5.4). */
const STANDARD_RESERVE = 20;

/**
 * The embedded signature of a cabinet. The header fields that its hash leaves out must have the one value that they may
 * have; the reserves of folders and blocks must be none, for nothing covers their sizes.
 */
export const verifyCab = (bytes: Uint8Array, file: string, context: JudgeContext): CheckedContainer => {
  try {
    const cabinet = parseCab(bytes, file);
    const findings = checkHeader(cabinet);
    const signature = cabSignature(cabinet);
    if (signature === undefined) return { signatures: [], findings, minor: [] };
    const root = parseDer(signature.bytes, { file, base: signature.offset, allowTrailing: true });
    const derEnd = root.bytes.length;
    findings.push(...checkPadding(signature.bytes.subarray(derEnd), file, signature.offset + derEnd));
    const signatures: readonly CheckedSignature[] = checkSignature(signedDataOf(root), {
      ...context,
      place: 'primary',
      contentType: SpcOid.indirectData,
      checkContent: (content) =>
        checkIndirectData(content, { subject: 'cab', digest: (hash: FileHash) => cabDigest(bytes, file, hash) }),
      sortedCertificates: false,
      mayNest: true,
    });
    return { signatures, findings, minor: [] };
  } catch (error) {
    return { signatures: [], findings: [findingOf(error)], minor: [] };
  }
};

const checkHeader = (cabinet: Cabinet): Diagnostic[] => {
  const { bytes, file, trailingSize, reserve, authenticode, folderReserveSize, dataReserveSize } = cabinet;
  const findings: Diagnostic[] = [];
  const wrong = (message: string, offset: number): void => {
    findings.push(problem('VERIFY_CABINET_HEADER', message, { at: { file, offset } }));
  };
  if (bytes.subarray(4, 8).some((byte) => byte !== 0)) wrong('The field CFHEADER.reserved1 is not zero.', 4);
  if (trailingSize > 0) {
    const message = `${trailingSize} bytes follow the cabinet and its signature.`;
    findings.push(problem('VERIFY_TRAILING_DATA', message, { at: { file, offset: bytes.length - trailingSize } }));
  }
  if (authenticode?.signature === undefined) return findings;
  const { structure2Offset, signature } = authenticode;
  if (
    signature.offset > structure2Offset &&
    bytes.subarray(structure2Offset + 8, structure2Offset + 16).some(Boolean)
  ) {
    wrong('The end of structure 2 of the reserved area is not zero.', structure2Offset + 8);
  }
  if (folderReserveSize !== 0 || dataReserveSize !== 0) {
    wrong('Folders or blocks have reserved areas, whose sizes no signature covers.', 38);
  }
  if (reserve.length !== STANDARD_RESERVE) {
    findings.push(
      problem('VERIFY_UNCOVERED', `The reserved area has ${reserve.length} bytes, not the usual 20.`, {
        severity: 'warning',
        at: { file, offset: 36 },
      }),
    );
  }
  return findings;
};
