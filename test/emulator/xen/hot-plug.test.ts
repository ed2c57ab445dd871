import { describe, expect, test } from 'vitest';
import type { BackendKind } from '../../../emulator/xen/backend-kinds.ts';
import { newHost } from '../../../emulator/xen/host.ts';
import { plugDisk, resizeDisk } from '../../../emulator/xen/hot-plug.ts';
import { storeRead } from '../../../emulator/xen/store.ts';
import { runningGuest } from '../../support/running-guest.ts';

const DISK = { vbd: 51_776, system: false, sectors: 1_000_000 } as const;
const plug = { kind: 'disk.plug', disk: DISK } as const;
const notesOf = ({ notes }: ReturnType<typeof runningGuest>, kind: string) =>
  notes.filter((note) => note.kind === kind);
const nodes = ({ world }: ReturnType<typeof runningGuest>, kind: string) =>
  Object.values(world.session?.devices ?? {}).filter(({ facts }) => facts.kind === kind);

describe('a disk that comes while the guest runs', () => {
  test('is there at once, and stays over a restart', () => {
    const guest = runningGuest().play(plug);
    expect(guest.survey.disks).toMatchObject([
      { id: 768, path: 'pv' },
      { id: 51_776, path: 'pv' },
    ]);
    expect(guest.key('device/vbd/51776/state')).toBe('4');
    expect(guest.play({ kind: 'restart' }).survey.disks).toMatchObject([{ path: 'pv' }, { path: 'pv' }]);
  });

  test('of a number that is taken is no new one', () => {
    const guest = runningGuest();
    const again = guest.play({ kind: 'disk.plug', disk: { vbd: 768, system: false } });
    expect(again.world.host.settings).toEqual(guest.world.host.settings);
  });

  test('comes with the next start where no driver runs', () => {
    const guest = runningGuest().play({ kind: 'power.off' }, plug);
    expect(guest.outputs).toEqual([]);
    expect(guest.play({ kind: 'power.on' }).survey.disks).toMatchObject([{ path: 'pv' }, { path: 'pv' }]);
  });
});

describe('a disk that the host asks back', () => {
  test('is given back: closed by both ends, then gone from Windows and from the host', () => {
    const guest = runningGuest().play(plug, { kind: 'disk.eject', vbd: DISK.vbd });
    expect(notesOf(guest, 'xen.ejected')).toEqual([{ kind: 'xen.ejected', device: 'device/vbd/51776', asked: true }]);
    expect(nodes(guest, 'disk').map(({ facts }) => 'vbd' in facts && facts.vbd)).toEqual([768]);
    expect(guest.keys('device/vbd')).not.toContain('51776');
    expect(guest.world.host.settings.disks.map(({ vbd }) => vbd)).toEqual([768, 5632]);
  });

  test('may come again, as a disk of its own', () => {
    const guest = runningGuest().play(plug, { kind: 'disk.eject', vbd: DISK.vbd }, plug);
    expect(guest.survey.disks).toMatchObject([{ path: 'pv' }, { path: 'pv' }]);
    expect(guest.key('device/vbd/51776/ejected')).toBeUndefined();
  });

  test('stays when Windows runs from it', () => {
    const guest = runningGuest().play({ kind: 'disk.eject', vbd: 768 });
    expect(notesOf(guest, 'xen.eject-refused')).toHaveLength(1);
    expect(guest.survey).toMatchObject({ running: true, disks: [{ id: 768, path: 'pv' }] });
    expect(guest.key('/local/domain/0/backend/vbd/1/768/state')).toBe('4');
    expect(guest.key('/local/domain/0/backend/vbd/1/768/online')).toBe('1');
  });

  test('stays when nobody answers', () => {
    const guest = runningGuest().play({ kind: 'restart', mode: 'safe' }, { kind: 'disk.eject', vbd: 768 });
    expect(guest.survey.disks).toMatchObject([{ id: 768, path: 'emulated' }]);
  });

  test('is gone all the same when it is pulled, and the machine with it when it was the system disk', () => {
    const data = runningGuest().play(plug, { kind: 'disk.eject', vbd: DISK.vbd, pulled: true });
    expect(notesOf(data, 'xen.ejected')).toEqual([{ kind: 'xen.ejected', device: 'device/vbd/51776', asked: false }]);
    expect(data.survey).toMatchObject({ running: true, disks: [{ id: 768 }] });
    const system = runningGuest().play({ kind: 'disk.eject', vbd: 768, pulled: true });
    expect(system.world.session?.stop?.code).toBe('0x7A');
  });
});

describe('a volume of another size', () => {
  test('is told to Windows by the watch on its sectors, once', () => {
    const guest = runningGuest().play(plug, { kind: 'disk.resize', vbd: DISK.vbd, sectors: 2_000_000 });
    expect(notesOf(guest, 'xen.resized')).toEqual([
      { kind: 'xen.resized', device: 'device/vbd/51776', sectors: '2000000' },
    ]);
    const again = guest.play({ kind: 'disk.resize', vbd: DISK.vbd, sectors: 2_000_000 });
    expect(notesOf(again, 'xen.resized')).toEqual([]);
  });

  test('keeps its size when the machine is moved', () => {
    const guest = runningGuest().play(
      { kind: 'disk.resize', vbd: 768, sectors: 90_000_000 },
      { kind: 'domain.migrate', change: { backends: 'linux-3.2' } },
    );
    expect(guest.key('/local/domain/0/backend/vbd/1/768/sectors')).toBe('90000000');
    expect(notesOf(guest, 'xen.resized')).toEqual([expect.objectContaining({ sectors: '90000000' })]);
  });
});

describe('a network card that comes and goes while the guest runs', () => {
  const card = { kind: 'nic.plug', nic: { vif: 1, mac: '00:16:3e:00:00:05' } } as const;

  test('works at once, and leaves no request to unplug behind', () => {
    const before = runningGuest();
    const guest = before.play(card);
    expect(guest.survey.nics).toMatchObject([
      { id: 0, path: 'pv' },
      { id: 1, path: 'pv' },
    ]);
    const gone = guest.play({ kind: 'nic.unplug', vif: 1 });
    expect(notesOf(gone, 'xen.ejected')).toEqual([{ kind: 'xen.ejected', device: 'device/vif/1', asked: true }]);
    expect(nodes(gone, 'nic').map(({ instanceId }) => instanceId)).toEqual(['0']);
    expect(gone.play({ kind: 'restart' }).survey).toMatchObject({ running: true, nics: [{ path: 'pv' }] });
  });

  test('may come again', () => {
    const guest = runningGuest().play(card, { kind: 'nic.unplug', vif: 1 }, card);
    expect(guest.survey.nics).toMatchObject([{ path: 'pv' }, { id: 1, path: 'pv' }]);
  });

  test('the last one takes the bus of cards along, and the first brings it back', () => {
    const without = runningGuest().play({ kind: 'nic.unplug', vif: 0 });
    expect(without.survey).toMatchObject({ running: true, nics: [] });
    const back = without.play({ kind: 'nic.plug', nic: { vif: 0, mac: '00:16:3e:00:00:01' } });
    expect(back.survey.nics).toMatchObject([{ id: 0, path: 'pv' }]);
  });
});

describe('the size that a backend writes', () => {
  const sectors = (backends: BackendKind, size: string) => {
    const disk = { vbd: 51_776, system: false, sectors: 8_000_001, keys: { 'sector-size': size } };
    const host = plugDisk(newHost({ backends }), disk);
    const key = '/local/domain/0/backend/vbd/1/51776/sectors';
    return [host, resizeDisk(host, 51_776, 16_000_000)].map(({ store }) => storeRead(store, key));
  };

  test('counts 512 bytes for Linux, and sectors as they are for QEMU', () => {
    expect(sectors('linux-6', '4096')).toEqual(['8000001', '16000000']);
    expect(sectors('qemu-4', '4096')).toEqual(['1000000', '2000000']);
    expect(sectors('qemu-4', '512')).toEqual(['8000001', '16000000']);
    expect(sectors('qemu-2', 'many')).toEqual(['8000001', '16000000']);
  });
});
