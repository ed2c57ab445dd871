import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import type { Bundle } from '../../packaging/bundle/bundle.ts';
import { type Overlaid, overlayPrebuilt } from '../../packaging/bundle/import/overlay.ts';
import { type SignatureCache, signBundle } from '../../packaging/bundle/sign-bundle.ts';
import type { SignFile } from '../../packaging/signing/sign-file.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import { verifyTree } from '../../packaging/signing/verify-package.ts';
import type { OutputFile } from '../output.ts';
import type { PlannedBrand } from '../plan.ts';
import { type Prepared, type ReleasePorts, step } from '../prepare.ts';
import { type RecordedBrand, recordBrand, recordPackages } from '../record.ts';
import type { BrandRehearsal } from '../rehearsal/rehearse-brand.ts';
import { brandOf, type CheckedBrand } from './build.ts';
import { bundleFiles, packCabinet, packZip } from './pack.ts';
import type { ReleaseRevocation } from './revocation.ts';
import { type BrandTables, brandTables, type KnownTables } from './signature-report.ts';
import type { ReadySigning } from './signing.ts';

/** A brand that is made: signed, verified, rehearsed and packed. */
export interface BrandResult {
  /** What it was made of. */
  readonly brand: CheckedBrand;
  readonly record: RecordedBrand;
  readonly files: readonly OutputFile[];
  /** Which Windows loads the packages' files. */
  readonly tables: BrandTables;
  readonly diagnostics: readonly Diagnostic[];
  /** DER of whom prebuilt files lead to. */
  readonly anchors: readonly Uint8Array[];
}

/** What brands are made with. */
export interface Making {
  readonly prepared: Prepared;
  readonly ports: ReleasePorts;
  readonly signing: ReadySigning;
  readonly revocation: ReleaseRevocation;
  /** Signatures are shared by brands that sign alike. */
  readonly signatures: Map<SignFile, SignatureCache>;
  /** Likewise the tables of files that are signed alike. */
  readonly tables: KnownTables;
  readonly out: string;
  /** The path to show for what stands, or would stand, below OUT. */
  readonly shown: (path: string) => string;
}

/** The signed files that the project has of some packages take the built ones' places. */
const overlay = (bundle: CheckedBrand['bundle'], { prepared, ports }: Making): Overlaid => {
  const { project, drivers } = prepared.loaded;
  const sourceOf = (name: string) => drivers.find(({ definition }) => definition.name === name)?.source;
  return overlayPrebuilt({
    bundle,
    prebuiltFor: ({ driver, architecture }) => sourceOf(driver)?.prebuilt?.files.get(architecture),
    shown: (path) => ports.files.relative(project.folder, path),
  });
};

interface Verifying {
  readonly brandId: string;
  readonly files: readonly OutputFile[];
  /** DER of whom prebuilt files lead to. */
  readonly anchors: readonly Uint8Array[];
}

interface VerifiedBrand {
  /** By paths below OUT. */
  readonly verdicts: readonly FileVerdict[];
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads back what was made, from its bytes, trusting only the release's own root and the signers of prebuilt files. */
const verifyBrand = async ({ brandId, files, anchors }: Verifying, making: Making): Promise<VerifiedBrand> => {
  const { signing, ports, shown } = making;
  const trust = [...signing.anchors(), ...anchors];
  const atMs = ports.clock.now();
  const report = await making.revocation.judge((revocation) => verifyTree({ files, trust, atMs, revocation }));
  const below = new Set(files.map(({ path }) => path));
  const diagnostics = report.diagnostics.map((finding): Diagnostic => {
    const { at } = finding;
    return at === undefined || !below.has(at.file)
      ? finding
      : { ...finding, at: { ...at, file: shown(`${brandId}/${at.file}`) } };
  });
  if (report.verdict === 'valid') {
    return {
      verdicts: report.files.map((file) => ({ ...file, path: `${brandId}/${file.path}` })),
      diagnostics: diagnostics.filter(({ severity }) => severity === 'warning'),
    };
  }
  const errors = diagnostics.filter((finding) => finding.severity === 'error');
  throw errors.length > 0
    ? WinpvError.of(errors)
    : new WinpvError('RELEASE_NOT_VALID', `The release is ${report.verdict}.`);
};

/** Tries the packages in emulated guests as they will be shipped; undefined when the project switched it off. */
const rehearsalOf = async (
  { brandId: brand, files, anchors }: Verifying,
  { ports, prepared, signing, out }: Making,
): Promise<BrandRehearsal | undefined> => {
  const { project, architectures } = prepared.loaded;
  const { rehearsal: settings, waivers } = project;
  if (settings.kind === 'off') return undefined;
  const whole = prepared.loaded.whole && architectures.length === project.architectures.length;
  const trust = [...signing.anchors(), ...anchors];
  return ports.rehearsals.rehearse(
    { brand, files, trust, settings, waivers, whole, nowMs: ports.clock.now(), out },
    (event) => ports.reporter.emit(event),
  );
};

/** Packs what is signed, as it will be shipped. */
const packBrand = async (
  { plan, signed, content }: { plan: PlannedBrand; signed: Bundle<'signed'>; content: readonly OutputFile[] },
  sign: SignFile,
  { prepared: { date }, shown }: Making,
) => {
  const [cabinets, zip] = await Promise.all([
    Promise.all(plan.cabinets.map((cabinet) => packCabinet(cabinet, signed, { date, sign, shown }))),
    packZip(plan, content, date),
  ]);
  return { cabinets, zip };
};

const makeBrand = async (brand: CheckedBrand, making: Making): Promise<BrandResult> => {
  const { plan, bundle, origins, modes } = brand;
  const { ports, signing, signatures } = making;
  const sign = signing.signFor(brandOf(plan, making).loaded.brand);
  const cache: SignatureCache = signatures.get(sign) ?? new Map();
  signatures.set(sign, cache);
  const named = (name: string): string => `${plan.id}: ${name}`;
  const { bundle: overlaid, anchors } = overlay(bundle, making);
  const signed = await step(ports, named('sign'), () => signBundle(overlaid, sign, cache));
  const packages = bundleFiles(signed);
  const verifying: Verifying = { brandId: plan.id, files: packages, anchors };
  const verified = await step(ports, named('verify'), () => verifyBrand(verifying, making));
  const content = [...packages, ...signing.trust];
  const rehearsing = rehearsalOf(verifying, making);
  // Whoever waits for it is told; until then a refusal is nobody's unhandled error.
  rehearsing.catch(() => undefined);
  // Other cores rehearse meanwhile; a brand that does not pass was packed for nothing.
  const packing = step(ports, named('pack'), () => packBrand({ plan, signed, content }, sign, making));
  const recorded = recordPackages(plan, signed, { modes, origins });
  ports.signed?.({ id: plan.id, packages: recorded, files: packages }, making.prepared);
  const tables = brandTables(verified.verdicts, making.tables);
  const [{ cabinets, zip }, rehearsed] = await Promise.all([packing, rehearsing]);
  const archives = cabinets.map(({ file }) => file);
  return {
    brand,
    anchors,
    record: recordBrand(plan.id, recorded, { cabinets: archives, zip, rehearsal: rehearsed?.record }),
    files: [...content.map(({ path, bytes }) => ({ path: `${plan.id}/${path}`, bytes })), ...archives, zip],
    tables,
    diagnostics: [
      ...verified.diagnostics,
      ...(rehearsed?.diagnostics ?? []),
      ...cabinets.flatMap(({ diagnostics }) => diagnostics),
    ],
  };
};

/** While some are signed and deflated in the thread pool, the next are verified and written. */
const BRANDS_AT_ONCE = 4;

/**
 * Makes the brands, some at the same time, and hands them on in the order of the project. Each waits for its own
 * rehearsal before it is packed. No more are held than keep every core at work.
 */
export async function* brandsInOrder(
  brands: readonly CheckedBrand[],
  making: Making,
): AsyncGenerator<BrandResult, void, undefined> {
  const atOnce = Math.max(BRANDS_AT_ONCE, making.ports.rehearsals.width + 1);
  const waiting: Promise<BrandResult>[] = [];
  try {
    for (const brand of brands) {
      const made = makeBrand(brand, making);
      // Whoever waits for it is told; until then a refusal is nobody's unhandled error.
      made.catch(() => undefined);
      waiting.push(made);
      if (waiting.length >= atOnce) yield await (waiting.shift() as Promise<BrandResult>);
    }
    while (waiting.length > 0) yield await (waiting.shift() as Promise<BrandResult>);
  } finally {
    // After a failure nobody signs any more when the key is closed.
    await Promise.allSettled(waiting);
  }
}
