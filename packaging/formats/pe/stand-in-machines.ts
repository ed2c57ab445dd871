import { fromHex } from '../../../core/bytes.ts';
import type { PeImport } from './imports.ts';
import type { VersionResource } from './version-resource.ts';

export type StandInMachine = 'x86' | 'x64' | 'arm64';
export type StandInKind = 'driver' | 'export-driver' | 'program' | 'library';

/** What a stand-in looks like from outside. */
export interface StandIn {
  /** File name, which the export directory repeats. */
  readonly name: string;
  readonly machine: StandInMachine;
  readonly kind: StandInKind;
  readonly imports: readonly PeImport[];
  /** Names; each gets a function of its own. */
  readonly exports: readonly string[];
  readonly version: VersionResource;
  /** Texts that the real binary carries; stored as bytes and as UTF-16, each with a NUL. */
  readonly strings: readonly string[];
  /** Seconds since 1970. */
  readonly timeDateStamp: number;
}

interface MachineFacts {
  readonly code: number;
  readonly pe32Plus: boolean;
  /** IMAGE_FILE_LARGE_ADDRESS_AWARE or IMAGE_FILE_32BIT_MACHINE. */
  readonly characteristics: number;
  /** HIGH_ENTROPY_VA where addresses have 64 bits, DYNAMIC_BASE, NX_COMPAT. */
  readonly dllCharacteristics: number;
  readonly windows: readonly [major: number, minor: number];
  /** Returns 0xC0000001 (STATUS_UNSUCCESSFUL, or a failing exit code); a driver's entry has two arguments. */
  readonly entry: Readonly<Record<'driver' | 'program', string>>;
  /** Returns 0: FALSE from DllMain (three arguments), and so a library that does not load. */
  readonly libraryEntry: string;
}

export const MACHINE_FACTS: Readonly<Record<StandInMachine, MachineFacts>> = {
  x86: {
    code: 0x014c,
    pe32Plus: false,
    characteristics: 0x0100,
    dllCharacteristics: 0x0140,
    windows: [6, 1],
    entry: { driver: 'b8010000c0 c20800', program: 'b8010000c0 c3' }, // mov eax, 0xC0000001; ret 8 / ret
    libraryEntry: '31c0 c20c00', // xor eax, eax; ret 12
  },
  x64: {
    code: 0x8664,
    pe32Plus: true,
    characteristics: 0x0020,
    dllCharacteristics: 0x0160,
    windows: [6, 1],
    entry: { driver: 'b8010000c0 c3', program: 'b8010000c0 c3' }, // mov eax, 0xC0000001; ret
    libraryEntry: '31c0 c3', // xor eax, eax; ret
  },
  arm64: {
    code: 0xaa64,
    pe32Plus: true,
    characteristics: 0x0020,
    dllCharacteristics: 0x0160,
    windows: [10, 0],
    // mov w0, #1; movk w0, #0xC000, lsl #16; ret
    entry: { driver: '20008052 0000b872 c0035fd6', program: '20008052 0000b872 c0035fd6' },
    libraryEntry: '00008052 c0035fd6', // mov w0, #0; ret
  },
};

/** Machine code written as hex digits, one group an instruction. */
export const machineCode = (hexDigits: string): Uint8Array => fromHex(hexDigits.replaceAll(' ', ''));

export const isDriver = (kind: StandInKind): boolean => kind === 'driver' || kind === 'export-driver';

/** The addresses that Microsoft's linker prefers. */
export const imageBase = ({ machine, kind }: StandIn): bigint => {
  const wide = MACHINE_FACTS[machine].pe32Plus;
  if (kind === 'library') return wide ? 0x1_8000_0000n : 0x1000_0000n;
  if (wide) return 0x1_4000_0000n;
  return isDriver(kind) ? 0x1_0000n : 0x40_0000n;
};
