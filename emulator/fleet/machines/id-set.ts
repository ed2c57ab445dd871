/**
 * Which ids were seen, in sixteen bytes an id at most: only a hash of 53 bits is kept. Two of a million ids have the same with a
 * probability of one in 18,000; then a machine would be called a double that is none.
 */
export class IdSet {
  #slots = new Float64Array(1 << 12);
  #count = 0;

  /** False when the id is there already. */
  add(id: string): boolean {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const placed = this.#put(this.#slots, hash53(id));
    if (placed) this.#count += 1;
    return placed;
  }

  #put(slots: Float64Array, hash: number): boolean {
    const mask = slots.length - 1;
    for (let at = hash % slots.length; ; at = (at + 1) & mask) {
      const there = slots[at] ?? 0;
      if (there === hash) return false;
      if (there !== 0) continue;
      slots[at] = hash;
      return true;
    }
  }

  #grow(): void {
    const bigger = new Float64Array(this.#slots.length * 2);
    for (const hash of this.#slots) if (hash !== 0) this.#put(bigger, hash);
    this.#slots = bigger;
  }
}

/** Two multiplicative hashes side by side (after cyrb53, public domain); never 0. */
const hash53 = (text: string): number => {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return 4294967296 * (2097151 & b) + (a >>> 0) + 1;
};
