import { type Diagnostic, WinpvError } from '../core/errors.ts';
import { type Overlaid, overlayPrebuilt } from '../packaging/bundle/import/overlay.ts';
import { type SignatureCache, signBundle } from '../packaging/bundle/sign-bundle.ts';
import type { SignFile } from '../packaging/signing/sign-file.ts';
import type { FileVerdict } from '../packaging/signing/verdict.ts';
import { verifyTree } from '../packaging/signing/verify-package.ts';
import { givenHash } from './brand-versions.ts';
import { brandOf, buildPackages, type CheckedBrand } from './build.ts';
import { checkAgainstLedger, checkUpgrades, commitWithLedger, entryOf } from './keep-ledger.ts';
import type { NewEntry } from './ledger.ts';
import { preciousOf } from './load.ts';
import {
  checkOutput,
  checkOutputPlace,
  checksumFile,
  type OutputFile,
  type OutputStage,
  openOutput,
  RECORD_NAME,
} from './output.ts';
import { bundleFiles, packCabinet, packZip } from './pack.ts';
import type { Plan } from './plan.ts';
import { type Prepared, prepareRelease, type ReleasePorts, type ReleaseRequest, step } from './prepare.ts';
import { errorInProjectWords, inProjectWords } from './project-words.ts';
import { encodeRecord, type RecordedBrand, type ReleaseRecord, recordBrand, recordFile } from './record.ts';
import type { BrandRehearsal } from './rehearse-brand.ts';
import { SignatureTables } from './signature-report.ts';
import { type ReadySigning, readySigning } from './signing.ts';
import { unusedWaivers } from './waivers.ts';

export interface Released {
  readonly plan: Plan;
  readonly record: ReleaseRecord;
  readonly diagnostics: readonly Diagnostic[];
}

interface BrandResult {
  readonly record: RecordedBrand;
  readonly files: readonly OutputFile[];
  readonly diagnostics: readonly Diagnostic[];
}

interface Making {
  readonly prepared: Prepared;
  readonly ports: ReleasePorts;
  readonly signing: ReadySigning;
  /** Signatures are shared by brands that sign alike. */
  readonly signatures: Map<SignFile, SignatureCache>;
  readonly tables: SignatureTables;
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
const verifyBrand = ({ brandId, files, anchors }: Verifying, making: Making): VerifiedBrand => {
  const { signing, ports, shown } = making;
  const report = verifyTree({ files, trust: [...signing.anchors(), ...anchors], atMs: ports.clock.now() });
  const diagnostics = report.diagnostics.map((finding): Diagnostic => {
    const { at } = finding;
    return at === undefined ? finding : { ...finding, at: { ...at, file: shown(`${brandId}/${at.file}`) } };
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

/** A brand whose packages are signed and verified, and which others are rehearsing. */
interface BrandInRehearsal {
  readonly rehearsed: Promise<BrandRehearsal | undefined>;
  /** Packs it, once the rehearsal is known. */
  finish(rehearsed: BrandRehearsal | undefined): Promise<BrandResult>;
}

const signBrand = async ({ plan, bundle, origins, modes }: CheckedBrand, making: Making): Promise<BrandInRehearsal> => {
  const { ports, prepared, signing, signatures, tables, shown } = making;
  const { date } = prepared;
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
  const rehearsed = rehearsalOf(verifying, making);
  // Meanwhile.
  tables.add(verified.verdicts);
  return {
    rehearsed,
    finish: async (rehearsed) => {
      const { cabinets, zip } = await step(ports, named('pack'), async () => ({
        cabinets: await Promise.all(
          plan.cabinets.map((cabinet) => packCabinet(cabinet, signed, { date, sign, shown })),
        ),
        zip: await packZip(plan, content, date),
      }));
      const archives = cabinets.map(({ file }) => file);
      return {
        record: recordBrand(plan, signed, { cabinets: archives, zip, modes, origins, rehearsal: rehearsed?.record }),
        files: [...content.map(({ path, bytes }) => ({ path: `${plan.id}/${path}`, bytes })), ...archives, zip],
        diagnostics: [
          ...verified.diagnostics,
          ...(rehearsed?.diagnostics ?? []),
          ...cabinets.flatMap(({ diagnostics }) => diagnostics),
        ],
      };
    },
  };
};

/**
 * Makes one brand after the other. While some are rehearsed on other cores the next are signed; each is packed when it has
 * passed, in the order of the project. No more are held than are worth rehearsing at once.
 */
async function* brandsInOrder(brands: readonly CheckedBrand[], making: Making): AsyncGenerator<BrandResult> {
  const waiting: BrandInRehearsal[] = [];
  const next = async (): Promise<BrandResult> => {
    const { rehearsed, finish } = waiting.shift() as BrandInRehearsal;
    return finish(await rehearsed);
  };
  for (const brand of brands) {
    const begun = await signBrand(brand, making);
    // Whoever waits for it is told; until then a refusal is nobody's unhandled error.
    begun.rehearsed.catch(() => undefined);
    waiting.push(begun);
    if (waiting.length > making.ports.rehearsals.width) yield next();
  }
  while (waiting.length > 0) yield next();
}

interface Made extends Released {
  /** What the ledger will say of it. */
  readonly ledger: readonly NewEntry[];
}

const makeAll = async (making: Making, toolVersion: string, output: OutputStage): Promise<Made> => {
  const { prepared, signing, ports } = making;
  const { plan } = prepared;
  const brands: RecordedBrand[] = [];
  const found: Diagnostic[] = [];
  const sums: { path: string; sha256: string }[] = [];
  const write = async (file: OutputFile): Promise<void> => {
    sums.push(recordFile(file.path, file.bytes));
    await output.write(file);
  };
  const built = await buildPackages(making);
  const nowMs = ports.clock.now();
  const made = built.brands.map(({ plan: planned, bundle }) => {
    const given = givenHash(brandOf(planned, making), prepared.loaded.drivers);
    return { bundle, entry: entryOf({ bundle, toolVersion, nowMs, counted: prepared.counted.get(planned.id), given }) };
  });
  const ledger = made.map(({ entry }) => entry);
  found.push(...checkAgainstLedger(prepared.ledger, ledger));
  checkUpgrades(prepared.ledger, made);
  for await (const { files, record, diagnostics } of brandsInOrder(built.brands, making)) {
    for (const file of files) await write(file);
    brands.push(record);
    found.push(...diagnostics);
  }
  const { subject, thumbprint } = await signing.describe();
  const { waivers } = prepared.loaded.project;
  const record: ReleaseRecord = {
    formatVersion: plan.formatVersion,
    tool: { name: 'winpv', version: toolVersion },
    date: plan.date,
    signing: { ...plan.signing, subject, thumbprint },
    rehearsal: plan.rehearsal,
    ...(waivers.length === 0 ? {} : { waivers }),
    standIns: brands.some((brand) => brand.packages.some((pack) => pack.files.some((file) => file.standIn))),
    inputs: plan.inputs,
    brands,
  };
  await write(making.tables.file());
  await write({ path: RECORD_NAME, bytes: encodeRecord(record) });
  await output.write(checksumFile(sums));
  const { diagnostics } = prepared;
  const all = [...diagnostics, ...signing.diagnostics(), ...built.diagnostics, ...found];
  const { whole, project } = prepared.loaded;
  const unused = whole ? unusedWaivers(project.settings, waivers, all) : [];
  return { plan, record, ledger, diagnostics: [...all, ...unused] };
};

/**
 * Makes a release: load, plan, brand, catalog, check, sign, verify from bytes, rehearse, pack, record. OUT appears whole or not
 * at all, and the project's ledger knows of it.
 * @throws WinpvError with every finding of the stage that stopped
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Released> => {
  const options = { folder: request.out, clean: request.clean };
  await checkOutput(ports.files, options);
  const prepared = await prepareRelease(request, ports);
  await checkOutputPlace(ports.files, request.out, preciousOf(prepared.loaded));
  const output = await openOutput(ports.files, options);
  if (prepared.loaded.project.rehearsal.kind === 'on') ports.rehearsals.prepare(prepared.plan.brands.length);
  let signing: ReadySigning | undefined;
  try {
    signing = await step(ports, 'open key', () =>
      readySigning(prepared.loaded.project, prepared.date, ports, request.out),
    );
    const shown = (path: string): string => ports.files.join(request.out, path);
    const making: Making = {
      prepared,
      signing,
      signatures: new Map(),
      tables: new SignatureTables(),
      ports,
      out: request.out,
      shown,
    };
    const { ledger, ...released } = await makeAll(making, request.toolVersion, output);
    const noted = await step(ports, 'write', () =>
      commitWithLedger(ports, prepared.ledger, ledger, () => output.commit()),
    );
    return { ...released, diagnostics: [...released.diagnostics, ...noted].map(inProjectWords) };
  } catch (error) {
    throw errorInProjectWords(error);
  } finally {
    signing?.close();
    await ports.rehearsals.close();
    await output.discard();
  }
};
