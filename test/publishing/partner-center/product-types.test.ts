import { describe, expect, test } from 'vitest';
import { isProductType, PRODUCT_TYPES } from '../../../publishing/partner-center/product-types.ts';

describe('product types', () => {
  test('are all that get-product-data.md lists, each once, and Unclassified', () => {
    expect(new Set(PRODUCT_TYPES.map((type) => type.toLowerCase())).size).toBe(PRODUCT_TYPES.length);
    expect(PRODUCT_TYPES).toHaveLength(148);
    expect(PRODUCT_TYPES.filter((type) => type.startsWith('Graphics Adapter '))).toHaveLength(60);
  });

  test.each([
    'LAN Virtual Machine (Server)',
    'storage controller',
    'UNCLASSIFIED',
    'Motion Sensor Fusion',
    'Graphics Adapter WDDM1.2 DisplayOnly',
    'Graphics Adapter WDDM2.0 Display Only',
    'Graphics Adapter WDDM2.4 VM',
    'Graphics Adapter MCDM3.0',
    'Compute Accelerator MCDM 3.2',
    'TPM20',
    'WSD Scanner',
  ])('%s is one', (type) => {
    expect(isProductType(type)).toBe(true);
  });

  test.each([
    '',
    'LAN Virtual Machine',
    'Graphics Adapter WDDM2.3 VM',
    'Graphics Adapter WDDM1.1 RenderOnly',
    'Network',
  ])('%j is none', (type) => {
    expect(isProductType(type)).toBe(false);
  });
});
