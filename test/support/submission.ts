import { posix } from 'node:path';
import type { Http, HttpRequest, Reporter } from '../../core/ports.ts';
import { accountOf } from '../../emulator/cloud/partner-center/state.ts';
import { Secret } from '../../packaging/signing/secret.ts';
import { type Account, endpointOf } from '../../publishing/partner-center/account.ts';
import { openPartnerCenter } from '../../publishing/partner-center/client.ts';
import { type Applied, applySubmission, checkState, newState } from '../../publishing/submission/apply.ts';
import { planSubmission, type SubmissionFacts } from '../../publishing/submission/plan.ts';
import type { ApplyTask } from '../../publishing/submission/run.ts';
import { openStore } from '../../publishing/submission/state.ts';
import type { MemoryFiles } from './memory-files.ts';
import { countedRandom, ORIGIN, type TestCenter } from './partner-center.ts';

/** A submission to the emulated Partner Center, in this process, with files in memory. */
export const OUT = 'dist';
export const KEY = { out: OUT, brand: 'acme', architecture: 'x64' } as const;
export const PACKAGE = 'acme-x64-submission.cab';

export const accountFor = (center: TestCenter): Account => {
  const { tenant, clientId, clientSecret } = accountOf(center.service.state());
  return {
    tenant,
    clientId,
    credential: { kind: 'secret', secret: new Secret(clientSecret) },
    endpoint: endpointOf(tenant, ORIGIN),
  };
};

export const factsOf = (cab: Uint8Array): SubmissionFacts => ({
  brand: 'acme',
  architecture: 'x64',
  title: 'Acme PV drivers 1.0.0.1',
  package: { path: PACKAGE, bytes: cab },
  windows: ['10_RS5_X64', '10_GE_X64'],
});

/** The machine died here: nothing after it runs. */
export class Killed extends Error {}

/** Lets so many requests through and then dies, before the next is sent or when it was done and nobody heard of it. */
export const dyingHttp = (http: Http, requests: number, when: 'before' | 'after'): Http => {
  let left = requests;
  return {
    send: async (request) => {
      if (left === 0 && when === 'before') throw new Killed();
      const response = await http.send(request);
      if (left === 0) throw new Killed();
      left -= 1;
      return response;
    },
  };
};

export interface Attempt {
  readonly center: TestCenter;
  readonly files: MemoryFiles;
  readonly cab: Uint8Array;
  readonly http?: Http;
  readonly task?: Partial<ApplyTask>;
  readonly facts?: Partial<SubmissionFacts>;
  /** What was waited for, in milliseconds. */
  readonly waits?: number[];
}

const silent: Reporter = { emit: () => undefined };
let runs = 0;

/** One run of the client: what `winpv submit --resume` does. */
export const attempt = async ({
  center,
  files,
  cab,
  http = center.http,
  task,
  facts,
  waits,
}: Attempt): Promise<Applied> => {
  const account = accountFor(center);
  const clock = { now: () => center.time.nowMs };
  const timer = {
    wait: async (ms: number): Promise<void> => {
      waits?.push(ms);
      center.time.nowMs += ms;
    },
  };
  const random = countedRandom();
  runs += 1;
  for (let n = 0; n < runs; n += 1) random.bytes(16);
  const store = openStore({ files, clock }, KEY);
  const { plan } = planSubmission({ ...factsOf(cab), ...facts });
  const known = await store.load();
  if (known !== undefined) checkState(known, { plan, account, file: store.statePath });
  return applySubmission(
    {
      key: KEY,
      center: openPartnerCenter(account, { http, clock, timer, random }),
      store,
      state: known ?? newState(plan, account),
      content: async () => cab,
      wait: true,
      maxWaitMs: 30 * 24 * 3_600_000,
      checkReturned: async () => [],
      ...task,
    },
    { http, clock, timer, files, reporter: silent },
  );
};

/** What was written, as text, but for packages. */
export const textsWritten = (files: MemoryFiles): string =>
  [...files.written]
    .filter(([path]) => /\.(json|jsonl|txt)$/.test(path) && !path.endsWith('-metadata.json'))
    .map(([path, bytes]) => `${posix.basename(path)}\n${new TextDecoder().decode(bytes)}`)
    .join('\n');

/** Counts requests by method and path pattern. */
export const counting = (http: Http, seen: HttpRequest[]): Http => ({
  send: (request) => {
    seen.push(request);
    return http.send(request);
  },
});
