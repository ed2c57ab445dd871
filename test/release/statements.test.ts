import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { peDigest } from '../../packaging/formats/pe/digest.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import { signEnvelope } from '../../packaging/statements/dsse.ts';
import { PAYLOAD_TYPE } from '../../packaging/statements/in-toto.ts';
import type { OutputFile } from '../../release/output.ts';
import { winpvJson } from '../support/command-line.ts';
import { oracle } from '../support/outside.ts';
import { complaints, type StatedRelease, sealedAgain, statedRelease, withBytes } from '../support/stated-release.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

let made: StatedRelease;
let other: StatedRelease;

beforeAll(async () => {
  made = await statedRelease();
  other = await statedRelease('2026-05-05');
});
afterAll(() => {
  made.project.dispose();
  other.project.dispose();
});

const bytesOf = (path: string, files: readonly OutputFile[] = made.files): Uint8Array => {
  const found = files.find((file) => file.path === path);
  if (found === undefined) throw new Error(`there is no ${path}`);
  return found.bytes;
};
const jsonOf = (path: string) => JSON.parse(new TextDecoder().decode(bytesOf(path)));
const payloadOf = (path: string) => JSON.parse(Buffer.from(jsonOf(path).payload, 'base64').toString('utf8'));
const PROVENANCE = 'example-vendor.provenance.intoto.jsonl';
const SIGNED_BILL = 'example-vendor.cdx.intoto.jsonl';
const BILL = 'example-vendor.cdx.json';
const out = (path: string): string => made.project.path('out', path);

describe('the provenance of a brand', () => {
  test('is an in-toto statement with SLSA provenance about every file of the brand and its archives', () => {
    const statement = payloadOf(PROVENANCE);
    expect(jsonOf(PROVENANCE).payloadType).toBe('application/vnd.in-toto+json');
    expect(statement).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: { externalParameters: { brand: 'example-vendor', date: '2026-05-04' } },
        runDetails: { builder: { version: { winpv: '0.0.0-test' } } },
      },
    });
    const stated = statement.subject.map(({ name }: { name: string }) => name).sort();
    const own = made.files.filter(({ path }) => path.startsWith('example-vendor/') && !path.includes('/trust/'));
    const archives = ['example-vendor.zip', 'example-vendor-x64-submission.cab', BILL];
    expect(stated).toEqual([...own.map(({ path }) => path), ...archives].sort());
  });

  test('has the SHA-256 of each file, and for images the Authenticode hash too', () => {
    for (const { name, digest } of payloadOf(PROVENANCE).subject) {
      const bytes = bytesOf(name);
      expect(digest.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      const hash = isPe(bytes) ? toHex(peDigest(parsePe(bytes, name), 'sha256')) : undefined;
      expect(digest.authenticodeSha256).toBe(hash);
    }
  });

  test('names nothing of another brand', () => {
    expect(JSON.stringify(payloadOf(PROVENANCE))).not.toContain('xenproject');
    expect(JSON.stringify(jsonOf(BILL))).not.toContain('xenproject');
  });

  oracle('openssl', 'verifies the signature over the pre-authentication encoding', (openssl) => {
    const { payloadType, payload, signatures } = jsonOf(PROVENANCE);
    const body = Buffer.from(payload, 'base64');
    // The DSSE protocol, spelt out: "DSSEv1", length and text of the type, length and bytes of the body.
    const head = `DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `;
    writeFileSync(made.project.path('pae'), Buffer.concat([Buffer.from(head), body]));
    writeFileSync(made.project.path('sig'), Buffer.from(signatures[0].sig, 'base64'));
    writeFileSync(made.project.path('leaf.pem'), signatures[0].cert);
    const key = openssl('x509', '-in', made.project.path('leaf.pem'), '-pubkey', '-noout').stdout;
    writeFileSync(made.project.path('key.pem'), key);
    const paths = [made.project.path('key.pem'), '-signature', made.project.path('sig'), made.project.path('pae')];
    const { stdout } = openssl('dgst', '-sha256', '-verify', ...paths);
    expect(stdout.toString()).toContain('Verified OK');
  });
});

describe('the bill of materials of a brand', () => {
  test('is valid by the published schema of CycloneDX 1.6', async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(new TextDecoder().decode(bytesOf(BILL)))).toBeNull();
    expect(await validator.validate(JSON.stringify({ ...jsonOf(BILL), serialNumber: 'x' }))).not.toBeNull();
  });

  test('lists every package with its files and their hashes, and what it binds', () => {
    const bill = jsonOf(BILL);
    expect(bill.metadata.timestamp).toBe('2026-05-04T00:00:00.000Z');
    const packages = bill.components.filter(({ type }: { type: string }) => type === 'device-driver');
    expect(packages.map((one: { 'bom-ref': string }) => one['bom-ref'])).toEqual([
      'example-vendor/xenbus/x64',
      'example-vendor/xenvbd/x64',
    ]);
    for (const { 'bom-ref': name, hashes } of packages.flatMap(
      ({ components }: { components: object[] }) => components,
    )) {
      const sha256 = createHash('sha256').update(bytesOf(name)).digest('hex');
      expect(hashes).toEqual([{ alg: 'SHA-256', content: sha256 }]);
    }
    const ids = packages[0].properties.filter(({ name }: { name: string }) => name === 'winpv:hardwareId');
    expect(ids.length).toBeGreaterThan(0);
  });

  test('is what its signed statement carries', () => {
    expect(payloadOf(SIGNED_BILL).predicateType).toBe('https://cyclonedx.org/bom');
    expect(payloadOf(SIGNED_BILL).predicate).toEqual(jsonOf(BILL));
  });
});

describe('the signature of the checksums', () => {
  oracle('openssl', 'accepts it with the root of the release, and no other checksums', (openssl) => {
    const verify = (content: string) =>
      openssl(
        ...['cms', '-verify', '-binary', '-inform', 'DER', '-in', out('SHA256SUMS.p7s'), '-content', content],
        ...['-CAfile', out('example-vendor/trust/root.pem'), '-purpose', 'any', '-out', made.project.path('said')],
      );
    expect(verify(out('SHA256SUMS')).status).toBe(0);
    expect(readFileSync(made.project.path('said'))).toEqual(readFileSync(out('SHA256SUMS')));
    writeFileSync(made.project.path('changed'), `${readFileSync(out('SHA256SUMS'), 'utf8')} `);
    expect(verify(made.project.path('changed')).status).not.toBe(0);
  });
});

describe('verify on a release', () => {
  test('has nothing against it, and says what was signed by whom', async () => {
    const ca = out('xenproject/trust/root.pem');
    const { exit, result } = await winpvJson(['verify', made.project.path('out'), '--ca', ca]);
    expect(exit).toBe(0);
    const [release] = result.releases;
    expect(release.sums).toMatchObject({ signed: true, subject: 'CN=winpv test signing' });
    expect(release.statements).toHaveLength(4);
    for (const { subjects, matched, resigned, signer } of release.statements)
      expect([matched, resigned, signer]).toEqual([subjects, [], 'CN=winpv test signing']);
    expect((await winpvJson(['verify', made.project.path('out')])).result.verdict).toBe('untrusted');
  });

  test.each(['SHA256SUMS.p7s', PROVENANCE, SIGNED_BILL])(
    'notices when %s is gone, whoever made the checksums',
    async (path) => {
      const files = withBytes(made.files, path, () => undefined);
      const again = path.endsWith('.p7s') ? files : await sealedAgain(files, made.signer);
      const code = path.endsWith('.p7s') ? 'SUMS_UNSIGNED' : 'STATEMENT_MISSING';
      expect(complaints(again, made.root)).toContain(`${code} ${path}`);
    },
  );

  test('notices changed bytes everywhere in the signature of the checksums', () => {
    const signature = bytesOf('SHA256SUMS.p7s');
    const missed: number[] = [];
    // Each one was tried once; every third, with another bit each, keeps that so.
    for (let at = 0; at < signature.length; at += 3) {
      const files = withBytes(made.files, 'SHA256SUMS.p7s', (bytes) => {
        const copy = bytes.slice();
        copy[at] = (copy[at] ?? 0) ^ (1 << (at % 8));
        return copy;
      });
      if (
        complaints(
          files.filter(({ path }) => /^(SHA256SUMS|release\.json)/.test(path)),
          made.root,
        ).every((one) => !/^(VERIFY|SUMS_(SIGNATURE|UNSIGNED))/.test(one))
      )
        missed.push(at);
    }
    expect(missed).toEqual([]);
  });

  test('notices changed bytes everywhere in the checksums, though they are the right ones for what is there', () => {
    const sums = bytesOf('SHA256SUMS');
    const few = made.files.filter(({ path }) => /^(SHA256SUMS|release\.json)/.test(path));
    for (let at = 0; at < sums.length; at += 7) {
      const files = withBytes(few, 'SHA256SUMS', (bytes) => {
        const copy = bytes.slice();
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      });
      expect(complaints(files, made.root)).toContain('SUMS_SIGNATURE SHA256SUMS');
    }
  });

  test.each([PROVENANCE, SIGNED_BILL])(
    'notices changed bytes of %s, though the checksums know of them',
    async (path) => {
      const envelope = jsonOf(path);
      const length = bytesOf(path).length;
      // What an envelope says outside of its payload and signature: names of fields and a certificate for those who have none.
      const harmless = (copy: Uint8Array): boolean => {
        try {
          const read = JSON.parse(new TextDecoder().decode(copy));
          const [one] = read.signatures;
          return (
            read.payload === envelope.payload &&
            read.payloadType === envelope.payloadType &&
            one.sig === envelope.signatures[0].sig
          );
        } catch {
          return false;
        }
      };
      for (let at = 3; at < length; at += Math.max(1, Math.floor(length / 150))) {
        const copy = bytesOf(path).slice();
        copy[at] = (copy[at] ?? 0) ^ 1;
        if (harmless(copy)) continue;
        const few = withBytes(made.files, path, () => copy);
        const found = complaints(await sealedAgain(few, made.signer), made.root).filter(
          (one) => !one.startsWith('SUMS'),
        );
        expect([at, found.length > 0]).toEqual([at, true]);
      }
    },
  );

  test('notices a file that was swapped between brands', async () => {
    const [here, there] = ['example-vendor/xenbus/x64/xenbus.sys', 'xenproject/xenbus/x64/xenbus.sys'];
    const swapped = withBytes(
      withBytes(made.files, here, () => bytesOf(there)),
      there,
      () => bytesOf(here),
    );
    const found = complaints(await sealedAgain(swapped, made.signer), made.root);
    expect(found).toContain(`STATEMENT_SUBJECT ${here}`);
    expect(found).toContain(`STATEMENT_SUBJECT ${there}`);
  });

  test('notices statements that were swapped between brands', async () => {
    const mine = 'xenproject.provenance.intoto.jsonl';
    const swapped = withBytes(
      withBytes(made.files, mine, () => bytesOf(PROVENANCE)),
      PROVENANCE,
      () => bytesOf(mine),
    );
    const found = complaints(await sealedAgain(swapped, made.signer), made.root);
    expect(found).toContain(`STATEMENT_OTHER_RELEASE ${mine}`);
    expect(found).toContain(`STATEMENT_OTHER_RELEASE ${PROVENANCE}`);
  });

  test('notices the statement of another release', async () => {
    const stale = withBytes(made.files, PROVENANCE, () => bytesOf(PROVENANCE, other.files));
    expect(complaints(await sealedAgain(stale, made.signer), made.root)).toContain(
      `STATEMENT_OTHER_RELEASE ${PROVENANCE}`,
    );
  });

  test('notices a statement that somebody else signed, and one that nobody signed', async () => {
    const envelope = jsonOf(PROVENANCE);
    const forged = await signEnvelope(
      PAYLOAD_TYPE,
      Buffer.from(envelope.payload, 'base64'),
      signingParts(await sharedHierarchy()).signer,
    );
    const bare = new TextEncoder().encode(JSON.stringify({ ...envelope, signatures: [] }));
    const of = async (bytes: Uint8Array) =>
      complaints(
        await sealedAgain(
          withBytes(made.files, PROVENANCE, () => bytes),
          made.signer,
        ),
        made.root,
      );
    expect((await of(forged)).map((one) => one.split(' ')[0])).toContain('VERIFY_CHAIN_INCOMPLETE');
    expect(await of(bare)).toContain(`STATEMENT_SIGNATURE ${PROVENANCE}`);
  });

  test('notices a file that no statement is about', async () => {
    const extra = [
      ...made.files,
      { path: 'example-vendor/xenbus/x64/more.sys', bytes: bytesOf('example-vendor/xenbus/x64/xen.sys') },
    ];
    expect(complaints(await sealedAgain(extra, made.signer), made.root)).toEqual([
      'STATEMENT_FILE_UNSTATED example-vendor/xenbus/x64/more.sys',
    ]);
  });

  test('notices a bill of materials that is not the signed one', async () => {
    const text = new TextDecoder().decode(bytesOf(BILL)).replace('"xenvbd"', '"xenvba"');
    const files = withBytes(made.files, BILL, () => new TextEncoder().encode(text));
    expect(complaints(await sealedAgain(files, made.signer), made.root)).toContain(`STATEMENT_SBOM ${BILL}`);
  });
});
