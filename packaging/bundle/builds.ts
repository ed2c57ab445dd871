import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { compareVersions, type FourPartVersion, formatVersion } from '../../core/version.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parseVersionResource } from '../formats/pe/version-resource.ts';

/** Files that come from one build, and the failure of each that does not: the first is what the others are compared with. */
const TOGETHER: readonly { readonly files: readonly string[]; readonly failureModes: readonly string[] }[] = [
  { files: ['xenbus.sys', 'xen.sys', 'xenfilt.sys'], failureModes: ['F24', 'F24', 'F24'] },
  { files: ['xenvbd.sys', 'xencrsh.sys', 'xendisk.sys'], failureModes: ['F37', 'F37', 'F39'] },
];

/** A binary: its name as installed, in lower case, and what its version resource says. */
export interface BuiltFile {
  readonly name: string;
  readonly version: FourPartVersion;
  /** For messages. */
  readonly path: string;
}

/** What the version resource says; undefined without one, or when it cannot be read, which is told elsewhere. */
export const buildOf = (image: PeImage): FourPartVersion | undefined => {
  try {
    return parseVersionResource(image)?.fixed.fileVersion;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** F24, F37, F39: binaries of different builds do not work together (spec xen-pv 1.9, 6). */
export const checkSameBuild = (built: readonly BuiltFile[]): readonly Diagnostic[] => {
  const byName = new Map(built.map((file) => [file.name, file]));
  return TOGETHER.flatMap(({ files: [first = '', ...others], failureModes }) =>
    others.flatMap((name, i) => {
      const [leader, own] = [byName.get(first), byName.get(name)];
      if (leader === undefined || own === undefined || compareVersions(own.version, leader.version) === 0) return [];
      const message = `${name} is of build ${formatVersion(own.version)}, and ${first} of ${formatVersion(leader.version)}.`;
      return [
        problem('PV_BUILD_MIX', message, {
          at: { file: own.path },
          failureMode: failureModes[i + 1] ?? 'F24',
          hint: 'Take all files of the package from one build.',
        }),
      ];
    }),
  );
};
