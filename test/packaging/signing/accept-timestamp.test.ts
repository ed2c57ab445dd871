import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { digest } from '../../../packaging/formats/cms/encode.ts';
import { encodeLegacyTimestampQuery, encodeTimestampQuery } from '../../../packaging/formats/cms/timestamp-messages.ts';
import { decodeBase64, parseTimestampReply } from '../../../packaging/formats/cms/timestamp-messages-parse.ts';
import { acceptLegacyReply, acceptReply, type StampRequest } from '../../../packaging/signing/accept-timestamp.ts';
import { answerLegacyRequest, answerQuery } from '../../../packaging/signing/tsa-responder.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const request = async (): Promise<StampRequest> => ({
  server: 'tsa.example',
  signature: utf8('the octets of a signature'),
  nonce: Uint8Array.from([0x45, 1, 2, 3, 4, 5, 6, 7]),
  nowMs: GEN_TIME_MS,
  authorities: [(await sharedHierarchy()).root.certificate],
});

const rightReply = async ({ signature, nonce }: StampRequest): Promise<Uint8Array> => {
  const { tsa } = signingParts(await sharedHierarchy());
  const imprint = { algorithm: 'sha256', digest: digest('sha256', signature) } as const;
  return answerQuery(encodeTimestampQuery({ imprint, nonce }), { tsa, genTimeMs: GEN_TIME_MS });
};

/** Undefined for what is refused as a time stamp should be; anything else that is thrown fails the test. */
const unlessRefused = <T>(body: () => T): T | undefined => {
  try {
    return body();
  } catch (error) {
    if (error instanceof WinpvError && error.code.startsWith('TS_') && error.exit === 6) return undefined;
    throw error;
  }
};

const changed = (bytes: Uint8Array, place: number, bit: number): Uint8Array => {
  const copy = bytes.slice();
  copy[place % copy.length] = (copy[place % copy.length] ?? 0) ^ (1 << bit);
  return copy;
};

const onePlace = [fc.nat(1_000_000), fc.nat(7)] as const;

describe('an answer with one bit changed', () => {
  test('is refused, or is a right token all the same: nothing of a token can be changed', async () => {
    const asked = await request();
    const reply = await rightReply(asked);
    const { token } = parseTimestampReply(reply, 't');
    fc.assert(
      fc.property(...onePlace, (place, bit) => {
        const accepted = unlessRefused(() => acceptReply(changed(reply, place, bit), asked));
        if (accepted === undefined) return;
        expect(Buffer.from(accepted.attribute).includes(Buffer.from(token?.bytes ?? []))).toBe(true);
      }),
      { numRuns: 1500 },
    );
  });

  test('in the older protocol: the countersignature and its certificates are the right ones, or it is refused', async () => {
    const asked = await request();
    const { tsa } = signingParts(await sharedHierarchy());
    const body = encodeLegacyTimestampQuery(asked.signature);
    const answer = await answerLegacyRequest(body, { tsa, genTimeMs: GEN_TIME_MS });
    const stamp = decodeBase64(answer.body, 't');
    const right = acceptLegacyReply(stamp, asked);
    fc.assert(
      fc.property(...onePlace, (place, bit) => {
        const accepted = unlessRefused(() => acceptLegacyReply(changed(stamp, place, bit), asked));
        if (accepted === undefined) return;
        expect(accepted.attribute).toEqual(right.attribute);
      }),
      { numRuns: 1000 },
    );
  });

  test('any bytes at all are refused in words', async () => {
    const asked = await request();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(unlessRefused(() => acceptReply(bytes, asked))).toBeUndefined();
        expect(unlessRefused(() => acceptLegacyReply(bytes, asked))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('our authority, asked badly', () => {
  test('refuses whatever it cannot read, and never throws', async () => {
    const { tsa } = signingParts(await sharedHierarchy());
    const options = { tsa, genTimeMs: GEN_TIME_MS };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 120 }), async (bytes) => {
        expect(parseTimestampReply(await answerQuery(bytes, options), 't').status).toBe(2);
        expect((await answerLegacyRequest(bytes, options)).status).toBe(400);
      }),
      { numRuns: 200 },
    );
  });

  test('shows its reason as text and as a bit', async () => {
    const { tsa } = signingParts(await sharedHierarchy());
    const reply = await answerQuery(utf8('?'), { tsa, genTimeMs: GEN_TIME_MS });
    expect(parseTimestampReply(reply, 't')).toMatchObject({ texts: ['The request cannot be read.'], failureBits: [5] });
  });
});
