/** A brand that comes with winpv: its id, and its file from the root of the winpv package, `/`-separated. */
export interface ShippedBrand {
  readonly id: string;
  readonly file: string;
}

const shipped = (id: string): ShippedBrand => ({ id, file: `branding/brands/${id}.yaml` });

/** `xenproject` is upstream's own brand; the others are examples and say so. */
export const SHIPPED_BRANDS: readonly ShippedBrand[] = [
  shipped('xenproject'),
  shipped('example-vendor'),
  shipped('example-xs'),
  shipped('example-xcpng'),
  shipped('example-qubes'),
];

/** The shipped brand of an id; undefined when there is none. */
export const shippedBrand = (id: string): ShippedBrand | undefined => SHIPPED_BRANDS.find((brand) => brand.id === id);
