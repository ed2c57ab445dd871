import type { Diagnostic } from '../core/errors.ts';
import type { KeptFile } from './kept/kept.ts';
import { commitKeeping, encodeKeptRelease, factsOfKept, knownBrands } from './kept/known-brands.ts';
import { encodePartNote } from './kept/merge.ts';
import { parsePart, partOf } from './kept/parts.ts';
import { type LedgerFacts, ledgerFacts, type Reuse } from './kept/reuse.ts';
import { watchRelease } from './kept/unchanged.ts';
import {
  checkAgainstLedger,
  checkUpgrades,
  commitWithLedger,
  entryOf,
  type LedgerPorts,
} from './ledger/keep-ledger.ts';
import type { NewEntry } from './ledger/ledger.ts';
import { brandOf, buildPackages } from './making/build.ts';
import type { Making } from './making/make-brand.ts';
import { type RecordedRevocation, readyRevocation } from './making/revocation.ts';
import { SignatureTables } from './making/signature-report.ts';
import { type ReadySigning, readySigning } from './making/signing.ts';
import { statementFiles, sumsSignature, unsignedStatements } from './making/statements.ts';
import { writtenBrands } from './making/write-brands.ts';
import {
  checkOutput,
  checkOutputPlace,
  checksumFile,
  type OutputFile,
  type OutputStage,
  openOutput,
  PAGE_NAME,
  RECORD_NAME,
} from './output.ts';
import type { Plan } from './plan.ts';
import { prepareRelease, type ReleasePorts, type ReleaseRequest, step } from './prepare.ts';
import { givenHash } from './project/brand-versions.ts';
import { preciousOf } from './project/load.ts';
import { unusedWaivers } from './project/waivers.ts';
import { errorInProjectWords, inProjectWords } from './project/words.ts';
import { encodeRecord, type RecordedBrand, type ReleaseRecord, recordFile } from './record.ts';

export interface Released {
  readonly plan: Plan;
  readonly record: ReleaseRecord;
  /** How many brands an earlier run had made. */
  readonly reused: number;
  /** OUT is what would be made, and was left as it is. */
  readonly unchanged: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

interface Made extends Released {
  /** What the ledger will say of it. */
  readonly ledger: readonly NewEntry[];
  /** Whether it is known what all of it follows from. */
  readonly traced: boolean;
}

/** What the release says of itself, beside its brands: written last. */
const recordOf = async (
  { prepared, signing }: Making,
  toolVersion: string,
  { brands, revocation }: { brands: readonly RecordedBrand[]; revocation: readonly RecordedRevocation[] },
): Promise<ReleaseRecord> => {
  const { plan } = prepared;
  const { subject, thumbprint } = await signing.describe();
  const { waivers } = prepared.loaded.project;
  return {
    formatVersion: plan.formatVersion,
    tool: { name: 'winpv', version: toolVersion },
    date: plan.date,
    signing: { ...plan.signing, subject, thumbprint },
    ...(revocation.length === 0 ? {} : { revocation }),
    rehearsal: plan.rehearsal,
    ...(waivers.length === 0 ? {} : { waivers }),
    standIns: brands.some((brand) => brand.packages.some((pack) => pack.files.some((file) => file.standIn))),
    inputs: plan.inputs,
    brands,
  };
};

/** Findings of everything, in the words of the project. */
const told = ({ prepared, signing }: Making, found: readonly Diagnostic[]): readonly Diagnostic[] => {
  const all = [...prepared.diagnostics, ...signing.diagnostics(), ...found];
  const { whole, project } = prepared.loaded;
  return [
    ...all,
    ...(whole && prepared.part === undefined ? unusedWaivers(project.settings, project.waivers, all) : []),
  ];
};

/** Builds what is not there yet, and holds all of it to the ledger. */
const buildAll = async (making: Making, toolVersion: string, { brands, diagnostics }: Reuse) => {
  const { prepared, ports } = making;
  const built = await buildPackages(making, factsOfKept(brands, making));
  const nowMs = ports.clock.now();
  const fresh = built.brands.map(({ plan, bundle }): LedgerFacts => {
    const given = givenHash(brandOf(plan, making), prepared.loaded.drivers);
    return { bundle, entry: entryOf({ bundle, toolVersion, nowMs, counted: prepared.counted.get(plan.id), given }) };
  });
  const old = await Promise.all([...brands.values()].map((one) => ledgerFacts(ports.files, one, nowMs)));
  const byBrand = new Map([...fresh, ...old].map((one) => [one.entry.brand, one]));
  const made = prepared.plan.brands.flatMap(({ id }) => byBrand.get(id) ?? []);
  const ledger = made.map(({ entry }) => entry);
  const warned = checkAgainstLedger(prepared.ledger, ledger);
  checkUpgrades(prepared.ledger, made);
  return { built, ledger, found: [...diagnostics, ...built.diagnostics, ...warned] };
};

const makeAll = async (making: Making, request: ReleaseRequest, output: OutputStage): Promise<Made> => {
  const { toolVersion } = request;
  const { plan } = making.prepared;
  const known = await knownBrands(making, request, output);
  const traced = known.makings !== undefined;
  const toMake = plan.brands.length - known.reuse.brands.size;
  const { rehearsal } = making.prepared.loaded.project;
  if (toMake > 0 && rehearsal.kind === 'on') making.ports.rehearsals.prepare(toMake);
  const { built, ledger, found } = await buildAll(making, toolVersion, known.reuse);
  if (known.record !== undefined) {
    const { record } = known;
    const diagnostics = told(making, found);
    return { plan, record, ledger, traced, reused: plan.brands.length, unchanged: true, diagnostics };
  }
  const brands: RecordedBrand[] = [];
  const sums: KeptFile[] = [];
  const rest: KeptFile[] = [];
  const tables = new SignatureTables();
  const entries = new Map(ledger.map((entry) => [entry.brand, entry]));
  for await (const { files, facts } of writtenBrands({ ...known, making, built, output, entries })) {
    sums.push(...files);
    tables.join(facts.tables);
    brands.push(facts.record);
    found.push(...facts.diagnostics);
  }
  const write = async (file: OutputFile): Promise<void> => {
    rest.push(recordFile(file.path, file.bytes));
    await output.write(file);
  };
  const kept = making.revocation.kept();
  for (const file of kept.files) await write(file);
  found.push(...making.revocation.diagnostics());
  const record = await recordOf(making, toolVersion, { brands, revocation: kept.record });
  await write(tables.file());
  await write({ path: RECORD_NAME, bytes: encodeRecord(record) });
  const page = await making.ports.page?.({ record, signatures: tables.report() });
  if (page !== undefined) await write({ path: PAGE_NAME, bytes: page });
  const statements = making.signing.statementSigner(
    making.prepared.loaded.brands[0]?.loaded.brand ?? { timestampServers: [] },
  );
  for (const file of await statementFiles(record, plan, statements)) await write(file);
  const sumsFile = checksumFile([...sums, ...rest]);
  await write(sumsFile);
  if (statements === undefined) found.push(unsignedStatements());
  else await write(await sumsSignature(sumsFile, statements));
  if (known.makings !== undefined) await output.write(encodeKeptRelease(known.makings, rest));
  const note = encodePartNote(making.prepared, request);
  if (note !== undefined) await output.write(note);
  const diagnostics = told(making, found);
  return { plan, record, ledger, traced, reused: known.reuse.brands.size, unchanged: false, diagnostics };
};

/** The ledger says whose release it is, and is sealed with the same key. */
const withKey = (ports: ReleasePorts, signing: ReadySigning | undefined): LedgerPorts => {
  if (signing === undefined) return ports;
  const seal = signing.statementSigner({ timestampServers: [] })?.signer;
  return { ...ports, key: async () => ({ signer: await signing.describe(), seal }) };
};

const makeRelease = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Omit<Made, 'ledger'>> => {
  const options = { folder: request.out, clean: request.clean, resume: request.resume };
  await checkOutput(ports.files, options);
  const planned = await prepareRelease(request, ports);
  const prepared = request.part === undefined ? planned : partOf(planned, parsePart(request.part));
  await checkOutputPlace(ports.files, request.out, preciousOf(prepared.loaded));
  const output = await openOutput(ports.files, options);
  let signing: ReadySigning | undefined;
  try {
    signing = await step(ports, 'open key', () =>
      readySigning(prepared.loaded.project, prepared.date, ports, request.out),
    );
    const shown = (path: string): string => ports.files.join(request.out, path);
    const making: Making = {
      prepared,
      signing,
      revocation: await readyRevocation(prepared.loaded.project.revocation, ports),
      signatures: new Map(),
      tables: new Map(),
      ports,
      out: request.out,
      shown,
    };
    const { ledger, ...released } = await makeAll(making, request, output);
    const noted = await step(ports, 'write', () =>
      // The release that parts become is noted, when they are joined.
      commitWithLedger(withKey(ports, signing), prepared.ledger, prepared.part === undefined ? ledger : [], () =>
        released.unchanged ? output.discard() : commitKeeping(making, request.out, output),
      ),
    );
    await ports.settled?.();
    return { ...released, diagnostics: [...released.diagnostics, ...noted].map(inProjectWords) };
  } catch (error) {
    throw errorInProjectWords(error);
  } finally {
    signing?.close();
    await ports.rehearsals.close();
    await output.discard();
  }
};

/**
 * Makes a release: load, plan, brand, catalog, check, sign, verify from bytes, rehearse, pack, record. OUT appears whole or not
 * at all, and the project's ledger knows of it.
 * @throws WinpvError with every finding of the stage that stopped
 */
export const release = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Released> => {
  const watch = await watchRelease(request, ports);
  const known = await watch?.unchanged();
  if (known !== undefined) return { ...known, reused: known.plan.brands.length, unchanged: true };
  const { traced, ...released } = await makeRelease(request, watch?.ports ?? ports);
  if (traced) await watch?.keep(released.plan, released.diagnostics);
  return released;
};
