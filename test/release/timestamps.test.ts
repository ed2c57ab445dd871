import { describe, expect, test } from 'vitest';
import { withKeys } from '../support/brand-file.ts';
import { type JsonAnswer, TEST_NOW, winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';
import { type ServerFault, type TsaServer, withTsaServer } from '../support/tsa-server.ts';

interface Released {
  readonly answer: JsonAnswer;
  readonly project: TestProject;
  readonly server: TsaServer;
}

interface SignedFile {
  readonly path: string;
  readonly signatures: readonly { readonly timestamp?: { readonly time: string } }[];
}

interface Setting {
  /** The `signing` line, with the address of the server in it. */
  readonly signing: (url: string) => string;
  readonly brandServers?: (url: string) => readonly string[];
  readonly faults?: (request: number) => readonly ServerFault[];
}

/** Makes a release of one small driver of the brand acme, and looks at it. */
const released = async (setting: Setting, look: (made: Released) => Promise<void> | void): Promise<void> => {
  const hierarchy = await sharedHierarchy();
  const { tsa } = signingParts(hierarchy);
  await withTsaServer({ tsa, genTimeMs: TEST_NOW, faults: setting.faults ?? (() => []) }, async (server) => {
    const project = await makeProject({
      'winpv.yaml': [
        'brands: [acme.json]',
        'sources: { default: stand-in }',
        'drivers: [xenbus]',
        'architectures: [x64]',
        setting.signing(server.url),
        '',
      ].join('\n'),
      'acme.json': withKeys({ timestampServers: setting.brandServers?.(server.url) ?? [] }),
      'tsa-root.pem': pem(hierarchy.root.certificate),
    });
    try {
      const argv = ['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04'];
      await look({ answer: await winpvJson(argv), project, server });
    } finally {
      project.dispose();
    }
  });
};

const withServer = (url: string): string =>
  `signing: { test: true, timestamp: ["${url}/project"], timestampCa: [tsa-root.pem] }`;

describe('the time stamps of a release', () => {
  test('come from the servers of the project; image, catalog and cabinet have them', async () => {
    await released({ signing: withServer }, async ({ answer, project, server }) => {
      expect(answer.error).toBeUndefined();
      expect(answer.result.signing).toMatchObject({ kind: 'test', timestamps: 'rfc3161' });
      const trust = ['--ca', project.path('out/acme/trust/root.pem'), '--ca', project.path('tsa-root.pem')];
      const { exit, result } = await winpvJson(['verify', project.path('out'), ...trust]);
      expect(exit).toBe(0);
      const signed: readonly SignedFile[] = result.files.filter((file: SignedFile) => file.signatures.length > 0);
      for (const { path, signatures } of signed)
        expect([path, signatures.map(({ timestamp }) => timestamp?.time)]).toEqual([
          path,
          ['2026-06-15T12:00:00.000Z'],
        ]);
      expect(new Set(signed.map(({ path }) => path.slice(-4)))).toEqual(new Set(['.sys', '.exe', '.cat', '.cab']));
      // One more is for the signature of the checksums.
      expect(server.seen.map(({ path }) => path)).toEqual([...signed, 'checksums'].map(() => '/project'));
    });
  });

  test("are asked of the brand's servers first", async () => {
    const setting = { signing: withServer, brandServers: (url: string) => [`${url}/brand`] };
    await released({ ...setting, faults: (n) => (n === 0 ? ['html'] : []) }, ({ answer, server }) => {
      expect(answer.error).toBeUndefined();
      expect(server.seen.slice(0, 3).map(({ path }) => path)).toContain('/brand');
      expect(server.seen.map(({ path }) => path)).toContain('/project');
      expect(answer.diagnostics.map(({ code }) => code)).toContain('TS_MALFORMED');
    });
  });

  test('from an authority that nobody named: made, with a warning', async () => {
    await released({ signing: (url) => `signing: { test: true, timestamp: ["${url}"] }` }, ({ answer }) => {
      expect(answer.exit).toBe(0);
      expect(answer.diagnostics.map(({ code, severity }) => [code, severity])).toContainEqual([
        'TS_AUTHORITY_UNCHECKED',
        'warning',
      ]);
    });
  });

  test.each([
    ['wrong-nonce', 'TS_NONCE_WRONG'],
    ['garbage', 'TS_MALFORMED'],
    ['wrong-time', 'TS_TIME_WRONG'],
  ] as const)('a server that fails (%s) fails the release: %s, exit 6, no output', async (fault, code) => {
    await released({ signing: withServer, faults: () => [fault] }, ({ answer, project }) => {
      expect([answer.exit, answer.error?.code]).toEqual([6, code]);
      expect(filesBelow(project.path('out'))).toEqual([]);
    });
  });

  test('are left out when that is asked for', async () => {
    await released({ signing: () => 'signing: { test: true, timestamp: none }' }, ({ answer, server }) => {
      expect(answer.exit).toBe(0);
      expect(answer.result.signing).toMatchObject({ kind: 'test', timestamps: 'none' });
      expect(server.seen).toEqual([]);
    });
  });

  test.each([
    ['signing: { test: true, timestamp: [tsa.example] }', 'CONFIG_INVALID'],
    ['signing: { test: true, timestamp: ["ftp://tsa.example"] }', 'CONFIG_INVALID'],
    ['signing: { test: true, timestampCa: [tsa-root.pem] }', 'CONFIG_CONFLICT'],
    ['signing: { pfx: a.p12, passin: "env:NAME" }', 'CONFIG_CONFLICT'],
  ])('%s is refused with %s and a position', async (signing, code) => {
    await released({ signing: () => signing }, ({ answer }) => {
      expect([answer.exit, answer.error?.code]).toEqual([3, code]);
      expect(answer.error?.at?.line).toBe(5);
    });
  });
});
