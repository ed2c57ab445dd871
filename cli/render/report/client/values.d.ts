/** What a reference stands for, from entries of JSON; see `emulator/shared-values.ts`. */
export const valueReader: (entries: readonly unknown[]) => (reference: unknown) => unknown;
