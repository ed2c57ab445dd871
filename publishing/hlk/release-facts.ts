import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';

/** What the gate has to know of a release; read from its `release.json`. */
export interface ReleaseFacts {
  readonly brand: string;
  /** The release's date, which is that of every DriverVer in it; `2026-11-24`. */
  readonly date: string;
  readonly packages: readonly ReleasePackage[];
}

export interface ReleasePackage {
  readonly driver: string;
  readonly architecture: string;
  readonly version: string;
  /** Inf2Cat's names. */
  readonly windows: readonly string[];
  readonly hardwareIds: readonly string[];
}

const recordedRelease = z.looseObject({
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  brands: z.array(
    z.looseObject({
      id: z.string(),
      packages: z.array(
        z.looseObject({
          driver: z.string(),
          architecture: z.string(),
          version: z.string(),
          windows: z.array(z.string()),
          hardwareIds: z.array(z.string()),
        }),
      ),
    }),
  ),
});

export interface FactsRequest {
  readonly brand: string;
  /** Only packages of this architecture; all when it is not given. */
  readonly architecture?: string | undefined;
}

/** @throws WinpvError CONFIG_SYNTAX, CONFIG_INVALID, HLK_RELEASE */
export const releaseFacts = (record: Uint8Array, file: string, { brand, architecture }: FactsRequest): ReleaseFacts => {
  const { date, brands } = parseJson(record, file, recordedRelease);
  const found = brands.find(({ id }) => id === brand);
  if (found === undefined) {
    throw new WinpvError('HLK_RELEASE', `The release has no brand "${brand}".`, {
      at: { file },
      hint: `It has ${brands.map(({ id }) => id).join(', ')}.`,
    });
  }
  const packages = found.packages
    .filter((one) => architecture === undefined || one.architecture === architecture)
    .map(({ driver, architecture: arch, version, windows, hardwareIds }) => ({
      ...{ driver, architecture: arch, version, windows, hardwareIds },
    }));
  if (packages.length > 0) return { brand, date, packages };
  throw new WinpvError('HLK_RELEASE', `The release has no package of "${brand}" for ${architecture ?? 'anything'}.`, {
    at: { file },
  });
};
