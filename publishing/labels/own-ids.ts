import { reservedRangeOf } from '../../branding/device-ids.ts';
import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import type { ReleasedBrand } from './contract.ts';

/** Functions that the platform presents to every Xen guest, whatever brand its drivers are of. */
const SHARED_FUNCTIONS: ReadonlySet<string> = new Set(['0001', '0002']);

/** What is a brand's alone, told from the ids of its packages. */
export interface OwnIds {
  /** PCI device ids beside those that every guest has; four hex digits in upper case. */
  readonly functions: ReadonlySet<string>;
  /** What its bus drivers begin the ids of children with; upper case. */
  readonly prefixes: ReadonlySet<string>;
}

export const ownIdsOf = (brand: ReleasedBrand | undefined): OwnIds => {
  const ids = (brand?.packages ?? []).flatMap(({ hardwareIds }) => hardwareIds).flatMap((id) => parsePvId(id) ?? []);
  return {
    functions: new Set(ids.flatMap(({ platform }) => platform ?? []).filter((one) => !SHARED_FUNCTIONS.has(one))),
    prefixes: new Set(ids.flatMap(({ prefix }) => (prefix === undefined || prefix === '' ? [] : [prefix]))),
  };
};

/** Whose the id is when it is not the brand's own, as a clause; undefined for one that is. */
export const foreignTo = (own: OwnIds, id: string, names: string): string | undefined => {
  const pv = parsePvId(id);
  if (pv === undefined) return 'is of no device of the Xen PV family';
  const { bus, platform, prefix } = pv;
  const range = platform === undefined ? undefined : reservedRangeOf(platform);
  if (platform !== undefined && range !== undefined && !range.names.test(names)) {
    return `has the device id ${platform}, which is reserved for ${range.owner}`;
  }
  const known = platform !== undefined && own.functions.has(platform);
  if (bus === 'PCI') {
    if (known) return undefined;
    const shared = platform !== undefined && SHARED_FUNCTIONS.has(platform);
    return shared
      ? `is of the device ${platform}, which every Xen guest has: it would be offered to the guests of every vendor`
      : `is of the device ${platform ?? ''}, which is not the brand's`;
  }
  if (prefix === undefined) return 'has no vendor prefix: the bus drivers of every vendor make it';
  if (!own.prefixes.has(prefix))
    return `has the vendor prefix ${prefix === '' ? 'of nobody' : prefix}, which is not the brand's`;
  if (known || (platform !== undefined && SHARED_FUNCTIONS.has(platform))) return undefined;
  return `is made for the device ${platform ?? ''}, which is not the brand's`;
};
