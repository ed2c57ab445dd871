import type { ChildDevice } from '../../drivers/behaviour.ts';
import type { HostDisk } from './host.ts';

/** Disks of one unit's minor numbers, by major number: hd and sd as Linux numbers them, and Xen's own. */
const MAJORS: Readonly<Record<number, readonly [first: number, minorsEach: number]>> = {
  3: [0, 64],
  8: [0, 16],
  22: [2, 64],
  202: [0, 16],
};

/** Xen's numbers for more than 16 disks have this bit. */
const EXTENDED = 1 << 28;

const indexOf = (vbd: number): number | undefined => {
  if ((vbd & EXTENDED) !== 0) return (vbd & 0xf_ffff) >> 8;
  const [first, each] = MAJORS[vbd >> 8] ?? [];
  return first === undefined || each === undefined ? undefined : first + Math.floor((vbd & 0xff) / each);
};

/** Position among the four IDE disks of the emulated twin of a block device: 0 for 768; undefined: it has none. */
export const emulatedIndex = (vbd: number): number | undefined => {
  const index = indexOf(vbd);
  return index !== undefined && index < 4 ? index : undefined;
};

const REVISION = '0.10.2__';

/** An IDE disk or CD-ROM drive of QEMU's as atapi lists it; the instance id ends with controller, target, unit. */
export const emulatedDisk = ({ vbd, cdrom = false }: HostDisk, index: number): ChildDevice => {
  const model = (cdrom ? 'QEMU_DVD-ROM' : 'QEMU_HARDDISK').padEnd(40, '_');
  const type = cdrom ? 'CdRom' : 'Disk';
  return {
    deviceId: `IDE\\${type}${model}${REVISION}`,
    instanceId: `5&35DC7040&0&${index >> 1}.${index & 1}.0`,
    hardwareIds: [
      `IDE\\${type}${model}${REVISION}`,
      `IDE\\${model}${REVISION}`,
      `IDE\\${type}${model}`,
      `${model}${REVISION}`,
      cdrom ? 'GenCdRom' : 'GenDisk',
    ],
    compatibleIds: [],
    text: cdrom ? 'QEMU DVD-ROM' : 'QEMU HARDDISK',
    location: String(index & 1),
    rawOk: true,
    facts: cdrom ? { kind: 'cdrom', vbd } : { kind: 'disk', vbd, path: 'emulated' },
  };
};

/** A disk as storport lists it: vendor of 8, product of 16, revision of 4 characters (spec pnp-install 1). */
const scsiDisk = (vendor: string, product: string, revision: string) => {
  const [v, p, r] = [vendor.padEnd(8, '_'), product.padEnd(16, '_').slice(0, 16), revision.padEnd(4, '_')];
  return {
    deviceId: `SCSI\\Disk&Ven_${vendor}&Prod_${product}`,
    hardwareIds: [
      `SCSI\\Disk${v}${p}${r}`,
      `SCSI\\Disk${v}${p}`,
      `SCSI\\Disk${v}`,
      `SCSI\\${v}${p}${r.slice(0, 1)}`,
      `${v}${p}${r.slice(0, 1)}`,
      'GenDisk',
    ],
    compatibleIds: ['SCSI\\Disk', 'SCSI\\RAW'],
    rawOk: true,
  };
};

/** A namespace of QEMU's NVMe controller. */
export const nvmeDisk = (vbd: number, namespace: number): ChildDevice => ({
  ...scsiDisk('NVMe', 'QEMU_NVMe_Ctrl', '1.0'),
  instanceId: `5&1C6E5C2F&0&${String(namespace).padStart(6, '0')}`,
  text: 'QEMU NVMe Ctrl',
  location: `Bus Number 0, Target Id 0, LUN ${namespace}`,
  facts: { kind: 'disk', vbd, path: 'emulated' },
});

/** No block device of the host's stands behind a disk that is passed through. */
export const NO_VBD = -1;

export const passedThroughDisk = (): ChildDevice => ({
  ...scsiDisk('NVMe', 'Physical_NVMe', '1.0'),
  instanceId: '5&2A7B3D10&0&000000',
  text: 'Physical NVMe',
  location: 'Bus Number 0, Target Id 0, LUN 0',
  facts: { kind: 'disk', vbd: NO_VBD, path: 'pass-through' },
});
