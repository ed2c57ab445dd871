import { WinpvError } from '../../core/errors.ts';
import type { MachineWindows } from '../../emulator/fleet/machines/windows-release.ts';
import type { BrandRelease } from '../../emulator/fleet/offers/releases.ts';
import type { Io } from '../io.ts';

/** The brands of a release's folder, or the one bundle that a path names. */
export const readRelease = async (io: Io, path: string): Promise<readonly BrandRelease[]> => {
  const { readBundle } = await import('./bundle-files.ts');
  const { readRecordedBrands } = await import('./recorded-brands.ts');
  const brands = await readRecordedBrands(io, path);
  const folders =
    brands.length === 0 ? [{ brand: io.files.basename(path).replace(/\.zip$/i, ''), folder: path }] : brands;
  return Promise.all(
    folders.map(async ({ brand, folder }) => ({ release: path, brand, files: (await readBundle(io, folder)).files })),
  );
};

export const readReleasesAt = async (io: Io, paths: readonly string[]): Promise<readonly BrandRelease[]> =>
  (await Promise.all(paths.map((path) => readRelease(io, path)))).flat();

/** The instant that `--at` names; now without it. @throws WinpvError DATE_INVALID */
export const instantOf = async (io: Io, text: string | undefined): Promise<number> => {
  if (text === undefined) return io.clock.now();
  const { parseDate } = await import('../../core/date.ts');
  const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text)
    ? Date.parse(text.includes('T') && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text)
    : Number.NaN;
  if (!Number.isNaN(ms) && parseDate(text.slice(0, 10)) !== undefined) return ms;
  throw new WinpvError('DATE_INVALID', `--at "${text}" is no date: YYYY-MM-DD, or with a time.`);
};

/** `25H2`, `RS5`, or a version of Windows. @throws WinpvError USAGE */
export const windowsOf = async (text: string | undefined): Promise<MachineWindows | undefined> => {
  if (text === undefined) return undefined;
  const { parseWindows, RELEASE_BUILDS } = await import('../../emulator/fleet/machines/windows-release.ts');
  const token = RELEASE_BUILDS[text.toUpperCase()];
  const windows = token === undefined ? parseWindows(text) : { major: 10, minor: 0, build: token[1] };
  if (windows !== undefined) return windows;
  throw new WinpvError('USAGE', `--upgrade-to "${text}" is no release of Windows.`, {
    hint: `Name one of ${Object.keys(RELEASE_BUILDS).join(', ')}, or a version like 10.0.26100.`,
  });
};
