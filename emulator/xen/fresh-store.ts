import {
  type Below,
  backendTree,
  type DevicePair,
  diskPair,
  folder,
  frontendTree,
  keyboardPair,
  leaves,
  nicPair,
} from './device-directories.ts';
import type { HostSettings } from './host.ts';
import type { StoreTree } from './tree.ts';

/** Directories by type, as far as the domain has devices of it. */
const byType = (
  pairs: readonly DevicePair[],
  directory: (devices: Below) => StoreTree,
  of: (pair: DevicePair) => StoreTree,
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
  const pairs = [
    ...disks.map((disk) => diskPair(disk, settings)),
    ...nics.map((nic) => nicPair(nic, settings)),
    ...(keyboard ? [keyboardPair(settings)] : []),
  ];
  const backends = folder(byType(pairs, (devices) => folder({ 1: folder(devices) }), backendTree));
  const domain = folder({
    ...leaves({ name: 'guest', domid: '1', drivers: '', attr: '', data: '' }),
    control: folder(leaves({ 'platform-feature-multiprocessor-suspend': '1' })),
    device: folder(byType(pairs, folder, frontendTree)),
  });
  const store = folder({
    local: folder({ domain: folder({ 0: folder({ backend: backends }), 1: domain }) }),
    tool: folder({ backends: folder(byType(pairs, folder, ({ note }) => ({ value: note, below: {} }))) }),
  });
  made.set(settings, store);
  return store;
};
