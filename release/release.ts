import type { Diagnostic } from '../core/errors.ts';
import { givenHash } from './brand-versions.ts';
import { brandOf, buildPackages } from './build.ts';
import { checkAgainstLedger, checkUpgrades, commitWithLedger, entryOf } from './keep-ledger.ts';
import type { NewEntry } from './ledger.ts';
import { preciousOf } from './load.ts';
import { brandsInOrder, type Making } from './make-brand.ts';
import {
  checkOutput,
  checkOutputPlace,
  checksumFile,
  type OutputFile,
  type OutputStage,
  openOutput,
  RECORD_NAME,
} from './output.ts';
import type { Plan } from './plan.ts';
import { prepareRelease, type ReleasePorts, type ReleaseRequest, step } from './prepare.ts';
import { errorInProjectWords, inProjectWords } from './project-words.ts';
import { encodeRecord, type RecordedBrand, type ReleaseRecord, recordFile } from './record.ts';
import { SignatureTables } from './signature-report.ts';
import { type ReadySigning, readySigning } from './signing.ts';
import { unusedWaivers } from './waivers.ts';

export interface Released {
  readonly plan: Plan;
  readonly record: ReleaseRecord;
  readonly diagnostics: readonly Diagnostic[];
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
  const tables = new SignatureTables();
  for await (const { files, record, verdicts, diagnostics } of brandsInOrder(built.brands, making)) {
    tables.add(verdicts);
    await Promise.all(files.map(write));
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
  await write(tables.file());
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
