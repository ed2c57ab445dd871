import { describe, expect, test } from 'vitest';
import { newWorld } from '../../../emulator/new-world.ts';
import { PV } from '../../../emulator/scenarios/expectations.ts';
import { connectionIn } from '../../../emulator/scenarios/host-findings.ts';
import { Run } from '../../../emulator/scenarios/run.ts';
import { survey } from '../../../emulator/scenarios/survey.ts';
import { transition } from '../../../emulator/transition.ts';
import { XEN_PROJECT } from '../../drivers/render.ts';
import { editedRelease } from '../../support/edited-release.ts';
import { bundleOf, guestNamed, played, releaseFiles, scenarioNamed, togetherIn } from '../../support/rehearsal.ts';

const GUESTS = ['windows-7-sp1-sha2-x64', 'windows-10-22h2-x64', 'server-2025-x64'].map(guestNamed);
const NOTHING = { packages: {}, images: {} };

describe('the connections of network cards', () => {
  test.each(GUESTS.map((guest) => [guest.id, guest] as const))('are named and told apart on %s', (id, guest) => {
    const nics = [0, 1].map((vif) => ({ vif, mac: `00:16:3e:00:00:0${vif}` }));
    const world = newWorld(guest, { nics });
    const connections = survey(world).nics.map(({ device }) => connectionIn(world, device ?? ''));
    const base = id.startsWith('windows-7') ? 'Local Area Connection' : 'Ethernet';
    expect(connections.map((one) => one?.name)).toEqual([base, `${base} 2`]);
    expect(new Set(connections.map((one) => one?.identity)).size).toBe(2);
    expect(connections[0]?.identity).toMatch(/^\{[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-8[0-9A-F]{3}-[0-9A-F]{12}\}$/);
  });

  test('keep the addresses that a user gave them, also over a restart', () => {
    const world = newWorld(guestNamed('windows-10-22h2-x64'));
    const [given] = transition(world, { kind: 'nic.address', vif: 0, address: '192.0.2.7' }, NOTHING);
    const [after] = transition(given, { kind: 'restart' }, NOTHING);
    const device = survey(after).nics[0]?.device ?? '';
    expect(connectionIn(after, device)?.addresses).toEqual(['192.0.2.7']);
    const [none] = transition(world, { kind: 'nic.address', vif: 5, address: '192.0.2.7' }, NOTHING);
    expect(none.disk).toEqual(world.disk);
  });

  test('go from the emulated card to the one that takes its place', () => {
    const guest = guestNamed('windows-10-22h2-x64');
    const { bundle, library } = bundleOf(releaseFiles(), [guest]);
    const input = { guest, guests: [guest], library, bundle, before: [] };
    const [one] = played(scenarioNamed('fresh-install-static-address'), input);
    expect(one?.result.verdict).toBe('pass');
    const { begin, world } = one?.run ?? { begin: undefined, world: undefined };
    if (begin === undefined || world === undefined) throw new Error('nothing was played');
    const [before, after] = [begin, world].map((each) => {
      const { device = '', path } = survey(each).nics[0] ?? {};
      return { path, connection: connectionIn(each, device) };
    });
    expect([before?.path, after?.path]).toEqual(['emulated', 'pv']);
    expect(after?.connection?.identity).toBe(before?.connection?.identity);
    expect(after?.connection?.addresses).toEqual(['192.0.2.10']);
  });

  test('outlive an upgrade that makes another device of the card, when the first start after it is on emulated ones', () => {
    const guest = guestNamed('windows-10-22h2-x64');
    const brand = { ...XEN_PROJECT, version: '8.2.1.30', infDate: '03/21/2018' };
    const [old, now] = [
      bundleOf(editedRelease({ generation: '8.2', brand }), [guest], 'old'),
      bundleOf(releaseFiles(), [guest], 'now'),
    ] as const;
    const input = { guest, guests: [guest], library: togetherIn([old, now]), bundle: now.bundle, before: [] };
    const run = new Run(input, newWorld(guest));
    run.install(old.bundle);
    run.untilStable(PV);
    run.play({ kind: 'nic.address', vif: 0, address: '192.0.2.9' });
    const before = run.survey.nics[0]?.device ?? '';
    run.install(now.bundle);
    run.untilStable(PV);
    const after = run.survey.nics[0]?.device ?? '';
    expect(after).not.toBe(before);
    expect(connectionIn(run.world, after)?.addresses).toEqual(['192.0.2.9']);
  });
});
