import { type Diagnostic, problem } from '../../../core/errors.ts';
import { compareVersions, formatVersion } from '../../../core/version.ts';
import { packageView } from '../../../packaging/bundle/package-view.ts';
import type { Templates } from '../../history/historic-package.ts';
import type { PackageFacts } from '../../package/facts.ts';
import type { BundleFiles } from '../../rehearse-files.ts';
import type { FleetLabel } from '../label.ts';
import type { FleetStock } from '../outcome/outcome.ts';
import { fleetStock } from '../outcome/stock.ts';
import { type FleetPackage, fleetPackage } from './package.ts';

/** A brand's packages as a release has them. */
export interface BrandRelease {
  /** Of the release, for people: its folder. */
  readonly release: string;
  readonly brand: string;
  readonly files: BundleFiles['files'];
}

/** Releases read for a fleet: what labels bring, and what it is rehearsed with. */
export interface FleetReleases {
  readonly packages: readonly FleetPackage[];
  /** Those that are taken to come with Windows. */
  readonly inbox: readonly FleetPackage[];
  readonly stock: FleetStock;
}

/** What a bus does, by its image. */
const busModel = (stock: FleetStock, { driver, targets }: PackageFacts): FleetPackage['bus'] => {
  if (driver !== 'xenbus' && driver !== 'xenvif') return undefined;
  for (const target of Object.values(targets)) {
    for (const { copyFiles } of Object.values(target.installs)) {
      for (const { image } of copyFiles) {
        const model = image === undefined ? undefined : stock.library.images[image]?.model;
        if (model?.image === driver) return model;
      }
    }
  }
  return undefined;
};

export interface ReadRequest {
  readonly nowMs: number;
  readonly templates?: Templates;
  /** Releases that are taken to come with Windows. */
  readonly inbox?: readonly BrandRelease[];
}

/** @throws WinpvError what keeps a package from being read */
export const readReleases = (
  brands: readonly BrandRelease[],
  { nowMs, templates, inbox = [] }: ReadRequest,
): FleetReleases => {
  const bundles = [...brands, ...inbox].map(({ release, brand, files }, index) => ({
    ...{ label: `${brand} ${index}`, files, trust: [] },
    shown: (path: string) => `${release}/${path}`,
    brand,
  }));
  const shown = (path: string): string => path;
  const stock = fleetStock({ releases: bundles, ...(templates === undefined ? {} : { templates }), nowMs, shown });
  const packages = bundles.map(({ brand, files, shown: place }, index) => {
    const facts = (stock.releases[index]?.packages ?? []).flatMap((key) => stock.library.packages[key] ?? []);
    return packageView(files, place).infs.flatMap((inf) => {
      const own = facts.find(({ path }) => path === inf.path);
      return own === undefined ? [] : [fleetPackage(inf, { key: own.key, brand, bus: busModel(stock, own) })];
    });
  });
  return { packages: packages.slice(0, brands.length).flat(), inbox: packages.slice(brands.length).flat(), stock };
};

const isNamed = ({ brand, driver, version }: FleetLabel, pack: FleetPackage): boolean =>
  pack.brand === brand &&
  pack.driver === driver.toLowerCase() &&
  (version === undefined || (pack.version !== undefined && formatVersion(pack.version) === version));

/** The packages that a label brings: of several releases the newest, unless the label names a version. */
export const packagesOf = (packages: readonly FleetPackage[], label: FleetLabel): readonly FleetPackage[] => {
  const own = packages.filter((one) => isNamed(label, one));
  const versions = own.flatMap(({ version }) => (version === undefined ? [] : [version]));
  const [newest] = versions.sort((a, b) => compareVersions(b, a));
  return newest === undefined
    ? own
    : own.filter(({ version }) => version !== undefined && compareVersions(version, newest) === 0);
};

/** Labels for what no release has, and rows for an INF that the package does not have. */
export const labelComplaints = (
  packages: readonly FleetPackage[],
  labels: readonly FleetLabel[],
): readonly Diagnostic[] =>
  labels.flatMap((label) => {
    const { brand, driver, version } = label;
    const own = packagesOf(packages, label);
    const name = `${brand} ${driver}${version === undefined ? '' : ` ${version}`}`;
    if (own.length === 0) {
      const hint = `The releases have ${[...new Set(packages.map((one) => `${one.brand} ${one.driver}`))].join(', ')}.`;
      return [
        problem('FLEET_LABEL_REFUSED', `Label ${label.id} is for ${name}, which none of the releases has.`, {
          ...label.at,
          hint,
        }),
      ];
    }
    const infs = new Set(own.map(({ infName }) => infName.toLowerCase()));
    return label.rows
      .filter(({ infId }) => !infs.has(infId.toLowerCase()))
      .map(({ infId, bundleId, osCode, pnp }) =>
        problem(
          'FLEET_LABEL_REFUSED',
          `Label ${label.id} has a row for ${infId}, and ${name} is ${[...infs].join(', ')}: ${bundleId}, ${osCode}, ${pnp}.`,
          label.at,
        ),
      );
  });
