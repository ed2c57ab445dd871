import { expect, test } from 'vitest';
import type { DriverNote } from '../../../drivers/behaviour.ts';
import { eventWords, outputWords } from '../../../emulator/words.ts';
import type { HostEvent } from '../../../emulator/xen/host-events.ts';
import { hostNoteWords } from '../../../emulator/xen/host-words.ts';

const EVENTS: readonly (readonly [HostEvent, string])[] = [
  [{ kind: 'domain.migrate' }, 'moved the running machine'],
  [{ kind: 'domain.migrate', change: { backends: 'qemu-4' } }, 'moved the running machine to another host'],
  [{ kind: 'disk.plug', disk: { vbd: 832, system: false } }, 'gave it disk 832'],
  [{ kind: 'disk.resize', vbd: 832, sectors: 8 }, 'changed the size of disk 832'],
  [{ kind: 'disk.eject', vbd: 832 }, 'asked for disk 832 back'],
  [{ kind: 'disk.eject', vbd: 832, pulled: true }, 'took disk 832 away'],
  [{ kind: 'nic.plug', nic: { vif: 1, mac: '' } }, 'gave it network card 1'],
  [{ kind: 'nic.unplug', vif: 1 }, 'took network card 1 away'],
  [{ kind: 'store.write', path: 'a', value: '' }, 'wrote a to xenstore'],
  [{ kind: 'store.write', path: 'a' }, 'removed a from xenstore'],
];

test.each(EVENTS)('%j: %s', (event, words) => {
  expect(eventWords(event)).toBe(words);
});

const NOTES: readonly (readonly [DriverNote, string | undefined])[] = [
  [{ kind: 'xen.resumed', mask: 0 }, 'the machine goes on; nothing is unplugged again'],
  [{ kind: 'xen.resumed', mask: 3 }, 'the machine goes on; emulated devices are unplugged again'],
  [{ kind: 'xen.not-connected', device: 'd', reason: 'No.' }, 'd is not connected: No.'],
  [{ kind: 'xen.ejected', device: 'd', asked: true }, 'd is given back to the host'],
  [{ kind: 'xen.ejected', device: 'd', asked: false }, 'the host took d away'],
  [{ kind: 'xen.eject-refused', device: 'd', because: 'In use.' }, 'd is not given back: In use.'],
  [{ kind: 'xen.resized', device: 'd', sectors: '8' }, 'd has 8 sectors now'],
  [{ kind: 'xen.warning', module: 'xen', message: 'x' }, undefined],
];

test.each(NOTES)('%j: %s', (note, words) => {
  expect(hostNoteWords(note)).toBe(words);
});

test('what was given up is told with its time', () => {
  const output = { kind: 'disk.timed-out', device: 'D', seconds: 90, timeoutSeconds: 60 } as const;
  expect(outputWords(output)).toBe('requests on D were given up after 60 s');
});
