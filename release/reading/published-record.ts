import { z } from 'zod';
import { releasedBrand, releasedPackage } from './released-package.ts';

/** What publishing a folder has to know of `release.json`. */
export const publishedRecord = z.looseObject({
  tool: z.looseObject({ version: z.string() }),
  date: z.string(),
  standIns: z.boolean(),
  signing: z.looseObject({ kind: z.string() }),
  brands: z.array(
    releasedBrand.extend({
      packages: z.array(
        releasedPackage.extend({
          folder: z.string(),
          files: z.array(z.looseObject({ path: z.string(), sha256: z.string() })),
        }),
      ),
      cabinets: z.array(z.looseObject({ path: z.string() })),
      rehearsal: z.looseObject({ verdict: z.string() }).optional(),
    }),
  ),
});
export type PublishedRecord = z.output<typeof publishedRecord>;
export type PublishedBrand = PublishedRecord['brands'][number];
export type PublishedDriver = PublishedBrand['packages'][number];
