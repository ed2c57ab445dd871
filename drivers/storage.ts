/** Statuses of an SRB that are met here, by their names (srb.h). */
export const SRB_STATUS = {
  SRB_STATUS_SUCCESS: 0x01,
  SRB_STATUS_ERROR: 0x04,
  SRB_STATUS_INVALID_REQUEST: 0x06,
  SRB_STATUS_NO_DEVICE: 0x08,
  SRB_STATUS_TIMEOUT: 0x09,
  SRB_STATUS_BUS_RESET: 0x0e,
  SRB_STATUS_DATA_OVERRUN: 0x12,
} as const;

export type SrbStatusName = keyof typeof SRB_STATUS;

/** A SCSI request as the port hands it to the miniport. */
export interface Srb {
  readonly vbd: number;
  readonly cdb: Uint8Array;
  /** What is written; for a read, the buffer that takes what is read. Empty for neither. */
  readonly data: Uint8Array;
}

export interface SrbResult {
  readonly status: SrbStatusName;
  /** 0 GOOD, 2 CHECK CONDITION, 0x40 TASK ABORTED. */
  readonly scsiStatus: number;
  /** Bytes of the buffer that count. */
  readonly length: number;
  /** Requests on rings. */
  readonly requests: number;
  /** Why it failed, for people. */
  readonly because?: string;
}

/** A block request of a frontend, and the pages that it granted for it. */
export interface RingRequest {
  readonly vbd: number;
  readonly queue: number;
  readonly request: Uint8Array;
  readonly pages: { page(reference: number): Uint8Array | undefined };
}
