import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/bytes.ts';
import { digest } from '../../../packaging/formats/cms/encode.ts';
import { parseDer } from '../../../packaging/formats/der/parse.ts';
import { testTimestamper } from '../../../packaging/signing/timestamp.ts';
import { GEN_TIME_MS, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const SIGNATURE = utf8('the octets of a signature');

/** The TSTInfo in a time stamp: attribute → token → SignedData → eContent. */
const tstInfoOf = async (genTimeMs: number, signature: Uint8Array) => {
  const { tsa } = signingParts(await sharedHierarchy());
  const { attribute } = await testTimestamper({ tsa, genTimeMs }).timestamp(signature);
  const token = parseDer(attribute, { file: 't' }).child(1, 'values').child(0, 'token');
  const content = token.child(1, 'content').child(0, 'SignedData').child(2, 'encapContentInfo').child(1, 'eContent');
  return { attribute, info: parseDer(content.child(0, 'OCTET STRING', 0x04).value, { file: 't' }) };
};

describe('a test time stamp', () => {
  test('follows from the date and the signature alone', async () => {
    const first = await tstInfoOf(GEN_TIME_MS, SIGNATURE);
    const second = await tstInfoOf(GEN_TIME_MS, SIGNATURE);
    expect(toHex(second.attribute)).toBe(toHex(first.attribute));
  });

  test('states the release date and the SHA-256 of the signature', async () => {
    const { info } = await tstInfoOf(Date.UTC(2019, 4, 3, 2, 1, 0), SIGNATURE);
    expect(info.child(4, 'genTime').time('genTime')).toBe(Date.UTC(2019, 4, 3, 2, 1, 0));
    expect(toHex(info.child(2, 'messageImprint').child(1, 'hashedMessage').value)).toBe(
      toHex(digest('sha256', SIGNATURE)),
    );
  });

  test('has another serial number for another signature and for another date, of the same length', async () => {
    const infos = [
      await tstInfoOf(GEN_TIME_MS, SIGNATURE),
      await tstInfoOf(GEN_TIME_MS + 1000, SIGNATURE),
      await tstInfoOf(GEN_TIME_MS, utf8('another')),
    ];
    const serials = infos.map(({ info }) => info.child(3, 'serialNumber').integerHex('serialNumber'));
    expect(new Set(serials).size).toBe(3);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
  });
});
