import type { Diagnostic } from '../core/errors.ts';
import { type Brand, brandSchema } from './brand.ts';
import { brandNotes } from './rules.ts';
import { parseSettings, type Settings } from './settings.ts';

/** A brand with the places of its keys, so that later findings can point into its file. */
export interface LoadedBrand extends Omit<Settings<Brand>, 'value'> {
  readonly brand: Brand;
  /** What is allowed but worth a second look: warnings, never errors. */
  readonly notes: readonly Diagnostic[];
}

/**
 * Reads one brand file.
 *
 * @param source YAML 1.2 or JSON, as text or UTF-8 bytes
 * @param file as the user named it
 * @throws WinpvError CONFIG_* or BRAND_*, with every complaint about the file, each with its line and column
 */
export const parseBrand = (source: string | Uint8Array, file: string): LoadedBrand => {
  const { value: brand, ...places } = parseSettings(source, file, brandSchema);
  return { ...places, brand, notes: brandNotes(brand, places) };
};
