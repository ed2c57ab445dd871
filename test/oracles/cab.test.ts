import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import forge from 'node-forge';
import { describe, expect } from 'vitest';
import { toHex } from '../../core/bytes.ts';
import { attachCabSignature, prepareCabForSignature } from '../../packaging/formats/cab/attach.ts';
import { cabDigest, cabSignature } from '../../packaging/formats/cab/digest.ts';
import { type CabInput, encodeCab } from '../../packaging/formats/cab/encode.ts';
import { extractCab } from '../../packaging/formats/cab/extract.ts';
import { parseCab } from '../../packaging/formats/cab/parse.ts';
import { input, noise, prose } from '../packaging/formats/cab/samples.ts';
import { oracle, withTempFolder } from '../support/outside.ts';

/** Sizes around the block of 32 KiB, bytes that do not shrink, nested folders, names beyond ASCII. */
const FILES: readonly CabInput[] = [
  input('zero.txt', new Uint8Array(0)),
  input('one.txt', Uint8Array.of(0x41)),
  input('xenbus/short.sys', prose(32_767)),
  input('xenbus/block.sys', noise(32_768, 3)),
  input('xenbus/long.sys', prose(32_769)),
  input('xenbus/deeper/still/noise.bin', noise(100_000, 5)),
  input('grüße/日本.txt', prose(1000)),
  input('xenvbd/three-megabytes.pdb', prose(3_000_000)),
];
const CABINETS: readonly (readonly [string, Uint8Array])[] = [
  ['packed', encodeCab(FILES, { compress: 'mszip' })],
  ['stored', encodeCab(FILES, { compress: 'none' })],
  ['packed with room for a signature', prepareCabForSignature(encodeCab(FILES, { compress: 'mszip' }))],
  [
    'packed with something in the place of a signature',
    attachCabSignature(prepareCabForSignature(encodeCab(FILES, { compress: 'mszip' })), noise(999)),
  ],
];

/** Every file below the folder, by its path with `/`, as hex. */
const tree = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path).normalize('NFC'), toHex(readFileSync(path))] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const expectedTree = (files: readonly { readonly name: string; readonly bytes: Uint8Array }[]) =>
  Object.fromEntries(
    files.map(({ name, bytes }) => [name, toHex(bytes)]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );

const written = (folder: string, name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
};

describe('cabinets that we write', () => {
  for (const [kind, bytes] of CABINETS) {
    oracle('cabextract', `tests, lists and unpacks one: ${kind}`, async (run) => {
      await withTempFolder((folder) => {
        const cab = written(folder, 'a.cab', bytes);
        const tested = run('-t', cab);
        expect(tested.stderr + tested.stdout.toString()).toContain('All done, no errors');
        const listed = run('-l', cab).stdout.toString();
        expect(listed).toContain('2026 12:34:56');
        for (const { name } of FILES) expect(listed).toContain(name);
        expect(run('-q', '-d', join(folder, 'out'), cab).status).toBe(0);
        expect(tree(join(folder, 'out'))).toEqual(expectedTree(FILES));
      });
    });

    oracle('gcab', `lists and unpacks one: ${kind}`, async (run) => {
      await withTempFolder((folder) => {
        const cab = written(folder, 'a.cab', bytes);
        const listed = run('-t', cab);
        expect(listed.status).toBe(0);
        expect(listed.stdout.toString().trim().split('\n')).toEqual(
          FILES.map(({ name }) => name.replaceAll('/', '\\')),
        );
        mkdirSync(join(folder, 'out'));
        expect(run('-x', '-C', join(folder, 'out'), cab).status).toBe(0);
        expect(tree(join(folder, 'out'))).toEqual(expectedTree(FILES));
      });
    });
  }

  // The program that runs this: machine code, as drivers are.
  const code = new Uint8Array(readFileSync(process.execPath)).subarray(3_000_000, 9_000_000);
  for (const size of [100_000, 1_000_000, 4_194_304, 6_000_000]) {
    oracle('gcab', `makes none that is smaller, of ${size} bytes of machine code`, async (run) => {
      await withTempFolder((folder) => {
        const source = written(folder, 'x.sys', code.subarray(0, size));
        expect(run('-c', '-z', '-n', join(folder, 'theirs.cab'), source).status).toBe(0);
        const ours = encodeCab([input('x.sys', code.subarray(0, size))], { compress: 'mszip' });
        expect(ours.length).toBeLessThanOrEqual(readFileSync(join(folder, 'theirs.cab')).length);
      });
    });
  }

  for (const tool of ['cabextract', 'gcab'] as const) {
    oracle(tool, 'reads one of empty files only', async (run) => {
      await withTempFolder((folder) => {
        const cab = written(
          folder,
          'a.cab',
          encodeCab([input('nothing.txt', new Uint8Array(0))], { compress: 'mszip' }),
        );
        const tested = run('-t', cab);
        expect(tested.stderr + tested.stdout.toString()).toContain('nothing.txt');
        expect(tested.status).toBe(0);
      });
    });
  }
});

describe('cabinets that others write', () => {
  for (const [kind, options] of [
    ['packed', ['-c', '-z']],
    ['stored', ['-c']],
  ] as const) {
    oracle('gcab', `writes one that we read: ${kind}`, async (run) => {
      await withTempFolder((folder) => {
        // gcab stores bare names, and takes no empty file.
        const files = FILES.filter(({ bytes }) => bytes.length > 0).map(({ name, bytes }) => ({
          name: name.replace(/^.*\//, ''),
          bytes,
        }));
        const paths = files.map(({ name, bytes }) => written(folder, name, bytes));
        const cab = join(folder, 'a.cab');
        expect(run(...options, '-n', cab, ...paths).status).toBe(0);
        const unpacked = extractCab(parseCab(new Uint8Array(readFileSync(cab)), 'a.cab'));
        expect(expectedTree(unpacked)).toEqual(expectedTree(files));
      });
    });
  }
});

const signerFiles = (folder: string): readonly string[] => {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: 2048 });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.serialNumber = '01';
  certificate.validity.notBefore = new Date(Date.UTC(2020, 0, 1));
  certificate.validity.notAfter = new Date(Date.UTC(2049, 0, 1));
  const name = [{ name: 'commonName', value: 'Cabinet test' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true },
    { name: 'extKeyUsage', codeSigning: true },
  ]);
  certificate.sign(privateKey, forge.md.sha256.create());
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  return [
    written(folder, 'cert.pem', text(forge.pki.certificateToPem(certificate))),
    written(folder, 'key.pem', text(forge.pki.privateKeyToPem(privateKey))),
  ];
};

describe('the signed form', () => {
  const cabinet = encodeCab(FILES, { compress: 'mszip' });

  oracle('osslsigncode', 'signs our cabinet as we prepare it, with the hash that we compute', async (run) => {
    await withTempFolder((folder) => {
      const [cert = '', key = ''] = signerFiles(folder);
      const signed = join(folder, 'signed.cab');
      const unsigned = written(folder, 'a.cab', cabinet);
      const signing = run('sign', '-h', 'sha256', '-certs', cert, '-key', key, '-in', unsigned, '-out', signed);
      expect(signing.status, signing.stderr).toBe(0);
      const bytes = new Uint8Array(readFileSync(signed));
      const parsed = parseCab(bytes, 'signed.cab');
      const signature = cabSignature(parsed);
      const prepared = prepareCabForSignature(cabinet);
      const digest = cabDigest(prepared, 'a.cab', 'sha256');
      expect(toHex(signature?.bytes ?? prepared)).toContain(toHex(digest));
      expect(toHex(cabDigest(bytes, 'signed.cab', 'sha256'))).toBe(toHex(digest));
      expect(Buffer.compare(prepareCabForSignature(bytes), prepared)).toBe(0);
      expect(expectedTree(extractCab(parsed))).toEqual(expectedTree(FILES));
    });
  });

  oracle('osslsigncode', 'accepts a signature that we attach, without padding', async (run) => {
    await withTempFolder((folder) => {
      const [cert = '', key = ''] = signerFiles(folder);
      const theirs = join(folder, 'theirs.cab');
      const der = join(folder, 'signature.der');
      run(
        'sign',
        '-h',
        'sha256',
        '-certs',
        cert,
        '-key',
        key,
        '-in',
        written(folder, 'a.cab', cabinet),
        '-out',
        theirs,
      );
      expect(run('extract-signature', '-in', theirs, '-out', der).status).toBe(0);
      const pkcs7 = new Uint8Array(readFileSync(der));
      const length = 4 + pkcs7.subarray(2, 4).reduce((sum, byte) => sum * 256 + byte, 0);
      const ours = attachCabSignature(prepareCabForSignature(cabinet), pkcs7.subarray(0, length));
      const verified = run('verify', '-CAfile', cert, '-in', written(folder, 'ours.cab', ours));
      expect(verified.stdout.toString() + verified.stderr).toContain('Signature verification: ok');
      expect(verified.status).toBe(0);
    });
  });
});
