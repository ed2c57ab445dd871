import { describe, expect, test } from 'vitest';
import { planHash, planSubmission, submissionPlan } from '../../../publishing/submission/plan.ts';
import { pollWait, progressOf } from '../../../publishing/submission/progress.ts';
import { parseSdcmAccount, parseSdcmCreation } from '../../../publishing/submission/sdcm.ts';
import { factsOf } from '../../support/submission.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const cab = new Uint8Array([1, 2, 3]);

describe('a plan', () => {
  test('is the same for the same input, also after it was written and read', () => {
    const [first, second] = [planSubmission(factsOf(cab)).plan, planSubmission(factsOf(cab)).plan];
    expect(first).toEqual(second);
    const read = submissionPlan.parse(JSON.parse(JSON.stringify(submissionPlan.encode(first))));
    expect(planHash(read)).toBe(planHash(first));
  });

  test('names a product by what is submitted, so that another package gets another name', () => {
    const nameOf = (content: Uint8Array) => planSubmission(factsOf(content)).plan.submission.name;
    expect(nameOf(cab)).toMatch(/^Acme PV drivers 1\.0\.0\.1 x64 \([0-9a-f]{8}\)$/);
    expect(nameOf(new Uint8Array([3, 2, 1]))).not.toBe(nameOf(cab));
  });

  test('is attestation for a cabinet, and WHQL with product types by family for a .hlkx', () => {
    const facts = { ...factsOf(cab), signatures: ['WINDOWS_v100_X64_GE_FULL', 'WINDOWS_v100_SERVER_X64_GE_FULL'] };
    expect(planSubmission(facts).plan.product).toMatchObject({
      create: { testHarness: 'attestation', selectedProductTypes: {} },
    });
    const whql = { ...facts, package: { path: 'acme.hlkx', bytes: cab } };
    expect(planSubmission(whql).plan.product).toMatchObject({
      create: {
        testHarness: 'hlk',
        selectedProductTypes: { Windows_v100_GE: 'Unclassified', Windows_v100Server_GE: 'Unclassified' },
      },
    });
  });

  test('refuses codes of another architecture and none at all, and warns of codes it does not know', () => {
    const codesOf = (signatures: readonly string[]) =>
      planSubmission({ ...factsOf(cab), signatures }).diagnostics.map(({ severity }) => severity);
    expect(codesOf(['WINDOWS_v100_ARM64_GE_FULL'])).toEqual(['error']);
    expect(codesOf([])).toEqual(['error']);
    expect(codesOf(['WINDOWS_v100_X64_99H9_FULL'])).toEqual(['warning']);
  });
});

describe('what SDCM takes', () => {
  const product = { productName: 'P', testHarness: 'Attestation', requestedSignatures: ['WINDOWS_v100_X64_GE_FULL'] };

  test('is taken for product and submission', () => {
    expect(parseSdcmCreation(bytes({ createType: 'product', createProduct: product }), 'p.json')).toEqual({
      kind: 'product',
      product: { ...product, testHarness: 'attestation' },
    });
    const submission = { name: 'S', type: 'initial' };
    const read = parseSdcmCreation(bytes({ createType: 'submission', createSubmission: submission }), 's.json');
    expect(read).toEqual({ kind: 'submission', submission });
  });

  test.each([
    ['a field that does not exist', { createType: 'product', createProduct: { ...product, colour: 'red' } }],
    ['another type', { createType: 'driver' }],
    ['nothing inside', { createType: 'product' }],
    ['no type', {}],
  ])('%s is refused with exit 3', (_what, value) => {
    expect(() => parseSdcmCreation(bytes(value), 'p.json')).toThrowError(expect.objectContaining({ exit: 3 }));
  });

  test('accounts are chosen by number, and complaints have no value of theirs', () => {
    const list = [
      { tenantId: 't', clientId: 'c', key: 'k1' },
      { tenantId: 't', clientId: 'c', key: 42 },
    ];
    expect(parseSdcmAccount(bytes(list.slice(0, 1)), 'authconfig.json', 0).key).toBe('k1');
    expect(() => parseSdcmAccount(bytes(list), 'authconfig.json', 0)).toThrowError(
      expect.objectContaining({ code: 'PUBLISH_CREDENTIALS_INVALID', message: expect.not.stringContaining('42') }),
    );
    expect(() => parseSdcmAccount(bytes(list.slice(0, 1)), 'authconfig.json', 1)).toThrowError(/number 1/);
  });
});

describe('the progress of a submission', () => {
  const of = (fields: object) => progressOf({ id: '1', productId: '2', ...fields } as never).kind;
  test.each([
    [
      'completed on an earlier step is no success',
      { commitStatus: 'commitComplete', workflowStatus: { currentStep: 'validation', state: 'completed' } },
      'running',
    ],
    [
      'the last step completed is',
      { commitStatus: 'commitComplete', workflowStatus: { currentStep: 'finalizeIngestion', state: 'completed' } },
      'signed',
    ],
    [
      'a signed package is',
      { commitStatus: 'commitComplete', downloads: { items: [{ type: 'signedPackage', url: 'https://x' }] } },
      'signed',
    ],
    [
      'a step that failed is none',
      { commitStatus: 'commitComplete', workflowStatus: { currentStep: 'scanning', state: 'failed' } },
      'failed',
    ],
    ['a commit that failed is none', { commitStatus: 'commitFailed' }, 'failed'],
    ['no workflow yet is waited for', { commitStatus: 'commitReceived', workflowStatus: null }, 'running'],
    ['nothing is committed yet', { commitStatus: 'commitPending' }, 'open'],
  ])('%s', (_what, fields, kind) => {
    expect(of(fields)).toBe(kind);
  });

  test('is looked at after 30 s, then less often, up to every 5 min, or when the service says', () => {
    const real = { toldMs: undefined, emulated: false };
    expect([0, 1, 20].map((looks) => pollWait(looks, real))).toEqual([30_000, 45_000, 300_000]);
    expect(pollWait(0, { toldMs: 7000, emulated: false })).toBe(7000);
  });
});
