/** What was worked out of pieces of files, found again by the very same bytes; the file's own bytes are not kept. */
export class KnownBytes<T> {
  readonly #slots = new Map<number, { readonly bytes: Buffer; readonly value: T }[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  find(bytes: Buffer, start: number, end: number): T | undefined {
    const slot = this.#slots.get(hashOf(bytes, start, end));
    if (slot === undefined) return undefined;
    for (const one of slot) {
      if (one.bytes.length === end - start && bytes.compare(one.bytes, 0, one.bytes.length, start, end) === 0)
        return one.value;
    }
    return undefined;
  }

  add(bytes: Buffer, value: T): void {
    const copy = Buffer.from(bytes);
    const hash = hashOf(copy, 0, copy.length);
    const slot = this.#slots.get(hash);
    if (slot === undefined) this.#slots.set(hash, [{ bytes: copy, value }]);
    else slot.push({ bytes: copy, value });
    this.#size += 1;
  }
}

/** Four bytes at a time: it only has to tell machines apart, and who has the same is compared byte by byte. */
const hashOf = (bytes: Buffer, start: number, end: number): number => {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const words = view.byteLength - (view.byteLength % 4);
  let hash = view.byteLength;
  for (let at = 0; at < words; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1);
  for (let at = words; at < view.byteLength; at += 1) hash = Math.imul(hash ^ view.getUint8(at), 0x9e3779b1);
  return hash ^ (hash >>> 15);
};
