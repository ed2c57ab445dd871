import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { signCatalog, signPe } from '../../packaging/signing/sign.ts';
import { TEST_NOW, winpv, winpvJson } from '../support/command-line.ts';
import { withTempFolder } from '../support/outside.ts';
import { signedPackage, standIn } from '../support/signed-package.ts';
import { pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';
import { type ServerFault, type TsaServer, withTsaServer } from '../support/tsa-server.ts';

interface Place {
  readonly folder: string;
  readonly server: TsaServer;
  path(name: string): string;
  bytes(name: string): Buffer;
}

/** A folder with a signed driver, a signed catalog, an unsigned file and the root, and a time-stamp server. */
const withSigned = async (
  body: (place: Place) => Promise<void>,
  faults: (request: number) => readonly ServerFault[] = () => [],
): Promise<void> => {
  const hierarchy = await sharedHierarchy();
  const { signer, tsa } = signingParts(hierarchy);
  const { files } = await signedPackage();
  const catalog = files.find(({ path }) => path.endsWith('.cat'));
  if (catalog === undefined) throw new Error('no catalog');
  await withTempFolder(async (folder) => {
    const path = (name: string): string => join(folder, name);
    mkdirSync(path('signed'));
    writeFileSync(path('signed/demo.sys'), await signPe(standIn(), 'demo.sys', { signer }));
    writeFileSync(
      path('signed/demo.cat'),
      await signCatalog(catalog.bytes, 'demo.cat', { signer, existing: 'replace' }),
    );
    writeFileSync(path('signed/readme.txt'), 'not signed');
    writeFileSync(path('unsigned.sys'), standIn());
    writeFileSync(path('root.pem'), pem(hierarchy.root.certificate));
    await withTsaServer({ tsa, genTimeMs: TEST_NOW, faults }, (server) =>
      body({ folder, server, path, bytes: (name) => readFileSync(path(name)) }),
    );
  });
};

describe('winpv timestamp', () => {
  test('stamps every signed file below a folder, in place, and what it made verifies', async () => {
    await withSigned(async ({ path, server }) => {
      const args = ['--timestamp', server.url, '--timestamp-ca', path('root.pem')];
      const { exit, result, diagnostics } = await winpvJson(['timestamp', path('signed'), ...args]);
      expect(exit).toBe(0);
      expect(diagnostics).toEqual([]);
      expect(result.files.map(({ path: file, added, kept }: Record<string, unknown>) => [file, added, kept])).toEqual([
        [path('signed/demo.cat'), 1, 0],
        [path('signed/demo.sys'), 1, 0],
      ]);
      const verified = await winpvJson([
        'verify',
        path('signed/demo.sys'),
        path('signed/demo.cat'),
        '--ca',
        path('root.pem'),
      ]);
      expect(verified.exit).toBe(0);
      for (const { signatures } of verified.result.files)
        expect(signatures[0].timestamp.time).toBe('2026-06-15T12:00:00.000Z');
    });
  });

  test('keeps time stamps that are there, unless --replace', async () => {
    await withSigned(async ({ path, bytes, server }) => {
      const args = ['timestamp', path('signed/demo.sys'), '--timestamp', server.url];
      await winpv(args);
      const once = bytes('signed/demo.sys');
      const { exit, stdout } = await winpv(args);
      expect([exit, stdout]).toEqual([0, `${path('signed/demo.sys')}: kept its time stamp\n`]);
      expect(bytes('signed/demo.sys').equals(once)).toBe(true);
      expect((await winpvJson([...args, '--replace'])).result.files[0].added).toBe(1);
      expect(server.seen.length).toBe(2);
    });
  });

  test('--out leaves the input as it is', async () => {
    await withSigned(async ({ path, bytes, server }) => {
      const before = bytes('signed/demo.sys');
      await winpv(['timestamp', path('signed/demo.sys'), '--timestamp', server.url, '--out', path('new.sys')]);
      await winpv(['timestamp', path('signed'), '--timestamp', server.url, '--out', path('new')]);
      expect(bytes('signed/demo.sys').equals(before)).toBe(true);
      expect(bytes('new.sys').length).toBeGreaterThan(before.length);
      expect(bytes('new/signed/demo.sys').length).toBe(bytes('new.sys').length);
    });
  });

  test('one file that fails: nothing is written, also not the others', async () => {
    await withSigned(
      async ({ path, bytes, server }) => {
        const before = ['signed/demo.cat', 'signed/demo.sys'].map(bytes);
        const answer = await winpvJson(['timestamp', path('signed'), '--timestamp', server.url]);
        expect(answer.exit).toBe(6);
        expect(answer.error?.code).toBe('TS_IMPRINT_WRONG');
        expect(['signed/demo.cat', 'signed/demo.sys'].map(bytes)).toEqual(before);
      },
      (n) => (n === 1 ? ['wrong-imprint'] : []),
    );
  });

  test('every server of the list is named when all fail', async () => {
    await withSigned(
      async ({ path, server }) => {
        const servers = ['a', 'b'].flatMap((name) => ['--timestamp', `${server.url}/${name}`]);
        const answer = await winpvJson(['timestamp', path('signed/demo.sys'), ...servers]);
        expect(answer.exit).toBe(6);
        expect(answer.diagnostics.map(({ code }) => code)).toEqual(['TS_ALL_FAILED', 'TS_MALFORMED', 'TS_MALFORMED']);
      },
      () => ['html'],
    );
  });

  test('a hanging server ends at --timestamp-timeout', async () => {
    await withSigned(
      async ({ path, server }) => {
        const args = ['--timestamp', server.url, '--timestamp-timeout', '0.2'];
        expect((await winpvJson(['timestamp', path('signed/demo.sys'), ...args])).error?.code).toBe('TS_TIMEOUT');
      },
      () => ['hangs'],
    );
  });

  test('speaks the older protocol when told to', async () => {
    await withSigned(async ({ path, server }) => {
      const args = [
        '--timestamp',
        server.url,
        '--timestamp-protocol',
        'authenticode',
        '--timestamp-ca',
        path('root.pem'),
      ];
      expect((await winpv(['timestamp', path('signed/demo.sys'), ...args])).exit).toBe(0);
      const { result } = await winpvJson(['verify', path('signed/demo.sys'), '--ca', path('root.pem')]);
      expect(result.files[0].signatures[0].timestamp).toMatchObject({ kind: 'authenticode', verdict: 'valid' });
    });
  });

  test.each([
    ['no server', [], 'USAGE', 2],
    ['--no-timestamp', ['--no-timestamp'], 'USAGE', 2],
    ['an unsigned file', ['--timestamp', 'http://127.0.0.1:9'], 'TS_NOT_SIGNED', 4],
  ] as const)('refuses %s', async (_, args, code, exit) => {
    await withSigned(async ({ path }) => {
      const answer = await winpvJson(['timestamp', path('unsigned.sys'), ...args]);
      expect([answer.error?.code, answer.exit]).toEqual([code, exit]);
    });
  });
});

describe('winpv sign --timestamp', () => {
  const keyOptions = async ({ path }: Place): Promise<readonly string[]> => {
    const { signer } = await sharedHierarchy();
    writeFileSync(path('signer.key'), encodePem('PRIVATE KEY', signer.privateKey));
    writeFileSync(path('signer.pem'), pem(signer.certificate));
    return ['--key', path('signer.key'), '--cert', path('signer.pem')];
  };

  test('signs with a time stamp, and says when nobody named its authority', async () => {
    await withSigned(async (place) => {
      const { path, server } = place;
      const argv = ['sign', path('unsigned.sys'), ...(await keyOptions(place)), '--timestamp', server.url];
      const { exit, diagnostics } = await winpvJson(argv);
      expect([exit, diagnostics.map(({ code }) => code)]).toEqual([0, ['SIGN_KEY_TEST', 'TS_AUTHORITY_UNCHECKED']]);
      const { result } = await winpvJson(['verify', path('unsigned.sys'), '--ca', path('root.pem')]);
      expect(result.files[0].signatures[0].timestamp).toMatchObject({ verdict: 'valid' });
    });
  });

  test('a server that lies: exit 6, and the file stays as it was', async () => {
    await withSigned(
      async (place) => {
        const { path, bytes, server } = place;
        const before = bytes('unsigned.sys');
        const argv = ['sign', path('unsigned.sys'), ...(await keyOptions(place)), '--timestamp', server.url];
        const { exit, error } = await winpvJson(argv);
        expect([exit, error?.code]).toEqual([6, 'TS_NONCE_WRONG']);
        expect(bytes('unsigned.sys').equals(before)).toBe(true);
      },
      () => ['wrong-nonce'],
    );
  });
});
