import { type Explanation, explain } from '../../packaging/signing/explanation.ts';
import { type PolicyAnswer, type PolicyRow, policyKey, policyRows } from '../../packaging/signing/policy.ts';
import { WINDOWS_RELEASES } from '../../packaging/signing/policy-data.ts';
import type { FileVerdict } from '../../packaging/signing/verdict.ts';
import type { OutputFile } from '../output.ts';

/** Its name below OUT. */
export const SIGNATURE_REPORT = 'signatures.json';
const FORMAT = 1;

/** Which Windows loads which file of a release, and why. */
export interface SignatureFileReport {
  readonly formatVersion: typeof FORMAT;
  /** Files with the same signer have the same table. */
  readonly tables: readonly {
    /** Below OUT, in the order of the release. */
    readonly files: readonly string[];
    /** What surprises people, where something does. */
    readonly explanation?: Explanation;
    readonly answers: readonly SignatureAnswer[];
  }[];
}

/** What some machines make of a file. */
export interface SignatureAnswer extends PolicyAnswer {
  /** Windows, processor and what is switched on: `11-24h2 x64 secureBoot`. */
  readonly machines: readonly string[];
}

const SWITCHES = ['secureBoot', 'testSigning', 'hvci', 'upgraded'] as const;

const answersOf = (rows: readonly PolicyRow[]): readonly SignatureAnswer[] => {
  const answers = new Map<string, PolicyAnswer & { readonly machines: string[] }>();
  for (const row of rows) {
    const { windows, arch, loads, on, reason, source } = row;
    const machine = [windows, arch, ...SWITCHES.filter((name) => row[name])].join(' ');
    const key = `${loads} ${reason}`;
    const before = answers.get(key);
    if (before === undefined) {
      answers.set(key, { loads, ...(on === undefined ? {} : { on }), reason, source, machines: [machine] });
    } else before.machines.push(machine);
  }
  return [...answers.values()];
};

type Table = SignatureFileReport['tables'][number] & { readonly files: string[] };

/** What a brand adds to the report: its files by the key of their table. */
export type BrandTables = readonly { readonly key: string; readonly table: SignatureFileReport['tables'][number] }[];

/** Tables by what decides on a file: brands of a release mostly have the same ones. */
export type KnownTables = Map<string, Omit<Table, 'files'>>;

/** The tables of one brand's files. */
export const brandTables = (files: readonly FileVerdict[], known: KnownTables): BrandTables => {
  const tables = new SignatureTables(known);
  tables.add(files);
  return tables.entries();
};

/** The report of a release, which grows with its brands: whoever signs as one before costs next to nothing. */
export class SignatureTables {
  private readonly tables = new Map<string, Table>();
  private readonly known: KnownTables;

  constructor(known: KnownTables = new Map()) {
    this.known = known;
  }

  /** Adds files by their verdicts, as they will be shipped. */
  add(files: readonly FileVerdict[]): void {
    for (const file of files) {
      const key = policyKey(file);
      if (key === undefined) continue;
      const answers = this.known.get(key) ?? tableOf(file);
      this.known.set(key, answers);
      const table = this.tables.get(key) ?? { files: [], ...answers };
      this.tables.set(key, table);
      table.files.push(file.path);
    }
  }

  /** Adds a brand's files by their tables. */
  join(brand: BrandTables): void {
    for (const { key, table } of brand) {
      const known = this.tables.get(key);
      if (known === undefined) this.tables.set(key, { ...table, files: [...table.files] });
      else known.files.push(...table.files);
    }
  }

  entries(): BrandTables {
    return [...this.tables].map(([key, table]) => ({ key, table }));
  }

  report(): SignatureFileReport {
    return { formatVersion: FORMAT, tables: [...this.tables.values()] };
  }

  file(): OutputFile {
    return { path: SIGNATURE_REPORT, bytes: new TextEncoder().encode(`${JSON.stringify(this.report(), null, 1)}\n`) };
  }
}

const tableOf = (file: FileVerdict): Omit<Table, 'files'> => {
  const explanation = explain(file);
  return {
    ...(explanation === undefined ? {} : { explanation }),
    answers: answersOf(policyRows(file, WINDOWS_RELEASES)),
  };
};
