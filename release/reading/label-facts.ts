import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import type { ReleasedBrand } from '../../publishing/labels/contract.ts';
import { releasedBrand } from './released-package.ts';

const record = z.looseObject({ brands: z.array(releasedBrand) });

/** What labels have to know of a release, from its `release.json`. @throws WinpvError CONFIG_* */
export const releasedBrands = (bytes: Uint8Array, file: string): readonly ReleasedBrand[] =>
  parseJson(bytes, file, record).brands.map(({ id, packages }) => ({
    id,
    packages: packages.map(({ driver, architecture, version, windows, hardwareIds }) => ({
      ...{ driver, architecture, version, windows, hardwareIds },
    })),
  }));
