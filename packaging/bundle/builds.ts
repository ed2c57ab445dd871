import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { compareVersions, type FourPartVersion, formatVersion } from '../../core/version.ts';
import type { PeImage } from '../formats/pe/model.ts';
import { parseVersionResource, type VersionResource } from '../formats/pe/version-resource.ts';

/** Files that come from one build, and the failure of each that does not: the first is what the others are compared with. */
const TOGETHER: readonly (readonly (readonly [name: string, failureMode: string])[])[] = [
  [
    ['xenbus.sys', 'F24'],
    ['xen.sys', 'F24'],
    ['xenfilt.sys', 'F24'],
  ],
  [
    ['xenvbd.sys', 'F37'],
    ['xencrsh.sys', 'F37'],
    ['xendisk.sys', 'F39'],
  ],
];

/** The numbers of a build as its version resource has them; what is not there, or is no number, is left out. */
export interface BuildNumbers {
  readonly file: FourPartVersion;
  readonly product: FourPartVersion;
  /** `FileVersion` and `ProductVersion` of every language. */
  readonly fileTexts: readonly FourPartVersion[];
  readonly productTexts: readonly FourPartVersion[];
}

/** A binary: its name as installed, in lower case, and what its version resource says; undefined without one. */
export interface BuiltFile {
  readonly name: string;
  readonly numbers: BuildNumbers | undefined;
  /** For messages. */
  readonly path: string;
}

/** Four numbers as resource scripts write them: `9.1.0.7`, `9, 1, 0, 7`, and perhaps words behind. */
const NUMBERS = /^\s*(\d{1,5})\s*[.,]\s*(\d{1,5})\s*[.,]\s*(\d{1,5})\s*[.,]\s*(\d{1,5})(?!\d)/;

const numbersIn = (text: string): FourPartVersion | undefined => {
  const [, a, b, c, d] = NUMBERS.exec(text) ?? [];
  return d === undefined ? undefined : [Number(a), Number(b), Number(c), Number(d)];
};

/** The strings of a name, in every language; names are compared without case. */
export const textsNamed = ({ strings }: VersionResource, name: string): readonly string[] =>
  strings.flatMap(({ values }) =>
    Object.entries(values).flatMap(([key, value]) => (key.toLowerCase() === name.toLowerCase() ? [value] : [])),
  );

export const buildNumbers = (resource: VersionResource): BuildNumbers => ({
  file: resource.fixed.fileVersion,
  product: resource.fixed.productVersion,
  fileTexts: textsNamed(resource, 'FileVersion')
    .map(numbersIn)
    .filter((one) => one !== undefined),
  productTexts: textsNamed(resource, 'ProductVersion')
    .map(numbersIn)
    .filter((one) => one !== undefined),
});

/**
 * A binary by the name that it is installed under. Undefined when its version resource cannot be read: that is told
 * elsewhere, and no build can be told from it.
 */
export const builtFile = (installedName: string, image: PeImage, path: string): BuiltFile | undefined => {
  try {
    const resource = parseVersionResource(image);
    const numbers = resource === undefined ? undefined : buildNumbers(resource);
    return { name: installedName.toLowerCase(), numbers, path };
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** The version of the file in VS_FIXEDFILEINFO; undefined without one, or when it cannot be read. */
export const buildOf = (image: PeImage): FourPartVersion | undefined => builtFile('', image, '')?.numbers?.file;

/** The same place in two files, the numbers there differing. */
interface Difference {
  readonly place: string;
  readonly own: FourPartVersion;
  readonly leader: FourPartVersion;
}

/** Texts differ when one has, in any language, numbers that the other has in none. */
const textDifference = (
  place: string,
  own: readonly FourPartVersion[],
  leader: readonly FourPartVersion[],
): Difference | undefined => {
  const [reference] = leader;
  const other = own.find((one) => !leader.some((known) => compareVersions(one, known) === 0));
  return reference === undefined || other === undefined ? undefined : { place, own: other, leader: reference };
};

/** Where two builds differ: like is compared with like, for the version of a product may be another than that of a file. */
const differenceOf = (own: BuildNumbers, leader: BuildNumbers): Difference | undefined => {
  if (compareVersions(own.file, leader.file) !== 0) return { place: '', own: own.file, leader: leader.file };
  if (compareVersions(own.product, leader.product) !== 0)
    return { place: 'the product version ', own: own.product, leader: leader.product };
  return (
    textDifference('the FileVersion ', own.fileTexts, leader.fileTexts) ??
    textDifference('the ProductVersion ', own.productTexts, leader.productTexts)
  );
};

const flawOf = (own: BuiltFile, leader: BuiltFile, numbers: BuildNumbers): string | undefined => {
  if (own.numbers === undefined) {
    return `${own.name} has no version, and ${leader.name} is of build ${formatVersion(numbers.file)}.`;
  }
  const difference = differenceOf(own.numbers, numbers);
  if (difference === undefined) return undefined;
  const { place } = difference;
  const [here, there] = [formatVersion(difference.own), formatVersion(difference.leader)];
  return place === ''
    ? `${own.name} is of build ${here}, and ${leader.name} of ${there}.`
    : `${own.name} has ${place}${here}, and ${leader.name} ${there}.`;
};

/**
 * F24, F37, F39: binaries of different builds do not work together (spec xen-pv 1.9, 6). Files none of which has a version
 * are not judged.
 */
export const checkSameBuild = (built: readonly BuiltFile[]): readonly Diagnostic[] => {
  const byName = new Map(built.map((file) => [file.name, file]));
  return TOGETHER.flatMap((group) => {
    const there = group.flatMap(([name, failureMode]) => {
      const file = byName.get(name);
      return file === undefined ? [] : [{ file, failureMode }];
    });
    const leader = there.find(({ file }) => file.numbers !== undefined)?.file;
    if (leader?.numbers === undefined) return [];
    const { numbers } = leader;
    return there.flatMap(({ file, failureMode }) => {
      const flaw = file === leader ? undefined : flawOf(file, leader, numbers);
      if (flaw === undefined) return [];
      const hint = 'Take all files of the package from one build.';
      return [problem('PV_BUILD_MIX', flaw, { at: { file: file.path }, failureMode, hint })];
    });
  });
};
