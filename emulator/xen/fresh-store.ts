import { XenbusState } from './backends.ts';
import type { HostDisk, HostNic, HostSettings } from './host.ts';
import { DOMAIN_AREA, type StoreTree } from './tree.ts';

/** 512-byte sectors of every disk: 32 GiB. */
const SECTORS = 67_108_864;

type Below = Readonly<Record<string, StoreTree>>;
type Values = Readonly<Record<string, string>>;

const folder = (below: Below): StoreTree => ({ value: '', below });
const leaves = (values: Values): Below =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value, below: {} }]));

/** A frontend directory and its backend's, each naming the other, with the backend waiting (spec xen-pv 4.3). */
interface Pair {
  readonly type: 'vbd' | 'vif' | 'vkbd';
  readonly id: number;
  readonly front: Values;
  readonly back: Values;
}

const disk = ({ vbd, cdrom = false }: HostDisk): Pair => {
  const type = cdrom ? 'cdrom' : 'disk';
  return {
    type: 'vbd',
    id: vbd,
    front: { 'virtual-device': String(vbd), 'device-type': type },
    back: {
      'device-type': type,
      mode: cdrom ? 'r' : 'w',
      removable: cdrom ? '1' : '0',
      info: cdrom ? '5' : '0',
      sectors: String(SECTORS),
      'sector-size': '512',
      'feature-flush-cache': '1',
      'feature-barrier': '1',
      'feature-discard': '0',
      'feature-persistent': '1',
      'feature-max-indirect-segments': '256',
      'max-ring-page-order': '4',
      'multi-queue-max-queues': '2',
    },
  };
};

const nic = ({ vif, mac }: HostNic): Pair => ({
  type: 'vif',
  id: vif,
  front: { handle: String(vif), mac },
  back: {
    handle: String(vif),
    mac,
    'feature-sg': '1',
    'feature-gso-tcpv4': '1',
    'feature-gso-tcpv6': '1',
    'feature-ipv6-csum-offload': '1',
    'feature-rx-copy': '1',
    'feature-rx-flip': '0',
    'feature-multicast-control': '1',
    'feature-split-event-channels': '1',
    'multi-queue-max-queues': '2',
    'feature-ctrl-ring': '1',
  },
});

const KEYBOARD: Pair = {
  type: 'vkbd',
  id: 0,
  front: {},
  back: { 'feature-abs-pointer': '1', 'feature-raw-pointer': '1' },
};

const frontend = ({ type, id, front }: Pair): StoreTree => {
  const backend = `/local/domain/0/backend/${type}/1/${id}`;
  return folder(leaves({ backend, 'backend-id': '0', state: XenbusState.initialising, ...front }));
};

const backend = ({ type, id, back }: Pair): StoreTree =>
  folder(
    leaves({
      frontend: `${DOMAIN_AREA}/device/${type}/${id}`,
      'frontend-id': '1',
      online: '1',
      state: XenbusState.initWait,
      ...back,
    }),
  );

/** Directories by type, as far as the domain has devices of it. */
const byType = (
  pairs: readonly Pair[],
  directory: (devices: Below) => StoreTree,
  of: (pair: Pair) => StoreTree,
): Below => {
  const types = [...new Set(pairs.map(({ type }) => type))];
  return Object.fromEntries(
    types.map((type) => [
      type,
      directory(Object.fromEntries(pairs.filter((one) => one.type === type).map((one) => [String(one.id), of(one)]))),
    ]),
  );
};

const made = new WeakMap<HostSettings, StoreTree>();

/** xenstore as the toolstack leaves it for a domain that is about to run. Made once for each settings object. */
export const freshStore = (settings: HostSettings): StoreTree => {
  const known = made.get(settings);
  if (known !== undefined) return known;
  const { disks, nics, keyboard } = settings;
  const pairs = [...disks.map(disk), ...nics.map(nic), ...(keyboard ? [KEYBOARD] : [])];
  const backends = folder(byType(pairs, (devices) => folder({ 1: folder(devices) }), backend));
  const domain = folder({
    ...leaves({ name: 'guest', domid: '1', drivers: '', attr: '', data: '' }),
    control: folder(leaves({ 'platform-feature-multiprocessor-suspend': '1' })),
    device: folder(byType(pairs, folder, frontend)),
  });
  const store = folder({ local: folder({ domain: folder({ 0: folder({ backend: backends }), 1: domain }) }) });
  made.set(settings, store);
  return store;
};
