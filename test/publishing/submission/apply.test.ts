import { beforeAll, describe, expect, test } from 'vitest';
import { problem, WinpvError } from '../../../core/errors.ts';
import type { HttpRequest } from '../../../core/ports.ts';
import { accountOf } from '../../../emulator/cloud/partner-center/state.ts';
import { parseState } from '../../../publishing/submission/state.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import { control, openTestCenter, sampleUpload, type TestCenter } from '../../support/partner-center.ts';
import { attempt, counting, dyingHttp, KEY, Killed, OUT, textsWritten } from '../../support/submission.ts';

let cab: Uint8Array;
beforeAll(async () => {
  ({ cab } = await sampleUpload());
});

const made = ({ service }: TestCenter) => ({
  products: service.state().products.size,
  submissions: service.state().submissions.size,
});
const ONE = { products: 1, submissions: 1 };

const fault = async (center: TestCenter, name: string): Promise<void> => {
  expect((await control(center, 'faults', { name })).status).toBeLessThan(300);
};

const failureOf = async (work: Promise<unknown>): Promise<WinpvError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WinpvError);
  return error as WinpvError;
};

describe('a submission', () => {
  test('goes from nothing to the signed package and its metadata', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    const seen: HttpRequest[] = [];
    const { state } = await attempt({ center, files, cab, http: counting(center.http, seen) });
    expect(state).toMatchObject({ outcome: 'signed', verdict: 'as-sent', commit: 'done' });
    expect(state.metadata?.path).toBe('.winpv/submission-acme-x64-metadata.json');
    expect([...files.written.keys()]).toContainEqual(
      expect.stringMatching(/^dist\/acme-x64-signed\/drivers\/.*demo\.sys$/),
    );
    expect(made(center)).toEqual(ONE);
    expect(seen.length).toBeLessThan(60);
  });

  test('that is done is not done again', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    await attempt({ center, files, cab });
    const seen: HttpRequest[] = [];
    await attempt({ center, files, cab, http: counting(center.http, seen) });
    expect(seen).toEqual([]);
  });

  test.each(['before', 'after'] as const)(
    'is one product and one submission when the client dies %s any of its requests and is started again',
    async (when) => {
      const count = async (): Promise<number> => {
        const seen: HttpRequest[] = [];
        const center = await openTestCenter({ fast: true });
        await attempt({ center, files: memoryFiles({}), cab, http: counting(center.http, seen) });
        return seen.length;
      };
      const total = await count();
      expect(total).toBeGreaterThan(12);
      for (let requests = 0; requests < total; requests += 1) {
        const center = await openTestCenter({ fast: true });
        const files = memoryFiles({});
        const http = dyingHttp(center.http, requests, when);
        await expect(attempt({ center, files, cab, http }), `${when} ${requests}`).rejects.toBeInstanceOf(Killed);
        const { state } = await attempt({ center, files, cab });
        expect(state.outcome, `${when} request ${requests}`).toBe('signed');
        expect(made(center), `${when} request ${requests}`).toEqual(ONE);
      }
    },
  );

  test('is one when the client dies at every request of every run, one further each time', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    for (let requests = 1; requests < 40; requests += 1) {
      try {
        const { state } = await attempt({ center, files, cab, http: dyingHttp(center.http, requests, 'after') });
        expect(state.outcome).toBe('signed');
        break;
      } catch (error) {
        expect(error).toBeInstanceOf(Killed);
      }
    }
    expect(made(center)).toEqual(ONE);
    expect((await attempt({ center, files, cab })).state.outcome).toBe('signed');
  });

  test('survives a disk that is full at any write, with a state that can be gone on from', async () => {
    for (let writes = 0; writes < 30; writes += 1) {
      const center = await openTestCenter({ fast: true });
      const files = memoryFiles({});
      let left = writes;
      const full = {
        ...files,
        write: async (path: string, bytes: Uint8Array | readonly Uint8Array[]) => {
          if (left === 0) throw new WinpvError('FILE_UNWRITABLE', `${path} cannot be written: the disk is full.`);
          left -= 1;
          await files.write(path, bytes);
        },
      };
      const first = await attempt({ center, files: full, cab }).catch((error: unknown) => error);
      if (first instanceof WinpvError) expect(first.exit).toBe(8);
      else expect(writes).toBeGreaterThan(10);
      expect([...files.written.keys()].filter((path) => path.includes('-partial/'))).toEqual([]);
      expect((await attempt({ center, files, cab })).state.outcome).toBe('signed');
      expect(made(center), `after ${writes} writes`).toEqual(ONE);
    }
  });

  test('keeps no link, token or secret in what it writes', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    await attempt({ center, files, cab });
    const text = textsWritten(files);
    expect(text).toContain('"event":"commit.asked"');
    expect(text).not.toMatch(/sig=|Bearer|emu\.|ingestion/);
    expect(text).not.toContain(accountOf(center.service.state()).clientSecret);
  });

  test('has a ledger to which lines are only added, in the order of what happened', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    await attempt({ center, files, cab });
    const lines = new TextDecoder()
      .decode(files.written.get('dist/.winpv/submission-acme-x64.jsonl'))
      .trim()
      .split('\n');
    const events = lines
      .map((line) => (JSON.parse(line) as { event: string }).event)
      .filter((event) => event !== 'workflow');
    expect(events).toEqual([
      ...['product.asked', 'product.made', 'submission.asked', 'submission.made', 'package.uploaded'],
      ...['commit.asked', 'commit.done', 'returned.downloaded', 'returned.accepted', 'metadata.downloaded'],
    ]);
  });

  test('is not waited for when that was not asked for, and taken up again', async () => {
    const center = await openTestCenter();
    const files = memoryFiles({});
    const { state } = await attempt({ center, files, cab, task: { wait: false } });
    expect(state).toMatchObject({ outcome: 'open', commit: 'done' });
    expect((await attempt({ center, files, cab })).state.outcome).toBe('signed');
    expect(made(center)).toEqual(ONE);
  });

  test('that takes longer than was to be waited ends with PUBLISH_WAIT_TIMEOUT', async () => {
    const center = await openTestCenter();
    const error = await failureOf(attempt({ center, files: memoryFiles({}), cab, task: { maxWaitMs: 500 } }));
    expect(error).toMatchObject({ code: 'PUBLISH_WAIT_TIMEOUT', exit: 7 });
  });
});

describe('what goes wrong on the way', () => {
  test.each([
    ...['throttle', 'server-error', 'cut-answer', 'drop-after-post', 'drop-before-post', 'expired-token'],
    ...['bad-token-server', 'sas-expired', 'blob-503', 'commit-502', 'commit-503', 'no-create-downloads'],
    ...['late-workflow', 'numeric-step', 'skip-steps', 'manual-review', 'odd-case', 'odd-links', 'zoneless-dates'],
    ...['late-metadata', 'no-metadata'],
  ])('%s ends in one product, one submission and the signed package', async (name) => {
    const center = await openTestCenter({ fast: true });
    await fault(center, name);
    const files = memoryFiles({});
    const { state } = await attempt({ center, files, cab });
    expect(state.outcome).toBe('signed');
    expect(made(center)).toEqual(ONE);
  });

  test('429 is waited for as long as it says', async () => {
    const center = await openTestCenter({ fast: true });
    await fault(center, 'throttle');
    const waits: number[] = [];
    await attempt({ center, files: memoryFiles({}), cab, waits });
    expect(waits.filter((ms) => ms === 1000)).toHaveLength(3);
  });

  test.each([
    ['html-page', 'PUBLISH_ANSWER_SYNTAX', 7],
    ['role-missing', 'PUBLISH_FORBIDDEN', 7],
    ['cut-download', 'PUBLISH_DOWNLOAD_FAILED', 7],
    ['upload-lost', 'PUBLISH_COMMIT_FAILED', 7],
    ['fail-validation', 'PUBLISH_WORKFLOW_FAILED', 7],
    ['fail-preparation', 'PUBLISH_WORKFLOW_FAILED', 7],
  ] as const)('%s is %s', async (name, code, exit) => {
    const center = await openTestCenter({ fast: true });
    await fault(center, name);
    const files = memoryFiles({});
    const error = await failureOf(attempt({ center, files, cab }));
    expect(error).toMatchObject({ code, exit });
    expect(JSON.stringify(error.diagnostics)).not.toMatch(/sig=|emu\./);
    expect(made(center).products).toBeLessThanOrEqual(1);
  });

  test('the report of a failed step stands beside the state, and the failure is told again without asking', async () => {
    const center = await openTestCenter({ fast: true });
    await fault(center, 'fail-validation');
    const files = memoryFiles({});
    await failureOf(attempt({ center, files, cab }));
    const report = new TextDecoder().decode(files.written.get('dist/.winpv/submission-acme-x64-report.txt'));
    expect(report).toContain('validation was told to fail');
    const seen: HttpRequest[] = [];
    const again = await failureOf(attempt({ center, files, cab, http: counting(center.http, seen) }));
    expect(again.code).toBe('PUBLISH_WORKFLOW_FAILED');
    expect(seen).toEqual([]);
  });

  test('what came back and is not what was sent is not put where others take it from', async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    const found = [problem('PUBLISH_PACKAGE_DIFFERS', 'demo.sys is another one.')];
    const error = await failureOf(attempt({ center, files, cab, task: { checkReturned: async () => found } }));
    expect(error).toMatchObject({ code: 'PUBLISH_PACKAGE_DIFFERS', exit: 5 });
    expect([...files.written.keys()].filter((path) => path.startsWith('dist/acme-x64-signed/'))).toEqual([]);
    const state = parseState(files.written.get('dist/.winpv/submission-acme-x64.json') ?? new Uint8Array(0), 'state');
    expect(state).toMatchObject({ outcome: 'open', verdict: 'differs' });
  });

  test('a wrong secret is named as such, and nothing else is asked', async () => {
    const center = await openTestCenter({ fast: true });
    const http = {
      send: (request: HttpRequest) =>
        center.http.send(
          request.body === undefined || !request.url.endsWith('/token')
            ? request
            : {
                ...request,
                body: new TextEncoder().encode(
                  new TextDecoder()
                    .decode(request.body)
                    .replace(/client_secret=[^&]*/, 'client_secret=wrong-secret-value'),
                ),
              },
        ),
    };
    const error = await failureOf(attempt({ center, files: memoryFiles({}), cab, http }));
    expect(error).toMatchObject({ code: 'PUBLISH_AUTH_REFUSED', exit: 7 });
    expect(error.message).toContain('AADSTS');
    expect(error.message).not.toContain('wrong-secret-value');
  });
});

describe('the state', () => {
  const stateOf = async () => {
    const center = await openTestCenter({ fast: true });
    const files = memoryFiles({});
    await attempt({ center, files, cab, task: { wait: false } });
    const path = `${OUT}/.winpv/submission-${KEY.brand}-${KEY.architecture}.json`;
    return { center, files, path, text: new TextDecoder().decode(files.written.get(path)) };
  };
  const overwrite = (files: ReturnType<typeof memoryFiles>, path: string, text: string) =>
    files.write(path, new TextEncoder().encode(text));

  test.each([
    [
      'from a newer winpv',
      (text: string) => text.replace('"formatVersion": 1', '"formatVersion": 2'),
      'PUBLISH_STATE_NEWER',
    ],
    ['that was cut', (text: string) => text.slice(0, text.length / 2), 'PUBLISH_STATE_BROKEN'],
    ['with a rounded id', (text: string) => text.replace(/"id": "(\d+)"/, '"id": $1'), 'PUBLISH_STATE_BROKEN'],
    ['whose plan was edited', (text: string) => text.replace('attestation', 'hlk'), 'PUBLISH_STATE_BROKEN'],
  ] as const)('%s is refused and left as it is', async (_what, change, code) => {
    const { center, files, path, text } = await stateOf();
    const changed = change(text);
    expect(changed).not.toBe(text);
    await overwrite(files, path, changed);
    const error = await failureOf(attempt({ center, files, cab }));
    expect(error).toMatchObject({ code, exit: 3 });
    expect(new TextDecoder().decode(files.written.get(path))).toBe(changed);
  });

  test('of another package is not gone on with', async () => {
    const { center, files } = await stateOf();
    const error = await failureOf(attempt({ center, files, cab: new Uint8Array([...cab, 0]) }));
    expect(error).toMatchObject({ code: 'PUBLISH_STATE_DIFFERS', exit: 3 });
    expect(made(center)).toEqual(ONE);
  });

  test('that was lost does not lead to a second product: the service has one of this content', async () => {
    const { center } = await stateOf();
    const { state } = await attempt({ center, files: memoryFiles({}), cab });
    expect(state.product.found).toBe(true);
    expect(made(center)).toEqual(ONE);
  });
});
