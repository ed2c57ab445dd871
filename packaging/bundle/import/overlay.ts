import { equalBytes, toHex } from '../../../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../../core/errors.ts';
import type { TreeFile } from '../../../core/file-tree.ts';
import { formatTag } from '../../formats/cat/model.ts';
import { parseCatalog } from '../../formats/cat/parse.ts';
import { subjectOf } from '../../formats/cat/subject.ts';
import { peDigest } from '../../formats/pe/digest.ts';
import { isPe, parsePe } from '../../formats/pe/parse.ts';
import { embeddedSignatures } from '../../signing/read-signatures.ts';
import { certificatesIn, topmost } from '../../signing/signature-certificates.ts';
import { type Bundle, type DriverPackage, mapPackages, packageFolder, type ShippedFile } from '../bundle.ts';
import { isBuildCompanion } from './companions.ts';
import { sha256Of } from './source-tree.ts';

export interface OverlayRequest {
  readonly bundle: Bundle<'catalogued'>;
  /** The signed files for a package; undefined when its source has none. */
  readonly prebuiltFor: (pack: DriverPackage) => readonly TreeFile[] | undefined;
  /** The path to show for a file of the prebuilt ones, and to record. */
  readonly shown: (path: string) => string;
}

export interface Overlaid {
  readonly bundle: Bundle<'catalogued'>;
  /** DER: where the chains of the signatures that were taken end. */
  readonly anchors: readonly Uint8Array[];
}

const nameOf = ({ name }: { readonly name: string }): string => name.slice(name.lastIndexOf('/') + 1).toLowerCase();

const isCatalog = (file: { readonly name: string }): boolean => nameOf(file).endsWith('.cat');

interface Pair {
  readonly pack: DriverPackage;
  readonly built: ShippedFile;
  readonly prebuilt: TreeFile;
  /** Where the prebuilt one is, as people know it. */
  readonly path: string;
}

const differs = (
  { pack, built, path }: Pair,
  what: string,
  of: readonly [built: string, prebuilt: string],
): Diagnostic =>
  problem(
    'PREBUILT_DIFFERS',
    `${built.name} of ${packageFolder(pack)} ${what} ${of[0]}, and the prebuilt one has ${of[1]}.`,
    {
      at: { file: path },
      hint: 'Sign what this project builds, or build what was signed: the same sources, brand, version and date.',
    },
  );

const authenticode = (bytes: Uint8Array, file: string): string => toHex(peDigest(parsePe(bytes, file), 'sha256'));

/** A signature changes an image but not its Authenticode hash; of any other file every byte counts. */
const checkContent = (pair: Pair): readonly Diagnostic[] => {
  const { built, prebuilt, path } = pair;
  if (isPe(built.bytes) && isPe(prebuilt.bytes)) {
    const hashes = [authenticode(built.bytes, built.name), authenticode(prebuilt.bytes, path)] as const;
    return hashes[0] === hashes[1] ? [] : [differs(pair, 'has the Authenticode hash', hashes)];
  }
  if (equalBytes(built.bytes, prebuilt.bytes)) return [];
  return [differs(pair, 'has the SHA-256', [sha256Of(built.bytes), sha256Of(prebuilt.bytes)])];
};

/** The catalog may list more than this package: Partner Center signs one for all. */
const checkCatalog = ({ pack, built, prebuilt, path }: Pair): readonly Diagnostic[] => {
  const listed = new Set(parseCatalog(prebuilt.bytes, path).content.members.map(({ tag }) => formatTag(tag)));
  return pack.files
    .filter(({ role }) => role === 'inf' || role === 'binary')
    .filter(({ name, bytes }) => {
      const subject = subjectOf(bytes, name);
      return !(['sha256', 'sha1'] as const).some((algorithm) => listed.has(toHex(subject.digest(algorithm))));
    })
    .map(({ name }) =>
      problem(
        'PREBUILT_DIFFERS',
        `The prebuilt ${built.name} does not list ${name} of ${packageFolder(pack)} as built.`,
        {
          at: { file: path },
          hint: 'It was made for other files. Sign what this project builds.',
        },
      ),
    );
};

const isSigned = ({ bytes }: TreeFile, path: string): boolean => embeddedSignatures(bytes, path).length > 0;

const notBuilt = (pack: DriverPackage, name: string, path: string): Diagnostic =>
  problem('PREBUILT_DIFFERS', `The prebuilt files of ${packageFolder(pack)} have ${name}, which was not built.`, {
    at: { file: path },
    hint: 'Take it away, or build the package that has it.',
  });

interface OverlaidPackage {
  readonly pack: DriverPackage;
  readonly anchors: readonly Uint8Array[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What one signed file changes: nothing when it has no signature, and so nothing that the built one lacks. */
const judged = (pair: Pair): { readonly taken: boolean; readonly diagnostics: readonly Diagnostic[] } => {
  const { prebuilt, path } = pair;
  try {
    if (isCatalog(prebuilt)) {
      if (!isSigned(prebuilt, path)) return { taken: false, diagnostics: [] };
      return { taken: true, diagnostics: checkCatalog(pair) };
    }
    const diagnostics = checkContent(pair);
    return { taken: diagnostics.length === 0 && isPe(prebuilt.bytes) && isSigned(prebuilt, path), diagnostics };
  } catch (error) {
    if (error instanceof WinpvError) return { taken: false, diagnostics: error.diagnostics };
    throw error;
  }
};

const overlayPackage = (
  pack: DriverPackage,
  files: readonly TreeFile[],
  shown: OverlayRequest['shown'],
): OverlaidPackage => {
  const diagnostics: Diagnostic[] = [];
  const anchors: Uint8Array[] = [];
  const taken = new Map<string, ShippedFile>();
  for (const prebuilt of files) {
    const path = shown(prebuilt.path);
    const built = pack.files.find((file) => nameOf(file) === nameOf(prebuilt));
    if (built === undefined) {
      if (!isBuildCompanion(prebuilt.name)) diagnostics.push(notBuilt(pack, nameOf(prebuilt), path));
      continue;
    }
    const verdict = judged({ pack, built, prebuilt, path });
    diagnostics.push(...verdict.diagnostics);
    if (!verdict.taken || verdict.diagnostics.length > 0) continue;
    taken.set(built.name, { ...built, bytes: prebuilt.bytes, prebuilt: path });
    const { signers, authorities } = certificatesIn(prebuilt.bytes, path);
    anchors.push(...topmost([...signers, ...authorities]).map(({ der }) => der));
  }
  return { pack: { ...pack, files: pack.files.map((file) => taken.get(file.name) ?? file) }, anchors, diagnostics };
};

/**
 * Puts signed files in the place of built ones, each only when it is the same file but for its signature: the
 * Authenticode hash of an image, every byte of anything else, and a catalog that lists all that was built (peers X14).
 * @throws WinpvError PREBUILT_DIFFERS with every difference of every package; what reading the files throws
 */
export const overlayPrebuilt = ({ bundle, prebuiltFor, shown }: OverlayRequest): Overlaid => {
  const all = new Map(
    bundle.packages.map((pack) => {
      const files = prebuiltFor(pack);
      const none: OverlaidPackage = { pack, anchors: [], diagnostics: [] };
      return [pack, files === undefined ? none : overlayPackage(pack, files, shown)] as const;
    }),
  );
  stopOnErrors([...all.values()].flatMap(({ diagnostics }) => diagnostics));
  return {
    bundle: mapPackages(bundle, 'catalogued', (pack) => all.get(pack)?.pack ?? pack),
    anchors: [...all.values()].flatMap(({ anchors }) => anchors),
  };
};
