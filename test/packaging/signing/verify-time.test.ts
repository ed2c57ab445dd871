import { beforeAll, describe, expect, test } from 'vitest';
import { signPe } from '../../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import { createTestHierarchy } from '../../../packaging/signing/test-hierarchy.ts';
import type { Timestamper } from '../../../packaging/signing/timestamp.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { standIn } from '../../support/signed-package.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts, testKeyMaker } from '../../support/test-keys.ts';

const LONG_AFTER_MS = Date.UTC(2400, 0, 1);
const NOW_MS = Date.UTC(2026, 10, 24);

let hierarchy: TestHierarchy;
let stranger: TestHierarchy;
beforeAll(async () => {
  hierarchy = await sharedHierarchy();
  stranger = await createTestHierarchy({ keyMaker: testKeyMaker, name: 'Stranger' });
}, 60_000);

const verify = (
  bytes: Uint8Array,
  atMs: number,
  roots: readonly Uint8Array[] = [hierarchy.root.certificate],
): FileVerdict => verifyFile({ path: 'demo.sys', bytes, catalogs: [], trust: roots, atMs });

const signWith = (timestamper?: Timestamper): Promise<Uint8Array> =>
  signPe(standIn(), 'demo.sys', { signer: signingParts(hierarchy).signer, timestamper });

const outcome = ({ verdict, reason }: FileVerdict): string => `${verdict} ${reason ?? ''}`;

describe('the time of a signature', () => {
  test('without a time stamp is the time of judgement', async () => {
    const bytes = await signWith();
    expect(outcome(verify(bytes, NOW_MS))).toBe('valid ');
    expect(outcome(verify(bytes, LONG_AFTER_MS))).toBe('untrusted VERIFY_CHAIN_EXPIRED');
    expect(outcome(verify(bytes, Date.UTC(1999, 0, 1)))).toBe('untrusted VERIFY_CHAIN_EXPIRED');
  });

  test('with a time stamp is the stamped one: an expired signer stays valid', async () => {
    const file = verify(await signWith(signingParts(hierarchy).timestamper), LONG_AFTER_MS);
    expect(outcome(file)).toBe('valid ');
    expect(file.signatures[0]?.timestamp).toMatchObject({
      kind: 'rfc3161',
      verdict: 'valid',
      time: new Date(GEN_TIME_MS).toISOString(),
    });
  });

  test('cannot come from an authority that is not trusted', async () => {
    const bytes = await signWith(signingParts(stranger).timestamper);
    expect(outcome(verify(bytes, NOW_MS))).toBe('untrusted VERIFY_TIMESTAMP_UNTRUSTED');
    const both = [hierarchy.root.certificate, stranger.root.certificate];
    expect(outcome(verify(bytes, NOW_MS, both))).toBe('valid ');
  });

  test('is not proven by the stamp of another signature', async () => {
    const { timestamper } = signingParts(hierarchy);
    const elsewhere: Timestamper = {
      label: timestamper.label,
      timestamp: (signature) => timestamper.timestamp(signature.map((octet) => octet ^ 1)),
    };
    expect(outcome(verify(await signWith(elsewhere), NOW_MS))).toBe('invalid VERIFY_TIMESTAMP_INVALID');
  });
});
