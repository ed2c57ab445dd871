import { createHash, sign as cryptoSign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stripPeSignature } from '../../packaging/formats/pe/attach.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';
import { type StatedRelease, statedRelease } from '../support/stated-release.ts';

let made: StatedRelease;
beforeAll(async () => {
  made = await statedRelease();
});
afterAll(() => made.project.dispose());

const IMAGE = 'example-vendor/xenbus/x64/xenbus.sys';
const PROVENANCE = 'example-vendor.provenance.intoto.jsonl';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(made.project.path('out', path)));

interface StatedSubject {
  readonly name: string;
  readonly digest: Readonly<Record<string, string>>;
}

const statementOf = (...subject: readonly StatedSubject[]) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject,
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
});

const verifyWith = (attestation: unknown, path = 'out') => {
  made.project.write('attestation.json', typeof attestation === 'string' ? attestation : JSON.stringify(attestation));
  return winpvJson([
    ...['verify', made.project.path(path), '--ca', made.project.path('out/xenproject/trust/root.pem')],
    ...['--attestation', made.project.path('attestation.json')],
  ]);
};

const codesOf = ({ diagnostics, error }: Awaited<ReturnType<typeof verifyWith>>): readonly string[] =>
  [error, ...diagnostics].flatMap((one: { code: string } | undefined) => one?.code ?? []);

const fileOf = (result: { attestations: { files: { path: string; as?: string }[] }[] }, path: string) =>
  result.attestations[0]?.files.find((file) => file.path === path);

describe('an attestation of a build', () => {
  test('is about a file byte for byte', async () => {
    const answer = await verifyWith(statementOf({ name: 'xenbus.sys', digest: { sha256: sha256(bytesOf(IMAGE)) } }));
    expect(answer.exit).toBe(0);
    expect(fileOf(answer.result, IMAGE)).toEqual({ path: IMAGE, as: 'same', subject: 'xenbus.sys' });
    expect(codesOf(answer)).toEqual(expect.arrayContaining(['ATTESTATION_UNCHECKED', 'ATTESTATION_INCOMPLETE']));
  });

  test('is about a file that was signed since, as its linker left it', async () => {
    const bare = stripPeSignature(bytesOf(IMAGE), IMAGE);
    const { checksumOffset } = parsePe(bare, IMAGE);
    for (const built of [bare, bare.slice().fill(0, checksumOffset, checksumOffset + 4)]) {
      const answer = await verifyWith(statementOf({ name: 'build/xenbus.sys', digest: { sha256: sha256(built) } }));
      expect(fileOf(answer.result, IMAGE)).toMatchObject({ as: 'signed-since' });
    }
  });

  test('is not about a file that differs in more than its signature: that fails, by name', async () => {
    const changed = bytesOf(IMAGE).slice();
    changed[changed.length - 4000] = (changed[changed.length - 4000] ?? 0) ^ 1;
    const answer = await verifyWith(statementOf({ name: 'x64/xenbus.sys', digest: { sha256: sha256(changed) } }));
    expect(answer.exit).toBe(5);
    expect(codesOf(answer)).toContain('ATTESTATION_MISMATCH');
  });

  test('fails when it is about nothing here, and when it is none', async () => {
    const nothing = await verifyWith(statementOf({ name: 'other.tar', digest: { sha256: sha256(new Uint8Array(3)) } }));
    expect([nothing.exit, codesOf(nothing)]).toEqual([5, expect.arrayContaining(['ATTESTATION_NO_MATCH'])]);
    for (const wrong of ['{', '[]', '{"_type":1}', '"x"', '{"verificationMaterial":{}}']) {
      const answer = await verifyWith(wrong);
      expect([wrong, answer.exit, codesOf(answer)]).toEqual([
        wrong,
        5,
        expect.arrayContaining(['ATTESTATION_UNREADABLE']),
      ]);
    }
  });

  test('is read as GitHub gives it, signed by a certificate of a day: what is checked is said, and what is not', async () => {
    const bundle = githubBundle(statementOf({ name: 'xenbus.sys', digest: { sha256: sha256(bytesOf(IMAGE)) } }));
    const answer = await verifyWith({ attestations: [{ bundle }] });
    expect(answer.exit).toBe(0);
    expect(answer.result.attestations[0].statements).toEqual([
      expect.objectContaining({
        ...{ form: 'sigstore-bundle', signature: 'holds', trusted: false, subjects: 1 },
        unchecked: [expect.stringContaining('--ca'), expect.stringContaining('transparency log')],
      }),
    ]);
    const forged = structuredClone(bundle);
    const { payload } = forged.dsseEnvelope;
    forged.dsseEnvelope.payload = Buffer.from(
      Buffer.from(payload, 'base64').toString().replace('xenbus', 'xenbut'),
    ).toString('base64');
    const refused = await verifyWith(`${JSON.stringify(bundle)}\n${JSON.stringify(forged)}\n`);
    expect([refused.exit, codesOf(refused)]).toEqual([5, expect.arrayContaining(['ATTESTATION_SIGNATURE'])]);
  });
});

/** As `gh attestation download` gives it, but for a certificate that the tests make themselves. */
const githubBundle = (statement: object) => {
  const { certificate, privateKey } = ephemeral;
  const payload = Buffer.from(JSON.stringify(statement));
  const type = 'application/vnd.in-toto+json';
  const pae = Buffer.concat([Buffer.from(`DSSEv1 ${type.length} ${type} ${payload.length} `), payload]);
  const key = { key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' } as const;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: Buffer.from(certificate).toString('base64') },
      tlogEntries: [{ logIndex: '1', integratedTime: String(Date.UTC(2026, 4, 4) / 1000) }],
      timestampVerificationData: { rfc3161Timestamps: [] },
    },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: type,
      signatures: [{ sig: cryptoSign('sha256', pae, key).toString('base64') }],
    },
  };
};

let ephemeral: { readonly certificate: Uint8Array; readonly privateKey: Uint8Array };
beforeAll(async () => {
  const { hierarchyWith } = await import('../support/test-keys.ts');
  const { signer } = await hierarchyWith('EC P-256');
  ephemeral = signer;
});

describe('a release that somebody else signed again', () => {
  oracle(
    'osslsigncode',
    'signs it: the provenance knows every image by its Authenticode hash',
    async (osslsigncode) => {
      const { project } = made;
      // The key of the time stamps stands for Microsoft's; what matters is that it is another one.
      const keys = (name: string) => project.path('.winpv/keys', name);
      mkdirSync(project.path('returned/drivers/xenbus'), { recursive: true });
      for (const name of ['xenbus.sys', 'xen.sys']) {
        const target = project.path('returned/drivers/xenbus', name);
        const bare = project.path(`bare-${name}`);
        writeFileSync(bare, stripPeSignature(bytesOf(`example-vendor/xenbus/x64/${name}`), name));
        const run = osslsigncode(
          ...['sign', '-certs', keys('tsa.pem'), '-key', keys('tsa-key.pem'), '-h', 'sha256', '-n', 'returned'],
          ...['-in', bare, '-out', target],
        );
        expect([name, run.status]).toEqual([name, 0]);
        expect(sha256(new Uint8Array(readFileSync(target)))).not.toBe(
          sha256(bytesOf(`example-vendor/xenbus/x64/${name}`)),
        );
      }
      writeFileSync(
        project.path('returned/drivers/xenbus/xenbus.inf'),
        bytesOf('example-vendor/xenbus/x64/xenbus.inf'),
      );
      const answer = await verifyWith(readFileSync(project.path('out', PROVENANCE), 'utf8'), 'returned');
      const [report] = answer.result.attestations;
      expect(report.statements).toEqual([
        expect.objectContaining({ signature: 'holds', trusted: true, unchecked: [] }),
      ]);
      expect(report.files).toEqual([
        expect.objectContaining({ path: 'drivers/xenbus/xen.sys', as: 're-signed' }),
        expect.objectContaining({ path: 'drivers/xenbus/xenbus.inf', as: 'same' }),
        expect.objectContaining({ path: 'drivers/xenbus/xenbus.sys', as: 're-signed' }),
      ]);
      expect(codesOf(answer)).not.toContain('ATTESTATION_MISMATCH');
    },
  );

  test('is found in the release folder too, where a submission put it', async () => {
    const { project } = made;
    const folder = 'example-vendor-x64-signed/drivers/xenbus';
    project.write('out/.winpv/submission-example-vendor-x64.json', '{}');
    const bare = stripPeSignature(bytesOf(IMAGE), IMAGE);
    project.write(`out/${folder}/xenbus.sys`, bare);
    const again = await winpvJson(['verify', project.path('out')]);
    expect(again.result.releases[0].returned).toEqual([{ folder: 'example-vendor-x64-signed/', files: 1, matched: 1 }]);
    bare[bare.length - 100] = (bare[bare.length - 100] ?? 0) ^ 1;
    project.write(`out/${folder}/xenbus.sys`, bare);
    const changed = await winpvJson(['verify', project.path('out')]);
    expect(changed.diagnostics.map(({ code }: { code: string }) => code)).toContain('STATEMENT_FILE_UNSTATED');
  });
});
