import type { HostState, UnplugState } from './host.ts';

/** The I/O ports of the platform device that have to do with unplugging (spec xen-pv 1.7). */
export const UnplugPort = { magic: 0x10, version: 0x12 } as const;
export const UNPLUG_MAGIC = 0x49d2;
/** Read instead of the magic number when the host refuses the driver that named itself. */
export const UNPLUG_REFUSED = 0xd249;

/** Bits of the mask that is written to unplug devices. */
export const UnplugMask = { disks: 1, nics: 2, auxiliaryDisks: 4, nvme: 8 } as const;

const allOnes = (bits: 8 | 16 | 32): number => (bits === 32 ? 0xffff_ffff : 2 ** bits - 1);

export const readPort = ({ settings, unplug }: HostState, port: number, bits: 8 | 16 | 32): number => {
  if (port === UnplugPort.magic && bits === 16) {
    return settings.unplugBlocked && unplug.build !== undefined ? UNPLUG_REFUSED : UNPLUG_MAGIC;
  }
  // Nothing answers at other ports: the bus floats.
  return port === UnplugPort.version && bits === 8 ? settings.unplugVersion : allOnes(bits);
};

const written = (unplug: UnplugState, port: number, bits: 8 | 16 | 32, value: number): UnplugState => {
  if (port === UnplugPort.magic && bits === 16) return { ...unplug, mask: unplug.mask | (value & 0xffff) };
  if (port === UnplugPort.magic && bits === 32) return { ...unplug, build: value >>> 0 };
  if (port === UnplugPort.version && bits === 16) return { ...unplug, product: value & 0xffff };
  return unplug;
};

/** With a port written. What was unplugged stays so until the machine is switched off. */
export const writePort = (host: HostState, port: number, bits: 8 | 16 | 32, value: number): HostState => {
  const unplug = written(host.unplug, port, bits, value);
  return unplug === host.unplug ? host : { ...host, unplug };
};
