import type { Diagnostic } from '../../core/errors.ts';
import { CmsOid } from '../formats/cms/object-ids.ts';
import { parseSignedData, signedDataOf } from '../formats/cms/parse.ts';
import { parseDer } from '../formats/der/parse.ts';
import type { Certificate } from '../formats/x509/parse.ts';
import { checkSignature, findingOf, type JudgeContext } from '../signing/check-signature.ts';
import type { SignatureReport } from '../signing/verdict.ts';

export interface CheckedDetached {
  readonly findings: readonly Diagnostic[];
  /** Undefined when the signature cannot be read. */
  readonly report: SignatureReport | undefined;
  /** Those that came along. */
  readonly certificates: readonly Certificate[];
}

/** A detached CMS signature, in DER, against the bytes that it should be over. Never throws for a bad signature. */
export const checkDetached = (
  signature: { readonly bytes: Uint8Array; readonly path: string },
  content: Uint8Array,
  context: JudgeContext,
): CheckedDetached => {
  try {
    const node = signedDataOf(parseDer(signature.bytes, { file: signature.path }));
    const checked = checkSignature(node, {
      ...context,
      place: 'primary',
      contentType: CmsOid.data,
      checkContent: () => ({ findings: [] }),
      detached: content,
      sortedCertificates: true,
      mayNest: false,
    });
    return {
      findings: checked.flatMap(({ findings }) => findings),
      report: checked[0]?.report,
      certificates: parseSignedData(node).certificates,
    };
  } catch (error) {
    return { findings: [findingOf(error)], report: undefined, certificates: [] };
  }
};
