import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Http, HttpRequest } from '../../core/ports.ts';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { type JsonAnswer, winpv, winpvJson } from '../support/command-line.ts';
import { type MemoryFiles, memoryFiles } from '../support/memory-files.ts';
import { control, ORIGIN, openTestCenter, START_MS, sampleUpload, type TestCenter } from '../support/partner-center.ts';
import { counting, dyingHttp, Killed } from '../support/submission.ts';

/** `winpv label` against the emulated Partner Center in this process. The driver of the sample has a device id of its own. */
const CAB = 'acme-x64-submission.cab';
const ID = 'PCI\\VEN_5853&DEV_C8DE';
const WINDOWS = ['10_RS5_X64', '10_19H1_X64'];

let cab: Uint8Array;
beforeAll(async () => {
  ({ cab } = await sampleUpload());
});

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = () => ({
  standIns: true,
  signing: { kind: 'test' },
  rehearsal: { guests: [] },
  brands: [
    {
      id: 'acme',
      packages: [{ driver: 'demo', architecture: 'x64', version: '1.0.0.1', windows: WINDOWS, hardwareIds: [ID] }],
      cabinets: [{ path: CAB, sha256: createHash('sha256').update(cab).digest('hex') }],
    },
  ],
});
const entry = (change: object = {}): object => ({
  ...{ name: 'ring', brand: 'acme', driver: 'demo', hardwareIds: [ID], windows: ['19H1'], channel: 'optional' },
  audiences: ['Test Registry Key'],
  ...change,
});

interface There {
  readonly center: TestCenter;
  readonly files: MemoryFiles;
}
const run = ({ center, files }: There, args: readonly string[], http: Http = center.http): Promise<JsonAnswer> => {
  const { tenant, clientId, clientSecret } = accountOf(center.service.state());
  const env = { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret };
  return winpvJson([...args, '--endpoint', ORIGIN], { files, now: START_MS, http, env });
};
const label = (there: There, verb: string, args: readonly string[] = [], http?: Http) =>
  run(there, ['label', verb, '--release', 'out', ...args], http);
const write = ({ files }: There, ...labels: readonly object[]) =>
  files.write('labels.json', utf8(JSON.stringify(labels)));
const LABELS = ['--labels', 'labels.json'] as const;

const submitted = async (): Promise<There> => {
  const center = await openTestCenter({ fast: true });
  const files = memoryFiles({ 'out/release.json': utf8(JSON.stringify(record())), [`out/${CAB}`]: cab });
  const there = { center, files };
  const { exit } = await run(there, ['submit', 'out', '--brand', 'acme', '--arch', 'x64']);
  expect(exit).toBe(0);
  await write(there, entry());
  return there;
};
const made = ({ center }: There) => [...center.service.state().labels.values()];
/** Labels settle while somebody looks: the clock of the emulator goes on with each request. */
const settled = async (there: There): Promise<void> => {
  for (let looks = 0; looks < 12; looks += 1) await label(there, 'list');
};

describe('winpv label', () => {
  test('checks without asking anybody, plans, applies once, and says that all of it is done', async () => {
    const there = await submitted();
    const seen: HttpRequest[] = [];
    const checked = await winpvJson(['label', 'check', '--release', 'out', ...LABELS], {
      ...{ files: there.files, now: START_MS, http: counting(there.center.http, seen) },
    });
    expect([checked.exit, checked.result, seen.length]).toEqual([0, { labels: ['ring-x64'], rows: 1, refused: 0 }, 0]);
    const planned = await label(there, 'plan', [...LABELS, '--out', 'plan.json']);
    expect(planned.exit).toBe(0);
    expect(planned.result.changes).toMatchObject([
      { label: 'ring-x64', action: 'create', rows: { lost: [], kept: [] } },
    ]);
    expect(planned.result.changes[0].rows.gained).toHaveLength(1);
    expect(made(there)).toHaveLength(0);
    const applied = await run(there, ['label', 'apply', 'plan.json', '--release', 'out', '--wait']);
    expect([applied.exit, applied.result.labels[0].action]).toEqual([0, 'create']);
    expect(made(there)).toHaveLength(1);
    await settled(there);
    const again = await run(there, ['label', 'apply', 'plan.json', '--release', 'out']);
    expect([again.exit, again.result.labels[0].action, again.result.labels[0].stage]).toEqual([0, 'keep', 'live']);
    expect(made(there)).toHaveLength(1);
  });

  test('writes plans that are labels themselves, and the same ones', async () => {
    const there = await submitted();
    await label(there, 'plan', [...LABELS, '--out', 'plan.json']);
    await label(there, 'apply', LABELS);
    const plan = JSON.parse(new TextDecoder().decode(there.files.written.get('plan.json')));
    await write(there, ...plan.labels);
    const { result } = await label(there, 'plan', LABELS);
    expect(result.changes).toMatchObject([{ label: 'ring-x64', action: 'keep' }]);
    expect(result.labels).toEqual(plan.labels);
    const { parseLabels } = await import('../../emulator/fleet/label.ts');
    const fleet = parseLabels(there.files.written.get('plan.json') ?? new Uint8Array(0), 'plan.json');
    expect(fleet.map(({ id, brand, driver, class: channel }) => [id, brand, driver, channel])).toEqual([
      ['ring-x64', 'acme', 'demo', 'optional'],
    ]);
  });

  test('changes what a label targets, and takes nothing back that was not said', async () => {
    const there = await submitted();
    await label(there, 'apply', [...LABELS, '--wait']);
    await settled(there);
    await write(there, entry({ floor: 'VB', windows: ['RS5', '19H1'] }));
    const wider = await label(there, 'apply', [...LABELS, '--wait']);
    expect([wider.exit, wider.result.labels[0].action, wider.result.labels[0].floor]).toEqual([0, 'change', 'VB']);
    expect(wider.result.labels[0].hardwareIds).toHaveLength(2);
    await settled(there);
    await write(there, entry({ floor: 'VB' }));
    const refused = await label(there, 'apply', LABELS);
    expect([refused.exit, refused.error?.code]).toEqual([5, 'LABEL_REMOVES']);
    expect((await label(there, 'plan', LABELS)).result.changes[0].rows.lost).toHaveLength(1);
    const expired = await label(there, 'apply', [...LABELS, '--expire']);
    expect([expired.exit, expired.result.labels[0].hardwareIds.length]).toEqual([0, 1]);
    expect(made(there)).toHaveLength(1);
  });

  test('opens no test to everybody unless that is said, and changes no settings of a label', async () => {
    const there = await submitted();
    await label(there, 'apply', [...LABELS, '--wait']);
    await settled(there);
    await write(there, entry({ audiences: [] }));
    const found = (await label(there, 'plan', LABELS)).diagnostics.map(({ code }) => code);
    expect(found).toContain('LABEL_TO_RETAIL');
    const allowed = (await label(there, 'plan', [...LABELS, '--allow-retail'])).diagnostics.map(({ code }) => code);
    expect(allowed).not.toContain('LABEL_TO_RETAIL');
    await write(there, entry({ disclosureRestricted: true }));
    const fixed = await label(there, 'apply', LABELS);
    expect([fixed.exit, fixed.error?.code]).toEqual([5, 'LABEL_FIXED']);
    expect(fixed.error?.message).toContain('isDisclosureRestricted is false there');
  });

  test('refuses a plan that is older than what is live, with the difference, and changes nothing', async () => {
    const there = await submitted();
    await label(there, 'plan', [...LABELS, '--out', 'plan.json']);
    await write(there, entry({ name: 'other', windows: ['RS5'] }));
    await label(there, 'apply', LABELS);
    const stale = await run(there, ['label', 'apply', 'plan.json', '--release', 'out']);
    expect([stale.exit, stale.error?.code]).toEqual([5, 'LABEL_PLAN_STALE']);
    expect(stale.error?.message).toMatch(/label \d+ "other \([0-9a-f]{8}\)" is there now/);
    expect(made(there)).toHaveLength(1);
  });

  test('refuses a plan that is done and was changed by somebody since', async () => {
    const there = await submitted();
    await label(there, 'plan', [...LABELS, '--out', 'plan.json']);
    await run(there, ['label', 'apply', 'plan.json', '--release', 'out', '--wait']);
    await settled(there);
    await write(there, entry({ floor: 'VB' }));
    await label(there, 'apply', LABELS);
    const stale = await run(there, ['label', 'apply', 'plan.json', '--release', 'out']);
    expect([stale.exit, stale.error?.code]).toEqual([5, 'LABEL_PLAN_STALE']);
    expect(stale.error?.message).toContain('has the floor VB now');
  });

  test('shows and lists labels, and takes one back', async () => {
    const there = await submitted();
    await label(there, 'apply', [...LABELS, '--wait']);
    const { result } = await label(there, 'list');
    expect(result.labels).toHaveLength(1);
    const [{ id }] = result.labels;
    expect((await label(there, 'show', [id])).result).toMatchObject({
      id,
      hardwareIds: [{ operatingSystemCode: 'WINDOWS_v100_X64_19H1_FULL' }],
    });
    expect((await label(there, 'show', ['nothing'])).exit).toBe(2);
    await settled(there);
    expect((await label(there, 'expire', ['ring', '--dry-run'])).result).toMatchObject({ rows: 1, expired: false });
    expect((await label(there, 'expire', ['ring'])).result).toMatchObject({ id, rows: 1, expired: true });
    await settled(there);
    expect(made(there)[0]?.targeting.hardwareIds).toEqual([]);
  });

  test('cancels a label that Microsoft has', async () => {
    const there = await submitted();
    await control(there.center, 'faults', { name: 'approval-held' });
    await label(there, 'apply', [...LABELS, '--wait']);
    expect((await label(there, 'cancel', ['ring', '--dry-run'])).result).toMatchObject({ cancelled: false });
    expect((await label(there, 'cancel', ['ring'])).result).toMatchObject({ cancelled: true });
    expect(made(there)[0]?.cancelAt).toBeGreaterThan(START_MS);
  });

  test('tells what Microsoft says of a label that it rejects, and ends with 7', async () => {
    const there = await submitted();
    await control(there.center, 'faults', { name: 'fail-label' });
    const { exit, error } = await label(there, 'apply', [...LABELS, '--wait']);
    expect([exit, error?.code]).toEqual([7, 'LABEL_FAILED']);
    expect(error?.message).toContain('The label was told to fail.');
    const after = await label(there, 'plan', LABELS);
    expect(after.diagnostics.find(({ code }) => code === 'LABEL_FAILED')?.severity).toBe('warning');
  });

  test('says that a label cannot be changed while Microsoft works on it', async () => {
    const there = await submitted();
    await control(there.center, 'faults', { name: 'approval-held' });
    await label(there, 'apply', [...LABELS, '--wait']);
    await write(there, entry({ windows: ['RS5', '19H1'] }));
    const { exit, error } = await label(there, 'apply', LABELS);
    expect([exit, error?.code]).toEqual([7, 'LABEL_BUSY']);
  });

  test('refuses labels of what was never submitted', async () => {
    const there = await submitted();
    const files = memoryFiles({ 'out/release.json': utf8(JSON.stringify(record())) });
    await write({ ...there, files }, entry());
    const checked = await winpvJson(['label', 'check', '--release', 'out', ...LABELS], { files, now: START_MS });
    expect([checked.exit, checked.diagnostics.map(({ code, severity }) => `${severity} ${code}`)]).toEqual([
      0,
      expect.arrayContaining(['warning LABEL_NOT_SUBMITTED']),
    ]);
    for (const verb of ['plan', 'apply']) {
      const args = ['label', verb, '--release', 'out', ...LABELS];
      const { exit, error } = await winpvJson(args, { files, now: START_MS });
      expect([verb, exit, error?.code]).toEqual([verb, 5, 'LABEL_NOT_SUBMITTED']);
    }
  });

  test('prints a table for people', async () => {
    const there = await submitted();
    const { tenant, clientId, clientSecret } = accountOf(there.center.service.state());
    const env = { WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret };
    const args = ['label', 'plan', '--release', 'out', ...LABELS, '--endpoint', ORIGIN];
    const { stdout } = await winpv(args, { files: there.files, now: START_MS, http: there.center.http, env });
    expect(stdout).toContain('ring-x64: new; acme demo, attestation');
    expect(stdout).toContain('optional, for Test Registry Key, once approved');
    expect(stdout).toContain('  + demo.inf  pci\\ven_5853&dev_c8de  19H1 x64');
    expect(stdout).toContain('1 new, 0 changed, 0 as they are; rows: 1 gained, 0 lost, 0 kept');
  });
});

describe('labels are made once each', () => {
  const two = [entry(), entry({ name: 'older', windows: ['RS5'] })];
  const apply = (there: There, http?: Http) => run(there, ['label', 'apply', 'plan.json', '--release', 'out'], http);
  const planned = async (): Promise<There> => {
    const there = await submitted();
    await write(there, ...two);
    await label(there, 'plan', [...LABELS, '--out', 'plan.json']);
    return there;
  };

  test.each(['before', 'after'] as const)(
    'when the client dies %s each of its requests and goes on with its plan',
    async (when) => {
      const there = await planned();
      const started = there.files.written;
      const counted: HttpRequest[] = [];
      await apply(there, counting(there.center.http, counted));
      expect(made(there)).toHaveLength(2);
      expect(started.size).toBeGreaterThan(0);
      // one chain: each start dies one request later than the last, and the one after it goes on
      const chain = await planned();
      for (let requests = 0; requests < counted.length; requests += 1) {
        await apply(chain, dyingHttp(chain.center.http, requests, when)).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
        expect(made(chain).length).toBeLessThanOrEqual(2);
      }
      const last = await apply(chain);
      expect([last.exit, made(chain).length]).toEqual([0, 2]);
      expect(new Set(made(chain).map(({ settings }) => settings.name)).size).toBe(2);
    },
  );

  test.each(['drop-after-post', 'drop-before-post', 'cut-answer', 'throttle'])(
    'when the service answers with %s',
    async (name) => {
      const there = await planned();
      await control(there.center, 'faults', { name });
      const first = await apply(there);
      const last = first.exit === 0 ? first : await apply(there);
      expect([last.exit, made(there).length]).toEqual([0, 2]);
    },
  );

  test('and changed once, when the client dies around each request of the change', async () => {
    const change = entry({ windows: ['RS5', '19H1'] });
    for (const when of ['before', 'after'] as const) {
      const there = await submitted();
      await label(there, 'apply', [...LABELS, '--wait']);
      await settled(there);
      await write(there, change);
      for (let requests = 0; requests < 16; requests += 1) {
        await label(there, 'apply', [...LABELS, '--wait'], dyingHttp(there.center.http, requests, when)).catch(
          () => undefined,
        );
      }
      const { exit, result } = await label(there, 'apply', [...LABELS, '--wait']);
      expect([when, exit, result.labels[0].hardwareIds.length, made(there).length]).toEqual([when, 0, 2, 1]);
    }
  });
});
