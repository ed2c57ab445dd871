import type { Diagnostic } from '../../../core/errors.ts';

/** Cabinet file format as data (spec signing-formats 5.1, [MS-CAB]). */
export const CAB_BLOCK_SIZE = 0x8000;
/** A folder holds at most this many CFDATA blocks, so at most 2 GiB - 32 KiB. */
export const CAB_MAX_BLOCKS = 0xffff;
export const CAB_HEADER_SIZE = 36;
export const CAB_FOLDER_SIZE = 8;
export const CAB_DATA_HEADER_SIZE = 8;

export const CAB_FLAG_PREV = 1;
export const CAB_FLAG_NEXT = 2;
export const CAB_FLAG_RESERVE = 4;

export const CAB_ATTRIBUTE_ARCHIVE = 0x20;
export const CAB_ATTRIBUTE_UTF8 = 0x80;

export type CabCompression = 'none' | 'mszip' | 'quantum' | 'lzx';
export type CabHashAlgorithm = 'sha1' | 'sha256' | 'sha384' | 'sha512';

/** Where the PKCS#7 stands: bytes from the start of the file. */
export interface CabSignatureRange {
  readonly offset: number;
  readonly size: number;
}

/** The two structures that Authenticode keeps in the header's reserved area. */
export interface CabAuthenticodeReserve {
  /** Structure 1, which the digest covers; empty in everything seen so far. */
  readonly structure1: Uint8Array;
  /** Where structure 2 starts in the file. */
  readonly structure2Offset: number;
  /** Undefined while the cabinet is prepared but not signed. */
  readonly signature: CabSignatureRange | undefined;
}

/** CFHEADER with everything that stands before the first CFFOLDER. */
export interface CabHeader {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** cbCabinet: the size without an appended signature. */
  readonly size: number;
  readonly filesOffset: number;
  readonly folderCount: number;
  readonly fileCount: number;
  readonly flags: number;
  readonly setId: number;
  readonly index: number;
  /** abReserve of the header, of any size. */
  readonly reserve: Uint8Array;
  readonly folderReserveSize: number;
  readonly dataReserveSize: number;
  /** Offset right after abReserve: the prev and next strings, if any, else the first CFFOLDER. */
  readonly reserveEnd: number;
  readonly foldersOffset: number;
  readonly authenticode: CabAuthenticodeReserve | undefined;
}

export interface CabBlock {
  /** Of the CFDATA header, from the start of the file. */
  readonly offset: number;
  readonly packedSize: number;
  readonly size: number;
}

export interface CabFolder {
  readonly compression: CabCompression;
  readonly typeCompress: number;
  readonly reserve: Uint8Array;
  readonly blocks: readonly CabBlock[];
  /** Sum of the blocks' uncompressed sizes. */
  readonly size: number;
}

export interface CabFile {
  /** As stored: backslashes separate. */
  readonly name: string;
  readonly size: number;
  readonly folder: number;
  readonly folderOffset: number;
  /** The stored date and time read as UTC, milliseconds since 1970; undefined when it is no date. */
  readonly date: number | undefined;
  readonly attributes: number;
}

export interface Cabinet extends CabHeader {
  readonly folders: readonly CabFolder[];
  readonly files: readonly CabFile[];
  /** Bytes after the cabinet and its signature that nothing describes. */
  readonly trailingSize: number;
  readonly warnings: readonly Diagnostic[];
}

export interface ExtractedFile {
  /** `/` separates; safe to use below a folder on any system. */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly date: number | undefined;
  readonly attributes: number;
}
