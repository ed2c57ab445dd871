import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { encodeOpc, type OpcContent } from '../../../packaging/formats/opc/encode.ts';
import { parseOpc } from '../../../packaging/formats/opc/parse.ts';
import { canonicalXml } from '../../../packaging/formats/xml/canonical.ts';
import { parseXml } from '../../../packaging/formats/xml/parse.ts';
import { firstChild, textOf } from '../../../packaging/formats/xml/tree.ts';
import { encodeZip } from '../../../packaging/formats/zip/encode.ts';
import { parseZip } from '../../../packaging/formats/zip/parse.ts';
import { signOpc } from '../../../packaging/signing/opc-sign.ts';
import { verifyOpc } from '../../../packaging/signing/opc-verify.ts';
import { oracle, withTempFolder } from '../../support/outside.ts';
import { hierarchyWith, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

const NOW = Date.UTC(2026, 5, 15, 12);
const link = (id: string, type: string, target: string) => ({ id, type, target, mode: 'Internal' as const });

const content: OpcContent = {
  parts: [
    { name: '/hck/data/Info.xml', contentType: 'text/xml', bytes: utf8('<Package/>') },
    { name: '/hck/data/1b4d2c', contentType: 'application/octet', bytes: new Uint8Array(8192).fill(7) },
    { name: '/hck/data/ä&.bin', contentType: 'application/octet', bytes: utf8('more') },
  ],
  relationships: new Map([
    ['/', [link('R2', 'urn:info', '/hck/data/Info.xml'), link('R10', 'urn:data', 'hck/data/1b4d2c')]],
    ['/hck/data/Info.xml', [link('a', 'urn:more&less', '%C3%A4&.bin'.replace('%C3%A4', 'ä'))]],
  ]),
};

let unsigned: Uint8Array;
let signed: Uint8Array;
let signer: ReturnType<typeof signingParts>['signer'];
beforeAll(async () => {
  signer = signingParts(await sharedHierarchy()).signer;
  unsigned = await encodeOpc(content, NOW);
  signed = await signOpc(unsigned, 'a.hlkx', { signer, signedAtMs: NOW });
});

const verdict = (bytes: Uint8Array, now = NOW) => verifyOpc(parseOpc(bytes, 'a.hlkx'), now);
const codes = (bytes: Uint8Array): readonly string[] => [
  ...new Set(
    verdict(bytes)
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ code }) => code),
  ),
];

/** The package with entries changed by name, removed where `undefined`, or added. */
const edited = async (
  bytes: Uint8Array,
  change: (name: string, content: Uint8Array) => Uint8Array | undefined,
  added: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> => {
  const kept = parseZip(bytes, 'a.hlkx').flatMap((entry) => {
    const after = change(entry.name, entry.bytes());
    return after === undefined ? [] : [{ name: entry.name, bytes: after }];
  });
  const more = Object.entries(added).map(([name, text]) => ({ name, bytes: utf8(text) }));
  return encodeZip([...kept, ...more], { modified: NOW });
};
const replaced = (pattern: RegExp, from: string | RegExp, to: string) =>
  edited(signed, (name, bytes) =>
    pattern.test(name) ? utf8(Buffer.from(bytes).toString('utf8').replace(from, to)) : bytes,
  );

describe('a signed package', () => {
  test('verifies, and says who signed it and when', () => {
    const { verdict: result, signatures, diagnostics } = verdict(signed);
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(result).toBe('valid');
    expect(signatures[0]).toMatchObject({
      algorithm: 'rsa-sha256',
      certificateIn: 'part',
      signedAt: '2026-06-15T12:00:00.0Z',
    });
    expect(signatures[0]?.certificate?.subjectText).toContain('Example');
  });
  test('has every part as it was', () => {
    const after = new Map(parseZip(signed, 'a').map((entry) => [entry.name, entry.bytes()]));
    for (const { name, bytes } of content.parts) expect(after.get(name.slice(1)), name).toEqual(bytes);
  });
  test('is the same when it is made again', async () => {
    expect(await signOpc(unsigned, 'b', { signer, signedAtMs: NOW })).toEqual(signed);
  });
  test('is signed again only when asked, and then has one signature', async () => {
    await expect(signOpc(signed, 'a', { signer, signedAtMs: NOW })).rejects.toMatchObject({ code: 'OPC_SIGNED' });
    const again = await signOpc(signed, 'a', { signer, signedAtMs: NOW + 60_000, existing: 'replace' });
    expect(verdict(again)).toMatchObject({ verdict: 'valid', signatures: [{ signedAt: '2026-06-15T12:01:00.0Z' }] });
    expect(parseZip(again, 'a').filter(({ name }) => name.endsWith('.psdsxs'))).toHaveLength(1);
  });
  test('cannot be made with a key that is not RSA', async () => {
    const ec = signingParts(await hierarchyWith('EC P-256')).signer;
    await expect(signOpc(unsigned, 'a', { signer: ec, signedAtMs: NOW })).rejects.toMatchObject({
      code: 'SIGN_KEY_UNSUPPORTED',
    });
  });
  test('without a signature is unsigned', () => {
    expect(verdict(unsigned)).toEqual({ verdict: 'unsigned', signatures: [], diagnostics: [] });
  });
  test('of a certificate that has expired is refused', () => {
    expect(verdict(signed, Date.UTC(2090, 0, 1)).diagnostics.map(({ code }) => code)).toContain('OPC_CERTIFICATE');
  });

  test.each([
    ['a part was changed', () => replaced(/Info\.xml$/, '<Package/>', '<Package />'), ['OPC_DIGEST']],
    [
      'a part is gone',
      () =>
        edited(signed, (name, bytes) => (name.endsWith('&.bin') || name.includes('Info.xml.rels') ? undefined : bytes)),
      ['OPC_DIGEST'],
    ],
    [
      'a part was added',
      () =>
        edited(signed, (_, bytes) => bytes, { 'hck/data/x.xml': '<x/>', 'hck/x.rels': '<x/>' }).then((bytes) =>
          replacedTypes(bytes),
        ),
      ['OPC_NOT_COVERED'],
    ],
    [
      'a relationship leads elsewhere',
      () => replaced(/^_rels\/\.rels$/, 'Target="hck/data/1b4d2c"', 'Target="hck/data/Info.xml"'),
      ['OPC_DIGEST'],
    ],
    [
      'a relationship was added',
      () =>
        replaced(
          /^_rels\/\.rels$/,
          '</Relationships>',
          '<Relationship Id="n" Type="urn:new" Target="hck/data/Info.xml"/></Relationships>',
        ),
      ['OPC_NOT_COVERED'],
    ],
    [
      'a relationship of a signed type was added',
      () =>
        replaced(
          /^_rels\/\.rels$/,
          '</Relationships>',
          '<Relationship Id="n" Type="urn:info" Target="hck/data/1b4d2c"/></Relationships>',
        ),
      ['OPC_DIGEST'],
    ],
    ['a content type was changed', () => replaced(/Content_Types/, /text\/xml/g, 'text/plain'), ['OPC_DIGEST']],
    [
      'the list of parts was changed',
      () => replaced(/psdsxs$/, '/hck/data/Info.xml?', '/HCK/data/Info.xml?'),
      ['OPC_DIGEST'],
    ],
    ['the time was changed', () => replaced(/psdsxs$/, '2026-06-15', '2026-06-14'), ['OPC_DIGEST']],
    [
      'SignedInfo was changed',
      () => replaced(/psdsxs$/, 'Type="http://www.w3.org/2000/09/xmldsig#Object"', ''),
      ['OPC_SIGNATURE_INVALID'],
    ],
    [
      'the algorithm is ECDSA',
      () => replaced(/psdsxs$/, 'xmldsig-more#rsa-sha256', 'xmldsig-more#ecdsa-sha256'),
      ['OPC_ALGORITHM'],
    ],
    [
      'the algorithm is none',
      () => replaced(/psdsxs$/, 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', ''),
      ['OPC_ALGORITHM'],
    ],
    [
      'a second object has the id',
      () => replaced(/psdsxs$/, '</Signature>', '<Object Id="idPackageObject"/></Signature>'),
      ['OPC_SIGNATURE_MALFORMED'],
    ],
    [
      'an id stands twice',
      () => replaced(/psdsxs$/, '</Signature>', '<Object><x Id="idPackageObject"/></Object></Signature>'),
      ['OPC_SIGNATURE_MALFORMED'],
    ],
    [
      'the list of parts is not referred to',
      () => replaced(/psdsxs$/, 'URI="#idPackageObject"', 'URI="#SignatureIdValue"'),
      ['OPC_SIGNATURE_MALFORMED', 'OPC_DIGEST'],
    ],
    [
      'the signature has a document type',
      () => replaced(/psdsxs$/, '<Signature', '<!DOCTYPE x><Signature'),
      ['OPC_SIGNATURE_MALFORMED'],
    ],
    [
      'the certificate is another one',
      () => edited(signed, (name, bytes) => (name.endsWith('.cer') ? other : bytes)),
      ['OPC_SIGNATURE_INVALID'],
    ],
    [
      'the certificate is no certificate',
      () => edited(signed, (name, bytes) => (name.endsWith('.cer') ? utf8('x') : bytes)),
      ['OPC_SIGNATURE_MALFORMED'],
    ],
  ] as const)('is refused when %s', async (_what, make, expected) => {
    const found = codes(await make());
    expect(found.length, JSON.stringify(found)).toBeGreaterThan(0);
    for (const code of found) expect(expected).toContain(code);
  });

  test('that has its certificate in the XML verifies, and is refused for that: Partner Center wants a part', async () => {
    const certificate =
      parseZip(signed, 'a')
        .find(({ name }) => name.endsWith('.cer'))
        ?.bytes() ?? new Uint8Array();
    const keyInfo = `<KeyInfo><X509Data><X509Certificate>${Buffer.from(certificate).toString('base64')}</X509Certificate></X509Data></KeyInfo>`;
    const moved = await edited(signed, (name, bytes) => {
      if (name.endsWith('.cer') || name.endsWith('.psdsxs.rels')) return undefined;
      if (!name.endsWith('.psdsxs')) return bytes;
      return utf8(Buffer.from(bytes).toString('utf8').replace('</SignatureValue>', `</SignatureValue>${keyInfo}`));
    });
    expect(codes(moved)).toEqual(['OPC_CERTIFICATE']);
    expect(verdict(moved).signatures[0]).toMatchObject({ certificateIn: 'xml', algorithm: 'rsa-sha256' });
  });
  test('hides no unsigned part behind a relationship of the signature', async () => {
    const hidden = await edited(
      signed,
      (name, bytes) =>
        /origin\.psdsor\.rels$/.test(name)
          ? utf8(
              Buffer.from(bytes)
                .toString('utf8')
                .replace(
                  '</Relationships>',
                  '<Relationship Id="x" Type="urn:x" Target="/hck/data/x.xml"/></Relationships>',
                ),
            )
          : bytes,
      { 'hck/data/x.xml': '<x/>' },
    );
    expect(codes(await replacedTypes(hidden))).toContain('OPC_NOT_COVERED');
  });
  test('of any changed byte is refused or says the same', async () => {
    const entries = parseZip(signed, 'a').map(({ name, bytes }) => ({ name, bytes: bytes() }));
    const total = entries.reduce((sum, { bytes }) => sum + bytes.length, 0);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: total - 1 }), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        let left = at;
        let touched = '';
        const changed = entries.map(({ name, bytes }) => {
          const here = left >= 0 && left < bytes.length ? left : -1;
          left -= bytes.length;
          if (here < 0) return { name, bytes };
          touched = name;
          return { name, bytes: Uint8Array.from(bytes, (byte, i) => (i === here ? byte ^ mask : byte)) };
        });
        try {
          const { verdict: result } = verdict(await encodeZip(changed, { modified: NOW }));
          // What is outside of the key in the certificate, only its issuer's signature covers.
          touched = touched.replace(/\.cer$/, '.rels');
          if (result === 'valid') expect(touched).toMatch(/Content_Types|\.rels$|psdsxs$/);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
        }
      }),
      { numRuns: 150 },
    );
  });
});

let other: Uint8Array;
beforeAll(async () => {
  other = (await sharedHierarchy()).root.certificate;
});
const replacedTypes = (bytes: Uint8Array): Promise<Uint8Array> =>
  edited(bytes, (name, content_) =>
    name === 'hck/x.rels'
      ? undefined
      : name === '[Content_Types].xml'
        ? utf8(Buffer.from(content_).toString('utf8'))
        : content_,
  );

oracle('openssl', 'verifies the signature value over SignedInfo', async (run) => {
  await withTempFolder((folder) => {
    const path = (name: string): string => join(folder, name);
    const entries = parseZip(signed, 'a');
    const xml = entries.find(({ name }) => name.endsWith('.psdsxs'))?.bytes() ?? new Uint8Array();
    const { root } = parseXml(xml, 'a');
    const info = firstChild(root, 'SignedInfo');
    if (info === undefined) throw new Error('no SignedInfo');
    const value = firstChild(root, 'SignatureValue');
    writeFileSync(path('message'), canonicalXml(info));
    writeFileSync(path('signature'), Buffer.from(value === undefined ? '' : textOf(value), 'base64'));
    writeFileSync(path('a.cer'), entries.find(({ name }) => name.endsWith('.cer'))?.bytes() ?? new Uint8Array());
    const pem = run('x509', '-inform', 'DER', '-in', path('a.cer'), '-pubkey', '-noout');
    writeFileSync(path('key.pem'), pem.stdout);
    const { stdout } = run(
      'dgst',
      '-sha256',
      '-verify',
      path('key.pem'),
      '-signature',
      path('signature'),
      path('message'),
    );
    expect(stdout.toString()).toContain('Verified OK');
  });
});

oracle('python3', 'opens the package, and computes the digests of its parts to what is signed', async (run) => {
  await withTempFolder((folder) => {
    const path = join(folder, 'a.hlkx');
    writeFileSync(path, signed);
    const script = `
import zipfile, hashlib, base64, sys
import xml.etree.ElementTree as ET
z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None
ns = {'d': 'http://www.w3.org/2000/09/xmldsig#'}
sig = [n for n in z.namelist() if n.endswith('.psdsxs')]
count = 0
for ref in ET.fromstring(z.read(sig[0])).find('d:Object/d:Manifest', ns):
    if ref.find('d:Transforms', ns) is not None: continue
    name = ref.get('URI').split('?')[0][1:]
    assert base64.b64encode(hashlib.sha256(z.read(name)).digest()).decode() == ref.find('d:DigestValue', ns).text, name
    count += 1
print(len(sig), count)`;
    expect(run('-c', script, path).stdout.toString().trim()).toBe('1 3');
  });
});
