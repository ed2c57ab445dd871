import { createHash } from 'node:crypto';
import { u16leBytes } from '../../../core/bytes.ts';
import { parseCabHeader } from './header.ts';
import type { CabHashAlgorithm, CabHeader, Cabinet } from './model.ts';

/**
 * The Authenticode hash of a cabinet. A signed or prepared one (its reserved area has Authenticode's structures) leaves
 * out the sizes, structure 2 and the signature; any other is hashed but for bytes 4..7, as a catalog lists it.
 *
 * @throws WinpvError CAB_* when the header cannot be read; a cabinet of a set is hashed on its own
 * @see spec signing-formats 5.4; compared with osslsigncode in test/oracles/cab.test.ts
 */
export const cabDigest = (bytes: Uint8Array, file: string, algorithm: CabHashAlgorithm): Uint8Array => {
  const header = parseCabHeader(bytes, file);
  const hash = createHash(algorithm);
  for (const range of digestRanges(header)) hash.update(range);
  return new Uint8Array(hash.digest());
};

const digestRanges = (header: CabHeader): readonly Uint8Array[] => {
  const { bytes, authenticode } = header;
  if (authenticode === undefined) return [bytes.subarray(0, 4), bytes.subarray(8)];
  const { structure1 } = authenticode;
  return [
    bytes.subarray(0, 4),
    bytes.subarray(8, 36),
    u16leBytes(structure1.length),
    structure1,
    bytes.subarray(header.reserveEnd, header.size),
  ];
};

/** The PKCS#7 of a signed cabinet, with the zeros that some signers add after it; undefined when it is not signed. */
export const cabSignature = (
  cabinet: CabHeader | Cabinet,
): { readonly offset: number; readonly size: number; readonly bytes: Uint8Array } | undefined => {
  const range = cabinet.authenticode?.signature;
  if (range === undefined) return undefined;
  return { ...range, bytes: cabinet.bytes.subarray(range.offset, range.offset + range.size) };
};
