import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../../emulator/scenarios/index.ts';
import { BACKEND_KINDS, type BackendFeatures } from '../../../emulator/xen/backend-kinds.ts';
import { projectRoot } from '../../support/outside.ts';

const guide = readFileSync(join(projectRoot, 'docs/guide/migration.md'), 'utf8');

const yes = (value: string | undefined): string => (value === '1' ? 'yes' : 'no');

const row = ([name, kind]: readonly [string, BackendFeatures]): string => {
  const { source, block, net, largestRingOrder, mostBlockQueues, mostNetQueues } = kind;
  const cells = [
    `\`${name}\``,
    source,
    String(largestRingOrder),
    `${mostBlockQueues}, ${mostNetQueues}`,
    block['feature-max-indirect-segments'] ?? 'no',
    yes(block['feature-persistent']),
    yes(block['feature-barrier']),
    yes(net['feature-split-event-channels']),
  ];
  return `| ${cells.join(' | ')} |`;
};

describe('the guide on hosts that change', () => {
  test('shows the backends as the emulator has them', () => {
    const part = guide.slice(guide.indexOf('<!-- backends:'), guide.indexOf('<!-- end of backends -->'));
    const rows = part.split('\n').filter((line) => line.startsWith('| `'));
    expect(rows).toEqual(Object.entries(BACKEND_KINDS).map(row));
  });

  test('names every scenario of its kind, and none that is not', () => {
    const part = guide.slice(guide.indexOf('## What is tried'), guide.indexOf('## What a suspension does'));
    const named = [...part.matchAll(/^\| `([a-z-]+)`/gm)].map(([, id]) => id);
    const ids = SCENARIOS.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(named));
    expect(named).toEqual(expect.arrayContaining(ids.filter((id) => /^(migrate|hot-plug|resize)/.test(id))));
  });
});
