import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import type { Http } from '../../core/ports.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { addTimestamps } from '../../packaging/signing/add-timestamp.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import type { TestHierarchy } from '../../packaging/signing/test-hierarchy.ts';
import { type TimestampProtocol, timestampServers } from '../../packaging/signing/timestamp-servers.ts';
import { answerQuery } from '../../packaging/signing/tsa-responder.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { type OracleTool, oracle, startTool, withTempFolder } from '../support/outside.ts';
import { standIn } from '../support/signed-package.ts';
import { pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';
import { withTsaServer } from '../support/tsa-server.ts';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const SHOWN_TIME = 'Jun 15 12:00:00 2026 GMT';

interface Place {
  readonly hierarchy: TestHierarchy;
  write(name: string, content: Uint8Array | string): string;
  read(name: string): Uint8Array;
}

/** A folder with the root, the chain and the keys of the test hierarchy as files. */
const withKeys = async (body: (place: Place) => Promise<void>): Promise<void> => {
  const hierarchy = await sharedHierarchy();
  await withTempFolder(async (folder) => {
    const write = (name: string, content: Uint8Array | string): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    for (const role of ['root', 'signer', 'tsa'] as const) {
      write(`${role}.pem`, pem(hierarchy[role].certificate));
      write(`${role}.key`, encodePem('PRIVATE KEY', hierarchy[role].privateKey));
    }
    await body({ hierarchy, write, read: (name) => new Uint8Array(readFileSync(join(folder, name))) });
  });
};

const ok = ({ status, stdout, stderr }: ReturnType<OracleTool>): string => {
  const text = `${stdout.toString()}${stderr}`;
  expect(status, text).toBe(0);
  return text;
};

describe('our time-stamp authority', () => {
  for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
    oracle('openssl', `ts -verify accepts its answer to a ${hash} request of openssl ts -query`, async (tool) => {
      await withKeys(async ({ hierarchy, write, read }) => {
        const data = write('data', 'the data to be stamped');
        const query = write('query.tsq', '');
        ok(tool('ts', '-query', '-data', data, `-${hash}`, '-cert', '-out', query));
        const { tsa } = signingParts(hierarchy);
        const reply = write('reply.tsr', await answerQuery(read('query.tsq'), { tsa, genTimeMs: NOW_MS }));
        const root = write('root.pem', pem(hierarchy.root.certificate));
        expect(ok(tool('ts', '-verify', '-queryfile', query, '-in', reply, '-CAfile', root))).toContain(
          'Verification: OK',
        );
        expect(ok(tool('ts', '-reply', '-in', reply, '-text'))).toContain('Time stamp: Jun 15 12:00:00 2026 GMT');
      });
    });
  }

  oracle('openssl', 'ts -verify refuses each of its lies', async (tool) => {
    await withKeys(async ({ hierarchy, write, read }) => {
      const query = write('query.tsq', '');
      ok(tool('ts', '-query', '-data', write('data', 'data'), '-sha256', '-cert', '-out', query));
      const root = write('root.pem', pem(hierarchy.root.certificate));
      for (const fault of [
        'refuses',
        'wrong-nonce',
        'no-nonce',
        'wrong-imprint',
        'damaged-signature',
        'no-certificate',
      ] as const) {
        const { tsa } = signingParts(hierarchy);
        const options = { tsa, genTimeMs: NOW_MS, faults: [fault] };
        const reply = write('reply.tsr', await answerQuery(read('query.tsq'), options));
        const run = tool('ts', '-verify', '-queryfile', query, '-in', reply, '-CAfile', root);
        expect([fault, run.status]).toEqual([fault, 1]);
      }
    });
  });

  const OPTIONS: readonly (readonly [string, string])[] = [
    ['-ts', 'application/timestamp-query'],
    ['-t', 'application/octet-stream'],
  ];
  for (const [option, contentType] of OPTIONS) {
    oracle('osslsigncode', `${option} takes its time stamps, and we verify the file`, async () => {
      await withKeys(async ({ hierarchy, write, read }) => {
        const { tsa } = signingParts(hierarchy);
        await withTsaServer({ tsa, genTimeMs: NOW_MS }, async ({ url, seen }) => {
          const input = write('in.sys', standIn());
          const output = input.replace('in.sys', 'out.sys');
          const key = ['-certs', input.replace('in.sys', 'signer.pem'), '-key', input.replace('in.sys', 'signer.key')];
          ok(
            await startTool('osslsigncode', 'sign', ...key, '-h', 'sha256', option, url, '-in', input, '-out', output),
          );
          expect(seen[0]?.contentType).toBe(contentType);
        });
        const bytes = read('out.sys');
        const trust = [hierarchy.root.certificate];
        const { verdict, signatures } = verifyFile({ path: 'out.sys', bytes, catalogs: [], trust, atMs: NOW_MS });
        expect(verdict).toBe('valid');
        expect(signatures[0]?.timestamp).toMatchObject({ verdict: 'valid', time: '2026-06-15T12:00:00.000Z' });
      });
    });
  }
});

/** A server that is `openssl ts -reply`, so that our client meets an authority that is not ours. */
const opensslTsa = (write: Place['write'], read: Place['read']): Http => {
  const config = write(
    'tsa.cnf',
    [
      '[tsa]',
      'default_tsa = own',
      '[own]',
      `serial = ${write('serial', '01\n')}`,
      'default_policy = 1.3.6.1.4.1.32473.1',
      'digests = sha256',
      'signer_digest = sha256',
      'accuracy = secs:1, millisecs:500',
      'ordering = yes',
      'tsa_name = yes',
      'ess_cert_id_chain = no',
      'ess_cert_id_alg = sha256',
      '',
    ].join('\n'),
  );
  return {
    send: async ({ body = new Uint8Array() }) => {
      const query = write('query.tsq', body);
      const file = (name: string): string => query.replace('query.tsq', name);
      const key = ['-signer', file('tsa.pem'), '-inkey', file('tsa.key')];
      ok(
        await startTool(
          'openssl',
          'ts',
          '-reply',
          '-config',
          config,
          '-queryfile',
          query,
          ...key,
          '-out',
          file('reply.tsr'),
        ),
      );
      return { status: 200, headers: { 'content-type': 'application/timestamp-reply' }, body: read('reply.tsr') };
    },
  };
};

describe('our client', () => {
  oracle('openssl', 'ts -reply answers it: the token is taken and the signature verifies', async () => {
    await withKeys(async ({ hierarchy, write, read }) => {
      const trust = [hierarchy.root.certificate];
      const { signer } = signingParts(hierarchy);
      const now = Date.now();
      const timestamper = timestampServers(
        { urls: ['http://tsa.example'], authorities: trust },
        {
          http: opensslTsa(write, read),
          random: { bytes: (length) => new Uint8Array(length).fill(0x5a) },
          clock: { now: () => now },
          timer: { wait: async () => {} },
        },
      );
      const bytes = await signPe(standIn(), 'x.sys', { signer, timestamper });
      const { verdict, signatures } = verifyFile({ path: 'x.sys', bytes, catalogs: [], trust, atMs: now });
      expect(verdict).toBe('valid');
      expect(signatures[0]?.timestamp?.kind).toBe('rfc3161');
    });
  });

  for (const protocol of ['rfc3161', 'authenticode'] satisfies TimestampProtocol[]) {
    oracle('osslsigncode', `accepts nested signatures that got ${protocol} time stamps afterwards`, async (tool) => {
      await withKeys(async ({ hierarchy, write, read }) => {
        const { tsa } = signingParts(hierarchy);
        const input = write('in.sys', standIn());
        const file = (name: string): string => input.replace('in.sys', name);
        const key = ['-certs', file('signer.pem'), '-key', file('signer.key')];
        ok(tool('sign', ...key, '-h', 'sha1', '-in', input, '-out', file('one.sys')));
        ok(tool('sign', ...key, '-h', 'sha256', '-nest', '-in', file('one.sys'), '-out', file('two.sys')));
        const stamped = await withTsaServer({ tsa, genTimeMs: NOW_MS }, async ({ url }) => {
          const { systemHttp } = await import('../../cli/adapters/http.ts');
          const timestamper = timestampServers(
            { urls: [url], protocol, authorities: [hierarchy.root.certificate] },
            {
              http: systemHttp,
              random: { bytes: (length) => new Uint8Array(length).fill(0x5a) },
              clock: { now: () => NOW_MS },
              timer: { wait: async () => {} },
            },
          );
          return addTimestamps(read('two.sys'), 'two.sys', { timestamper, nowMs: NOW_MS });
        });
        expect(stamped.added).toBe(2);
        const root = file('root.pem');
        const out = write('stamped.sys', stamped.bytes);
        const text = ok(tool('verify', '-in', out, '-CAfile', root, '-TSA-CAfile', root));
        expect(text).toContain('Number of verified signatures: 2');
        expect(text.split(SHOWN_TIME).length - 1).toBeGreaterThanOrEqual(2);
        expect(text).not.toMatch(/failed|MISMATCH/i);
        const trust = [hierarchy.root.certificate];
        const { signatures } = verifyFile({ path: 'two.sys', bytes: stamped.bytes, catalogs: [], trust, atMs: NOW_MS });
        expect(signatures.map(({ timestamp }) => timestamp?.verdict)).toEqual(['valid', 'valid']);
      });
    });
  }
});
