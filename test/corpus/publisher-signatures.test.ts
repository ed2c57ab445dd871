import { expect, test } from 'vitest';
import { verifyFile } from '../../packaging/signing/verify.ts';
import type { SigningProgramme } from '../../publishing/refusals/contract.ts';
import { checkSigners } from '../../publishing/returned/signer.ts';
import { describeCorpus } from '../support/outside.ts';
import { JUDGED_AT_MS } from '../support/signed-corpus.ts';

/** Catalogs that Microsoft made of drivers of others, as they came back to these. */
const MADE: readonly (readonly [path: string, programme: SigningProgramme])[] = [
  ['usbipd-vboxusb-arm64-attestation/VBoxUSB.cat', 'attestation'],
  ['softether-selow-win10-x64-whql/SeLow_Win10_x64.cat', 'whql'],
  ['softether-wfp-win10-x64-whql/pxwfp_Win10_x64.cat', 'whql'],
  ['signify-oem89-extension-whql-v1/oem89.cat', 'whql'],
];

describeCorpus('signatures of the publisher of drivers', (corpus) => {
  test.each(MADE)('%s is one for %s, and for nothing else', (path, programme) => {
    const bytes = corpus.file(`signed/microsoft-signed/${path}`);
    const { signatures } = verifyFile({ path, bytes, catalogs: [], trust: [], atMs: JUDGED_AT_MS });
    const codes = (as: SigningProgramme) =>
      checkSigners(signatures, path, { programme: as, trust: [], nowMs: JUDGED_AT_MS }).map(({ code }) => code);
    expect(codes(programme)).toEqual([]);
    expect(codes(programme === 'whql' ? 'attestation' : 'whql')).toEqual(['RETURNED_PURPOSE']);
  });

  test('is not what signs Windows itself, nor one over other content', () => {
    for (const [path, code] of [
      ['microsoft-signed/windows-update-2025-v2/115fe864.cat', 'RETURNED_SIGNER'],
      ['tampered/cat-ctl-content-flipped.cat', 'RETURNED_SIGNATURE'],
    ] as const) {
      const bytes = corpus.file(`signed/${path}`);
      const { signatures } = verifyFile({ path, bytes, catalogs: [], trust: [], atMs: JUDGED_AT_MS });
      const found = checkSigners(signatures, path, { programme: 'whql', trust: [], nowMs: JUDGED_AT_MS });
      expect(found.map((one) => one.code)).toEqual([code]);
    }
  });
});
