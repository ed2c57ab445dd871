import { type CalendarDate, compareDates } from '../../../core/date.ts';
import { compareVersions, type FourPartVersion, formatVersion } from '../../../core/version.ts';
import { parsePvId } from '../../../packaging/formats/inf/pv/ids.ts';
import { vendorOf } from '../../completion.ts';
import { type GuestSpec, targetKey } from '../../guest/guest.ts';
import type { HistoricVendor } from '../../history/historic-model.ts';
import { historicPackage } from '../../history/historic-package.ts';
import type { ImageFacts, PackageFacts } from '../../package/facts.ts';
import { imageModel } from '../../scenarios/input.ts';
import { nearestBuild } from './known.ts';
import type { FamilyDriver } from './machine.ts';
import type { FleetStock } from './outcome.ts';
import { rekeyed } from './rekeyed.ts';

/** Packages that rehearsals need beside those of the stock; grows with the drivers that machines have. */
export interface GrowingLibrary {
  readonly packages: Record<string, PackageFacts>;
  readonly images: Record<string, ImageFacts>;
}

/** The package that stands for a driver which a machine has. */
export interface StandIn {
  readonly key: string;
  readonly driver: string;
  /** For people, when it is not the very package. */
  readonly assumed?: string;
}

const FAMILIAR: readonly (readonly [prefix: string, provider: RegExp, vendor: HistoricVendor])[] = [
  [
    'XS',
    /citrix|xenserver|cloud software/i,
    { vendorName: 'Citrix Systems Inc.', productName: 'XenServer', vendorPrefix: 'XS', vendorDeviceId: 'C000' },
  ],
  ['XN', /xcp|vates/i, { vendorName: 'XCP-ng', productName: 'XCP-ng', vendorPrefix: 'XN' }],
  ['XP', /xen ?project/i, { vendorName: 'Xen Project', productName: 'Xen', vendorPrefix: 'XP' }],
];

/** Of drivers whose children nobody lists. */
const NO_PREFIX = 'ZZ';
const MOST_VENDORS = 64;
const ANOTHER_VENDOR: HistoricVendor = {
  vendorName: 'Another vendor',
  productName: 'Another',
  vendorPrefix: NO_PREFIX,
};
/** Answers that are kept: fleets have fewer, but for those without two alike. */
const MOST_FOUND = 50_000;

/** What is known of whose a package is. */
interface Ownership {
  readonly prefix: string | undefined;
}

const ownerships = new WeakMap<PackageFacts, Map<string, Ownership>>();

/** The vendor prefix that a package's images or ids have on a guest. */
export const prefixOfPackage = (library: GrowingLibrary, guest: GuestSpec, key: string): string | undefined => {
  const facts = library.packages[key];
  const target = targetKey(guest);
  if (facts === undefined) return undefined;
  const byTarget = ownerships.get(facts) ?? new Map<string, Ownership>();
  ownerships.set(facts, byTarget);
  const known = byTarget.get(target);
  if (known !== undefined) return known.prefix;
  const compiledIn = imageModel({ guest, library }, { label: '', packages: [key] }, facts.driver)?.prefix;
  const ids = (facts.targets[target]?.models ?? []).flatMap((model) => model.ids);
  const prefix = compiledIn ?? ids.flatMap((id) => parsePvId(id)?.prefix ?? [])[0];
  byTarget.set(target, { prefix });
  return prefix;
};

const isSame = (a = '', b = ''): boolean => a.toUpperCase() === b.toUpperCase();

/** Finds the packages that stand for what machines have. */
export class InstalledPackages {
  readonly library: GrowingLibrary;
  private readonly stock: FleetStock;
  private readonly vendors = new Map<string, HistoricVendor>();
  private readonly unknown = new Set<string>();
  private readonly found = new Map<string, StandIn | undefined>();

  constructor(stock: FleetStock) {
    this.stock = stock;
    this.library = { packages: { ...stock.library.packages }, images: { ...stock.library.images } };
    for (const bundle of stock.releases) {
      const vendor = vendorOf({ bundle, library: stock.library });
      const prefix = vendor?.vendorPrefix.toUpperCase() ?? '';
      if (vendor !== undefined && !this.vendors.has(prefix)) this.vendors.set(prefix, vendor);
    }
  }

  /** @param offered keys of packages that compete with it */
  standInFor(own: FamilyDriver, guest: GuestSpec, offered: readonly string[]): StandIn | undefined {
    const key = JSON.stringify([own, targetKey(guest), offered]);
    if (this.found.size >= MOST_FOUND) this.found.clear();
    if (!this.found.has(key)) this.found.set(key, this.given(own, guest) ?? this.known(own, guest, offered));
    return this.found.get(key);
  }

  /** The very package, when it was handed in. */
  private given({ driver, installed, prefix }: FamilyDriver, guest: GuestSpec): StandIn | undefined {
    const { version } = installed;
    const target = targetKey(guest);
    for (const key of this.stock.releases.flatMap(({ packages }) => packages)) {
      const facts = this.library.packages[key];
      if (facts === undefined || facts.driver !== driver || facts.targets[target] === undefined) continue;
      if (version === undefined || facts.version === undefined || compareVersions(version, facts.version) !== 0)
        continue;
      if (installed.date !== undefined && facts.date !== undefined && compareDates(installed.date, facts.date) !== 0) {
        continue;
      }
      const own = prefixOfPackage(this.library, guest, key);
      if (prefix === undefined || own === undefined || isSame(prefix, own)) return { key, driver };
    }
    return undefined;
  }

  private vendorFor({ prefix, installed: { provider }, platform }: FamilyDriver): HistoricVendor {
    const familiar = FAMILIAR.find(([own, names]) =>
      prefix === undefined ? names.test(provider) : isSame(own, prefix),
    );
    const known = this.vendors.get((prefix ?? familiar?.[0] ?? '').toUpperCase()) ?? familiar?.[2];
    if (known !== undefined) return known;
    // A record that tells no prefix tells whose the driver is all the same.
    const own = [...this.vendors.values()].find(({ vendorName }) => isSame(vendorName.trim(), provider.trim()));
    if (prefix === undefined && own !== undefined) return own;
    return this.unknownVendor(provider, prefix ?? NO_PREFIX, platform);
  }

  /** What is compiled for a vendor is kept: of very many, all others are one. */
  private unknownVendor(provider: string, prefix: string, platform: string | undefined): HistoricVendor {
    const vendorDeviceId = platform !== undefined && platform >= 'C000' ? platform : undefined;
    const name = JSON.stringify([provider, prefix, vendorDeviceId]);
    if (!this.unknown.has(name) && this.unknown.size >= MOST_VENDORS) return ANOTHER_VENDOR;
    this.unknown.add(name);
    const vendor = { vendorName: provider, productName: provider, vendorPrefix: prefix };
    return vendorDeviceId === undefined ? vendor : { ...vendor, vendorDeviceId };
  }

  private known(own: FamilyDriver, guest: GuestSpec, offered: readonly string[]): StandIn | undefined {
    const { templates } = this.stock;
    if (templates === undefined || guest.arch === 'arm64') return undefined;
    const vendor = this.vendorFor(own);
    const { driver, installed, revisions, lists } = own;
    const { version } = installed;
    const choice = nearestBuild({ driver, version, date: installed.date, revisions, lists }, vendor);
    if (choice === undefined) return undefined;
    const { commit, label, exact } = choice;
    const made = historicPackage({ driver, commit, vendor, arch: guest.arch, templates });
    // Drivers of some years are for Windows 10 and later only.
    if (made?.facts.targets[targetKey(guest)] === undefined) return undefined;
    const rivals = offered.flatMap((key) => this.library.packages[key] ?? []).filter((one) => one.driver === driver);
    const place = placeAmong(rivals, installed);
    const { vendorPrefix, vendorDeviceId = '' } = vendor;
    const key = `has:${vendorPrefix}${vendorDeviceId}:${driver}@${commit}/${guest.arch}${place.name}`;
    if (this.library.packages[key] === undefined) {
      const { facts, images } = rekeyed(made, key);
      this.library.packages[key] = { ...facts, date: place.date, version: place.version };
      for (const image of images) this.library.images[image.key] = image;
    }
    const who = `${driver} ${version === undefined ? 'without a version' : formatVersion(version)} of ${installed.provider}`;
    return {
      key,
      driver,
      ...(exact ? {} : { assumed: `${who} is rehearsed as that of ${label}, the nearest known.` }),
    };
  }
}

interface Dated {
  readonly date: CalendarDate | undefined;
  readonly version: FourPartVersion | undefined;
}

/** Where the day and version of a driver stand among its rivals: nothing else of them makes a difference. */
interface Place extends Dated {
  readonly name: string;
}

const FIRST: CalendarDate = { year: 1900, month: 1, day: 1 };
const HIGHEST: FourPartVersion = [0xffff, 0xffff, 0xffff, 0xffff];

const compareDated = (a: Dated, b: Dated): number =>
  compareDates(a.date ?? FIRST, b.date ?? FIRST) ||
  compareVersions(a.version ?? [0, 0, 0, 0], b.version ?? [0, 0, 0, 0]);

const before = ([a, b, c, d]: FourPartVersion): FourPartVersion => {
  if (d > 0) return [a, b, c, d - 1];
  if (c > 0) return [a, b, c - 1, 0xffff];
  return b > 0 ? [a, b - 1, 0xffff, 0xffff] : [a - 1, 0xffff, 0xffff, 0xffff];
};

/** As old as can be, equal to a rival, or between two. */
const placeAmong = (rivals: readonly Dated[], own: Dated): Place => {
  const sorted = [...rivals].sort(compareDated);
  const equal = sorted.findIndex((one) => compareDated(one, own) === 0);
  if (equal >= 0) return { ...own, name: `=${equal}` };
  const below = sorted.filter((one) => compareDated(one, own) < 0).length;
  const [lower, upper] = [sorted[below - 1], sorted[below]];
  const name = `>${below}`;
  if (lower === undefined) return { date: FIRST, version: [0, 0, 0, 1], name };
  const isLastOfDay = upper === undefined || compareDates(upper.date ?? FIRST, lower.date ?? FIRST) > 0;
  return { date: lower.date, version: isLastOfDay ? HIGHEST : before(upper.version ?? HIGHEST), name };
};
