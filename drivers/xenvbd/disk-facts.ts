import type { Json, LoadedDriver, Machine } from '../behaviour.ts';
import { unsigned } from '../unsigned.ts';

/** What the driver read of a backend as it connected (spec xen-pv 4.3). */
export interface DiskFacts {
  readonly sectorSize: number;
  readonly physicalSize: number;
  readonly removable: boolean;
  /** Bits: 0 CD, 1 removable, 2 read-only. */
  readonly info: number;
  readonly flush: boolean;
  readonly barrier: boolean;
  readonly discard: boolean;
  /** Raw, in bytes. */
  readonly granularity: number;
  readonly alignment: number;
  readonly maxIndirect: number;
  readonly queues: number;
}

const MODULE = 'xenvbd';
const DEFAULT_SECTOR = 512;
const LARGEST_DISK = 2 ** 53 / 4096;

/** Sectors of a disk as the driver counts them: 64 bits; 0 for a text that is no number. */
export const sectorCount = (text: string | undefined): number => {
  const digits = /^[\t-\r ]*\+?(\d+)/.exec(text ?? '')?.[1];
  return digits === undefined ? 0 : Math.min(Number(digits), LARGEST_DISK);
};

const overridden = (driver: LoadedDriver, machine: Machine, name: string): boolean | undefined => {
  const value = machine.value(`${driver.key}\\Parameters`, name);
  return typeof value === 'number' ? value !== 0 : undefined;
};

/** Reads what a backend says of its disk and of itself; each feature may be overridden by a parameter of its name. */
export const readFacts = (driver: LoadedDriver, machine: Machine, vbd: number): DiskFacts => {
  const front = `device/vbd/${vbd}`;
  const backend = machine.storeRead(`${front}/backend`) ?? '';
  const number = (name: string, otherwise: number): number => {
    const text = machine.storeRead(`${backend}/${name}`);
    return text === undefined ? otherwise : unsigned(text);
  };
  const feature = (name: string): boolean => overridden(driver, machine, name) ?? number(name, 0) !== 0;
  const sectorSize = number('sector-size', DEFAULT_SECTOR);
  return {
    sectorSize,
    physicalSize: number('physical-sector-size', sectorSize),
    removable: number('removable', 0) !== 0,
    info: number('info', 0),
    flush: feature('feature-flush-cache'),
    barrier: feature('feature-barrier'),
    discard: feature('feature-discard') && number('discard-enable', 1) !== 0,
    granularity: number('discard-granularity', 0),
    alignment: number('discard-alignment', 0),
    maxIndirect: number('feature-max-indirect-segments', 0),
    queues: Math.max(1, unsigned(machine.storeRead(`${front}/multi-queue-num-queues`) ?? '1')),
  };
};

const factsName = (vbd: number): string => `facts ${vbd}`;

/** Keeps what was read until the disk connects again: a backend that writes something else later is not asked again. */
export const rememberFacts = (driver: LoadedDriver, machine: Machine, vbd: number): DiskFacts => {
  const facts = readFacts(driver, machine, vbd);
  machine.remember(MODULE, factsName(vbd), { ...facts });
  return facts;
};

/** Undefined for a disk that never connected. */
export const factsOf = (machine: Machine, vbd: number): DiskFacts | undefined => {
  const known = machine.recall(MODULE, factsName(vbd));
  return typeof known === 'object' && known !== null && !Array.isArray(known)
    ? (known as unknown as DiskFacts)
    : undefined;
};

/** The backend answered that it does not know this: it is not asked for it again (spec xen-pv 4.4). */
export const withoutFeature = (machine: Machine, vbd: number, feature: 'flush' | 'barrier' | 'discard'): void => {
  const facts = factsOf(machine, vbd);
  if (facts !== undefined) machine.remember(MODULE, factsName(vbd), { ...facts, [feature]: false } as unknown as Json);
};

/** The size as it was last told. */
export const sectorsOf = (machine: Machine, vbd: number): number => {
  const known = machine.recall(MODULE, `sectors ${vbd}`);
  return sectorCount(typeof known === 'string' ? known : undefined);
};
