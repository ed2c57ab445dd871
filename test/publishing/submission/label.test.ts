import { beforeAll, describe, expect, test } from 'vitest';
import type { Http, HttpRequest } from '../../../core/ports.ts';
import { openPartnerCenter } from '../../../publishing/partner-center/client.ts';
import type { CreateShippingLabel } from '../../../publishing/partner-center/label-contract.ts';
import { ensureLabel, markedLabel } from '../../../publishing/submission/label.ts';
import type { Run } from '../../../publishing/submission/run.ts';
import { openStore } from '../../../publishing/submission/state.ts';
import { type MemoryFiles, memoryFiles } from '../../support/memory-files.ts';
import { control, countedRandom, openTestCenter, sampleUpload, type TestCenter } from '../../support/partner-center.ts';
import { accountFor, attempt, counting, dyingHttp, KEY, Killed } from '../../support/submission.ts';

const LABEL = markedLabel({
  name: 'Partner',
  destination: 'anotherPartner',
  recipientSpecifications: { receiverPublisherId: '27104621' },
});

let cab: Uint8Array;
beforeAll(async () => {
  ({ cab } = await sampleUpload());
});

interface Signed {
  readonly center: TestCenter;
  readonly files: MemoryFiles;
}
const signed = async (): Promise<Signed> => {
  const center = await openTestCenter({ fast: true });
  const files = memoryFiles({});
  await attempt({ center, files, cab });
  return { center, files };
};

/** One start of the client that goes on from what was written. */
const label = async ({ center, files }: Signed, http: Http = center.http, wanted: CreateShippingLabel = LABEL) => {
  const clock = { now: () => center.time.nowMs };
  const timer = { wait: async () => undefined };
  const store = openStore({ files, clock }, KEY);
  const state = await store.load();
  if (state === undefined) throw new Error('there is no state');
  const run: Run = {
    key: KEY,
    center: openPartnerCenter(accountFor(center), { http, clock, timer, random: countedRandom() }),
    store,
    state,
    content: async () => cab,
    wait: true,
    maxWaitMs: 0,
    checkReturned: async () => [],
    ports: { http, clock, timer, files, reporter: { emit: () => undefined } },
  };
  return ensureLabel(run, { p: state.product.id ?? '', s: state.submission.id ?? '' }, wanted);
};
const madeIn = ({ center }: Signed): number => center.service.state().labels.size;

describe('a shipping label', () => {
  test('is made once, and is known without asking afterwards', async () => {
    const there = await signed();
    const id = await label(there);
    const seen: HttpRequest[] = [];
    expect(await label(there, counting(there.center.http, seen))).toBe(id);
    expect([madeIn(there), seen.length]).toEqual([1, 0]);
  });

  test('has a name that says what it is: another setting is another label', async () => {
    const there = await signed();
    const other = markedLabel({
      name: 'Partner',
      destination: 'anotherPartner',
      recipientSpecifications: { receiverPublisherId: '27104622' },
    });
    expect(other.name).not.toBe(LABEL.name);
    expect(await label(there, there.center.http, other)).not.toBe(await label(there));
    expect(madeIn(there)).toBe(2);
  });

  test.each(['before', 'after'] as const)('is one when the client dies %s any of its requests', async (when) => {
    const counted: HttpRequest[] = [];
    const first = await signed();
    await label(first, counting(first.center.http, counted));
    expect(counted.some(({ method, url }) => method === 'POST' && url.includes('shippingLabels'))).toBe(true);
    for (let requests = 0; requests < counted.length; requests += 1) {
      const there = await signed();
      const dying = label(there, dyingHttp(there.center.http, requests, when));
      await expect(dying, `${when} ${requests}`).rejects.toBeInstanceOf(Killed);
      await label(there);
      expect(madeIn(there), `${when} request ${requests}`).toBe(1);
    }
  });

  test.each(['drop-after-post', 'drop-before-post', 'cut-answer', 'commit-503', 'throttle'])(
    'is one when the service answers with %s',
    async (name) => {
      const there = await signed();
      expect((await control(there.center, 'faults', { name })).status).toBeLessThan(300);
      await label(there).catch(() => label(there));
      expect(madeIn(there)).toBe(1);
    },
  );

  test('is one when the state is from before it, and the service has it', async () => {
    const there = await signed();
    const path = 'dist/.winpv/submission-acme-x64.json';
    const before = there.files.written.get(path) ?? new Uint8Array(0);
    const id = await label(there);
    await there.files.write(path, before);
    expect(await label(there)).toBe(id);
    expect(madeIn(there)).toBe(1);
  });
});
