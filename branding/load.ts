import type { Diagnostic } from '../core/errors.ts';
import type { FourPartVersion } from '../core/version.ts';
import { type Brand, brandSchema } from './brand.ts';
import { brandNotes } from './rules.ts';
import { parseSettings, type Settings } from './settings.ts';
import { isRule, type VersionRule } from './version-rule.ts';

/** A brand with the places of its keys, so that later findings can point into its file. */
export interface LoadedBrand extends Omit<Settings<Brand>, 'value'> {
  readonly brand: Brand;
  /** Where its version comes from, when it is not written down; the release works it out ({@link withVersion}). */
  readonly versionRule?: VersionRule;
  /** What is allowed but worth a second look: warnings, never errors. */
  readonly notes: readonly Diagnostic[];
}

/** Stands in a brand until its version is worked out; no driver has it. */
const NOT_YET: FourPartVersion = [0, 0, 0, 0];

/**
 * Reads one brand file.
 *
 * @param source YAML 1.2 or JSON, as text or UTF-8 bytes
 * @param file as the user named it
 * @throws WinpvError CONFIG_* or BRAND_*, with every complaint about the file, each with its line and column
 */
export const parseBrand = (source: string | Uint8Array, file: string): LoadedBrand => {
  const { value, ...places } = parseSettings(source, file, brandSchema);
  const { version } = value;
  const brand: Brand = { ...value, version: isRule(version) ? NOT_YET : version };
  const notes = brandNotes(brand, places);
  return { ...places, brand, notes, ...(isRule(version) ? { versionRule: version } : {}) };
};

/** The brand in a version that was worked out. */
export const withVersion = (loaded: LoadedBrand, version: FourPartVersion): LoadedBrand => {
  const brand = { ...loaded.brand, version };
  return { ...loaded, brand, notes: brandNotes(brand, loaded) };
};
