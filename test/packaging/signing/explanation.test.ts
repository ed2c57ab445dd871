import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ExplanationId, explain } from '../../../packaging/signing/explanation.ts';
import { DriverEku } from '../../../packaging/signing/policy-data.ts';
import { commonName } from '../../../packaging/signing/shown-name.ts';
import { signPe } from '../../../packaging/signing/sign.ts';
import { testTimestamper } from '../../../packaging/signing/timestamp.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { describeCorpus } from '../../support/outside.ts';
import { policyLaboratory, type Sample } from '../../support/policy-files.ts';
import { judged } from '../../support/signed-corpus.ts';
import { standIn } from '../../support/signed-package.ts';
import { sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const NOW = Date.UTC(2026, 10, 24);
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

const SAMPLE: Sample = {
  kind: 'image',
  machine: 'x64',
  program: 'driver',
  authority: 'microsoft',
  ekus: [DriverEku.whql],
  passesOn: undefined,
  hash: 'sha256',
  issuedMs: Date.UTC(2017, 0, 1),
  stampedMs: Date.UTC(2018, 5, 1),
  damaged: 'no',
  code: 'read-only',
  catalogVersion: 2,
  systems: '10_X64',
};

let laboratory: Awaited<ReturnType<typeof policyLaboratory>>;
beforeAll(async () => {
  laboratory = await policyLaboratory();
}, 120_000);

const explanationOf = async (changes: Partial<Sample>) =>
  explain(await laboratory.judge({ ...SAMPLE, ...changes }), laboratory.authorities);

describe('the explanation of a signature', () => {
  const cases: readonly (readonly [what: string, file: Partial<Sample>, id: ExplanationId, says: RegExp])[] = [
    [
      'attested by Microsoft',
      { ekus: [DriverEku.whql, DriverEku.attested] },
      'attested',
      /every Windows Server do not/,
    ],
    [
      'cross-signed and stamped in time',
      { authority: 'cross', ekus: [CODE_SIGNING] },
      'cross-signed',
      /time stamp of 2018-06-01 is from before its certificate ended on 20(19|20)-/,
    ],
    [
      'cross-signed and not stamped',
      { authority: 'cross', ekus: [CODE_SIGNING], stampedMs: undefined },
      'cross-signed-too-late',
      /no longer counts: its certificate ended on 20(19|20)-.*no time stamp/,
    ],
    [
      'cross-signed and stamped after its certificate had ended',
      { authority: 'cross', ekus: [CODE_SIGNING], stampedMs: Date.UTC(2020, 5, 1) },
      'cross-signed-too-late',
      /never counted: its time stamp of 2020-06-01/,
    ],
    [
      'of a company whose certificate has ended, not stamped',
      { authority: 'private', ekus: [CODE_SIGNING], stampedMs: undefined },
      'expired',
      /^No time stamp shows .* of Vendor .* counts for nothing now/,
    ],
    [
      'of a company, by an authority for programs',
      { authority: 'private', ekus: [CODE_SIGNING] },
      'not-for-the-kernel',
      /signature of Vendor may do for programs.*chain leads to Root P/,
    ],
  ];

  for (const kind of ['image', 'catalog'] as const) {
    test.each(cases)(`of a ${kind} %s`, async (_what, file, id, says) => {
      const explanation = await explanationOf({ ...file, kind });
      expect(explanation).toMatchObject({ id, why: expect.stringMatching(says) });
      // One sentence each.
      for (const text of [explanation?.why, explanation?.todo]) {
        expect(text).toMatch(/^[A-Z].*[.]$/);
        expect(text?.replaceAll(/\b\w\.\w/g, '').split('. ')).toHaveLength(1);
      }
    });
  }

  test.each([
    ['tested', {}],
    ['tested, by the kit', { ekus: [DriverEku.whql, DriverEku.extended] }],
    ['of Windows itself', { ekus: [DriverEku.systemComponent] }],
    ['that is not there', { authority: 'none' }],
    ['over other bytes', { damaged: 'signature' }],
    ['of a damaged image', { damaged: 'checksum' }],
    ['of a program', { program: 'library', authority: 'private', ekus: [CODE_SIGNING] }],
    ['of firmware', { program: 'firmware', authority: 'private', ekus: [CODE_SIGNING] }],
  ] as readonly (readonly [string, Partial<Sample>])[])(
    'is not given for one %s: nothing is surprising',
    async (_what, file) => {
      expect(await explanationOf(file)).toBeUndefined();
    },
  );

  test.each([
    [undefined, NOW],
    [NOW, NOW],
  ])('of winpv’s own test signature is that it is for test machines, stamped or not (%s)', async (genTimeMs, atMs) => {
    const hierarchy = await sharedHierarchy();
    const { signer, tsa } = signingParts(hierarchy);
    const timestamper = genTimeMs === undefined ? undefined : testTimestamper({ tsa, genTimeMs });
    const bytes = await signPe(standIn({ machine: 'x64', kind: 'driver' }), 'demo.sys', { signer, timestamper });
    for (const trust of [[], [hierarchy.root.certificate]]) {
      const explanation = explain(verifyFile({ path: 'demo.sys', bytes, catalogs: [], trust, atMs }));
      expect(explanation).toMatchObject({ id: 'test-signed', why: expect.stringMatching(/only with TESTSIGNING on/) });
    }
  });

  test('of a driver that its catalog vouches for is that of the catalog', async () => {
    const file = await laboratory.judgeWithCatalog({ ...SAMPLE, ekus: [DriverEku.whql, DriverEku.attested] });
    expect(explain(file, laboratory.authorities)?.id).toBe('attested');
  });

  test('of a 32-bit driver tells what the signature is worth, not that no kernel asks for it', async () => {
    expect((await explanationOf({ machine: 'x86', authority: 'private', ekus: [CODE_SIGNING] }))?.id).toBe(
      'not-for-the-kernel',
    );
  });
});

describe('the explanation of several signatures', () => {
  const nested = async (first: Partial<Sample>, stampedMs: number | undefined = SAMPLE.stampedMs) => {
    const hierarchy = await sharedHierarchy();
    const { signer, tsa } = signingParts(hierarchy);
    const bytes = await laboratory.make({ ...SAMPLE, ...first });
    const timestamper = stampedMs === undefined ? undefined : testTimestamper({ tsa, genTimeMs: stampedMs });
    const both = await signPe(bytes, 'demo.sys', { signer, timestamper, existing: 'append' });
    const trust = [hierarchy.root.certificate, ...laboratory.trust];
    return explain(
      verifyFile({ path: 'demo.sys', bytes: both, catalogs: [], trust, atMs: NOW }),
      laboratory.authorities,
    );
  };

  test('says which of them counts where', async () => {
    const explanation = await nested({ ekus: [DriverEku.whql, DriverEku.attested] });
    expect(explanation?.id).toBe('several-signatures');
    expect(explanation?.why).toMatch(
      /2 signatures: the first \(SHA-256, Vendor\) counts on 10-1507 to 11-25h2, the nested one .* on none\.$/,
    );
  });

  test('is that of the first where they are worth the same', async () => {
    expect((await nested({ authority: 'private', ekus: [CODE_SIGNING] }))?.id).toBe('not-for-the-kernel');
  });
});

describeCorpus('explanations of real files', (corpus) => {
  test.each([
    ['microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat', 'attested'],
    ['inf2cat-v1/arduino/arduino.cat', 'cross-signed'],
    ['inf2cat-v1/virtio-win7-amd64-viostor/viostor.cat', 'cross-signed'],
    ['inf2cat-v1/stmcdc-hybrid-sha1-sha256/stmcdc.cat', 'not-for-the-kernel'],
    ['microsoft-signed/softether-selow-win10-x64-whql/SeLow_Win10_x64.cat', undefined],
    ['microsoft-signed/windows-update-2025-v2/115fe864.cat', undefined],
    ['makecat/jsign-wineyes/wineyes.cat', undefined],
  ])('%s: %s', (path, id) => {
    expect(explain(judged(corpus, path))?.id).toBe(id);
  });

  test('nothing is said of a file whose bytes are not those that were signed', () => {
    for (const name of readdirSync(corpus.path('signed/tampered'))) {
      if (/\.(sys|cat)$/.test(name)) expect(explain(judged(corpus, `tampered/${name}`)), name).toBeUndefined();
    }
  });
});

test.each([
  ['CN=Acme\\, Inc.,O=Acme', 'Acme, Inc.'],
  ['CN=J\\C3\\BCrgen\\+Co', 'Jürgen+Co'],
  ['CN=a\\0Ab', 'a b'],
  ['O=Acme,CN=x', 'O=Acme,CN=x'],
])('the name %s is written %s in a sentence', (subject, name) => {
  expect(commonName(subject)).toBe(name);
});
