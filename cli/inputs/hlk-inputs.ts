import { WinpvError } from '../../core/errors.ts';
import { type Trust, trustOf } from '../../packaging/signing/chain.ts';
import { type ErrataList, parseErrata } from '../../publishing/hlk/errata.ts';
import { type FilterSet, parseFilters } from '../../publishing/hlk/filters.ts';
import { type HlkPackage, readHlkPackage } from '../../publishing/hlk/package.ts';
import { type Playlist, parsePlaylist } from '../../publishing/hlk/playlist.ts';
import { type FactsRequest, type ReleaseFacts, releaseFacts } from '../../publishing/hlk/release-facts.ts';
import type { ResultSet } from '../../publishing/hlk/results.ts';
import type { Io } from '../io.ts';

const MAX_LIST_BYTES = 64 * 1024 * 1024;
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
/** AutoHCK writes one file a run; a set of network tests has some hundreds. */
const MAX_RUNS = 20_000;

/** One after the other: each may have hundreds of megabytes. */
export const readPackages = async (io: Io, paths: readonly string[], trust?: Trust): Promise<readonly HlkPackage[]> => {
  const found: HlkPackage[] = [];
  for (const path of paths) found.push(readHlkPackage(await io.files.read(path), path, io.clock.now(), trust));
  return found;
};

const MAX_CERTIFICATE_BYTES = 1024 * 1024;

/** Authorities that were named with `--ca`; undefined when none was. */
export const readTrust = async (io: Io, paths: readonly string[] | undefined): Promise<Trust | undefined> => {
  if (paths === undefined || paths.length === 0) return undefined;
  const read = paths.map((path) => io.files.read(path, { maxBytes: MAX_CERTIFICATE_BYTES }));
  return trustOf(await Promise.all(read));
};

/** SHA-1 thumbprints of the certificates in files that were named. */
export const readThumbprints = async (io: Io, paths: readonly string[]): Promise<readonly string[]> => {
  const { parseCertificates } = await import('../../packaging/formats/x509/parse.ts');
  const read = paths.map(async (path) =>
    parseCertificates(await io.files.read(path, { maxBytes: MAX_CERTIFICATE_BYTES }), path),
  );
  return (await Promise.all(read)).flat().map(({ thumbprint }) => thumbprint);
};

export const readRelease = async (io: Io, folder: string, request: FactsRequest): Promise<ReleaseFacts> => {
  const path = io.files.join(folder, 'release.json');
  if ((await io.files.stat(path)) === undefined) {
    throw new WinpvError('HLK_RELEASE', `${folder} has no release.json.`, {
      at: { file: folder },
      hint: 'Name the folder that `winpv release` wrote.',
    });
  }
  return releaseFacts(await io.files.read(path, { maxBytes: MAX_RECORD_BYTES }), path, request);
};

const lists = <T>(
  io: Io,
  paths: readonly string[],
  read: (bytes: Uint8Array, path: string) => T,
): Promise<readonly T[]> =>
  Promise.all(paths.map(async (path) => read(await io.files.read(path, { maxBytes: MAX_LIST_BYTES }), path)));

export const readPlaylists = (io: Io, paths: readonly string[]): Promise<readonly Playlist[]> =>
  lists(io, paths, parsePlaylist);
export const readFilters = (io: Io, paths: readonly string[]): Promise<readonly FilterSet[]> =>
  lists(io, paths, parseFilters);
export const readErrata = (io: Io, paths: readonly string[]): Promise<readonly ErrataList[]> =>
  lists(io, paths, parseErrata);

/** A folder is AutoHCK's, a file what toolsHCK printed. */
export const readResults = (io: Io, paths: readonly string[]): Promise<readonly ResultSet[]> =>
  Promise.all(paths.map((path) => readOne(io, path)));

const readOne = async (io: Io, path: string): Promise<ResultSet> => {
  const entry = await io.files.stat(path);
  if (entry?.kind !== 'folder') {
    const { parseToolsHck } = await import('../../publishing/hlk/toolshck.ts');
    return parseToolsHck(await io.files.read(path, { maxBytes: MAX_LIST_BYTES }), path);
  }
  const { isAutoHckFile, readAutoHck } = await import('../../publishing/hlk/autohck.ts');
  const names = (await io.files.list(path)).flatMap(({ name, kind }) =>
    kind === 'file' && isAutoHckFile(name) ? [name] : [],
  );
  if (names.length > MAX_RUNS)
    throw new WinpvError('HLK_RESULTS', `The folder has ${names.length} results; ${MAX_RUNS} is the limit.`, {
      at: { file: path },
    });
  const files: { readonly name: string; readonly bytes: Uint8Array }[] = [];
  for (const name of names)
    files.push({ name, bytes: await io.files.read(io.files.join(path, name), { maxBytes: MAX_LIST_BYTES }) });
  return readAutoHck(files, path);
};
