import { readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { expect, test } from 'vitest';
import { type InfVerification, verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { type Corpus, describeCorpus } from '../support/outside.ts';

const infFiles = (corpus: Corpus, folder: string): readonly string[] =>
  readdirSync(corpus.path(folder), { recursive: true })
    .map((name) => posix.join(folder, String(name).replaceAll('\\', '/')))
    .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
    .sort();

/**
 * Errors of INFs that were signed and shipped, and why they are right all the same: the rule came after the file, or
 * the signer did not ask Microsoft's checker. Everything else would be a false alarm.
 */
const EXPLAINED: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  'signed/inf2cat-v1/arduino/arduino.inf': {
    1212: 'has [DefaultInstall] beside [Manufacturer]; signed by its vendor, never submitted to Microsoft',
  },
  'signed/inf2cat-v1/arduino_gemma/arduino_gemma.inf': {
    1212: 'has [DefaultInstall] beside [Manufacturer]; signed by its vendor, never submitted to Microsoft',
  },
  'signed/inf2cat-v1/stmcdc-hybrid-sha1-sha256/stmcdc.inf': {
    1217: 'version 1.4.0 of 2013: four numbers are demanded since 2021',
  },
  'signed/microsoft-signed/softether-wfp-win10-x64-whql/pxwfp_x64.inf': {
    1420: 'signed before primitive drivers existed (Windows 10 1903)',
    1421: 'signed before primitive drivers existed (Windows 10 1903)',
  },
  ...Object.fromEntries(
    ['balloon/balloon', 'pvpanic-two-infs/pvpanic-pci', 'pvpanic-two-infs/pvpanic', 'viofs/viofs'].map((name) => [
      `signed/inf2cat-v2/virtio-win8-amd64-${name}.inf`,
      { 1303: 'carries the WDF co-installer: packages with one are not signed since 2023' },
    ]),
  ),
};

const errorRules = ({ findings }: InfVerification): readonly number[] => [
  ...new Set(findings.filter(({ severity }) => severity === 'error').map(({ rule }) => rule ?? 0)),
];

const MODES = ['none', 'h', 'u', 'w', 'k'] as const;

describeCorpus('the INF rules, tried on real files', (corpus) => {
  const files = ['inf', 'xen', 'signed'].flatMap((folder) => infFiles(corpus, folder));
  const verify = (file: string, mode: (typeof MODES)[number] = 'none', stampinf = false): InfVerification =>
    verifyInf(corpus.file(file), { file, mode, stampinf });

  test('every file gets a verdict in every mode, each finding with its rule and a line of the file', () => {
    for (const file of files) {
      for (const mode of MODES) {
        const { findings, verdict } = verify(file, mode, true);
        expect(verdict).toBe(findings.some(({ severity }) => severity === 'error') ? 'invalid' : 'valid');
        for (const { code, rule, at } of findings) {
          if (rule !== undefined && code.startsWith('INF_1')) expect(code).toBe(`INF_${rule}`);
          expect(at?.file).toBe(file);
        }
      }
    }
  }, 60_000);

  test.each(infFiles(corpus, 'signed'))('%s, signed and shipped, has no error that is not explained', (file) => {
    const explained = Object.keys(EXPLAINED[file] ?? {}).map(Number);
    expect(errorRules(verify(file)).toSorted()).toEqual(explained.toSorted());
  });

  test('rendered Xen drivers have co-installers as their only error, and none since they were dropped', () => {
    const rendered = infFiles(corpus, 'xen/rendered');
    expect(rendered.length).toBeGreaterThan(40);
    for (const file of rendered) {
      const allowed = file.includes('9.1') ? [] : [1303];
      expect([file, errorRules(verify(file)).filter((rule) => !allowed.includes(rule))]).toEqual([file, []]);
    }
  });

  test('known-bad: an xenbus template that clears unplug requests in a section that nothing names', () => {
    const unused = (file: string): readonly (number | undefined)[] =>
      verify(file, 'none', true).findings.flatMap(({ rule, at }) => (rule === 2083 ? [at?.line] : []));
    expect(unused('xen/templates/xenbus/20230913-9daf0cc470.inf')).toEqual([106]);
    expect(unused('xen/templates/xenbus/20231018-7566e51e9d.inf')).toEqual([]);
  });

  test('known-bad: a typing error in an xenvif template leaves a token without a string', () => {
    const { findings } = verify('xen/templates/xenvif/20160809-5defd23e1f.inf', 'none', true);
    expect(findings.filter(({ rule }) => rule === 1235).map(({ at }) => at?.line)).toEqual([62, 63, 64]);
    expect(errorRules(verify('xen/templates/xenvif/20160810-6fd46c4223.inf', 'none', true))).not.toContain(1235);
  });
});
