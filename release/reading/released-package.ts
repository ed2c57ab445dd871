import { z } from 'zod';
import { ARCHITECTURES } from '../../core/architecture.ts';

/** A package of `release.json`, as far as whoever publishes has to know it; other keys stay. */
export const releasedPackage = z.looseObject({
  driver: z.string(),
  architecture: z.enum(ARCHITECTURES),
  version: z.string(),
  windows: z.array(z.string()),
  hardwareIds: z.array(z.string()),
});

export const releasedBrand = z.looseObject({ id: z.string(), packages: z.array(releasedPackage) });
