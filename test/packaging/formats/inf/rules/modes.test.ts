import { expect, test } from 'vitest';
import { INF_MODES } from '../../../../../packaging/formats/inf/rules/modes.ts';
import { verifyInf, verifyInfModes } from '../../../../../packaging/formats/inf/rules/verify.ts';
import { PV_SAMPLES, pvText } from '../../../../support/pv-infs.ts';

test('several modes at once give what each gives alone', () => {
  const broken = new Uint8Array(Buffer.from('no INF'));
  for (const bytes of [...PV_SAMPLES.map((sample) => new Uint8Array(Buffer.from(pvText(sample)))), broken]) {
    const together = verifyInfModes(bytes, INF_MODES, { file: 'x.inf' });
    for (const mode of INF_MODES) expect(together.get(mode)).toEqual(verifyInf(bytes, { file: 'x.inf', mode }));
  }
});
