import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { type CheckedFile, packageView } from '../../packaging/bundle/package-view.ts';
import type { GuestSpec } from '../guest/guest.ts';
import { bundleImages } from './bundle-images.ts';
import { type BundleSignatures, bundleSignatures } from './bundle-signatures.ts';
import { driverModels } from './driver-models.ts';
import type { PackageFacts, PackageLibrary } from './facts.ts';
import { packageFacts } from './package-facts.ts';
import { inOrder, packageKeys } from './package-order.ts';

/** A folder of driver packages and the guests that they are tried in. */
export interface BundleRequest {
  /** Every file below the folder; `/` between the parts of a path. */
  readonly files: readonly CheckedFile[];
  /** Begins the keys of the packages; different for bundles that are tried together. */
  readonly label: string;
  readonly guests: readonly GuestSpec[];
  /** Certificates that the guests trust, DER or PEM. */
  readonly trust: readonly Uint8Array[];
  readonly nowMs: number;
  /** How findings show a path. */
  readonly shown: (path: string) => string;
  /** The files will be signed by somebody whom every guest trusts: what they are signed with now is not looked at. */
  readonly signedElsewhere?: boolean;
}

export interface CompiledBundle {
  readonly library: PackageLibrary;
  /** Keys of the packages: each bus before its children, the rest last. */
  readonly packages: readonly string[];
  /** Files that could not be read as what they are. */
  readonly diagnostics: readonly Diagnostic[];
  /** No catalog is signed: the bundle is from before signing. */
  readonly nothingSigned: boolean;
}

const TRUSTED: BundleSignatures = {
  loads: () => ({}),
  ofPackage: () => ({ state: 'trusted', score: 'any-signer', reason: 'It is signed before it is offered.' }),
  nothingSigned: () => false,
  publicKeys: () => [],
};

/**
 * Compiles a bundle once for all guests, to plain data. A package whose INF cannot be read is left out and told.
 * @throws WinpvError DER_* when a certificate of `trust` cannot be read
 */
export const compileBundle = (request: BundleRequest): CompiledBundle => {
  const { files, shown, label, guests } = request;
  const view = packageView(files, shown);
  const models = driverModels(view);
  const signatures = request.signedElsewhere === true ? TRUSTED : bundleSignatures(view, request);
  const images = bundleImages(view, (file) => ({ loads: signatures.loads(file), model: models.ofFile(file) }));
  const infs = inOrder(view.infs);
  const keys = packageKeys(infs, label);
  const packages: PackageFacts[] = [];
  const diagnostics: Diagnostic[] = [...view.unreadable];
  for (const inf of infs) {
    try {
      const key = keys.get(inf) ?? '';
      packages.push(
        packageFacts(inf, {
          ...{ key, view, images, guests },
          signatureOf: signatures.ofPackage,
        }),
      );
    } catch (error) {
      if (!(error instanceof WinpvError)) throw error;
      diagnostics.push(...error.diagnostics);
    }
  }
  return {
    library: {
      packages: Object.fromEntries(packages.map((facts) => [facts.key, facts])),
      images: Object.fromEntries(images.all().map((facts) => [facts.key, facts])),
    },
    packages: packages.map(({ key }) => key),
    diagnostics: [...diagnostics, ...signatures.publicKeys()],
    nothingSigned: signatures.nothingSigned(),
  };
};
