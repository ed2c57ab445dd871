import {
  type BinaryIds,
  binaryIds,
  type ChildBus,
  hasPrefixText,
  holdsPrefix,
} from '../../packaging/bundle/binary-ids.ts';
import type { PeImage } from '../../packaging/formats/pe/model.ts';

/** What an image has compiled in of its vendor (spec xen-pv 1.4, 1.5). */
export interface CompiledIds {
  readonly prefix: string | undefined;
  readonly vendorDeviceId: string | undefined;
}

/** What the INFs of its bundle have, for an image that does not show it. */
export interface ExpectedIds {
  /** Of the children beside it; undefined when there are none, or of several prefixes. */
  readonly prefix: string | undefined;
  readonly vendorDeviceId: string | undefined;
}

/** Prefixes that releases were made with (spec xen-pv 7.3). */
const KNOWN_PREFIXES = ['XP', 'XS', 'XN', 'XCPng'];
const COMMON_FUNCTIONS = ['0001', '0002'];

/** A written vendor may have the platform function behind it: `XP0001`. */
const withoutFunction = (vendor: string): string => {
  const match = /^(.+?)(?:0001|0002|C[0-9A-F]{3})$/.exec(vendor);
  return match?.[1] ?? vendor;
};

const sameText = (a: string, b: string | undefined): boolean => a.toUpperCase() === b?.toUpperCase();

const prefixIn = (image: PeImage, ids: BinaryIds, bus: ChildBus, expected: string | undefined): string | undefined => {
  const written = ids.vendors.filter((one) => one.bus === bus).map(({ vendor }) => withoutFunction(vendor));
  if (written.length > 0) return written.some((one) => sameText(one, expected)) ? expected : written[0];
  if (!ids.composed.has(bus)) return expected;
  if (expected !== undefined && holdsPrefix(image, expected)) return expected;
  // It is certain only that the expected one is not in it.
  return KNOWN_PREFIXES.find((one) => !sameText(one, expected) && hasPrefixText(image, one)) ?? 'XX';
};

/** Reads them; without an image, or where nothing shows, what is expected holds. */
export const compiledIds = (
  image: PeImage | undefined,
  bus: ChildBus | undefined,
  expected: ExpectedIds,
): CompiledIds => {
  if (image === undefined) return expected;
  const ids = binaryIds(image.bytes);
  return {
    prefix: bus === undefined ? expected.prefix : prefixIn(image, ids, bus, expected.prefix),
    vendorDeviceId: ids.functions.find((one) => !COMMON_FUNCTIONS.includes(one)) ?? expected.vendorDeviceId,
  };
};
