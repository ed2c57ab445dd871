/** Smallest images for tests of the readers, made without the product's writer. */
export interface BareImage {
  /** How many data directories the optional header has. */
  readonly directories?: number;
  /** Zeros between the headers (which end at 0x400) and the first section. */
  readonly gap?: number;
  /** File offset and size of each section's raw data. */
  readonly sections?: readonly (readonly [offset: number, size: number])[];
  /** Virtual address of each section; one page apart otherwise. */
  readonly addresses?: readonly number[];
  /** What follows the last section. */
  readonly tail?: Uint8Array;
  /** Size of a certificate table that starts where `tail` starts. */
  readonly certificates?: number;
}

export const bareImage = (shape: BareImage): Uint8Array => {
  const { directories = 16, gap = 0, tail = new Uint8Array(0), certificates } = shape;
  const sections = shape.sections ?? [[0x400 + gap, 0x200]];
  const bodyEnd = Math.max(...sections.map(([offset, size]) => offset + (size > 0x10_0000 ? 0 : size)));
  const bytes = new Uint8Array(bodyEnd + tail.length);
  const view = new DataView(bytes.buffer);
  const opt = 0x40 + 24;
  bytes.set([0x4d, 0x5a]);
  view.setUint32(0x3c, 0x40, true);
  view.setUint32(0x40, 0x4550, true);
  view.setUint16(0x44, 0x8664, true);
  view.setUint16(0x46, sections.length, true);
  view.setUint16(0x54, 112 + 8 * directories, true);
  view.setUint16(opt, 0x020b, true);
  view.setUint32(opt + 32, 0x1000, true);
  view.setUint32(opt + 36, 0x200, true);
  view.setUint32(opt + 60, 0x400, true);
  view.setUint32(opt + 64, 0xdead_beef, true);
  view.setUint32(opt + 108, directories, true);
  if (certificates !== undefined) {
    view.setUint32(opt + 112 + 32, bodyEnd, true);
    view.setUint32(opt + 112 + 36, certificates, true);
  }
  for (const [i, [offset, size]] of sections.entries()) {
    const at = opt + 112 + 8 * directories + 40 * i;
    bytes.set([0x2e, 0x73, 0x30 + i], at);
    view.setUint32(at + 8, 0x200, true);
    view.setUint32(at + 12, shape.addresses?.[i] ?? 0x1000 * (i + 1), true);
    view.setUint32(at + 16, size, true);
    view.setUint32(at + 20, offset, true);
  }
  bytes.set(tail, bodyEnd);
  return bytes;
};
