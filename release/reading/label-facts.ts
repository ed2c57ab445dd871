import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import type { ReleasedBrand } from '../../publishing/labels/contract.ts';

const record = z.looseObject({
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

/** What labels have to know of a release, from its `release.json`. @throws WinpvError CONFIG_* */
export const releasedBrands = (bytes: Uint8Array, file: string): readonly ReleasedBrand[] =>
  parseJson(bytes, file, record).brands.map(({ id, packages }) => ({
    id,
    packages: packages.map(({ driver, architecture, version, windows, hardwareIds }) => ({
      ...{ driver, architecture, version, windows, hardwareIds },
    })),
  }));
