import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileExecutable } from '../support/executable.ts';
import { projectRoot } from '../support/outside.ts';

interface Report {
  readonly kills: Readonly<Record<string, readonly string[]>>;
  readonly refused?: { readonly exit: number; readonly reason: string };
  readonly products: readonly { readonly name: string; readonly submissions: readonly string[] }[];
  readonly labels: {
    readonly killed?: readonly string[];
    readonly names?: readonly string[];
    readonly refused?: number;
    readonly stale?: number;
    readonly offers?: Readonly<Record<string, readonly string[]>>;
  };
  readonly tampered: { readonly afterwards?: number; readonly onTheWay?: number };
}

let folder: string;
beforeAll(() => {
  compileExecutable();
  folder = mkdtempSync(join(tmpdir(), 'winpv-rehearsal-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rehearse = (...options: readonly string[]) => {
  const report = join(folder, 'report.json');
  const script = join(projectRoot, 'examples', 'publish-rehearsal', 'run.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--report', report, ...options], {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: folder },
  });
  return { status, stdout, stderr, report: JSON.parse(readFileSync(report, 'utf8')) as Report };
};

/** Requests that make or send something: a kill there is what could make a second one. */
const MAKING = ['POST products', 'POST submissions', 'PUT block', 'PUT block list', 'POST commit'];

describe('examples/publish-rehearsal', () => {
  test('kills winpv where it makes or sends something, and ends with one product and one submission each', () => {
    const { status, stdout, stderr, report } = rehearse('--quick');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const points = MAKING.flatMap((name) => [`before ${name}`, `after ${name}`]);
    expect([...(report.kills['example-vendor'] ?? [])].sort()).toEqual(points.sort());
    expect(report.refused).toEqual({ exit: 5, reason: 'REFUSAL_NO_OWN_DEVICE' });
    expect(report.products.map(({ submissions }) => submissions.length)).toEqual([1, 1]);
    expect(report.products.map(({ name }) => name.replace(/ .*/, '')).sort()).toEqual(['example-vendor', 'example-xs']);
    expect([...(report.labels.killed ?? [])].sort()).toEqual(
      ['nothing', '1 made']
        .flatMap((seen) => ['after', 'before'].map((when) => `${when} POST labels (${seen})`))
        .sort(),
    );
    expect(report.labels.names?.map((name) => name.replace(/ .*/, '')).sort()).toEqual(['bus', 'storage']);
    expect([report.labels.refused, report.labels.stale]).toEqual([5, 5]);
    expect(report.labels.offers).toEqual({
      ...{ 'test-pc': ['bus', 'storage'], 'test-old': ['bus'], 'test-server': ['bus', 'storage'], 'office-pc': [] },
    });
    expect(stdout).toMatch(/test-pc is offered storage: xenvbd [\d.]+, since \d{4}-\d{2}-\d{2}\./);
    expect(report.tampered).toEqual({ afterwards: 5, onTheWay: 5 });
    expect(stdout).toContain('no PV device id of their own');
    expect(stdout).toContain('All of it holds.');
  }, 400_000);

  test('ends with 1 and says why when something does not hold', () => {
    const idle = join(folder, 'idle.mjs');
    const served = { url: 'http://127.0.0.1:9', tenant: 't', clientId: 'c', clientSecret: 's' };
    writeFileSync(
      idle,
      `if (process.argv[2] === 'release') process.exit(4); console.log('${JSON.stringify(served)}');`,
    );
    const { status, stderr, report } = rehearse('--winpv', idle);
    expect(status).toBe(1);
    expect(stderr).toContain('It does not hold that the release is made.');
    expect(report.products).toEqual([]);
  });
});
