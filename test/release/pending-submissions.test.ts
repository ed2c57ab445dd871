import { describe, expect, test } from 'vitest';
import { Secret } from '../../packaging/signing/secret.ts';
import { endpointOf } from '../../publishing/partner-center/account.ts';
import { newState } from '../../publishing/submission/apply.ts';
import { planSubmission } from '../../publishing/submission/plan.ts';
import { openStore, type SubmissionState } from '../../publishing/submission/state.ts';
import { checkNothingPending } from '../../release/reading/pending-submissions.ts';
import { winpvJson } from '../support/command-line.ts';
import { type MemoryFiles, memoryFiles } from '../support/memory-files.ts';
import { filesBelow, makeProject } from '../support/project.ts';
import { factsOf, KEY, OUT } from '../support/submission.ts';

const STATE = 'dist/.winpv/submission-acme-x64.json';
const account = {
  tenant: 't',
  clientId: 'c',
  credential: { kind: 'secret', secret: new Secret('s') },
  endpoint: endpointOf('t'),
} as const;

/** A folder with the state of a submission in it. */
const withState = async (change: Partial<SubmissionState>): Promise<MemoryFiles> => {
  const files = memoryFiles({});
  const { plan } = planSubmission(factsOf(new Uint8Array([1])));
  const store = openStore({ files, clock: { now: () => 0 } }, KEY);
  await store.save({ ...newState(plan, account), ...change }, { event: 'test' });
  return files;
};
const codeOf = (files: MemoryFiles): Promise<unknown> =>
  checkNothingPending(files, OUT).then(
    () => 'cleaned',
    (error: { code: string }) => error.code,
  );

describe('an output folder that a submission was begun from', () => {
  test.each([
    ['whose product was asked for', { product: { asked: true } }],
    ['that chose a product', { product: { asked: false, id: '1152921504621466661' } }],
    ['that is committed', { product: { asked: true, id: '1' }, commit: 'done' }],
  ] as const)('is not cleaned while one %s is open', async (_what, change) => {
    expect(await codeOf(await withState(change))).toBe('OUTPUT_SUBMISSION_PENDING');
  });

  test.each([
    ['nothing was asked yet', {}],
    ['it failed', { product: { asked: true, id: '1' }, outcome: 'failed' }],
    ['it is done', { product: { asked: true, id: '1' }, outcome: 'signed' }],
  ] as const)('is cleaned when %s', async (_what, change) => {
    expect(await codeOf(await withState(change))).toBe('cleaned');
  });

  test('is not cleaned when the state cannot be read: damaged, or of a newer winpv', async () => {
    for (const text of ['{"formatVersion":99}', '{', '']) {
      const files = memoryFiles({ [STATE]: new TextEncoder().encode(text) });
      expect(await codeOf(files)).toBe('OUTPUT_SUBMISSION_PENDING');
    }
  });

  test('is left whole by `winpv release --clean`, which says how to end the submission', async () => {
    const project = await makeProject({
      'winpv.yaml': 'brands: [xenproject]\nsources: { default: stand-in }\narchitectures: [x64]\ndrivers: [xencrsh]\n',
    });
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04', '--clean'];
    expect((await winpvJson(args)).exit).toBe(0);
    const state = (await withState({ product: { asked: true } })).written.get(STATE) ?? new Uint8Array(0);
    project.write('out/.winpv/submission-acme-x64.json', new TextDecoder().decode(state));
    const before = filesBelow(project.folder);
    const { exit, error } = await winpvJson(args);
    expect([exit, error?.code]).toEqual([8, 'OUTPUT_SUBMISSION_PENDING']);
    expect(error?.hint).toContain('--brand acme --arch x64 --resume');
    expect(filesBelow(project.folder)).toEqual(before);
    project.dispose();
  });
});
