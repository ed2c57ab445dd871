/** Bytes that take the place of those at an offset of a file, or go on behind its end. */
export interface FileChange {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * A file with its changes, in parts that belong one after the other; what is left alone is a view on `bytes`.
 * @param changes in the order of their offsets; none begins within another, or beyond the end that the others make
 */
export const changedParts = (bytes: Uint8Array, changes: readonly FileChange[]): readonly Uint8Array[] => {
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const change of changes) {
    parts.push(bytes.subarray(at, change.offset), change.bytes);
    at = change.offset + change.bytes.length;
  }
  return [...parts, bytes.subarray(at)].filter(({ length }) => length > 0);
};
