/** What the library has of its own: everything is there before it is needed, for nothing can be had later (spec xen-pv 6). */
export const XENCRSH = {
  /** Targets that it looks at; the driver of the running system has 255. */
  targets: 128,
  /** Grants 8 to 31: Xen keeps the first eight, the bus leaves the rest of the first 32 alone. */
  firstGrant: 8,
  lastGrant: 31,
  requestsPerTransfer: 2,
  segmentsPerRequest: 11,
  /** Pages that stand in for such as are no memory, or do not lie on sectors. */
  buffers: 8,
  heapPages: 23,
} as const;

/** 22 pages: what one transfer of the port may have. */
export const PAGES_PER_TRANSFER = XENCRSH.requestsPerTransfer * XENCRSH.segmentsPerRequest;

/** A device for which no target says that it is meant: the first disk. */
export const FALLBACK_DEVICE = '768';
