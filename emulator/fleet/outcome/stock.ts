import type { GuestSpec } from '../../guest/guest.ts';
import { guestSpecs } from '../../guest/windows.ts';
import type { Templates } from '../../history/historic-package.ts';
import { compileBundle } from '../../package/compile.ts';
import type { ImageFacts, PackageFacts } from '../../package/facts.ts';
import { asIfSigned } from '../../rehearse.ts';
import type { BundleFiles } from '../../rehearse-files.ts';
import type { FleetStock } from './outcome.ts';

export interface StockRequest {
  /** Releases that are offered, or that machines may have; each with a label of its own. */
  readonly releases: readonly BundleFiles[];
  readonly templates?: Templates;
  readonly nowMs: number;
  readonly shown: (path: string) => string;
  /** Every Windows that winpv knows, when not given. */
  readonly guests?: readonly GuestSpec[];
}

/**
 * Compiles releases for a fleet. What Windows Update brings is signed by Microsoft, or not brought at all: the label says which,
 * so that what the files are signed with now makes no difference here.
 * @throws WinpvError as `compileBundle`
 */
export const fleetStock = ({ releases, templates, nowMs, shown, guests = guestSpecs() }: StockRequest): FleetStock => {
  const packages: Record<string, PackageFacts> = {};
  const images: Record<string, ImageFacts> = {};
  const bundles = releases.map(({ label, files }) => {
    const compiled = compileBundle({ files, label, guests, trust: [], nowMs, shown, signedElsewhere: true });
    const library = asIfSigned(compiled.library);
    Object.assign(packages, library.packages);
    Object.assign(images, library.images);
    return { label, packages: compiled.packages };
  });
  return { library: { packages, images }, releases: bundles, ...(templates === undefined ? {} : { templates }) };
};
