import { RECORD_NAME } from '../../release/output.ts';
import type { Io } from '../io.ts';

/** A brand of a release, and where its packages are. */
export interface RecordedBrandFolder {
  readonly brand: string;
  readonly folder: string;
}

/** The brands that a release's folder says it has; none for any other path. */
export const readRecordedBrands = async (io: Io, path: string): Promise<readonly RecordedBrandFolder[]> => {
  const file = io.files.join(path, RECORD_NAME);
  if ((await io.files.stat(file)) === undefined) return [];
  try {
    const record: unknown = JSON.parse(new TextDecoder().decode(await io.files.read(file)));
    const brands = typeof record === 'object' && record !== null && 'brands' in record ? record.brands : undefined;
    return (Array.isArray(brands) ? brands : []).flatMap((brand: unknown) =>
      typeof brand === 'object' &&
      brand !== null &&
      'id' in brand &&
      typeof brand.id === 'string' &&
      isFolderName(brand.id)
        ? [{ brand: brand.id, folder: io.files.join(path, brand.id) }]
        : [],
    );
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};

const isFolderName = (name: string): boolean => !/[\\/]|^\.*$/.test(name);
