/**
 * XOR of the little-endian words of `bytes`, going on from `seed`; one to three bytes left over count as
 * `b0`, `b0<<8|b1` or `b0<<16|b1<<8|b2`. Returns unsigned 32 bits.
 *
 * @see spec signing-formats 5.2; compared with gcab and cabextract in test/oracles/cab.test.ts
 */
export const cabChecksum = (bytes: Uint8Array, seed = 0): number => {
  let sum = seed;
  const whole = bytes.length & ~3;
  if (bytes.byteOffset % 4 === 0) {
    const words = new Int32Array(bytes.buffer, bytes.byteOffset, whole >>> 2);
    for (let i = 0; i < words.length; i += 1) sum ^= words[i] ?? 0;
  } else {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < whole; i += 4) sum ^= view.getInt32(i, true);
  }
  let rest = 0;
  for (const byte of bytes.subarray(whole)) rest = (rest << 8) | byte;
  return (sum ^ rest) >>> 0;
};

/** CFDATA.csum: over the data, then over cbData, cbUncomp and the block's reserved area (`head`). */
export const cfdataChecksum = (head: Uint8Array, data: Uint8Array): number => cabChecksum(head, cabChecksum(data));
