/** Statuses of an SRB that are met here, by their names (srb.h). */
export const SRB_STATUS = {
  SRB_STATUS_SUCCESS: 0x01,
  SRB_STATUS_ERROR: 0x04,
  SRB_STATUS_INVALID_REQUEST: 0x06,
  SRB_STATUS_NO_DEVICE: 0x08,
  SRB_STATUS_TIMEOUT: 0x09,
  SRB_STATUS_DATA_OVERRUN: 0x12,
} as const;

export type SrbStatusName = keyof typeof SRB_STATUS;

/** Task aborted: what a failed request of the backend becomes (spec xen-pv 4.4). */
export const SCSI_ABORTED = 0x40;

/** A SCSI request as the port hands it to the miniport. */
export interface Srb {
  /** Number of the disk in xenstore. */
  readonly vbd: number;
  readonly cdb: Uint8Array;
  /** What is written; for a read, the buffer that takes what is read. Empty for neither. */
  readonly data: Uint8Array;
}

export interface SrbResult {
  readonly status: SrbStatusName;
  readonly scsiStatus: number;
  /** Bytes of the buffer that count. */
  readonly length: number;
  /** Requests on rings. */
  readonly requests: number;
  /** Why it failed, for people. */
  readonly because?: string;
}

export const srbDone = (length = 0, requests = 0): SrbResult => ({
  status: 'SRB_STATUS_SUCCESS',
  scsiStatus: 0,
  length,
  requests,
});

export const srbFailed = (status: SrbStatusName, because: string, requests = 0): SrbResult => ({
  status,
  scsiStatus: 0,
  length: 0,
  requests,
  because,
});

/** A request in a slot of the ring of a block device, and the pages that were granted for it. */
export interface RingRequest {
  readonly vbd: number;
  readonly queue: number;
  readonly request: Uint8Array;
  readonly pages: { page(reference: number): Uint8Array | undefined };
}

/** Bytes of a disk, as file systems name them. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** A device control of storage that someone on the way may answer (ntddstor.h). */
export type DiskControl =
  /** IOCTL_STORAGE_QUERY_PROPERTY; `exists`: whether the property is known at all. `output` is the size of the caller's buffer. */
  | {
      readonly kind: 'query';
      readonly property: 'trim' | 'alignment' | 'provisioning' | 'seek-penalty';
      readonly type: 'standard' | 'exists';
      readonly output: number;
    }
  /** IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, DeviceDsmAction_Trim. */
  | { readonly kind: 'trim'; readonly ranges: readonly ByteRange[] };

export type ControlResult =
  | { readonly status: 'success'; readonly data: Uint8Array; readonly requests: number }
  /** STATUS_BUFFER_OVERFLOW, STATUS_NOT_SUPPORTED, STATUS_IO_DEVICE_ERROR, ... */
  | { readonly status: 'overflow' | 'not-supported' | 'failed'; readonly because: string; readonly srb?: SrbResult };

/** Sends an SRB to what is below. */
export type SendSrb = (cdb: Uint8Array, data: Uint8Array) => SrbResult;
