import { describe, expect, test } from 'vitest';
import { causeLines } from '../../../emulator/story/cause-words.ts';
import { deviceTree } from '../../../emulator/story/device-tree.ts';
import { storyLine } from '../../../emulator/story/output-lines.ts';
import { storyOf } from '../../../emulator/story/story.ts';
import { releaseFiles } from '../../support/rehearsal.ts';
import { playedIn, releaseThatDoesNotBoot } from '../../support/report-page.ts';

const WHERE = { guests: ['windows-10-22h2-x64'], scenarios: ['fresh-install'] };

const storyFrom = (files: ReturnType<typeof releaseFiles>) => {
  const [one] = playedIn(files, WHERE);
  if (one === undefined) throw new Error('nothing was played');
  return { ...one, story: storyOf(one.run, one.result) };
};

const good = storyFrom(releaseFiles());
const bad = storyFrom(releaseThatDoesNotBoot());

const names = (devices: ReturnType<typeof deviceTree>): readonly string[] =>
  devices.flatMap(({ path, below }) => [path, ...names(below)]);

describe('the device trees of a run', () => {
  test('show the machine before with its emulated disk, and after with the PV disk below the adapter of the bus', () => {
    const { before, after } = good.story;
    expect(names(before.devices).some((path) => path.startsWith('IDE\\DISKQEMU') || path.startsWith('IDE\\Disk'))).toBe(
      true,
    );
    const [root] = after.devices;
    const bus = root?.below.find(({ path }) => path.startsWith('PCI\\VEN_5853'));
    const adapter = bus?.below.find(({ path }) => path.includes('DEV_VBD'));
    expect(adapter?.stack.map(({ service }) => service)).toEqual(['xenvbd', 'xendisk']);
    expect(adapter?.below).toMatchObject([{ kind: 'disk', via: 'pv', state: 'started' }]);
  });

  test('have every device once, at the root when its bus is gone or it is its own bus', () => {
    const { begin } = good.run;
    const nodes = Object.values(begin.session?.devices ?? {});
    expect(names(deviceTree(nodes)).toSorted()).toEqual(nodes.map(({ path }) => path).toSorted());
    const orphans = nodes.filter(({ parent }) => parent !== undefined).slice(0, 1);
    expect(deviceTree(orphans).map(({ path }) => path)).toEqual(orphans.map(({ path }) => path));
  });

  test('show where a machine stopped', () => {
    expect(bad.story.after).toMatchObject({ phase: 'stopped', stop: { code: '0x7B' } });
  });
});

describe('the way of a request', () => {
  test('goes through the class filters, the disk, xendisk and xenvbd to the ring and the backend', () => {
    const disk = good.story.paths.find(({ of }) => of === 'disk');
    expect(disk?.via).toBe('pv');
    expect(disk?.hops.map(({ name }) => name)).toEqual([
      'programs, file system, volumes',
      'partmgr',
      'disk',
      'EhStorClass',
      'xendisk',
      'xenvbd',
      'ring, grants and event channel',
      'block backend',
    ]);
    expect(disk?.hops.at(-1)?.role).toMatch(/backend\/vbd\/1\/768: connected$/);
  });

  test('goes through xennet and xenvif for a network card', () => {
    const nic = good.story.paths.find(({ of }) => of === 'nic');
    expect(nic?.hops.map(({ name }) => name)).toEqual(expect.arrayContaining(['xennet', 'xenvif', 'network backend']));
  });

  test('that ends nowhere says why', () => {
    const disk = bad.story.paths.find(({ of }) => of === 'disk');
    expect(disk).toMatchObject({ via: undefined, hops: [{ place: 'asker' }] });
    expect(disk?.broken?.join(' ')).toMatch(/0x7B.*The emulated disk is unplugged.*xenvbd does not start at boot/);
  });
});

describe('the events of a run', () => {
  test('are told in order, each boot with its end', () => {
    expect(good.story.steps).toHaveLength(good.run.steps.length);
    expect(good.story.boots).toMatchObject([{ boot: 1, mode: 'normal', end: 'running' }]);
    expect(bad.story.boots.at(-1)).toMatchObject({ end: 'stopped', code: '0x7B' });
  });

  test('mark the one that a finding comes from', () => {
    const [mark] = bad.story.marks;
    expect(bad.result.findings[mark?.finding ?? -1]?.failureMode).toBe('F30');
    const line = bad.story.steps[(mark?.step ?? 0) - 1]?.lines[(mark?.line ?? 0) - 1];
    expect(line).toMatchObject({ tone: 'fault', text: 'Boot 1 stops with 0x7B' });
    expect(line?.because?.join(' ')).toContain('xenvbd does not start at boot');
  });

  test('survive a way through JSON', () => {
    expect(JSON.parse(JSON.stringify(bad.story))).toEqual(bad.story);
    expect(JSON.stringify(storyOf(bad.run, bad.result))).toBe(JSON.stringify(bad.story));
  });

  test('of crashes have their words, and why memory did not get to the disk', () => {
    const failure = { kind: 'target', target: 130, limit: 128 } as const;
    expect(causeLines({ kind: 'dump', failure })).toEqual([expect.stringContaining('target 130')]);
    const note = { kind: 'xen.dump-target', target: 0, device: '768', guessed: true } as const;
    const line = storyLine({ kind: 'driver.note', note } as unknown as Parameters<typeof storyLine>[0]);
    expect(line).toEqual({ tone: 'step', text: expect.stringContaining('xencrsh takes target 0') });
  });

  test('of a kind that has no words are named', () => {
    const unknown = { kind: 'something.new' } as unknown as Parameters<typeof storyLine>[0];
    expect(storyLine(unknown).text).toContain('something.new');
  });
});
