import { describe, expect, test } from 'vitest';
import { BACKEND_KINDS, type BackendKind, backendFeatures } from '../../../emulator/xen/backend-kinds.ts';
import { blockFault, netFault } from '../../../emulator/xen/frontend-keys.ts';
import { type HostDisk, newHost } from '../../../emulator/xen/host.ts';
import { storeRead, storeWrite } from '../../../emulator/xen/store.ts';
import type { StoreTree } from '../../../emulator/xen/tree.ts';
import { runningGuest } from '../../support/running-guest.ts';

type Keys = Readonly<Record<string, string>>;

const block = (keys: Keys, kind: BackendKind = 'linux-6', sectorSize = '512') =>
  blockFault((name) => keys[name], sectorSize, backendFeatures(kind));
const net = (keys: Keys, kind: BackendKind = 'linux-6') => netFault((name) => keys[name], backendFeatures(kind));

const ONE = { 'ring-ref': '40', 'event-channel': '9' };
const COPIED = { 'request-rx-copy': '1' };
const CARD = { ...COPIED, 'tx-ring-ref': '1', 'rx-ring-ref': '2', 'event-channel': '3' };

describe('a block backend', () => {
  test('connects a frontend that has a ring and an event channel', () => {
    expect(block(ONE)).toBeUndefined();
    expect(block({ ...ONE, protocol: 'x86_64-abi' })).toBeUndefined();
  });

  test.each([
    ['without a ring', { 'event-channel': '9' }, 'ring-ref'],
    ['without an event channel', { 'ring-ref': '40' }, 'event-channel'],
    ['with a ring that is no number', { ...ONE, 'ring-ref': 'yes' }, 'ring-ref'],
    ['with a negative ring', { ...ONE, 'ring-ref': '-1' }, 'ring-ref'],
    ['of another protocol', { ...ONE, protocol: 'sparc' }, 'sparc'],
    ['with no queue', { ...ONE, 'multi-queue-num-queues': '0' }, '0 queues'],
    ['with more queues than there are', { ...ONE, 'multi-queue-num-queues': '3' }, '3 queues of 2'],
    ['with queues that it does not describe', { ...ONE, 'multi-queue-num-queues': '2' }, 'queue-0/ring-ref'],
    ['with too large a ring', { ...ONE, 'ring-page-order': '5' }, 'order 5'],
    ['with a ring that misses a page', { ...ONE, 'ring-page-order': '1', 'ring-ref0': '1' }, 'ring-ref1'],
  ])('does not connect one %s', (_what, keys, fault) => {
    expect(block(keys)).toContain(fault);
  });

  test('of long ago knows no larger rings, and no queues', () => {
    const pages = { 'event-channel': '9', 'ring-page-order': '1', 'ring-ref0': '1', 'ring-ref1': '2' };
    expect(block(pages)).toBeUndefined();
    expect(block(pages, 'linux-3.2')).toContain('order 1');
    expect(block({ ...ONE, 'multi-queue-num-queues': '2' }, 'linux-3.16')).toContain('2 queues of 1');
  });

  test('of QEMU wants to hear that sectors of another size are known', () => {
    expect(block(ONE, 'qemu-4', '4096')).toContain('4096');
    expect(block({ ...ONE, 'feature-large-sector-size': '1' }, 'qemu-4', '4096')).toBeUndefined();
    expect(block(ONE, 'qemu-2', '4096')).toBeUndefined();
  });
});

describe('a network backend', () => {
  test('connects a card whose packets are copied', () => {
    expect(net(CARD)).toBeUndefined();
    const { 'event-channel': _one, ...rings } = CARD;
    expect(net({ ...rings, 'event-channel-tx': '3', 'event-channel-rx': '4' })).toBeUndefined();
  });

  test.each([
    ['that wants its pages flipped', { ...CARD, 'request-rx-copy': '0' }, 'copied'],
    ['with half of its channels', { ...CARD, 'event-channel-tx': '3' }, 'event-channel-rx'],
    ['with more queues than there are', { ...CARD, 'multi-queue-num-queues': '4' }, '4 queues of 2'],
    ['with queues that it does not describe', { ...COPIED, 'multi-queue-num-queues': '2' }, 'queue-0/tx-ring-ref'],
  ])('does not connect one %s', (_what, keys, fault) => {
    expect(net(keys)).toContain(fault);
  });
});

describe('backends that are not willing', () => {
  const write = (store: StoreTree, keys: Keys): StoreTree =>
    Object.entries(keys).reduce((tree, [name, value]) => storeWrite(tree, `device/vbd/768/${name}`, value), store);
  const storeOf = (disk: Partial<HostDisk>): StoreTree =>
    write(newHost({ disks: [{ vbd: 768, system: true, ...disk }] }).store, ONE);
  const states = (store: StoreTree, ...wanted: readonly string[]): readonly (string | undefined)[] => {
    let tree = store;
    return wanted.map((state) => {
      tree = write(tree, { state });
      return storeRead(tree, '/local/domain/0/backend/vbd/1/768/state');
    });
  };

  test('wait for ever, or serve once', () => {
    expect(states(storeOf({}), '1', '3', '4', '5', '6', '1', '3')).toEqual(['2', '4', '4', '5', '6', '2', '4']);
    expect(states(storeOf({ refuses: 'always' }), '1', '3', '4')).toEqual(['2', '2', '2']);
    expect(states(storeOf({ refuses: 'again' }), '1', '3', '5', '6', '1', '3')).toEqual(['2', '4', '5', '6', '6', '6']);
  });

  test('close when a frontend wants what they do not have', () => {
    expect(states(write(storeOf({}), { 'ring-page-order': '9' }), '1', '3')).toEqual(['2', '5']);
  });

  test('that claim more than they have lose the system disk of a guest, with a reason', () => {
    const claims = { 'max-ring-page-order': '4', 'multi-queue-max-queues': '8' };
    const guest = runningGuest().play({
      kind: 'domain.migrate',
      change: { backends: 'linux-3.2', disks: [{ vbd: 768, system: true, keys: claims }] },
    });
    expect(guest.world.session?.stop?.code).toBe('0x7A');
    const off = guest.play({ kind: 'power.off' }, { kind: 'power.on' });
    expect(off.world.session?.stop?.code).toBe('0x7B');
  });

  test.each(['-1', '', 'none', '4294967296', '1e9', '0'])(
    'that say %j of rings and queues connect with what that means, whatever they are',
    (value) => {
      const keys = { 'max-ring-page-order': value, 'multi-queue-max-queues': value };
      const guest = runningGuest().play({
        kind: 'domain.migrate',
        change: { disks: [{ vbd: 768, system: true, keys }] },
      });
      expect(guest.survey).toMatchObject({ running: true, disks: [{ path: 'pv' }] });
    },
  );
});

test('each kind says where its facts come from, and claims no more than it gives', () => {
  for (const { source, block: keys, net: own, largestRingOrder, mostBlockQueues, mostNetQueues } of Object.values(
    BACKEND_KINDS,
  ) as readonly ReturnType<typeof backendFeatures>[]) {
    expect(source).not.toBe('');
    expect(Number(keys['max-ring-page-order'] ?? 0)).toBe(largestRingOrder);
    expect(Number(keys['multi-queue-max-queues'] ?? 1)).toBe(mostBlockQueues);
    expect(Number(own['multi-queue-max-queues'] ?? 1)).toBe(mostNetQueues);
  }
});
