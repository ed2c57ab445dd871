import { osByName } from '../../packaging/formats/cat/os.ts';
import { catalogOsOf, OS_CODES, parseOsCode } from '../partner-center/os-codes.ts';

/** Build of the kit that goes with each release (spec hlk 1.2; the older ones are the builds of the releases). */
const KIT_BUILDS: Readonly<Record<string, readonly number[]>> = {
  TH1: [10240],
  TH2: [10586],
  RS1: [14393],
  RS2: [15063],
  RS3: [16299],
  RS4: [17134],
  RS5: [17763],
  '19H1': [18362],
  VB: [19041],
  FE: [20348],
  CO: [22000],
  NI: [22621],
  GE: [26100],
};

/** The kit's builds for an OS code; undefined when they are not known. */
export const kitBuilds = (code: string): readonly number[] | undefined => KIT_BUILDS[parseOsCode(code)?.release ?? ''];

/** The build in the version of a kit: `10.1.26100.1742` has 26100. */
export const kitBuildOf = (kitVersion: string | undefined): number | undefined => {
  const build = /^\d+\.\d+\.(\d{1,6})(?:\.|$)/.exec(kitVersion ?? '')?.[1];
  return build === undefined ? undefined : Number(build);
};

const PLATFORM = /^Windows v10\.0 (Client|Server) (x86|x64|ARM64) ([0-9A-Za-z]+) Full$/i;

/** The OS code of a platform as the kit calls it: `Windows v10.0 Server x64 GE Full`. */
export const codeOfPlatform = (platform: string): string | undefined => {
  const match = PLATFORM.exec(platform.trim());
  if (match === null) return undefined;
  const [, kind = '', arch = '', release = ''] = match;
  const parts = [
    kind.toLowerCase() === 'server' ? 'SERVER' : '',
    arch.toLowerCase() === 'x86' ? '' : arch.toUpperCase(),
  ];
  return ['WINDOWS_v100', ...parts, release.toUpperCase(), 'FULL'].filter((part) => part !== '').join('_');
};

export const sameCode = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

export const isKnownCode = (code: string): boolean => OS_CODES.some((known) => sameCode(known, code));

/** A Windows that evidence has to be there for. */
export interface RequiredSystem {
  /** As the user or the release names it. */
  readonly name: string;
  accepts(code: string): boolean;
}

export const requiredCode = (code: string): RequiredSystem => ({
  name: code,
  accepts: (other) => sameCode(code, other),
});

/**
 * What one of Inf2Cat's names asks for: the code of that very release; of a name that stands for all releases since
 * (`10_X64`), the code of any of them.
 */
export const requiredByCatalog = (name: string): RequiredSystem => {
  const wanted = osByName(name);
  return {
    name,
    accepts: (code) => {
      const os = catalogOsOf(code);
      if (wanted === undefined || os === undefined) return false;
      const same = os.arch === wanted.arch && os.productType === wanted.productType && os.major === wanted.major;
      return same && os.builds[0] >= wanted.builds[0] && os.builds[0] <= wanted.builds[1];
    },
  };
};

/** `x64` of `X64`, `AMD64`; undefined for what is none. */
export const architectureOf = (text: string | undefined): 'x86' | 'x64' | 'arm64' | undefined => {
  const plain = text?.toLowerCase();
  if (plain === 'x64' || plain === 'amd64') return 'x64';
  return plain === 'x86' || plain === 'arm64' ? plain : undefined;
};
