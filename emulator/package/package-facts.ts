import { createHash } from 'node:crypto';
import { fileNameOf } from '../../packaging/bundle/catalog-scope.ts';
import { type PackageInf, type PackageView, sourceFile } from '../../packaging/bundle/package-view.ts';
import { type InfArch, parseTargetOs, type WindowsTarget } from '../../packaging/formats/inf/target-os.ts';
import { type GuestSpec, signatureKey, targetKey } from '../guest/guest.ts';
import type { BundleImages } from './bundle-images.ts';
import type { ImageMachine, PackageFacts, PackageSignature, TargetFacts } from './facts.ts';
import { storeFolderOf } from './guest-paths.ts';
import type { InstallContext } from './install-facts.ts';
import { driverOf } from './package-order.ts';
import { targetFactsReader } from './target-facts.ts';

export interface PackageRequest {
  readonly key: string;
  readonly view: PackageView;
  readonly images: BundleImages;
  readonly guests: readonly GuestSpec[];
  readonly signatureOf: (inf: PackageInf, guest: GuestSpec) => PackageSignature;
}

const MACHINE_OF: Readonly<Record<InfArch, ImageMachine>> = {
  x86: 'x86',
  amd64: 'x64',
  arm: 'arm',
  arm64: 'arm64',
  ia64: 'ia64',
};

export const infTarget = ({ windows, arch }: GuestSpec): WindowsTarget => ({
  arch: arch === 'x64' ? 'amd64' : arch,
  major: windows.major,
  minor: windows.minor,
  build: windows.build,
  productType: windows.productType,
});

/** Makes the package's folder in the store depend on all that it holds, wherever it lies in the bundle. */
const contentHash = (inf: PackageInf, { view }: PackageRequest): string => {
  const hash = createHash('sha256');
  for (const { path, bytes } of view.files) {
    if (path.startsWith(inf.folder)) hash.update(`${path.slice(inf.folder.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest('hex');
};

/** Without a decoration a section is for x86; one that is no decoration chooses no Windows. */
const architecturesOf = ({ model }: PackageInf): readonly ImageMachine[] => {
  const decorations =
    model.manufacturers.length > 0
      ? model.devices.map(({ os }) => os)
      : model.defaultInstallSections.map((name) => name.split('.')[1] ?? '');
  const machines = [...new Set(decorations)].flatMap((os) => {
    const { valid, arch = 'x86' } = os === '' ? { valid: true } : parseTargetOs(os);
    return valid ? [MACHINE_OF[arch]] : [];
  });
  return [...new Set(machines)];
};

/** Where things go and come from on an architecture, and the files that were asked for and are not there. */
interface FolderContext extends InstallContext {
  readonly missing: ReadonlySet<string>;
}

const contextsOf = (inf: PackageInf, request: PackageRequest, hash: string): ((arch: InfArch) => FolderContext) => {
  const { view, images } = request;
  const contexts = new Map<InfArch, FolderContext>();
  return (arch) => {
    const known = contexts.get(arch);
    if (known !== undefined) return known;
    const missing = new Set<string>();
    const context: FolderContext = {
      places: { arch, storeFolder: storeFolderOf(fileNameOf(inf.path), arch, hash) },
      imageAt: (sourcePath) => {
        const file = sourceFile(view, inf, sourcePath);
        if (file === undefined) missing.add(fileNameOf(sourcePath).toLowerCase());
        return file === undefined ? undefined : images.of(file).key;
      },
      missing,
    };
    contexts.set(arch, context);
    return context;
  };
};

/** What is known of a package for all the guests. @throws WinpvError INF_PATH_OUTSIDE, INF_TOO_LARGE */
export const packageFacts = (inf: PackageInf, request: PackageRequest): PackageFacts => {
  const { key, view, guests, signatureOf } = request;
  const { version } = inf.model;
  const content = contentHash(inf, request);
  const contextOf = contextsOf(inf, request, content);
  const targets: Record<string, TargetFacts> = {};
  const signatures: Record<string, PackageSignature> = {};
  const missingOn: Record<string, readonly string[]> = {};
  const read = targetFactsReader({ document: inf.document, model: inf.model, contextOf });
  for (const guest of guests) {
    const signing = signatureKey(guest);
    if (Object.hasOwn(signatures, signing)) continue;
    signatures[signing] = signatureOf(inf, guest);
    const target = targetKey(guest);
    const facts = Object.hasOwn(targets, target) ? undefined : read(infTarget(guest));
    if (facts !== undefined) targets[target] = facts;
  }
  // All sections of an architecture are staged, whichever of them a Windows chooses.
  for (const guest of guests) missingOn[targetKey(guest)] = [...contextOf(infTarget(guest).arch).missing];
  return {
    key,
    path: view.shown(inf.path),
    infName: fileNameOf(inf.path),
    driver: driverOf(inf),
    provider: version.provider,
    className: version.class,
    classGuid: version.classGuid.toLowerCase(),
    date: version.driverVer?.date,
    version: version.driverVer?.version,
    ...(version.extensionId === '' ? {} : { extensionId: version.extensionId.toLowerCase() }),
    primitive: inf.model.manufacturers.length === 0 && inf.model.defaultInstallSections.length > 0,
    architectures: architecturesOf(inf),
    targets,
    signatures,
    missing: [...new Set(Object.values(missingOn).flat())],
    missingOn,
    content,
  };
};
