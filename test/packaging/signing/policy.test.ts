import { beforeAll, describe, expect, test } from 'vitest';
import {
  type MachineState,
  machineStates,
  policyAnswer,
  policyRows,
  selectWindows,
  WINDOWS_NAMES,
} from '../../../packaging/signing/policy.ts';
import { DriverEku, POLICY_RULES, WINDOWS_RELEASES } from '../../../packaging/signing/policy-data.ts';
import type { FileVerdict } from '../../../packaging/signing/verdict.ts';
import { describeCorpus } from '../../support/outside.ts';
import { policyLaboratory, type Sample } from '../../support/policy-files.ts';
import { judged } from '../../support/signed-corpus.ts';

/** szOID_KP_LIFETIME_SIGNING */
const LIFETIME = '1.3.6.1.4.1.311.10.3.13';
const { attested, whql, extended, systemComponent } = DriverEku;

/** A tested driver of 2018, and a plain machine of today: every case says how it differs. */
const SAMPLE: Sample = {
  kind: 'image',
  machine: 'x64',
  program: 'driver',
  authority: 'microsoft',
  ekus: [whql],
  passesOn: undefined,
  hash: 'sha256',
  issuedMs: Date.UTC(2017, 0, 1),
  stampedMs: Date.UTC(2018, 5, 1),
  damaged: 'no',
  code: 'read-only',
  catalogVersion: 2,
  systems: '10_X64',
};
const MACHINE: MachineState = {
  windows: '10-22h2',
  arch: 'x64',
  secureBoot: true,
  testSigning: false,
  hvci: false,
  upgraded: false,
};

interface Case {
  readonly file?: Partial<Sample>;
  readonly on?: Partial<MachineState>;
  readonly loads: 'yes' | 'no' | 'depends';
}

let laboratory: Awaited<ReturnType<typeof policyLaboratory>>;
const verdicts = new Map<string, Promise<FileVerdict>>();
beforeAll(async () => {
  laboratory = await policyLaboratory();
}, 120_000);

const fileFor = (changes: Partial<Sample>): Promise<FileVerdict> => {
  const key = JSON.stringify(changes, (_name, value) => value ?? null);
  const verdict = verdicts.get(key) ?? laboratory.judge({ ...SAMPLE, ...changes });
  verdicts.set(key, verdict);
  return verdict;
};

const ask = async ({ file = {}, on = {} }: Omit<Case, 'loads'>) => {
  const answer = policyAnswer(await fileFor(file), { ...MACHINE, ...on }, laboratory.authorities);
  if (answer === undefined) throw new Error('no answer');
  return answer;
};

const ruleOf = (reason: string): string => POLICY_RULES.find((rule) => rule.reason === reason)?.id ?? '';

const CROSS = { authority: 'cross', ekus: [] } as const;
const EARLY = { ...CROSS, issuedMs: Date.UTC(2014, 0, 1), stampedMs: Date.UTC(2015, 5, 1) } as const;
const PRIVATE = { authority: 'private', ekus: [] } as const;
const CATALOG = { kind: 'catalog' } as const;
const OLD = { hash: 'sha1', stampedMs: Date.UTC(2013, 5, 1), issuedMs: Date.UTC(2012, 0, 1) } as const;

/** The rule that answers in the first case, and the same with one condition of it changed. */
const FLIPS: readonly (readonly [rule: string, what: string, first: Case, changed: Case])[] = [
  ['broken', 'the checksum', { file: { damaged: 'checksum' }, loads: 'no' }, { loads: 'yes' }],
  [
    'user-mode',
    'where it runs',
    { file: { authority: 'none', program: 'library' }, loads: 'yes' },
    { file: { authority: 'none' }, loads: 'no' },
  ],
  [
    'firmware',
    'where it runs',
    { file: { program: 'firmware' }, on: { secureBoot: false }, loads: 'depends' },
    { on: { secureBoot: false }, loads: 'yes' },
  ],
  ['processor', 'its processor', { file: { machine: 'arm64' }, loads: 'no' }, { loads: 'yes' }],
  [
    'memory-integrity',
    'a section that is writable and executable',
    { file: { code: 'writable' }, on: { hvci: true }, loads: 'no' },
    { on: { hvci: true }, loads: 'yes' },
  ],
  [
    'memory-integrity',
    'memory integrity',
    { file: { code: 'writable' }, on: { hvci: true }, loads: 'no' },
    { file: { code: 'writable' }, loads: 'yes' },
  ],
  [
    '32-bit',
    'Secure Boot',
    { file: { authority: 'none', machine: 'x86' }, on: { arch: 'x86', secureBoot: false }, loads: 'yes' },
    { file: { authority: 'none', machine: 'x86' }, on: { arch: 'x86' }, loads: 'no' },
  ],
  ['unsigned', 'the signature', { file: { authority: 'none' }, loads: 'no' }, { loads: 'yes' }],
  ['damaged', 'a byte of code', { file: { damaged: 'signature' }, loads: 'no' }, { loads: 'yes' }],
  [
    'damaged',
    'a byte of a catalog',
    { file: { ...CATALOG, damaged: 'signature' }, loads: 'no' },
    { file: CATALOG, loads: 'yes' },
  ],
  [
    'sha2-unread',
    'the SHA-2 updates',
    { on: { windows: '7-sp1', secureBoot: false }, loads: 'no' },
    { on: { windows: '7-sp1-sha2', secureBoot: false }, loads: 'yes' },
  ],
  [
    'sha2-unread',
    'the hash of the signature',
    { file: { ...OLD, hash: 'sha256' }, on: { windows: '7-sp1', secureBoot: false }, loads: 'no' },
    { file: OLD, on: { windows: '7-sp1', secureBoot: false }, loads: 'yes' },
  ],
  [
    'sha2-updates',
    'the hash of the signature',
    { file: { ...OLD, hash: 'sha256' }, on: { windows: 'server-2008r2', secureBoot: false }, loads: 'depends' },
    { file: OLD, on: { windows: 'server-2008r2', secureBoot: false }, loads: 'yes' },
  ],
  [
    'sha2-updates-test',
    'the hash of the signature',
    {
      file: { ...PRIVATE, ...OLD, hash: 'sha256' },
      on: { windows: 'server-2008r2', secureBoot: false, testSigning: true },
      loads: 'depends',
    },
    {
      file: { ...PRIVATE, ...OLD },
      on: { windows: 'server-2008r2', secureBoot: false, testSigning: true },
      loads: 'yes',
    },
  ],
  [
    'catalog-version',
    'the version of the catalog',
    {
      file: { ...CATALOG, systems: '7_X64', catalogVersion: 2 },
      on: { windows: '7-sp1-sha2', secureBoot: false },
      loads: 'no',
    },
    {
      file: { ...CATALOG, systems: '7_X64', catalogVersion: 1 },
      on: { windows: '7-sp1-sha2', secureBoot: false },
      loads: 'yes',
    },
  ],
  [
    'test-signing',
    'TESTSIGNING',
    { file: PRIVATE, on: { secureBoot: false, testSigning: true }, loads: 'yes' },
    { file: PRIVATE, on: { secureBoot: false }, loads: 'no' },
  ],
  [
    'late-sha1',
    'the time of the stamp',
    { file: { ...OLD, issuedMs: Date.UTC(2014, 0, 1), stampedMs: Date.UTC(2016, 0, 1) }, loads: 'no' },
    { file: { ...OLD, issuedMs: Date.UTC(2014, 0, 1), stampedMs: Date.UTC(2015, 11, 31) }, loads: 'yes' },
  ],
  [
    'attested-before-10',
    'how Microsoft came to sign',
    { file: { ekus: [whql, attested] }, on: { windows: '8.1' }, loads: 'no' },
    { file: { ekus: [whql] }, on: { windows: '8.1' }, loads: 'yes' },
  ],
  [
    'attested-server',
    'how Microsoft came to sign',
    { file: { ekus: [whql, attested] }, on: { windows: 'server-2025' }, loads: 'no' },
    { file: { ekus: [whql] }, on: { windows: 'server-2025' }, loads: 'yes' },
  ],
  [
    'version-not-listed',
    'the systems of the catalog',
    { file: { ...CATALOG, systems: '10_X64' }, on: { windows: '8.1' }, loads: 'depends' },
    { file: { ...CATALOG, systems: '6_3_X64' }, on: { windows: '8.1' }, loads: 'yes' },
  ],
  [
    'attested',
    'the release',
    { file: { ekus: [whql, attested] }, on: { windows: '10-1507' }, loads: 'yes' },
    { file: { ekus: [whql, attested] }, on: { windows: '8.1' }, loads: 'no' },
  ],
  [
    'tested',
    'whose root it is',
    { file: { ekus: [extended, whql] }, on: { windows: 'server-2019' }, loads: 'yes' },
    { file: { ekus: [extended, whql], authority: 'private' }, on: { windows: 'server-2019' }, loads: 'no' },
  ],
  [
    'system',
    'the purpose',
    { file: { ekus: [systemComponent] }, loads: 'yes' },
    { file: { ekus: [] }, loads: 'depends' },
  ],
  [
    'microsoft-other',
    'the purpose',
    { file: { ekus: [] }, loads: 'depends' },
    { file: { ekus: [whql] }, loads: 'yes' },
  ],
  [
    'faulty',
    'the time stamp of a certificate that has expired',
    { file: { stampedMs: undefined }, loads: 'no' },
    { loads: 'yes' },
  ],
  [
    'microsoft-other',
    'what the authority above passes on',
    { file: { passesOn: [] }, loads: 'depends' },
    { file: { passesOn: [whql] }, loads: 'yes' },
  ],
  [
    'faulty',
    'the purpose of lifetime signing, which ends with the certificate whatever the stamp',
    { file: { ekus: [whql, LIFETIME] }, loads: 'no' },
    { file: { ekus: [whql] }, loads: 'yes' },
  ],
  [
    'faulty',
    'a stamp from after the end of the certificate',
    { file: { stampedMs: Date.UTC(2022, 0, 1) }, loads: 'no' },
    { file: { stampedMs: Date.UTC(2019, 0, 1) }, loads: 'yes' },
  ],
  [
    'arm64',
    'whose root it is',
    { file: { ...EARLY, machine: 'arm64' }, on: { arch: 'arm64', secureBoot: false }, loads: 'no' },
    { file: { machine: 'arm64' }, on: { arch: 'arm64', secureBoot: false }, loads: 'yes' },
  ],
  [
    'cross-signed-before-1607',
    'the cross-certificate',
    { file: CROSS, on: { windows: '8.1' }, loads: 'yes' },
    { file: PRIVATE, on: { windows: '8.1' }, loads: 'no' },
  ],
  [
    'cross-signed-before-1607',
    'the release',
    { file: CROSS, on: { windows: '10-1511' }, loads: 'yes' },
    { file: CROSS, on: { windows: '10-1607' }, loads: 'no' },
  ],
  [
    'cross-signed-server',
    'the day of issue',
    {
      file: { ...EARLY, issuedMs: Date.UTC(2015, 6, 28), stampedMs: Date.UTC(2017, 0, 1) },
      on: { windows: 'server-2016' },
      loads: 'depends',
    },
    {
      file: { ...EARLY, issuedMs: Date.UTC(2015, 6, 29), stampedMs: Date.UTC(2017, 0, 1) },
      on: { windows: 'server-2016' },
      loads: 'no',
    },
  ],
  [
    'cross-signed-server-late',
    'the role',
    { file: CROSS, on: { windows: 'server-2016', secureBoot: false }, loads: 'no' },
    { file: CROSS, on: { windows: '10-1607', secureBoot: false }, loads: 'yes' },
  ],
  [
    'cross-signed-1607',
    'the upgrade',
    { file: CROSS, on: { windows: '10-1607' }, loads: 'no' },
    { file: CROSS, on: { windows: '10-1607', upgraded: true }, loads: 'yes' },
  ],
  [
    'cross-signed-early',
    'the day of issue',
    {
      file: { ...EARLY, issuedMs: Date.UTC(2015, 6, 28), stampedMs: Date.UTC(2017, 0, 1) },
      on: { windows: '10-1607' },
      loads: 'yes',
    },
    {
      file: { ...EARLY, issuedMs: Date.UTC(2015, 6, 29), stampedMs: Date.UTC(2017, 0, 1) },
      on: { windows: '10-1607' },
      loads: 'no',
    },
  ],
  [
    'cross-signed-no-secure-boot',
    'Secure Boot',
    { file: CROSS, on: { windows: '10-1703', secureBoot: false }, loads: 'yes' },
    { file: CROSS, on: { windows: '10-1703' }, loads: 'no' },
  ],
  [
    'cross-signed-upgraded',
    'the upgrade',
    { file: CROSS, on: { windows: '10-1703', upgraded: true }, loads: 'yes' },
    { file: CROSS, on: { windows: '10-1703' }, loads: 'no' },
  ],
  [
    'cross-signed-1809',
    'Secure Boot',
    { file: CROSS, on: { windows: '10-1809' }, loads: 'no' },
    { file: CROSS, on: { windows: '10-1809', secureBoot: false }, loads: 'depends' },
  ],
  [
    'cross-signed-excepted',
    'the release',
    { file: EARLY, on: { windows: '10-1809' }, loads: 'depends' },
    { file: EARLY, on: { windows: '10-1803' }, loads: 'yes' },
  ],
  [
    'test-signing-secure-boot',
    'Secure Boot',
    { file: PRIVATE, on: { testSigning: true }, loads: 'no' },
    { file: PRIVATE, on: { testSigning: true, secureBoot: false }, loads: 'yes' },
  ],
  ['private', 'whose root it is', { file: PRIVATE, loads: 'no' }, { loads: 'yes' }],
];

describe('a rule of the policy table', () => {
  test.each(FLIPS)('%s answers, and another answer follows from %s', async (rule, _what, first, changed) => {
    const [before, after] = [await ask(first), await ask(changed)];
    expect([before.loads, after.loads]).toEqual([first.loads, changed.loads]);
    expect(ruleOf(before.reason)).toBe(rule);
    expect(before.loads).not.toBe(after.loads);
  });

  test('has a case here that it answers', () => {
    const tried = new Set(FLIPS.map(([rule]) => rule));
    expect(POLICY_RULES.map(({ id }) => id).filter((id) => !tried.has(id))).toEqual([]);
  });

  test('has a name and a sentence of its own, a source, and says on what it depends', () => {
    expect(new Set(POLICY_RULES.map(({ id }) => id)).size).toBe(POLICY_RULES.length);
    expect(new Set(POLICY_RULES.map(({ reason }) => reason)).size).toBe(POLICY_RULES.length);
    expect(POLICY_RULES.filter(({ loads, on }) => (loads === 'depends') !== (on !== undefined))).toEqual([]);
    expect(POLICY_RULES.filter(({ reason }) => !/^[A-Z0-9][^.]*(?:\.[^.\s][^.]*)*\.$/.test(reason))).toEqual([]);
  });
});

describe('the policy table', () => {
  test('answers every state of every system for any signature, whatever it is', async () => {
    const files = await Promise.all([fileFor({}), fileFor(PRIVATE), fileFor(CROSS), fileFor({ authority: 'none' })]);
    const states = WINDOWS_RELEASES.flatMap(machineStates);
    for (const file of files) {
      const rows = policyRows(file, WINDOWS_RELEASES, laboratory.authorities);
      expect(rows.length).toBe(states.length);
      expect(rows.every(({ reason, source }) => reason !== '' && source !== '')).toBe(true);
    }
  });

  test('knows every Windows that it is to know', () => {
    const clients = '7-sp1 7-sp1-sha2 8 8.1 10-1507 10-1607 10-1809 10-22h2 11-21h2 11-22h2 11-23h2 11-24h2 11-25h2';
    const servers = '2008r2 2012 2012r2 2016 2019 2022 2025'.split(' ').map((name) => `server-${name}`);
    expect(WINDOWS_NAMES).toEqual(expect.arrayContaining([...clients.split(' '), ...servers]));
  });

  test('has no states that no machine is in', () => {
    const states = WINDOWS_RELEASES.flatMap(machineStates);
    expect(states.some(({ windows, secureBoot }) => windows.startsWith('7') && secureBoot)).toBe(false);
    expect(states.some(({ arch, hvci }) => arch === 'x86' && hvci)).toBe(false);
    expect(states.some(({ windows, upgraded }) => windows === '10-1511' && upgraded)).toBe(false);
    expect(states.some(({ windows, arch }) => windows.startsWith('11') && arch === 'x86')).toBe(false);
  });

  test('takes the best of several signatures: a nested one by Microsoft serves', async () => {
    const [vendors, microsofts] = [await fileFor(PRIVATE), await fileFor({})];
    const both = { ...vendors, signatures: [...vendors.signatures, ...microsofts.signatures] };
    expect(policyAnswer(vendors, MACHINE, laboratory.authorities)?.loads).toBe('no');
    expect(policyAnswer(both, MACHINE, laboratory.authorities)?.loads).toBe('yes');
  });

  test('takes the signature of a catalog that lists the driver, and what that catalog is for', async () => {
    const sample = { ...SAMPLE, systems: '10_VB_X64' };
    const file = await laboratory.judgeWithCatalog(sample);
    const on = (changes: Partial<MachineState>) =>
      policyAnswer(file, { ...MACHINE, ...changes }, laboratory.authorities)?.loads;
    expect(file.signatures).toEqual([]);
    expect(file.catalogs).toMatchObject([{ version: 2, osVersions: ['10.0'] }]);
    expect([on({}), on({ windows: '8.1' }), on({ windows: '7-sp1-sha2', secureBoot: false })]).toEqual([
      'yes',
      'depends',
      'no',
    ]);
    const unlisted = await fileFor({ authority: 'none' });
    expect(policyAnswer(unlisted, MACHINE, laboratory.authorities)?.loads).toBe('no');
    const vendors = await laboratory.judgeWithCatalog({ ...sample, ...PRIVATE });
    expect(policyAnswer(vendors, MACHINE, laboratory.authorities)?.loads).toBe('no');
  });

  test('believes no Microsoft by name: without the root at hand the same file is by anybody', async () => {
    expect((await ask({ file: { authority: 'hidden' } })).loads).toBe('no');
  });

  test('says that it depends where a chain names a root of Windows that cannot be checked', async () => {
    const file = await fileFor({ authority: 'hidden' });
    const issuer = 'CN=Microsoft Root Authority,OU=Microsoft Corporation,OU=Copyright (c) 1997 Microsoft Corp.';
    const claimed = {
      ...file,
      signatures: file.signatures.map((signature) => ({
        ...signature,
        authorityPaths: signature.authorityPaths.map((path) => ({
          ...path,
          certificates: path.certificates.map((certificate) => ({ ...certificate, issuer })),
        })),
      })),
    };
    expect(policyAnswer(claimed, MACHINE)).toMatchObject({ loads: 'depends', on: expect.stringContaining('--ca') });
  });

  test('has nothing to say of what no kernel loads', async () => {
    const file: FileVerdict = { ...(await fileFor({})), kind: 'inf' };
    expect(policyRows(file, WINDOWS_RELEASES)).toEqual([]);
    expect(policyAnswer(file, MACHINE)).toBeUndefined();
    expect(policyAnswer(await fileFor({}), { ...MACHINE, windows: '95' })).toBeUndefined();
  });

  test('is asked for by names in any case, and says the nearest of a misspelt one', () => {
    const named = selectWindows(['SERVER-2025', '10-22H2']);
    expect('releases' in named && named.releases.map(({ name }) => name)).toEqual(['10-22h2', 'server-2025']);
    expect(selectWindows(['10-22h3'])).toEqual({ unknown: '10-22h3', nearest: '10-22h2' });
    const all = selectWindows(['all']);
    expect('releases' in all && all.releases).toEqual(WINDOWS_RELEASES);
  });
});

describeCorpus('real catalogs', (corpus) => {
  const loads = (path: string, changes: Partial<MachineState>): string => {
    const { loads: answer } = policyAnswer(judged(corpus, path), { ...MACHINE, ...changes }) ?? {};
    return answer ?? '';
  };
  const ATTESTED = 'microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat';
  const TESTED = 'microsoft-signed/softether-selow-win10-x64-whql/SeLow_Win10_x64.cat';
  const INBOX = 'microsoft-signed/windows-update-2025-v2/115fe864.cat';
  const CROSSED = 'inf2cat-v1/arduino/arduino.cat';
  const OWN_ROOT = 'inf2cat-v2/virtio-win8-amd64-balloon/balloon.cat';

  test.each([
    ['attested on Windows 11 on ARM', ATTESTED, { windows: '11-24h2', arch: 'arm64' as const }, 'yes'],
    ['attested on a server', ATTESTED, { windows: 'server-2025', arch: 'arm64' as const }, 'no'],
    ['attested on Windows 8.1', ATTESTED, { windows: '8.1' }, 'no'],
    ['tested on Windows 10', TESTED, {}, 'yes'],
    ['tested on a server', TESTED, { windows: 'server-2019' }, 'yes'],
    ['part of Windows', INBOX, {}, 'yes'],
    ['cross-signed in 2013 on Windows 7', CROSSED, { windows: '7-sp1', secureBoot: false }, 'yes'],
    ['cross-signed in 2013 on version 1607', CROSSED, { windows: '10-1607' }, 'yes'],
    ['cross-signed in 2013 today', CROSSED, {}, 'depends'],
    ['signed by its vendor alone', OWN_ROOT, { windows: '8', secureBoot: false }, 'no'],
    [
      'signed by its vendor alone, with TESTSIGNING',
      OWN_ROOT,
      { windows: '8', secureBoot: false, testSigning: true },
      'yes',
    ],
    ['attested, with a byte changed', 'tampered/cat-ctl-content-flipped.cat', { arch: 'arm64' as const }, 'no'],
    ['with bytes after it', 'tampered/cat-trailing-bytes.cat', { arch: 'arm64' as const }, 'no'],
  ])('%s', (_what, path, changes, answer) => {
    expect(loads(path, changes)).toBe(answer);
  });
});
