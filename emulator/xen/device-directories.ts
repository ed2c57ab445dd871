import { backendFeatures } from './backend-kinds.ts';
import { XenbusState } from './backends.ts';
import type { BackendSettings, HostDisk, HostNic, HostSettings } from './host.ts';
import { DOMAIN_AREA, type StoreTree } from './tree.ts';

/** 512-byte sectors of a disk whose size is not given: 32 GiB. */
const SECTORS = 67_108_864;

export type Below = Readonly<Record<string, StoreTree>>;
type Values = Readonly<Record<string, string>>;

/** A frontend directory and its backend's, each naming the other, with the backend waiting (spec xen-pv 4.3). */
export interface DevicePair {
  readonly type: 'vbd' | 'vif' | 'vkbd';
  readonly id: number;
  readonly front: Values;
  readonly back: Values;
  /** What the host's own tools know of the backend: its kind, and whether it is unwilling. */
  readonly note: string;
}

type Backends = Pick<HostSettings, 'backends'>;

const noteOf = ({ backends = 'linux-6' }: Backends, { refuses }: BackendSettings): string =>
  refuses === undefined ? backends : `${backends} ${refuses}`;

/** Keys as the settings of one device have them instead. */
const changed = (values: Values, { keys = {} }: BackendSettings): Values => {
  const merged = Object.entries({ ...values, ...keys });
  return Object.fromEntries(merged.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
};

/**
 * The size of a disk as its backend writes it: where the kind counts in sectors of another size, fewer of them (spec xen-pv
 * 4.5).
 */
export const sectorsKey = ({ sectors = SECTORS, keys = {} }: HostDisk, { backends }: Backends): string => {
  const size = Number(keys['sector-size'] ?? SMALL_SECTOR);
  const counts = backendFeatures(backends).countsIn === 'sectors of sector-size' && LARGE_SECTORS.has(size);
  return String(counts ? Math.floor((sectors * SMALL_SECTOR) / size) : sectors);
};
const SMALL_SECTOR = 512;
const LARGE_SECTORS: ReadonlySet<number> = new Set([1024, 2048, 4096]);

export const diskPair = (disk: HostDisk, host: Backends): DevicePair => {
  const { vbd, cdrom = false } = disk;
  const type = cdrom ? 'cdrom' : 'disk';
  const back = {
    'device-type': type,
    mode: cdrom ? 'r' : 'w',
    removable: cdrom ? '1' : '0',
    info: cdrom ? '5' : '0',
    sectors: sectorsKey(disk, host),
    'sector-size': '512',
    ...backendFeatures(host.backends).block,
  };
  const front = { 'virtual-device': String(vbd), 'device-type': type };
  return { type: 'vbd', id: vbd, front, back: changed(back, disk), note: noteOf(host, disk) };
};

export const nicPair = (nic: HostNic, host: Backends): DevicePair => {
  const { vif, mac } = nic;
  const own = { handle: String(vif), mac };
  const back = { ...own, ...backendFeatures(host.backends).net };
  return { type: 'vif', id: vif, front: own, back: changed(back, nic), note: noteOf(host, nic) };
};

export const keyboardPair = (host: Backends): DevicePair => ({
  ...{ type: 'vkbd', id: 0, front: {}, note: noteOf(host, {}) },
  back: { 'feature-abs-pointer': '1', 'feature-raw-pointer': '1' },
});

export const folder = (below: Below): StoreTree => ({ value: '', below });
export const leaves = (values: Values): Below =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, below: {} }]));

type Place = Pick<DevicePair, 'type' | 'id'>;

export const frontendPath = ({ type, id }: Place): string => `${DOMAIN_AREA}/device/${type}/${id}`;
export const backendPath = ({ type, id }: Place): string => `/local/domain/0/backend/${type}/1/${id}`;
/** Where the host's tools keep what they know of a backend; guests cannot look there. */
export const notePath = ({ type, id }: Place): string => `/tool/backends/${type}/${id}`;

export const frontendTree = (pair: DevicePair): StoreTree =>
  folder(leaves({ backend: backendPath(pair), 'backend-id': '0', state: XenbusState.initialising, ...pair.front }));

export const backendTree = (pair: DevicePair): StoreTree =>
  folder(
    leaves({
      frontend: frontendPath(pair),
      'frontend-id': '1',
      online: '1',
      state: XenbusState.initWait,
      ...pair.back,
    }),
  );
