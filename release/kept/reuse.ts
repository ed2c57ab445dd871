import type { Architecture } from '../../core/architecture.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';
import { parseVersion } from '../../core/version.ts';
import type { Bundle } from '../../packaging/bundle/bundle.ts';
import type { PackageFinding } from '../../packaging/bundle/judge-bundle.ts';
import type { NewEntry } from '../ledger/ledger.ts';
import {
  type BrandFacts,
  type BrandMaking,
  damagedFile,
  damagedNote,
  type KeptBrand,
  keptPath,
  readKept,
  sameMaking,
} from './kept.ts';

/** A brand that is there already, as it would be made now. */
export interface Reused {
  readonly kept: KeptBrand;
  /** The folder that its files stand below. */
  readonly folder: string;
}

/** Where an earlier run wrote, and where its notes are. */
export interface KeptPlace {
  readonly folder: string;
  readonly notes: string;
}

export interface Reuse {
  readonly brands: ReadonlyMap<string, Reused>;
  readonly diagnostics: readonly Diagnostic[];
}

export const NOTHING_REUSED: Reuse = { brands: new Map(), diagnostics: [] };

/**
 * The brands of earlier runs that are what they would be made now: from the same things, and each file with the hash that
 * was noted when it was made. What was changed since is told, and made again.
 * @param places where earlier runs wrote; the first that has a brand counts
 */
export const findReusable = async (
  files: Files,
  places: readonly KeptPlace[],
  makings: ReadonlyMap<string, BrandMaking>,
): Promise<Reuse> => {
  const brands = new Map<string, Reused>();
  const diagnostics: Diagnostic[] = [];
  for (const [id, making] of makings) {
    for (const { folder, notes } of places) {
      const kept = await readKept(files, notes, id);
      if (kept === undefined || (kept !== 'damaged' && !sameMaking(kept.made, making))) continue;
      const damaged = kept === 'damaged' ? keptPath(id) : await damagedFile(files, folder, kept);
      if (damaged !== undefined) diagnostics.push(damagedNote(folder, damaged, id));
      if (kept === 'damaged' || damaged !== undefined) continue;
      brands.set(id, { kept, folder });
      break;
    }
  }
  return { brands, diagnostics };
};

/** The folders that findings point into; they are named alike on every machine. */
export interface Places {
  readonly out: string;
  readonly project: string;
}

const moved = (finding: Diagnostic, move: (path: string) => string): Diagnostic =>
  finding.at === undefined ? finding : { ...finding, at: { ...finding.at, file: move(finding.at.file) } };

const movedFacts = (facts: BrandFacts, move: (path: string) => string): BrandFacts => {
  const within = (all: readonly PackageFinding[]): readonly PackageFinding[] =>
    all.map(({ folder, finding }) => ({ folder, finding: moved(finding, move) }));
  return {
    ...facts,
    patchFindings: within(facts.patchFindings),
    findings: within(facts.findings),
    diagnostics: facts.diagnostics.map((finding) => moved(finding, move)),
    used: facts.used.map(move),
  };
};

const OUT = '{out}';
const PROJECT = '{project}';

/** Without the folders of this machine. */
export const portableFacts = (facts: BrandFacts, { out, project }: Places): BrandFacts =>
  movedFacts(facts, (path) => {
    if (path.startsWith(out)) return OUT + path.slice(out.length);
    return path.startsWith(project) ? PROJECT + path.slice(project.length) : path;
  });

/** With the folders of this run. */
export const factsHere = (facts: BrandFacts, { out, project }: Places): BrandFacts =>
  movedFacts(facts, (path) => {
    if (path.startsWith(OUT)) return out + path.slice(OUT.length);
    return path.startsWith(PROJECT) ? project + path.slice(PROJECT.length) : path;
  });

/** What the ledger asks of a brand: its entry, and its packages as far as an upgrade to them depends on them. */
export interface LedgerFacts {
  readonly entry: NewEntry;
  readonly bundle: Bundle<'catalogued'>;
}

/** The same of a brand that was made before, from the INFs that stand there. */
export const ledgerFacts = async (files: Files, { kept, folder }: Reused, nowMs: number): Promise<LedgerFacts> => {
  const { record, entry } = kept.rest;
  const packages = await Promise.all(
    record.packages.map(async (pack) => {
      const inf = pack.files.find(({ path }) => /\.inf$/i.test(path));
      const path = inf?.path ?? '';
      const name = path.slice(path.lastIndexOf('/') + 1);
      const bytes = await files.read(files.join(folder, ...path.split('/')));
      return {
        driver: pack.driver,
        architecture: pack.architecture as Architecture,
        version: parseVersion(pack.version) ?? ([0, 0, 0, 0] as const),
        infName: name,
        windows: pack.windows,
        files: [{ name, bytes, role: 'inf' as const, standIn: false }],
        symbols: [],
      };
    }),
  );
  return {
    entry: { time: new Date(nowMs).toISOString(), ...entry },
    bundle: { stage: 'catalogued', brandId: kept.brand, packages },
  };
};
