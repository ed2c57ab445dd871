import { toHex } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { type BrandFacts, type BrandMaking, encodeKept, type KeptFile, keptBrand, keptContent } from '../kept/kept.ts';
import { factsHere, portableFacts, type Reuse, type Reused } from '../kept/reuse.ts';
import type { NewEntry } from '../ledger/ledger.ts';
import { type OutputStage, sha256Hex } from '../output.ts';
import type { BuiltPackages } from './build.ts';
import { type BrandResult, brandsInOrder, type Making } from './make-brand.ts';

export interface BrandWriting {
  readonly making: Making;
  readonly built: BuiltPackages;
  readonly reuse: Reuse;
  readonly output: OutputStage;
  /** What each brand follows from; undefined when brands are not kept. */
  readonly makings: ReadonlyMap<string, BrandMaking> | undefined;
  /** By brand. */
  readonly entries: ReadonlyMap<string, NewEntry>;
}

/** A brand that stands in the output. */
export interface WrittenBrand {
  readonly files: readonly KeptFile[];
  readonly facts: Pick<BrandFacts, 'record' | 'tables' | 'diagnostics'>;
}

const factsOf = (result: BrandResult, entry: NewEntry): BrandFacts => {
  const { brand, record, tables, diagnostics, anchors } = result;
  const { time: _time, ...timeless } = entry;
  const { patchFindings, findings, used } = brand;
  return {
    ...{ record, tables, patchFindings, findings, diagnostics, used: [...new Set(used)] },
    anchors: anchors.map(toHex),
    entry: timeless,
  };
};

const placesOf = ({ out, prepared }: Making) => ({ out, project: prepared.loaded.project.folder });

const writeMade = async (result: BrandResult, writing: BrandWriting): Promise<WrittenBrand> => {
  const { output, makings, entries, making } = writing;
  const { id } = result.record;
  const files = result.files.map(({ path, bytes }) => ({ path, bytes: bytes.length, sha256: sha256Hex(bytes) }));
  await Promise.all(result.files.map((file) => output.write(file)));
  const [made, entry] = [makings?.get(id), entries.get(id)];
  if (entry === undefined) throw new TypeError(`${id} has no entry for the ledger`);
  const facts = factsOf(result, entry);
  // The last of a brand's files: what it names is there.
  if (made !== undefined)
    await output.write(encodeKept(keptBrand(made, files, portableFacts(facts, placesOf(making)))));
  return { files, facts };
};

/** Brings a brand from where it stands to the output; each file is held to its hash again. */
const bring = async ({ kept, folder }: Reused, { making, output }: BrandWriting): Promise<void> => {
  const { files } = making.ports;
  if (folder === output.place) return;
  for (const file of kept.files) {
    const bytes = await keptContent(files, folder, file);
    if (bytes === undefined) {
      const message = `${file.path} changed while it was read.`;
      throw new WinpvError('KEPT_DAMAGED', message, { at: { file: files.join(folder, file.path) } });
    }
    await output.write({ path: file.path, bytes });
  }
  await output.write(encodeKept(kept));
};

/** Writes the brands of a release in the order of the project, those that are there already among them. */
export async function* writtenBrands(writing: BrandWriting): AsyncGenerator<WrittenBrand, void, undefined> {
  const { making, built, reuse } = writing;
  const made = brandsInOrder(built.brands, making);
  try {
    for (const { id } of making.prepared.plan.brands) {
      const reused = reuse.brands.get(id);
      if (reused === undefined) {
        const next = await made.next();
        if (next.done === true) throw new TypeError(`${id} was not made`);
        yield await writeMade(next.value, writing);
      } else {
        await bring(reused, writing);
        yield { files: reused.kept.files, facts: factsHere(reused.kept.rest, placesOf(making)) };
      }
    }
  } finally {
    await made.return();
  }
}
