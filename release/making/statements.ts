import { type Diagnostic, problem } from '../../core/errors.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import type { Timestamper } from '../../packaging/signing/timestamp.ts';
import { signDetached } from '../../packaging/statements/detached.ts';
import { signEnvelope } from '../../packaging/statements/dsse.ts';
import { encodeStatement, PAYLOAD_TYPE, SBOM_TYPE, type Statement } from '../../packaging/statements/in-toto.ts';
import { provenanceOf } from '../../packaging/statements/provenance.ts';
import { type StatedBrand, type StatedInput, subjectsOf } from '../../packaging/statements/stated.ts';
import type { OutputFile } from '../output.ts';
import type { Plan, PlannedBrand } from '../plan.ts';
import { type RecordedBrand, type ReleaseRecord, recordFile } from '../record.ts';
import { SUMS_SIGNATURE, statementNames } from './statement-names.ts';

/** The release's key as statements and checksums need it; a tool that signs files only has none. */
export interface StatementSigner {
  readonly signer: Signer;
  readonly timestamper: Timestamper | undefined;
}

const isOf = ({ file, patches = [] }: PlannedBrand, path: string): boolean =>
  file.path === path || patches.some((patch) => patch.path === path);

/**
 * What a brand is made from: its settings, templates, and every input that is not another brand's. Paths of what comes with
 * winpv depend on where that stands, so such things are named by what they are.
 */
const inputsOf = (plan: Plan, brand: PlannedBrand): readonly StatedInput[] => {
  const others = plan.brands.filter((one) => one !== brand);
  const own = plan.inputs.filter(({ path }) => isOf(brand, path) || !others.some((other) => isOf(other, path)));
  const named = [
    { name: `brand ${brand.id}`, sha256: brand.file.sha256 },
    ...brand.packages.flatMap(({ driver, template }) =>
      template === undefined ? [] : [{ name: `template of ${driver}`, sha256: template.sha256 }],
    ),
    ...own.map(({ path, sha256 }) => ({ name: path, sha256 })),
  ];
  const seen = new Set<string>();
  return named.filter(({ name, sha256 }) => !seen.has(`${name} ${sha256}`) && seen.add(`${name} ${sha256}`));
};

const statedBrand = (record: ReleaseRecord, brand: RecordedBrand, inputs: readonly StatedInput[]): StatedBrand => ({
  id: brand.id,
  toolVersion: record.tool.version,
  date: record.date,
  signing: { kind: record.signing.kind, timestamps: record.signing.timestamps },
  packages: brand.packages,
  archives: [...brand.cabinets, brand.zip],
  inputs,
});

const brandFiles = async (stated: StatedBrand, signer: Signer | undefined): Promise<readonly OutputFile[]> => {
  // Only releases need the library behind it.
  const { encodeSbom } = await import('../../packaging/statements/sbom.ts');
  const names = statementNames(stated.id);
  const sbom = { path: names.sbom, bytes: encodeSbom(stated) };
  if (signer === undefined) return [sbom];
  const signed = async (path: string, statement: Statement): Promise<OutputFile> => ({
    path,
    bytes: await signEnvelope(PAYLOAD_TYPE, encodeStatement(statement), signer),
  });
  const predicate: unknown = JSON.parse(new TextDecoder().decode(sbom.bytes));
  const bill: Statement = { subjects: subjectsOf(stated), predicateType: SBOM_TYPE, predicate };
  return [
    sbom,
    ...(await Promise.all([
      signed(names.provenance, provenanceOf(stated, [recordFile(sbom.path, sbom.bytes)])),
      signed(names.sbomStatement, bill),
    ])),
  ];
};

/**
 * The statements about the brands of a release, in the order of its record: bill of materials, provenance, and the bill
 * signed. They follow from the record, so parts of a release that are joined have the same ones.
 *
 * @throws WinpvError SIGN_*
 */
export const statementFiles = async (
  record: ReleaseRecord,
  plan: Plan,
  signing: StatementSigner | undefined,
): Promise<readonly OutputFile[]> => {
  const files = await Promise.all(
    record.brands.map((brand) => {
      const planned = plan.brands.find(({ id }) => id === brand.id);
      const inputs = planned === undefined ? [] : inputsOf(plan, planned);
      return brandFiles(statedBrand(record, brand, inputs), signing?.signer);
    }),
  );
  return files.flat();
};

/** The detached signature beside SHA256SUMS. @throws WinpvError SIGN_*, TS_* */
export const sumsSignature = async (
  sums: OutputFile,
  { signer, timestamper }: StatementSigner,
): Promise<OutputFile> => ({ path: SUMS_SIGNATURE, bytes: await signDetached(sums.bytes, signer, timestamper) });

/** What is said when the release's key cannot sign statements. */
export const unsignedStatements = (): Diagnostic =>
  problem('STATEMENTS_UNSIGNED', 'The checksums and statements of this release are not signed.', {
    severity: 'warning',
    hint: 'A tool of `fileCommand` signs files only. Any other kind of `signing` signs them too.',
  });
