import { type Diagnostic, problem } from '../../core/errors.ts';
import { cabDigest, cabSignature } from '../formats/cab/digest.ts';
import { CAB_DATA_HEADER_SIZE, CAB_FOLDER_SIZE, type Cabinet } from '../formats/cab/model.ts';
import { parseCab } from '../formats/cab/parse.ts';
import { SpcOid } from '../formats/cms/object-ids.ts';
import { signedDataOf } from '../formats/cms/parse.ts';
import { parseDer } from '../formats/der/parse.ts';
import { type CheckedSignature, checkSignature, findingOf, type JudgeContext } from './check-signature.ts';
import { checkIndirectData, type FileHash } from './content-check.ts';
import { type CheckedContainer, checkPadding } from './verify-pe.ts';

/**
 * The embedded signature of a cabinet. The header fields that its hash leaves out must have the one value that they may
 * have (spec signing-formats 5.4).
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
  const { bytes, file, trailingSize, authenticode } = cabinet;
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
  const appended = signature.offset > structure2Offset;
  if (appended && bytes.subarray(structure2Offset + 8, structure2Offset + 16).some((byte) => byte !== 0)) {
    wrong('The end of structure 2 of the reserved area is not zero.', structure2Offset + 8);
  }
  if (!isGapless(cabinet))
    wrong('The sizes of the reserved areas do not lead from folders to files, or to the end.', 38);
  return findings;
};

/**
 * Whether folder entries end where file entries start, and the last block ends where the cabinet does. Both depend on
 * cbCFFolder and cbCFData, which the hash leaves out; what they lead to is hashed.
 */
const isGapless = (cabinet: Cabinet): boolean => {
  const { folders, foldersOffset, folderReserveSize, dataReserveSize, filesOffset, size } = cabinet;
  const foldersEnd = foldersOffset + folders.length * (CAB_FOLDER_SIZE + folderReserveSize);
  let end = 0;
  for (const { blocks } of folders) {
    const last = blocks.at(-1);
    if (last !== undefined) end = Math.max(end, last.offset + CAB_DATA_HEADER_SIZE + dataReserveSize + last.packedSize);
  }
  return foldersEnd === filesOffset && (end === 0 ? dataReserveSize === 0 : end === size);
};
