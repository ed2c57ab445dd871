import { describe, expect, test } from 'vitest';
import type { BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import { BACKEND_KINDS } from '../../../emulator/xen/backend-kinds.ts';
import { NEW_DISK } from '../../../emulator/xen/block-state.ts';
import { newHost } from '../../../emulator/xen/host.ts';
import { resumedOn } from '../../../emulator/xen/migration.ts';
import { runningGuest } from '../../support/running-guest.ts';

const to = (backends: BackendKind) => ({ kind: 'domain.migrate', change: { backends } }) as const;
const KINDS = Object.keys(BACKEND_KINDS) as BackendKind[];
const DISKS = { vbd: 768, system: true } as const;

describe('a guest that is moved while it runs', () => {
  test.each(KINDS)('connects its disk and its card to backends of %s, with what those offer', (kind) => {
    const guest = runningGuest().play(to(kind));
    expect(guest.survey).toMatchObject({ running: true, disks: [{ path: 'pv' }], nics: [{ path: 'pv' }] });
    const connected = guest.notes.flatMap((note) => (note.kind === 'xen.connected' ? [note.device] : []));
    expect(connected).toEqual(['device/vbd/768', 'device/vif/0']);
    const { largestRingOrder, mostBlockQueues, mostNetQueues } = BACKEND_KINDS[kind];
    expect(Number(guest.key('device/vbd/768/ring-page-order') ?? 0)).toBe(Math.min(1, largestRingOrder));
    expect(Number(guest.key('device/vbd/768/multi-queue-num-queues') ?? 1)).toBe(mostBlockQueues);
    expect(Number(guest.key('device/vif/0/multi-queue-num-queues') ?? 1)).toBe(mostNetQueues);
    const split = 'feature-split-event-channels' in BACKEND_KINDS[kind].net;
    const queue = mostNetQueues > 1 ? 'device/vif/0/queue-0' : 'device/vif/0';
    expect(guest.key(`${queue}/event-channel-rx`) !== undefined).toBe(split);
    expect(guest.key(`${queue}/event-channel`) !== undefined).toBe(!split);
  });

  test('has everything anew: what it wrote before is gone, what it offers is said again', () => {
    const before = runningGuest();
    const guest = before.play(to('linux-3.16'));
    expect(guest.keys('drivers').map((name) => guest.key(`drivers/${name}`))).toEqual(
      before.keys('drivers').map((name) => before.key(`drivers/${name}`)),
    );
    expect(guest.key('feature/hotplug/vbd')).toBe('1');
    expect(guest.key('control/feature-reboot')).toBe('1');
    expect(guest.key('device/vbd/768/ring-ref')).not.toBe(before.key('device/vbd/768/ring-ref'));
  });

  test('unplugs on the new host what it had unplugged, before anything else', () => {
    const before = runningGuest();
    const guest = before.play(to('linux-6'));
    expect(before.world.host.unplug.mask).not.toBe(0);
    expect(guest.world.host.unplug).toEqual(before.world.host.unplug);
    expect(guest.notes[0]).toEqual({ kind: 'xen.resumed', mask: before.world.host.unplug.mask });
    const back = guest.play({ kind: 'device.rescan' });
    expect(back.survey.nics).toEqual(before.survey.nics);
    expect(back.outputs.filter(({ kind }) => kind === 'device.arrived')).toEqual([]);
  });

  test('keeps every device as it was', () => {
    const before = runningGuest();
    const paths = ({ world }: typeof before) => Object.keys(world.session?.devices ?? {});
    expect(paths(before.play(...KINDS.map(to)))).toEqual(paths(before));
  });

  test('is moved without a word when nothing of the family runs', () => {
    const off = runningGuest().play({ kind: 'power.off' });
    const moved = off.play(to('qemu-4'));
    expect(moved.outputs).toEqual([]);
    expect(moved.play({ kind: 'power.on' }).survey).toMatchObject({ running: true, disks: [{ path: 'pv' }] });
    const emulated = runningGuest().play({ kind: 'restart', mode: 'safe' });
    const there = emulated.play(to('qemu-2'));
    expect(there.notes.filter(({ kind }) => kind === 'xen.connected')).toEqual([]);
    expect(there.survey).toMatchObject({ running: true, disks: [{ path: 'emulated' }] });
  });

  test('learns of the other platform function when it looks, and not before', () => {
    const functions = ({ world }: ReturnType<typeof runningGuest>) =>
      Object.values(world.session?.devices ?? {}).filter(
        ({ facts }) => facts.kind === 'pci' && facts.vendor === '5853',
      );
    const guest = runningGuest().play({ kind: 'domain.migrate', change: { platform: '0002' } });
    expect(functions(guest).map(({ deviceId }) => deviceId)).toEqual([expect.stringContaining('DEV_0001')]);
    expect(guest.survey.disks).toMatchObject([{ path: 'pv' }]);
    const restarted = guest.play({ kind: 'restart' });
    expect(functions(restarted).map(({ deviceId }) => deviceId)).toEqual([expect.stringContaining('DEV_0002')]);
  });

  test('stops when the new host does not serve its system disk', () => {
    const guest = runningGuest().play({
      kind: 'domain.migrate',
      change: { disks: [{ ...DISKS, refuses: 'always' }] },
    });
    const text = expect.stringContaining('The backend of device/vbd/768 is in state 2, not 4.');
    expect(guest.world.session?.stop).toMatchObject({ code: '0x7A', cause: { kind: 'text', text } });
    expect(guest.notes).toContainEqual({
      kind: 'xen.not-connected',
      device: 'device/vbd/768',
      reason: expect.stringContaining('state 2, not 4'),
    });
  });

  test('loses a data disk, or a card, that the new host does not serve, and goes on', () => {
    const disks = [DISKS, { vbd: 51_776, system: false }];
    const guest = runningGuest({ disks }).play({
      kind: 'domain.migrate',
      change: {
        disks: disks.map((disk) => (disk.system ? disk : { ...disk, refuses: 'always' as const })),
        nics: [{ vif: 0, mac: '00:16:3e:00:00:01', refuses: 'always' }],
      },
    });
    expect(guest.survey).toMatchObject({
      running: true,
      disks: [{ path: 'pv' }, { path: undefined }],
      nics: [{ path: undefined }],
    });
  });

  test('loses what the new host has no more, and finds what it has more', () => {
    const guest = runningGuest().play({
      kind: 'domain.migrate',
      change: {
        disks: [DISKS, { vbd: 51_776, system: false }],
        nics: [{ vif: 2, mac: '00:16:3e:00:00:09' }],
      },
    });
    expect(guest.survey).toMatchObject({
      disks: [{ path: 'pv' }, { id: 51_776, path: 'pv' }],
      nics: [{ id: 2, path: 'pv' }],
    });
    const cards = Object.values(guest.world.session?.devices ?? {}).filter(({ facts }) => facts.kind === 'nic');
    expect(cards.map(({ instanceId }) => instanceId)).toEqual(['2']);
  });

  test('gives up requests that the backends answer later than Windows waits', () => {
    const move = (backendsAfterSeconds: number) => ({ kind: 'domain.migrate', backendsAfterSeconds }) as const;
    const given = (seconds: number) =>
      runningGuest()
        .play(move(seconds))
        .outputs.filter(({ kind }) => kind === 'disk.timed-out');
    expect(given(120)).toEqual([]);
    expect(given(121)).toEqual([expect.objectContaining({ seconds: 121, timeoutSeconds: 120 })]);
  });
});

describe('the host that a domain goes on with', () => {
  test('keeps what came along with the domain, and makes the rest anew', () => {
    const disk = { ...NEW_DISK, rings: [{ grant: '40', served: 7 }] };
    const host = { ...newHost(), unplug: { mask: 3, product: 1 }, blocks: { 768: disk } };
    const after = resumedOn(host, { platform: '0002' });
    expect(after).toMatchObject({ settings: { platform: '0002' }, blocks: { 768: { ...disk, rings: [] } } });
    expect(after.unplug).toEqual({ mask: 0 });
    expect(Object.hasOwn(resumedOn(newHost()), 'blocks')).toBe(false);
  });
});
