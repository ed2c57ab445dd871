import { type SourcePosition, WinpvError } from '../../../core/errors.ts';
import { isAddress } from './address.ts';
import { type FetchPorts, fetchSource } from './fetch-source.ts';
import { openArchive, openFolder, SOURCE_LIMITS, type SourceTree, sha256Of } from './source-tree.ts';

/** A folder, an archive or an address, as a project names it. */
export interface NamedSource {
  /** A path or an address. */
  readonly place: string;
  readonly sha256?: string | undefined;
  /** Where the project names it, and where its SHA-256. */
  readonly at?: SourcePosition | undefined;
}

/** Opens sources; what several drivers come from is fetched and read once. */
export type OpenSource = (source: NamedSource) => Promise<SourceTree>;

const open = async ({ place, sha256, at }: NamedSource, ports: FetchPorts): Promise<SourceTree> => {
  const shown = at === undefined ? {} : { at };
  if (isAddress(place)) {
    if (sha256 === undefined) throw new WinpvError('SOURCE_NOT_PINNED', `${place} has no \`sha256\`.`, shown);
    return openArchive(await fetchSource({ url: place, sha256, ...shown }, ports), place);
  }
  const entry = await ports.files.stat(place);
  if (entry?.kind !== 'file') {
    if (sha256 === undefined) return openFolder(ports.files, place);
    if (entry === undefined)
      throw new WinpvError('FILE_NOT_FOUND', `${place} does not exist.`, { at: { file: place } });
    throw new WinpvError('SOURCE_PIN_MISPLACED', `${place} is a folder, which has no SHA-256.`, {
      ...shown,
      hint: 'Pin an archive, or take `sha256` out.',
    });
  }
  const bytes = await ports.files.read(place, { maxBytes: SOURCE_LIMITS.maxBytes });
  const got = sha256Of(bytes);
  if (sha256 === undefined || got === sha256) return openArchive(bytes, place);
  throw new WinpvError('SOURCE_HASH_DIFFERS', `${place} has the SHA-256 ${got}, and ${sha256} is pinned.`, {
    at: { file: place },
    hint: 'Nothing of it was used. Find out why it changed before you change the pin.',
  });
};

/** @throws WinpvError SOURCE_*, TAR_*, GZIP_*, ZIP_*, FILE_* */
export const sourceOpener = (ports: FetchPorts): OpenSource => {
  const opened = new Map<string, Promise<SourceTree>>();
  return (source) => {
    const key = `${source.sha256 ?? ''} ${source.place}`;
    const before = opened.get(key) ?? open(source, ports);
    opened.set(key, before);
    return before;
  };
};
