import { type Diagnostic, problem } from '../../core/errors.ts';
import { pdbIdentity } from '../../packaging/formats/pdb/parse.ts';
import { codeViewOf } from '../../packaging/formats/pe/debug-directory.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import type { FileContent } from '../repository/plan.ts';

export interface SymbolFiles {
  /** Laid out as a symbol server is: `xenvbd.pdb/<GUID><age>/xenvbd.pdb`, `xenvbd.sys/<time><size>/xenvbd.sys`. */
  readonly files: readonly FileContent[];
  readonly diagnostics: readonly Diagnostic[];
}

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
const stem = (name: string): string => name.replace(/\.[^.]*$/, '').toLowerCase();
const hex = (value: number): string => value.toString(16);

/** The time stamp always has eight digits, in upper case; the size has as many as it needs, in lower case. */
const imageKey = ({ timeDateStamp, sizeOfImage }: ReturnType<typeof parsePe>): string =>
  `${hex(timeDateStamp).toUpperCase().padStart(8, '0')}${hex(sizeOfImage)}`;

interface Linked {
  readonly file: string;
  readonly pdb: string;
  readonly key: string;
}

const checkLink = ({ file, pdb, key }: Linked, keys: ReadonlyMap<string, readonly string[]>): readonly Diagnostic[] => {
  const there = keys.get(stem(pdb));
  if (there === undefined || there.includes(key)) return [];
  return [
    problem('DELIVERY_SYMBOLS_FOREIGN', `${file} was linked with another ${pdb} than the one beside it.`, {
      ...{ severity: 'warning', at: { file } },
      hint: `It asks a symbol server for ${pdb}/${key}; take the .pdb of the same build.`,
    }),
  ];
};

/**
 * Files images and their symbols as symbol servers and debuggers look for them. Nothing else goes in.
 * @param content a submission cabinet's files: images with their PDBs
 * @see "Symbol Storage Format" of Microsoft's debugger documentation, SYMSRV_INDEX_INFO; the key of an image as symsrv asks
 *   for it (microsoft/perfview pull request 2417)
 */
export const symbolFiles = (content: readonly FileContent[], shown: (name: string) => string): SymbolFiles => {
  const files = new Map<string, Uint8Array>();
  const diagnostics: Diagnostic[] = [];
  const keys = new Map<string, readonly string[]>();
  for (const { name, bytes } of content.filter((one) => /\.pdb$/i.test(one.name))) {
    const identity = pdbIdentity(bytes, name);
    if (identity === undefined) {
      const message = `${name} is no PDB that can be filed: it has no GUID.`;
      diagnostics.push(
        problem('DELIVERY_SYMBOLS_FOREIGN', message, { severity: 'warning', at: { file: shown(name) } }),
      );
      continue;
    }
    const key = `${identity.guid}${hex(identity.age).toUpperCase()}`;
    keys.set(stem(baseName(name)), [...(keys.get(stem(baseName(name))) ?? []), key]);
    files.set(`${baseName(name)}/${key}/${baseName(name)}`, bytes);
  }
  for (const { name, bytes } of content.filter((one) => isPe(one.bytes))) {
    const image = parsePe(bytes, name);
    files.set(`${baseName(name)}/${imageKey(image)}/${baseName(name)}`, bytes);
    const view = codeViewOf(image);
    if (view === undefined) continue;
    const key = `${view.guid}${hex(view.age).toUpperCase()}`;
    diagnostics.push(...checkLink({ file: shown(name), pdb: baseName(view.pdb), key }, keys));
  }
  if (keys.size === 0) {
    diagnostics.push(
      problem('DELIVERY_NO_SYMBOLS', 'The release has no symbols: no .pdb stood beside its binaries.', {
        ...{ severity: 'warning', hint: 'Put the .pdb files into the folders that `sources` names.' },
      }),
    );
  }
  return { files: [...files].map(([name, bytes]) => ({ name, bytes })), diagnostics };
};
