import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { checkEvidence } from '../hlk/gate.ts';
import { readHlkPackage } from '../hlk/package.ts';
import { checkCabinet } from './cabinet.ts';
import type { UploadRequest } from './contract.ts';
import { checkDrivers } from './drivers.ts';
import { checkProduct } from './product.ts';
import { readUpload, type Upload } from './read-upload.ts';
import { checkSystems } from './systems.ts';
import { refusal } from './table.ts';
import { checkPublishing } from './windows-update.ts';

export { DESTINATIONS, type Destination, type SentFile, type UploadRequest } from './contract.ts';

/**
 * Everything that Partner Center or Windows Update would refuse and that can be known before: nothing is uploaded while
 * an error is among it. Rules: `REFUSAL_RULES` and `REUSED_RULES`; docs/guide/refusals.md is made from them.
 */
export const checkBeforeUpload = (request: UploadRequest): readonly Diagnostic[] => {
  const upload = readUpload(request);
  return [
    ...upload.diagnostics,
    ...checkCabinet(request, upload),
    ...checkKitPackage(request, upload),
    ...checkDrivers(request, upload),
    ...checkSystems(request, upload),
    ...checkProduct(request, upload),
    ...checkPublishing(request, upload),
  ];
};

/** The evidence, and with it the package that holds it. */
const checkKitPackage = (request: UploadRequest, { programme, diagnostics }: Upload): readonly Diagnostic[] => {
  const { file, bytes, nowMs, evidence, product, thumbprints = [] } = request;
  if (programme !== 'whql' || evidence === undefined) return [];
  if (diagnostics.some(({ code }) => code === 'REFUSAL_PACKAGE_KIND')) return [];
  try {
    return checkEvidence({
      ...evidence,
      ...{ packages: [readHlkPackage(bytes, file, nowMs)], thumbprints, nowMs, unsigned: 'refused' as const },
      signatures: product?.requestedSignatures ?? [],
      productTypes: product?.selectedProductTypes ?? undefined,
    });
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const message = `The package cannot be opened: ${error.message}`;
    return [refusal('REFUSAL_PACKAGE_UNREAD', message, { at: error.at ?? { file } })];
  }
};
