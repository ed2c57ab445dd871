/** The processor an image is for; `other` keeps its number in `machineCode`. */
export type PeMachine = 'x86' | 'x64' | 'arm' | 'arm64' | 'ia64' | 'other';

/** IMAGE_SECTION_HEADER without the fields that only object files use. Offsets are file offsets. */
export interface PeSection {
  readonly name: string;
  readonly virtualAddress: number;
  readonly virtualSize: number;
  readonly rawOffset: number;
  readonly rawSize: number;
  readonly characteristics: number;
}

/** IMAGE_DATA_DIRECTORY. `rva` is relative to the image base, but for entry 4 (certificates), where it is a file offset. */
export interface PeDirectory {
  readonly rva: number;
  readonly size: number;
}

/** What can be wrong with an image that can still be read. A verifier refuses an image that has any. */
export type PeFlawRule =
  | 'overlap-raw'
  | 'overlap-virtual'
  | 'section-out-of-range'
  | 'directories-out-of-range'
  | 'certificate-table-out-of-range'
  | 'certificate-table-overlap'
  | 'certificate-table-unaligned'
  | 'trailing-data-after-certificates';

export interface PeFlaw {
  readonly rule: PeFlawRule;
  /** Where in the file the contradicting field or the surplus data is. */
  readonly offset: number;
  readonly message: string;
}

/** A PE image: the file and what its headers say. */
export interface PeImage {
  readonly bytes: Uint8Array;
  /** Of the file; `bytes` is only its beginning where an image is signed block by block. */
  readonly size: number;
  /** The file as the user named it. */
  readonly file: string;
  readonly machine: PeMachine;
  readonly machineCode: number;
  readonly pe32Plus: boolean;
  /** 1 native, 2 windowed, 3 console, 10 EFI application. */
  readonly subsystem: number;
  readonly characteristics: number;
  readonly dllCharacteristics: number;
  /** Seconds since 1970, or a hash in reproducible builds. */
  readonly timeDateStamp: number;
  readonly checksum: number;
  readonly checksumOffset: number;
  readonly sizeOfHeaders: number;
  readonly sectionAlignment: number;
  readonly fileAlignment: number;
  readonly sizeOfImage: number;
  /** RVA of the entry point; 0 when there is none. */
  readonly entryPoint: number;
  readonly imageBase: bigint;
  readonly sections: readonly PeSection[];
  /** File offset of data directory 4; undefined when the image has fewer than five directories and so cannot be signed. */
  readonly certificateDirectoryOffset: number | undefined;
  /** The certificate table, when there is one inside the file. May be unaligned: see `flaws`. */
  readonly certificateTable: { readonly offset: number; readonly size: number } | undefined;
  readonly directories: readonly PeDirectory[];
  readonly flaws: readonly PeFlaw[];
}

/** Indexes of `PeImage.directories`. */
export const Directory = {
  export: 0,
  import: 1,
  resource: 2,
  certificate: 4,
  relocation: 5,
  importAddressTable: 12,
} as const;

export const Subsystem = { native: 1, windows: 2, console: 3 } as const;

export const MACHINES: readonly (readonly [code: number, machine: Exclude<PeMachine, 'other'>])[] = [
  [0x014c, 'x86'],
  [0x8664, 'x64'],
  [0x01c4, 'arm'],
  [0xaa64, 'arm64'],
  [0x0200, 'ia64'],
];
