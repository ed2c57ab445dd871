import { readFileSync } from 'node:fs';
import { encodeCab } from '../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { decodeInfText, encodeInfText } from '../../packaging/formats/inf/text.ts';
import { signCab } from '../../packaging/signing/sign.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import type { CreateProduct } from '../../publishing/partner-center/contract.ts';
import type { SentFile } from '../../publishing/refusals/contract.ts';
import { planSubmission } from '../../publishing/submission/plan.ts';
import { TEST_NOW, winpv } from './command-line.ts';
import { makeProject } from './project.ts';
import { sharedHierarchy, signingParts } from './test-keys.ts';

/** A submission as `winpv release` makes it, and ways to spoil it. */
export interface Released {
  /** The cabinet as the release signed it. */
  readonly cabinet: Uint8Array;
  readonly file: string;
  /** What is in it: `xenbus/xenbus.inf`. */
  readonly files: readonly SentFile[];
  readonly product: CreateProduct;
}

export const RELEASED_NOW = TEST_NOW;

/** The x64 and x86 submissions of shipped brands, made once. */
export const releaseBrands = async (brands: readonly string[], more = ''): Promise<ReadonlyMap<string, Released>> => {
  const project = await makeProject({
    'winpv.yaml': `brands: [${brands.join(', ')}]\nsources: { default: stand-in }\n${more}`,
  });
  try {
    const out = project.path('out');
    const { exit, stderr } = await winpv(['release', '-C', project.folder, '--out', out, '--date', '2026-05-04']);
    if (exit !== 0) throw new Error(stderr);
    const record = JSON.parse(readFileSync(project.path('out', 'release.json'), 'utf8'));
    const made = new Map<string, Released>();
    for (const { id, cabinets, packages } of record.brands) {
      for (const { path } of cabinets) {
        const architecture = path.includes('-x86-') ? 'x86' : 'x64';
        const cabinet = new Uint8Array(readFileSync(project.path('out', path)));
        const own = packages.filter((one: { architecture: string }) => one.architecture === architecture);
        const windows: readonly string[] = own.flatMap((one: { windows: readonly string[] }) => one.windows);
        const { plan } = planSubmission({
          ...{ brand: id, architecture, title: id, windows: [...new Set(windows)] },
          package: { path, bytes: cabinet },
        });
        if (!('create' in plan.product)) throw new Error('a product of its own was expected');
        made.set(`${id} ${architecture}`, {
          ...{ cabinet, file: path, product: plan.product.create },
          files: extractCab(parseCab(cabinet, path)).map(({ name, bytes }) => ({ name, bytes })),
        });
      }
    }
    return made;
  } finally {
    project.dispose();
  }
};

export const releasedOf = (all: ReadonlyMap<string, Released>, name: string): Released => {
  const found = all.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};

/** The files with one of them changed, taken away (undefined) or, under a new name, added. */
export const withFile = (
  files: readonly SentFile[],
  name: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): readonly SentFile[] => {
  const there = files.some((file) => file.name === name);
  if (!there) {
    const bytes = change(new Uint8Array(0));
    return bytes === undefined ? files : [...files, { name, bytes }];
  }
  return files.flatMap((file) => {
    if (file.name !== name) return [file];
    const bytes = change(file.bytes);
    return bytes === undefined ? [] : [{ name, bytes }];
  });
};

/** An INF with its text changed, in its encoding. */
export const withInf = (
  files: readonly SentFile[],
  name: string,
  edit: (text: string) => string,
): readonly SentFile[] =>
  withFile(files, name, (bytes) => {
    const { text, encoding } = decodeInfText(bytes, name);
    const after = edit(text);
    if (after === text) throw new Error(`the edit changes nothing in ${name}`);
    return encodeInfText(after, encoding);
  });

export const packCabinet = (
  files: readonly SentFile[],
  options: { readonly compress?: 'mszip' | 'none' } = {},
): Uint8Array =>
  encodeCab(
    files.map((file) => ({ ...file, modified: Date.UTC(2026, 4, 4) })),
    { compress: options.compress ?? 'mszip' },
  );

export const signCabinet = async (bytes: Uint8Array, signer?: Signer): Promise<Uint8Array> =>
  signCab(bytes, 'acme.cab', { signer: signer ?? signingParts(await sharedHierarchy()).signer });
