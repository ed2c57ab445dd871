import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isCab, parseCabHeader } from '../../packaging/formats/cab/header.ts';
import { parseDer } from '../../packaging/formats/der/parse.ts';
import { encodePem } from '../../packaging/formats/x509/pem.ts';
import { certifyTestKeys } from '../../packaging/signing/test-hierarchy.ts';
import { winpv, winpvJson } from '../support/command-line.ts';
import { describeCorpus, oracle } from '../support/outside.ts';
import { filesBelow } from '../support/project.ts';
import { newKey } from '../support/test-keys.ts';

const OWN = 'signed/pe/own';
/** A signed image and the file that was signed. */
const IMAGES = [
  ['x64-sha256-rfc3161.sys', 'x64.sys'],
  ['x64-sha256.sys', 'x64.sys'],
  ['x64-pagehash-sha256.sys', 'x64.sys'],
  ['x64-description-url.sys', 'x64.sys'],
  ['x64-ecdsa-p256.sys', 'x64.sys'],
  ['x64-dual-sha1-nested-sha256.sys', 'x64.sys'],
  ['x64-two-certificates.sys', 'x64.sys'],
  ['x86-sha256-rfc3161.sys', 'x86.sys'],
  ['arm64-sha256-rfc3161.sys', 'arm64.sys'],
  ['x64-odd-overlay-sha256.sys', 'x64-odd-overlay.sys'],
  ['msvc64-odd-rsrc-sha256.sys', 'msvc64-odd-rsrc.sys'],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'winpv-signatures-'));
const path = (name: string): string => join(folder, name);
let key: readonly string[] = [];
beforeAll(async () => {
  const [a, b, c] = [newKey('EC P-256'), newKey('EC P-256'), newKey('EC P-256')];
  const { signer } = await certifyTestKeys('Example', { root: a, signer: b, tsa: c });
  writeFileSync(path('key.pem'), encodePem('PRIVATE KEY', signer.privateKey));
  writeFileSync(path('leaf.pem'), encodePem('CERTIFICATE', signer.certificate));
  key = ['--key', path('key.pem'), '--cert', path('leaf.pem'), '--no-timestamp'];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (name: string): Buffer => readFileSync(path(name));
const hashOf = async (file: string): Promise<string> => (await winpvJson(['pe', 'show', file])).result.digests.sha256;

/** Where the checksum of a PE image stands. */
const checksumAt = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(0x3c, true) + 88;
const withoutChecksum = (bytes: Uint8Array): Uint8Array => {
  const copy = Uint8Array.from(bytes);
  copy.fill(0, checksumAt(copy), checksumAt(copy) + 4);
  return copy;
};
/** osslsigncode fills a cabinet's signature up to a multiple of 8 and counts that; winpv and jsign do not. */
const withoutCabPadding = (bytes: Uint8Array): Uint8Array => {
  if (!isCab(bytes)) return Uint8Array.from(bytes);
  const { authenticode } = parseCabHeader(bytes, 'x.cab');
  const { offset, size } = authenticode?.signature ?? { offset: bytes.length, size: 0 };
  const { length } = parseDer(bytes.subarray(offset), { file: 'x.cab', allowTrailing: true }).bytes;
  expect(size - length).toBeLessThan(8);
  const copy = bytes.slice(0, offset + length);
  copy.fill(0, (authenticode?.structure2Offset ?? 0) + 4, (authenticode?.structure2Offset ?? 0) + 8);
  return Uint8Array.from(copy);
};
const padded = (bytes: Uint8Array): Uint8Array => {
  const copy = new Uint8Array((bytes.length + 7) & ~7);
  copy.set(bytes);
  return copy;
};

describeCorpus('pe strip', (corpus) => {
  test.each(IMAGES)(
    'gives %s back as it was before it was signed, but for checksum and padding',
    async (signed, plain) => {
      const out = path('stripped.sys');
      const answer = await winpvJson(['pe', 'strip', corpus.path(`${OWN}/${signed}`), '--out', out]);
      expect(answer.result.files).toMatchObject([{ out, kind: 'pe', removed: true }]);
      const before = corpus.file(`${OWN}/${plain}`);
      expect(withoutChecksum(readFileSync(out))).toEqual(withoutChecksum(padded(before)));
      expect(await hashOf(out)).toBe(await hashOf(corpus.path(`${OWN}/${signed}`)));
      expect((await winpvJson(['verify', out])).result).toMatchObject({ verdict: 'unsigned' });
    },
  );

  for (const [signed] of IMAGES.filter(([name]) => name !== 'x64-two-certificates.sys')) {
    oracle('osslsigncode', `remove-signature leaves the same bytes of ${signed}, but for the checksum`, async (run) => {
      const theirs = path(`theirs-${signed}`);
      const input = corpus.path(`${OWN}/${signed}`);
      expect(run('remove-signature', '-in', input, '-out', theirs).status).toBe(0);
      const ours = path(`ours-${signed}`);
      expect((await winpvJson(['pe', 'strip', input, '--out', ours])).exit).toBe(0);
      expect(withoutChecksum(readFileSync(ours))).toEqual(withoutChecksum(readFileSync(theirs)));
    });
  }

  test('leaves the checksum right, in place, and a file that is not signed alone', async () => {
    writeFileSync(path('a.sys'), corpus.file(`${OWN}/x64-sha256.sys`));
    writeFileSync(path('b.sys'), corpus.file(`${OWN}/x86.sys`));
    const answer = await winpvJson(['pe', 'strip', path('a.sys'), path('b.sys')]);
    expect(answer.result.files.map((one: { removed: boolean }) => one.removed)).toEqual([true, false]);
    const [shown] = (await winpvJson(['verify', path('a.sys')])).diagnostics.filter(
      ({ code }) => code === 'VERIFY_CHECKSUM_WRONG',
    );
    expect(shown).toBeUndefined();
    expect(bytesOf('b.sys')).toEqual(Buffer.from(corpus.file(`${OWN}/x86.sys`)));
  });

  test('writes nothing when one of the files is no image', async () => {
    writeFileSync(path('a.sys'), corpus.file(`${OWN}/x64-sha256.sys`));
    writeFileSync(path('c.cab'), corpus.file('signed/cab/own/mszip.cab'));
    const answer = await winpvJson(['pe', 'strip', path('a.sys'), path('c.cab')]);
    expect(answer.error?.code).toBe('SIGN_FORMAT_UNKNOWN');
    expect(bytesOf('a.sys')).toEqual(Buffer.from(corpus.file(`${OWN}/x64-sha256.sys`)));
  });
});

describeCorpus('signature strip', (corpus) => {
  test.each(['mszip.cab', 'stored.cab'])('gives %s back byte for byte after signing', async (name) => {
    writeFileSync(path('x.cab'), corpus.file(`signed/cab/own/${name}`));
    expect((await winpvJson(['sign', path('x.cab'), ...key])).exit).toBe(0);
    expect((await winpvJson(['signature', 'strip', path('x.cab')])).exit).toBe(0);
    expect(bytesOf('x.cab')).toEqual(Buffer.from(corpus.file(`signed/cab/own/${name}`)));
  });

  test.each(['reserve-cabinet-6144.cab', 'reserve-data-16.cab', 'reserve-folder-128.cab'])(
    'leaves %s, which has reserved areas, a whole cabinet with the same files',
    async (name) => {
      writeFileSync(path('x.cab'), corpus.file(`signed/cab/own/${name}`));
      expect((await winpvJson(['sign', path('x.cab'), ...key])).exit).toBe(0);
      expect((await winpvJson(['signature', 'strip', path('x.cab')])).result.files[0].removed).toBe(true);
      const listed = async (file: string) => (await winpvJson(['cab', 'list', file])).result.files;
      expect(await listed(path('x.cab'))).toEqual(await listed(corpus.path(`signed/cab/own/${name}`)));
      const out = await winpvJson(['cab', 'extract', path('x.cab'), '--out', path(`out-${name}`)]);
      expect(out.exit).toBe(0);
    },
  );

  oracle('osslsigncode', 'remove-signature makes the same cabinet', async (run) => {
    const signed = corpus.path('signed/cab/own/mszip-sha256-rfc3161.cab');
    expect(run('remove-signature', '-in', signed, '-out', path('theirs.cab')).status).toBe(0);
    expect((await winpvJson(['signature', 'strip', signed, '--out', path('ours.cab')])).exit).toBe(0);
    expect(bytesOf('ours.cab')).toEqual(bytesOf('theirs.cab'));
    expect(bytesOf('ours.cab')).toEqual(Buffer.from(corpus.file('signed/cab/own/mszip.cab')));
  });

  test('keeps the trust list of a catalog byte for byte', async () => {
    const unsigned = corpus.file('signed/makecat/osslsigncode-unsigned/unsigned.cat');
    const signed = corpus.path('signed/cat-osslsigncode-signed/unsigned-signed.cat');
    expect((await winpvJson(['signature', 'strip', signed, '--out', path('x.cat')])).exit).toBe(0);
    expect(bytesOf('x.cat')).toEqual(Buffer.from(unsigned));
  });
});

describeCorpus('signature extract and attach', (corpus) => {
  const PAIRS = [
    ...IMAGES.filter(([name]) => name !== 'x64-two-certificates.sys').map(
      ([signed, plain]) => [`${OWN}/${signed}`, `${OWN}/${plain}`] as const,
    ),
    ['signed/cab/own/mszip-sha256-rfc3161.cab', 'signed/cab/own/mszip.cab'],
    ['signed/cat-osslsigncode-signed/unsigned-signed.cat', 'signed/makecat/osslsigncode-unsigned/unsigned.cat'],
  ] as const;

  for (const [signed, plain] of PAIRS) {
    const isCatalog = signed.endsWith('.cat');
    const name = signed.split('/').at(-1) ?? '';
    test(`take a signature out of ${name} and put it into the unsigned file: the signed file again`, async () => {
      const signature = path(`${name}.p7b`);
      expect((await winpvJson(['signature', 'extract', corpus.path(signed), '--out', signature])).exit).toBe(0);
      const out = path(`again-${name}`);
      const answer = await winpvJson(['signature', 'attach', corpus.path(plain), signature, '--out', out]);
      expect(answer.error).toBeUndefined();
      expect(withoutCabPadding(readFileSync(out))).toEqual(withoutCabPadding(corpus.file(signed)));
    });

    if (isCatalog) continue;
    oracle('osslsigncode', `extracts the same bytes from ${name}, as DER and as PEM`, async (run) => {
      for (const pem of [[], ['-pem']]) {
        expect(
          run('extract-signature', ...pem, '-in', corpus.path(signed), '-out', path(`theirs${pem.length}-${name}`))
            .status,
        ).toBe(0);
        const form = pem.length === 0 ? [] : ['--pem'];
        const args = ['signature', 'extract', corpus.path(signed), '--out', path('ours.p7b'), ...form];
        expect((await winpvJson(args)).exit).toBe(0);
        const [ours, theirs] = [bytesOf('ours.p7b'), bytesOf(`theirs${pem.length}-${name}`)];
        // DER says where it ends; what follows is the padding of the place that it stood in.
        expect(theirs.subarray(0, ours.length)).toEqual(ours);
        expect(theirs.subarray(ours.length).every((octet) => octet === 0)).toBe(true);
      }
    });

    oracle('osslsigncode', `attaches the extracted signature of ${name} to the same bytes`, async (run) => {
      const [signature, theirs, ours] = [path('s.p7b'), path(`at-${name}`), path(`ao-${name}`)];
      expect((await winpvJson(['signature', 'extract', corpus.path(signed), '--out', signature])).exit).toBe(0);
      const { stdout } = run(
        ...['attach-signature', '-sigin', signature, '-in', corpus.path(plain), '-out', theirs],
        ...['-CAfile', corpus.path('signed/test-certs/own/root.pem')],
        ...['-TSA-CAfile', corpus.path('signed/test-certs/own/root.pem')],
      );
      expect(stdout.toString('utf8')).toContain('Signature successfully attached');
      expect((await winpvJson(['signature', 'attach', corpus.path(plain), signature, '--out', ours])).exit).toBe(0);
      const [a, b] = [readFileSync(ours), readFileSync(theirs)];
      expect(withoutCabPadding(a)).toEqual(withoutCabPadding(b));
    });
  }

  test('each entry of an image with two certificates is taken out by its number', async () => {
    const image = corpus.path(`${OWN}/x64-two-certificates.sys`);
    const take = (...more: string[]) => winpvJson(['pe', 'extract', image, '--out', path('e.p7b'), ...more]);
    expect((await take()).result).toMatchObject({ entry: 1, entries: 2 });
    expect((await take('--entry', '2')).result).toMatchObject({ entry: 2, entries: 2 });
    expect((await take('--entry', '3')).error?.code).toBe('SIGN_NOT_SIGNED');
    expect((await take('--entry', 'x')).exit).toBe(2);
  });

  test('an unsigned file has nothing to extract, and nothing is written', async () => {
    const answer = await winpvJson(['pe', 'extract', corpus.path(`${OWN}/x64.sys`), '--out', path('none.p7b')]);
    expect(answer).toMatchObject({ exit: 4, error: { code: 'SIGN_NOT_SIGNED' } });
    expect(filesBelow(folder)).not.toContain('none.p7b');
  });

  test('attach refuses a signature of another image, cabinet or catalog, and leaves the file as it was', async () => {
    const others = [
      [`${OWN}/x64-sha256.sys`, `${OWN}/x86.sys`],
      [`${OWN}/x64-pagehash-sha256.sys`, `${OWN}/msvc64.sys`],
      ['signed/cab/own/mszip-sha256-rfc3161.cab', 'signed/cab/own/stored.cab'],
      ['signed/cab/own/mszip-sha256-rfc3161.cab', `${OWN}/x64.sys`],
      ['signed/cat-osslsigncode-signed/unsigned-signed.cat', 'signed/inf2cat-v2/virtio-win8-amd64-balloon/balloon.cat'],
    ] as const;
    for (const [signed, other] of others) {
      const file = path(`other.${other.split('.').at(-1)}`);
      writeFileSync(file, corpus.file(other));
      expect((await winpvJson(['signature', 'extract', corpus.path(signed), '--out', path('o.p7b')])).exit).toBe(0);
      const answer = await winpvJson(['signature', 'attach', file, path('o.p7b'), '--replace']);
      expect([answer.exit, answer.error?.code], other).toEqual([5, 'SIGN_NOT_FOR_FILE']);
      expect(readFileSync(file)).toEqual(Buffer.from(corpus.file(other)));
    }
  });

  test('attach refuses a signature whose value was changed, text, and a second one unless asked', async () => {
    const plain = path('p.sys');
    writeFileSync(plain, corpus.file(`${OWN}/x64.sys`));
    await winpvJson(['pe', 'extract', corpus.path(`${OWN}/x64-sha256.sys`), '--out', path('p.p7b')]);
    const broken = Buffer.from(bytesOf('p.p7b'));
    broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
    writeFileSync(path('broken.p7b'), broken);
    expect((await winpvJson(['pe', 'attach', plain, path('broken.p7b')])).error?.code).toBe('VERIFY_SIGNATURE_INVALID');
    writeFileSync(path('text.p7b'), 'no signature');
    expect((await winpvJson(['pe', 'attach', plain, path('text.p7b')])).error?.code).toBe('SIGN_SIGNATURE_UNREADABLE');
    writeFileSync(path('cut.p7b'), bytesOf('p.p7b').subarray(0, 900));
    expect((await winpvJson(['pe', 'attach', plain, path('cut.p7b')])).error?.code).toBe('SIGN_SIGNATURE_UNREADABLE');
    expect(bytesOf('p.sys')).toEqual(Buffer.from(corpus.file(`${OWN}/x64.sys`)));
    expect((await winpvJson(['pe', 'attach', plain, path('p.p7b')])).exit).toBe(0);
    expect((await winpvJson(['pe', 'attach', plain, path('p.p7b')])).error?.code).toBe('SIGN_ALREADY_SIGNED');
    await winpvJson(['pe', 'extract', corpus.path(`${OWN}/x64-ecdsa-p256.sys`), '--pem', '--out', path('ec.p7b')]);
    expect((await winpvJson(['pe', 'attach', plain, path('ec.p7b'), '--append'])).exit).toBe(0);
    const ca = ['--ca', corpus.path('signed/test-certs/own/root.pem')];
    const [file] = (await winpvJson(['verify', plain, ...ca])).result.files;
    expect(file.signatures.map((one: { place: string }) => one.place)).toEqual(['primary', 'nested']);
  });

  describe('the help', () => {
    test.each(['strip', 'extract', 'attach'])('of pe %s and signature %s is there', async (name) => {
      for (const group of ['pe', 'signature']) {
        expect((await winpv([group, name, '--help'])).stdout).toContain(`winpv ${group} ${name}`);
      }
    });
  });
});
