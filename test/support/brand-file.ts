import { expect } from 'vitest';
import { type LoadedBrand, parseBrand } from '../../branding/load.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';

/** The least that a brand file says. */
export const plain = {
  id: 'acme',
  version: '9.1.0.4',
  vendorName: 'Acme Corp',
  vendorPrefix: 'AC',
  productName: 'Acme',
};

/** The brand {@link plain} with some keys changed or added, one key a line, as JSON. */
export const withKeys = (keys: Readonly<Record<string, unknown>>): string =>
  JSON.stringify({ ...plain, ...keys }, null, 1);

/** Reads that brand. */
export const load = (keys: Readonly<Record<string, unknown>> = {}): LoadedBrand =>
  parseBrand(withKeys(keys), 'acme.json');

/** All complaints about a brand file; none when it loads. */
export const refusals = (source: string): readonly Diagnostic[] => {
  try {
    parseBrand(source, 'acme.json');
    return [];
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
};

/** The one complaint about a brand, which has to stand on the line of `key`. */
export const refusal = (key: string, value: unknown): Diagnostic => {
  const source = withKeys({ [key]: value });
  const found = refusals(source);
  expect(found, JSON.stringify(found)).toHaveLength(1);
  const line = source.split('\n').findIndex((text) => text.startsWith(` "${key}"`)) + 1;
  expect(found[0]?.at).toMatchObject({ file: 'acme.json', line, column: key.length + 6 });
  return found[0] ?? expect.fail('nothing was found');
};
