import { parseInfNumber } from './numbers.ts';

/** A processor architecture as an INF writes it after `NT`. */
export type InfArch = 'x86' | 'amd64' | 'arm' | 'arm64' | 'ia64';

/** A Windows that an INF is judged for. */
export interface WindowsTarget {
  readonly arch: InfArch;
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  /** 1 workstation, 2 domain controller, 3 server. */
  readonly productType?: 1 | 2 | 3;
  readonly suiteMask?: number;
}

/** A decoration of [Manufacturer]: `NT[arch][.[major][.[minor][.[producttype][.[suitemask][.[build]]]]]]`. */
export interface TargetOs {
  /** As written. */
  readonly text: string;
  /** False when it does not follow that form: no Windows is chosen by it. */
  readonly valid: boolean;
  readonly arch?: InfArch;
  readonly major?: number;
  readonly minor?: number;
  readonly productType?: number;
  readonly suiteMask?: number;
  readonly build?: number;
}

const NUMBERS = ['major', 'minor', 'productType', 'suiteMask', 'build'] as const;

/** Reads a decoration (spec inf.md section 7). */
export const parseTargetOs = (text: string): TargetOs => {
  const [head = '', ...rest] = text.split('.');
  const match = /^nt(x86|ia64|amd64|arm64|arm)?$/i.exec(head);
  const numbers = rest.map((part) => (part === '' ? undefined : parseInfNumber(part)));
  const broken = rest.some((part, index) => part !== '' && !((numbers[index] ?? -1) >= 0));
  if (match === null || broken || rest.length > NUMBERS.length) return { text, valid: false };
  const arch = match[1]?.toLowerCase() as InfArch | undefined;
  const parts: { -readonly [K in (typeof NUMBERS)[number]]?: number } = {};
  for (const [index, name] of NUMBERS.entries()) {
    const value = numbers[index];
    if (value !== undefined) parts[name] = value;
  }
  return { text, valid: true, ...(arch === undefined ? {} : { arch }), ...parts };
};

/** Before Server 2003 a decoration without an architecture was for all of them; since Server 2003 SP1 it means x86. */
const undecoratedApplies = (target: WindowsTarget): boolean =>
  target.arch === 'x86' || target.major < 5 || (target.major === 5 && target.minor < 2);

/** Order of two versions, a missing part lowest. */
const compareParts = (a: readonly (number | undefined)[], b: readonly (number | undefined)[]): number => {
  for (let i = 0; i < a.length; i += 1) {
    const difference = (a[i] ?? -1) - (b[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
};

const versionOf = (os: TargetOs): readonly number[] => (os.major === undefined ? [-1, -1] : [os.major, os.minor ?? 0]);

const versionApplies = (os: TargetOs, target: WindowsTarget): boolean => {
  if (os.major === undefined) return true;
  const order = compareParts(versionOf(os), [target.major, target.minor]);
  return order < 0 || (order === 0 && (os.build ?? 0) <= target.build);
};

/** Whether a Windows may be served by a decoration. */
export const targetOsApplies = (os: TargetOs, target: WindowsTarget): boolean => {
  if (!os.valid) return false;
  if (os.arch === undefined ? !undecoratedApplies(target) : os.arch !== target.arch) return false;
  if (os.productType !== undefined && os.productType !== (target.productType ?? 1)) return false;
  if (os.suiteMask !== undefined && (os.suiteMask & (target.suiteMask ?? 0)) !== os.suiteMask) return false;
  return versionApplies(os, target);
};

/** How well a decoration that applies fits: version, build, product type, suite, architecture, in this order. */
const suitability = (os: TargetOs, target: WindowsTarget): readonly number[] => {
  const sameVersion = compareParts(versionOf(os), [target.major, target.minor]) === 0;
  return [
    ...versionOf(os),
    sameVersion ? (os.build ?? -1) : -1,
    os.productType === undefined ? 0 : 1,
    os.suiteMask === undefined ? 0 : 1,
    os.arch === undefined ? 0 : 1,
  ];
};

/**
 * The decoration of a [Manufacturer] line that a Windows uses (spec inf.md section 7, Selection): the best one, 'none'
 * for the undecorated section, undefined when the line is not for this Windows.
 */
export const chooseTargetOs = (targets: readonly TargetOs[], target: WindowsTarget): TargetOs | 'none' | undefined => {
  let best: TargetOs | undefined;
  for (const os of targets) {
    if (!targetOsApplies(os, target)) continue;
    if (best === undefined || compareParts(suitability(os, target), suitability(best, target)) > 0) best = os;
  }
  return best ?? (undecoratedApplies(target) ? 'none' : undefined);
};
