import type { ChildDevice, DeviceFacts } from '../../drivers/behaviour.ts';

/** A function of bus 0, its numbers as hex digits in upper case. */
export interface PciFunction {
  readonly vendor: string;
  readonly device: string;
  /** Subsystem device and vendor: `00015853`. */
  readonly subsystem: string;
  readonly revision: string;
  /** Class, subclass, programming interface: `010180`. */
  readonly classCode: string;
  readonly slot: number;
  readonly function: number;
  readonly text: string;
  readonly facts: DeviceFacts;
}

const hexByte = (value: number): string => value.toString(16).toUpperCase().padStart(2, '0');

/** A PCI function as Windows' PCI driver lists it (spec pnp-install 1). */
export const pciDevice = (pci: PciFunction, { pciIdsMoved }: { readonly pciIdsMoved: boolean }): ChildDevice => {
  const { vendor, device, subsystem, revision, classCode, slot, text, facts } = pci;
  const [both, cc] = [`PCI\\VEN_${vendor}&DEV_${device}`, classCode.slice(0, 4)];
  const deviceId = `${both}&SUBSYS_${subsystem}&REV_${revision}`;
  const short = [`${both}&REV_${revision}`, both];
  return {
    deviceId,
    instanceId: `3&267A616A&0&${hexByte((slot << 3) | pci.function)}`,
    hardwareIds: [
      deviceId,
      `${both}&SUBSYS_${subsystem}`,
      ...(pciIdsMoved ? [] : short),
      `${both}&CC_${classCode}`,
      `${both}&CC_${cc}`,
    ],
    compatibleIds: [
      ...(pciIdsMoved ? short : []),
      `PCI\\VEN_${vendor}&CC_${classCode}`,
      `PCI\\VEN_${vendor}&CC_${cc}`,
      `PCI\\VEN_${vendor}`,
      `PCI\\CC_${classCode}`,
      `PCI\\CC_${cc}`,
    ],
    text,
    location: `PCI bus 0, device ${slot}, function ${pci.function}`,
    rawOk: false,
    facts,
  };
};
