import { XenbusState } from './backends.ts';
import type { HostDisk, HostNic, HostSettings } from './host.ts';
import { DOMAIN_AREA, EMPTY_TREE, type StoreTree, writeNodes } from './tree.ts';

/** 512-byte sectors of every disk: 32 GiB. */
const SECTORS = 67_108_864;

/** A frontend directory and its backend's, each naming the other, with the backend waiting (spec xen-pv 4.3). */
const pair = (
  type: string,
  id: number,
  front: Readonly<Record<string, string>>,
  back: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const frontend = `${DOMAIN_AREA}/device/${type}/${id}`;
  const backend = `/local/domain/0/backend/${type}/1/${id}`;
  const below = (folder: string, values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => [`${folder}/${name}`, value]);
  return Object.fromEntries([
    ...below(frontend, { backend, 'backend-id': '0', state: XenbusState.initialising, ...front }),
    ...below(backend, { frontend, 'frontend-id': '1', online: '1', state: XenbusState.initWait, ...back }),
  ]);
};

const disk = ({ vbd, cdrom = false }: HostDisk) => {
  const type = cdrom ? 'cdrom' : 'disk';
  return pair(
    'vbd',
    vbd,
    { 'virtual-device': String(vbd), 'device-type': type },
    {
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
  );
};

const nic = ({ vif, mac }: HostNic) =>
  pair(
    'vif',
    vif,
    { handle: String(vif), mac },
    {
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
  );

const made = new WeakMap<HostSettings, StoreTree>();

/** xenstore as the toolstack leaves it for a domain that is about to run. Made once for each settings object. */
export const freshStore = (settings: HostSettings): StoreTree => {
  const known = made.get(settings);
  if (known !== undefined) return known;
  const store = [
    {
      [`${DOMAIN_AREA}/name`]: 'guest',
      [`${DOMAIN_AREA}/domid`]: '1',
      [`${DOMAIN_AREA}/control/platform-feature-multiprocessor-suspend`]: '1',
      [`${DOMAIN_AREA}/drivers`]: '',
      [`${DOMAIN_AREA}/attr`]: '',
      [`${DOMAIN_AREA}/data`]: '',
      [`${DOMAIN_AREA}/device`]: '',
    },
    ...settings.disks.map(disk),
    ...settings.nics.map(nic),
    ...(settings.keyboard ? [pair('vkbd', 0, {}, { 'feature-abs-pointer': '1', 'feature-raw-pointer': '1' })] : []),
  ].reduce(writeNodes, EMPTY_TREE);
  made.set(settings, store);
  return store;
};
