import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { toHex, utf8 } from '../../core/bytes.ts';
import { planCatalogs } from '../../packaging/bundle/catalog.ts';
import { encodeCab } from '../../packaging/formats/cab/encode.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import { formatTag } from '../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../packaging/formats/cat/parse.ts';
import { DigestOid, SpcOid } from '../../packaging/formats/cms/object-ids.ts';
import { parseSignedData, signedDataOf } from '../../packaging/formats/cms/parse.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { type SignOptions, signCab, signCatalog, signPe } from '../../packaging/signing/sign.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { MICROSOFT_2011, WINDOWS_ROOTS } from '../../packaging/signing/windows-roots.ts';
import { request } from '../support/catalog-sample.ts';
import { describeCorpus, withTempFolder } from '../support/outside.ts';
import { standIn } from '../support/signed-package.ts';
import { hierarchyWith, sharedHierarchy, signingParts } from '../support/test-keys.ts';
import { wineOracle, winePath, wineProgram } from '../support/wine.ts';

/**
 * What Wine 8 does: WinVerifyTrust checks the digest of a PE image and of a cabinet, the signature and the chain; the crypto
 * functions read every SignedData. What it does not do, and is not asked: ECDSA (tried below); page hashes, nested
 * signatures and time stamps, which it ignores; the attributes of catalog members, and members of version 2 catalogs
 * (CryptCATEnumerateMember lists none); the structured hashes (CryptCATAdminCalcHashFromFileHandle hashes the whole file,
 * ImageGetDigestStream leaves parts out). It trusts a chain whose root is not at hand, so that only what it refuses, and the
 * chain that it finds, tell something.
 */
const winTrust = wineProgram('test/oracles/win-trust.c', { libs: ['wintrust', 'crypt32', 'imagehlp'] });

const OK = '00000000';
const TRUST_E_NOSIGNATURE = '800b0100';
const TRUST_E_BAD_DIGEST = '80096010';
const TRUST_E_CERT_SIGNATURE = '80096004';

type Answer = ReadonlyMap<string, readonly string[]>;

/** Runs one question; the values of each name, in order. */
const ask = (...args: readonly string[]): Answer => {
  const run = winTrust(args);
  expect(run.exit, `${args.join(' ')}: ${run.stderr}`).toBe(0);
  const answer = new Map<string, string[]>();
  for (const line of run.stdout.split('\n')) {
    const [, name, value] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) answer.set(name, [...(answer.get(name) ?? []), value]);
  }
  return answer;
};

/** A file of the given bytes, and a way to ask about it. */
const asking = <T>(
  name: string,
  bytes: Uint8Array,
  body: (question: (verb: string, ...more: string[]) => Answer) => T,
) =>
  withTempFolder((folder) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return body((verb, ...more) => ask(verb, winePath(path), ...more));
  });

const rootFile = async (folder: string): Promise<string> => {
  const path = join(folder, 'root.cer');
  writeFileSync(path, (await sharedHierarchy()).root.certificate);
  return winePath(path);
};

const cabinet = (): Uint8Array =>
  encodeCab([{ name: 'a.txt', bytes: utf8('text'), modified: Date.UTC(2024, 0, 2) }], { compress: 'mszip' });

/** Names of a chain as Wine shows them, from subjects as winpv has them. */
const shown = (chain: readonly string[]): readonly string[] =>
  chain.map((subject) => /^CN=((?:\\.|[^,])*)/.exec(subject)?.[1]?.replaceAll('\\', '') ?? subject);

wineOracle('has the roots of Windows with the very keys that stand in winpv', () => {
  const answer = ask('roots', '-');
  const keys = new Map((answer.get('root') ?? []).map((thumbprint, i) => [thumbprint, answer.get('key')?.[i]]));
  // The Code Verification Root is in no store: only kernels have it.
  const inStores = [...WINDOWS_ROOTS, MICROSOFT_2011].filter(({ file }) => !file.includes('Code Verification'));
  expect(inStores).toHaveLength(4);
  for (const { thumbprint, publicKeyInfo, file } of inStores)
    expect(keys.get(thumbprint), file).toBe(toHex(publicKeyInfo));
});

wineOracle('knows unsigned files', async () => {
  await asking('a.sys', standIn(), (question) => {
    expect(question('trust').get('trust')).toEqual([TRUST_E_NOSIGNATURE]);
    expect(question('image').get('count')).toEqual(['0']);
  });
});

const FORMS: readonly (readonly [machine: 'x86' | 'x64' | 'arm64', options: Partial<SignOptions>, stamped: boolean])[] =
  [
    ['x86', {}, false],
    ['x64', {}, true],
    ['arm64', {}, true],
    ['x64', { digest: 'sha1' }, false],
    ['x64', { digest: 'sha384' }, true],
    ['x64', { digest: 'sha512' }, false],
    ['x64', { pageHashes: 'sha256', description: 'Beispiel Ä', url: 'https://example.com/' }, true],
    ['x86', { pageHashes: 'sha1' }, false],
  ];

wineOracle('trusts the images that winpv signs, and reads from them what winpv wrote', async () => {
  const hierarchy = await sharedHierarchy();
  const { signer, timestamper } = signingParts(hierarchy);
  for (const [machine, options, stamped] of FORMS) {
    const what = JSON.stringify([machine, options]);
    const bytes = await signPe(standIn({ machine }), 'a.sys', {
      signer,
      ...options,
      ...(stamped ? { timestamper } : {}),
    });
    await withTempFolder(async (folder) => {
      const path = join(folder, 'a.sys');
      writeFileSync(path, bytes);
      const trust = ask('trust', winePath(path), await rootFile(folder));
      expect(trust.get('trust'), what).toEqual([OK]);
      const ours = verifyFile({
        path,
        bytes,
        catalogs: [],
        trust: [hierarchy.root.certificate],
        atMs: Date.UTC(2026, 0),
      });
      expect(trust.get('chain'), what).toEqual(shown(ours.signatures[0]?.chain ?? []));

      const table = parsePe(bytes, 'a.sys').certificateTable ?? { offset: 0, size: 8 };
      const image = ask('image', winePath(path));
      expect(image.get('count')).toEqual(['1']);
      expect(image.get('header')).toEqual([`${table.size} 200 2`]);
      const pkcs7 = bytes.subarray(table.offset + 8, table.offset + table.size);
      expect(image.get('data')).toEqual([toHex(pkcs7)]);

      const { content } = parseSignedData(signedDataOf(parseDer(pkcs7, { file: 'a.sys', allowTrailing: true })));
      const query = ask('query', winePath(path));
      expect(query.get('content-type')).toEqual([SpcOid.indirectData]);
      expect(query.get('content'), what).toEqual([toHex(content?.bytes ?? new Uint8Array(0))]);
      expect(query.get('digest-algorithm')).toEqual([DigestOid[options.digest ?? 'sha256']]);
      expect(query.get('subject')).toEqual(shown([ours.signatures[0]?.subject ?? '']));
      expect(query.get('signature'), what).toEqual(['ok']);
      expect(query.get('unauthenticated') ?? []).toEqual(stamped ? [SpcOid.rfc3161Timestamp] : []);
    });
  }
});

wineOracle('sees a changed image as winpv does', async () => {
  const { signer } = signingParts(await sharedHierarchy());
  const signed = await signPe(standIn(), 'a.sys', { signer });
  const image = parsePe(signed, 'a.sys');
  const flipped = (offset: number): Uint8Array => {
    const copy = signed.slice();
    copy[offset] = (copy[offset] ?? 0) ^ 1;
    return copy;
  };
  const inSection = (image.sections[0]?.rawOffset ?? 0) + 5;
  const inSignature = (image.certificateTable?.offset ?? 0) + (image.certificateTable?.size ?? 0) - 40;
  for (const [offset, expected] of [
    [inSection, TRUST_E_BAD_DIGEST],
    [inSignature, TRUST_E_CERT_SIGNATURE],
  ] as const) {
    await asking('a.sys', flipped(offset), (question) => {
      expect(question('trust').get('trust'), `${offset}`).toEqual([expected]);
    });
  }
});

wineOracle('trusts the cabinets that winpv signs', async () => {
  const { signer, timestamper } = signingParts(await sharedHierarchy());
  await withTempFolder(async (folder) => {
    const path = join(folder, 'a.cab');
    const root = await rootFile(folder);
    writeFileSync(path, await signCab(cabinet(), 'a.cab', { signer, timestamper }));
    expect(ask('trust', winePath(path), root).get('trust')).toEqual([OK]);
    expect(ask('query', winePath(path)).get('signature')).toEqual(['ok']);
    writeFileSync(path, cabinet());
    expect(ask('trust', winePath(path), root).get('trust')).toEqual([TRUST_E_NOSIGNATURE]);
  });
});

wineOracle('trusts the catalogs that winpv makes, and lists the members of version 1', async () => {
  const { signer, timestamper } = signingParts(await sharedHierarchy());
  for (const version of [1, 2] as const) {
    const [planned] = planCatalogs({ ...request('10_X64'), version });
    if (planned === undefined) throw new Error('no catalog was planned');
    const bytes = await signCatalog(encodeUnsignedCatalog(planned.content), 'demo.cat', { signer, timestamper });
    await withTempFolder(async (folder) => {
      const path = join(folder, 'demo.cat');
      writeFileSync(path, bytes);
      expect(ask('trust', winePath(path), await rootFile(folder)).get('trust')).toEqual([OK]);
      const query = ask('query', winePath(path));
      expect([query.get('content-type'), query.get('signature')]).toEqual([[SpcOid.certificateTrustList], ['ok']]);
      expect(query.get('content')).toEqual([toHex(parseCatalog(bytes, path).ctl)]);
      const catalog = ask('catalog', winePath(path));
      expect(catalog.get('catalog')).toEqual(['ok']);
      if (version === 2) return;
      const { members } = parseCatalog(bytes, path).content;
      // Wine starts at the last member.
      const tags = members.map(({ tag }) => formatTag(tag)).reverse();
      expect(catalog.get('member')?.map((tag) => tag.toLowerCase())).toEqual(tags);
      expect(catalog.get('digest')).toEqual(tags);
    });
  }
});

wineOracle('8 cannot verify ECDSA, which is no fault of the signature', async () => {
  const hierarchy = await hierarchyWith('EC P-256');
  const { signer } = signingParts(hierarchy);
  await asking('a.sys', await signPe(standIn(), 'a.sys', { signer }), (question) => {
    const query = question('query');
    expect(query.get('subject')).toHaveLength(1);
    expect(query.get('signature')?.[0]).toMatch(/^error /);
  });
});

describeCorpus('Wine and winpv on real catalogs', (corpus) => {
  wineOracle('name the same signer, chain and root, and trust the same', () => {
    const paths = readdirSync(corpus.path('signed/microsoft-signed'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.cat'))
      .map((path) => `signed/microsoft-signed/${path}`);
    expect(paths.length).toBeGreaterThan(4);
    for (const path of paths) {
      const { signatures } = verifyFile({
        path,
        bytes: corpus.file(path),
        catalogs: [],
        trust: [],
        atMs: Date.UTC(2026, 10),
      });
      const [signature] = signatures;
      const trust = ask('trust', winePath(corpus.path(path)));
      const query = ask('query', winePath(corpus.path(path)));
      expect(query.get('signature'), path).toEqual(['ok']);
      expect(query.get('subject'), path).toEqual(shown([signature?.subject ?? '']));
      expect(signature?.root?.standing, path).toBe('known');
      const chain = [...(signature?.chain ?? []), signature?.root?.subject ?? ''];
      expect(trust.get('chain'), path).toEqual(shown(chain));
    }
  });
});
