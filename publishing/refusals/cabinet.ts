import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { cabSignature } from '../../packaging/formats/cab/digest.ts';
import type { Cabinet } from '../../packaging/formats/cab/model.ts';
import { planSubmissionCab, type SubmissionPackage } from '../../packaging/formats/cab/submission.ts';
import { parseSignedData, signedDataOf } from '../../packaging/formats/cms/parse.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import type { Certificate } from '../../packaging/formats/x509/parse.ts';
import { publicKeyOf } from '../../packaging/formats/x509/signature.ts';
import { checkFitness } from '../../packaging/signing/fitness.ts';
import type { SignatureReport } from '../../packaging/signing/verdict.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import type { UploadRequest } from './contract.ts';
import { onlyStandIns, topFolder, type Upload } from './read-upload.ts';
import { refusal } from './table.ts';

/** The cabinet itself: layout, compression, signature (code-signing-attestation.md, code-signing-reqs.md). */
export const checkCabinet = (request: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const { cabinet } = upload;
  if (cabinet === undefined) return [];
  return [
    ...checkCompression(cabinet),
    ...(upload.files.length === 0 && cabinet.files.length > 0 ? [] : checkLayout(request, upload)),
    ...checkSignature(request, cabinet),
  ];
};

const checkCompression = ({ folders, file }: Cabinet): readonly Diagnostic[] => {
  const at = { file };
  const kinds = new Set(folders.map(({ compression }) => compression));
  const refused = (['lzx', 'quantum'] as const).filter((kind) => kinds.has(kind));
  if (refused.length > 0) {
    const names = refused.join(' and ').toUpperCase();
    return [refusal('REFUSAL_COMPRESSION', `The cabinet is packed with ${names}, and has to be with MSZIP.`, { at })];
  }
  if (!kinds.has('none')) return [];
  const message = 'The cabinet is not packed; Microsoft asks for MSZIP.';
  return [refusal('REFUSAL_COMPRESSION', message, { at, severity: 'warning' })];
};

const packagesOf = ({ files }: Upload): readonly SubmissionPackage[] => {
  const folders = new Map<string, { name: string; bytes: Uint8Array }[]>();
  for (const { name, bytes } of files) {
    const folder = topFolder(name);
    const member = { name: folder === '' ? name : name.slice(folder.length + 1), bytes };
    const before = folders.get(folder);
    if (before === undefined) folders.set(folder, [member]);
    else before.push(member);
  }
  return [...folders].map(([folder, members]) => ({ folder, files: members }));
};

const checkLayout = ({ file }: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const packages = packagesOf(upload);
  const found = planSubmissionCab(packages, file).diagnostics;
  const atRoot = packages.some(({ folder }) => folder === '');
  return found
    .filter(({ code }) => code !== 'CAB_NO_SYMBOLS' || !onlyStandIns(upload))
    .filter(({ message }) => !(atRoot && message.startsWith('Package "" has')));
};

/** The signer's certificate as it is in the signature; undefined when it cannot be found. */
const signerOf = (cabinet: Cabinet, { thumbprint }: SignatureReport): readonly Certificate[] => {
  const signature = cabSignature(cabinet);
  if (signature === undefined) return [];
  try {
    const root = parseDer(signature.bytes, { file: cabinet.file, allowTrailing: true });
    const { certificates } = parseSignedData(signedDataOf(root));
    const leaf = certificates.find((one) => one.thumbprint === thumbprint);
    return leaf === undefined ? [] : [leaf];
  } catch (error) {
    if (error instanceof WinpvError) return [];
    throw error;
  }
};

const checkSignature = (request: UploadRequest, cabinet: Cabinet): readonly Diagnostic[] => {
  const { file, bytes, nowMs } = request;
  const at = { file };
  const { verdict, signatures, diagnostics } = verifyFile({ path: file, bytes, catalogs: [], trust: [], atMs: nowMs });
  const [signature] = signatures;
  if (signature === undefined && verdict !== 'invalid') {
    return [refusal('REFUSAL_UNSIGNED', 'The cabinet is not signed.', { at })];
  }
  if (verdict === 'invalid' || signature === undefined) {
    const why = diagnostics.find(({ severity }) => severity === 'error')?.message ?? '';
    return [refusal('REFUSAL_SIGNATURE', `The signature of the cabinet does not hold. ${why}`.trim(), { at })];
  }
  return [
    ...checkKind(signature, file),
    ...signerOf(cabinet, signature).flatMap((leaf) => checkCertificate(request, leaf, signature)),
  ];
};

const checkKind = ({ digestAlgorithm }: SignatureReport, file: string): readonly Diagnostic[] =>
  digestAlgorithm === 'sha1' || digestAlgorithm === 'md5'
    ? [
        refusal(
          'REFUSAL_SIGNATURE_KIND',
          `The cabinet is signed with ${digestAlgorithm === 'md5' ? 'MD5' : 'SHA-1'}.`,
          {
            at: { file },
          },
        ),
      ]
    : [];

/** What signing refuses before it uses a key, and what only the account can say. */
const checkCertificate = (
  { file, nowMs, emulated, known, thumbprints = [] }: UploadRequest,
  leaf: Certificate,
  { root }: SignatureReport,
): readonly Diagnostic[] => {
  const at = { file };
  const shown = `"${shownText(leaf.subjectText)}"`;
  const purpose = emulated ? 'test' : 'release';
  const unfit = checkFitness({ certificates: [leaf.der], kinds: new Set(['cab']), nowMs, purpose })
    // a test key is known from the record of the release as well
    .filter(({ code }) => code !== 'SIGN_KEY_TEST' || known?.testSigned !== true)
    .map(({ message, hint, failureMode }) =>
      refusal('REFUSAL_CERTIFICATE', message, {
        at,
        ...(hint === undefined ? {} : { hint }),
        ...(failureMode === undefined ? {} : { failureMode }),
      }),
    );
  const registered = thumbprints.map((one) => one.replaceAll(':', '').toLowerCase());
  const foreign = registered.length > 0 && !registered.includes(leaf.thumbprint);
  const stranger = unfit.length === 0 && !foreign && !emulated && known?.testSigned !== true;
  return [
    ...unfit,
    ...(publicKeyOf(leaf)?.kind === 'ec'
      ? [refusal('REFUSAL_SIGNATURE_KIND', `${shown} has an EC key.`, { at, severity: 'warning' })]
      : []),
    ...(foreign
      ? [refusal('REFUSAL_CERTIFICATE', `${shown} is none of the certificates that were named.`, { at })]
      : []),
    ...(stranger && root?.standing === 'unknown'
      ? [
          refusal(
            'REFUSAL_CERTIFICATE',
            `Nothing known has issued ${shown}: its chain ends at ${shownText(root.subject)}.`,
            {
              at,
              severity: 'warning',
              hint: 'Partner Center takes certificates of the authorities that it lists.',
            },
          ),
        ]
      : []),
  ];
};
