import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { stripPeSignature } from '../../packaging/formats/pe/attach.ts';
import { peChecksum } from '../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { encodeStandIn, type StandIn } from '../../packaging/formats/pe/stand-in.ts';
import { parseVersionResource } from '../../packaging/formats/pe/version-resource.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import { winpvJson } from '../support/command-line.ts';
import { filesBelow, makeProject, type TestProject } from '../support/project.ts';
import { sharedHierarchy, signingParts } from '../support/test-keys.ts';

let project: TestProject | undefined;
afterEach(() => project?.dispose());

const NAMES = ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys'] as const;

/** As another vendor built it, in two languages. */
const foreign = (name: string, change: Partial<StandIn> = {}): Uint8Array =>
  encodeStandIn({
    ...{ name, machine: 'x64', kind: 'driver', imports: [], exports: [], strings: ['XENVBD'], timeDateStamp: 1 },
    version: {
      fixed: {
        fileVersion: [8, 2, 1, 42],
        productVersion: [8, 2, 1, 42],
        ...{ fileType: 3, fileSubtype: 7, fileFlags: 1, fileOs: 0x40004 },
      },
      strings: [
        {
          ...{ language: 0x409, codepage: 1200 },
          values: {
            ...{ CompanyName: 'Elsewhere Ltd', FileDescription: 'XENVBD', FileVersion: '8.2.1.42' },
            ...{ InternalName: 'XENVBD.SYS', LegalCopyright: '(c) Elsewhere', OriginalFilename: name },
            ...{ ProductName: 'Elsewhere Tools', ProductVersion: '8.2.1.42', Comments: 'built in May' },
          },
        },
        { language: 0x407, codepage: 1252, values: { CompanyName: 'Elsewhere GmbH', FileVersion: '8.2.1.42' } },
      ],
    },
    ...change,
  });

const BRAND =
  'id: acme\nversion: "9.1.0.7"\nvendorName: Acme & Söhne Storage Drivers\nvendorPrefix: AC\nproductName: Acme\n';
const REWRITE = `${BRAND}copyright: Copyright (c) Acme\nrewriteVersions: true\n`;
const PROJECT =
  'brands: [acme.yaml]\nsources: { xenvbd: { binaries: bin } }\narchitectures: [x64]\ndrivers: [xenvbd]\n';

const release = async (
  image: (name: string) => Uint8Array | Promise<Uint8Array>,
  { brand = REWRITE, settings = '' }: { readonly brand?: string; readonly settings?: string } = {},
) => {
  const binaries: Record<string, Uint8Array> = {};
  for (const name of NAMES) binaries[`bin/x64/${name}`] = await image(name);
  project = await makeProject({ 'winpv.yaml': `${PROJECT}${settings}`, 'acme.yaml': brand, ...binaries });
  return winpvJson(['release', '-C', project.folder, '--out', project.path('out'), '--date', '2026-05-04']);
};

const shipped = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(project?.path('out', 'acme', 'xenvbd', 'x64', name) ?? ''));
const diagnosticsOf = (answer: Awaited<ReturnType<typeof release>>) =>
  (answer.diagnostics ?? []).filter(({ code }) => code === 'PV_VERSION_RESOURCE');

describe('a brand that has version resources rewritten', () => {
  test('ships binaries that say so in every language, and otherwise what they said', async () => {
    const answer = await release((name) => foreign(name));
    expect(answer.ok, JSON.stringify(answer.error)).toBe(true);
    expect(diagnosticsOf(answer)).toEqual([]);
    for (const name of NAMES) {
      const image = parsePe(shipped(name), name);
      expect(image.checksum).toBe(peChecksum(image.bytes, image.checksumOffset));
      const own = { CompanyName: 'Acme & Söhne Storage Drivers', FileVersion: '9.1.0.7', ProductVersion: '9.1.0.7' };
      expect(parseVersionResource(image)).toEqual({
        fixed: {
          fileVersion: [9, 1, 0, 7],
          productVersion: [9, 1, 0, 7],
          ...{ fileType: 3, fileSubtype: 7, fileFlags: 1, fileOs: 0x40004 },
        },
        strings: [
          {
            ...{ language: 0x409, codepage: 1200 },
            values: {
              ...{ ...own, FileDescription: 'XENVBD', InternalName: 'XENVBD.SYS', OriginalFilename: name },
              ...{ LegalCopyright: 'Copyright (c) Acme', Comments: 'built in May' },
              ProductName: name.replace('.sys', '').toUpperCase(),
            },
          },
          {
            ...{ language: 0x407, codepage: 1252 },
            values: {
              ...{ ...own, LegalCopyright: 'Copyright (c) Acme' },
              ProductName: name.replace('.sys', '').toUpperCase(),
            },
          },
        ],
      });
      for (const text of ['Elsewhere', '8.2.1.42']) {
        expect(Buffer.from(image.bytes).includes(Buffer.from(text, 'utf16le'))).toBe(false);
      }
    }
  });

  test('ships the same bytes of a source that says all that already', async () => {
    await release((name) => foreign(name));
    const before = new Map(NAMES.map((name) => [name, stripPeSignature(shipped(name), name)]));
    project?.dispose();
    const answer = await release((name) => before.get(name as (typeof NAMES)[number]) ?? new Uint8Array());
    expect(answer.ok).toBe(true);
    for (const name of NAMES) expect(stripPeSignature(shipped(name), name)).toEqual(before.get(name));
  });

  test.each([
    ['xencrsh.sys', 'F37'],
    ['xendisk.sys', 'F39'],
  ])('stops at %s of another build, which rewriting would hide (%s)', async (other, failureMode) => {
    const answer = await release((name) => {
      const bytes = foreign(name);
      if (name !== other) return bytes;
      const signature = Buffer.from(bytes).indexOf(Buffer.from([0xbd, 0x04, 0xef, 0xfe]));
      bytes[signature + 12] = 43;
      return bytes;
    });
    expect(answer.exit).toBe(4);
    expect((answer.diagnostics ?? []).filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'PV_BUILD_MIX', failureMode },
    ]);
    expect(answer.diagnostics?.[0]?.message ?? answer.error?.message).toContain('8.2.1.43');
  });

  const signed = async (name: string): Promise<Uint8Array> =>
    signPe(foreign(name), name, { signer: signingParts(await sharedHierarchy()).signer, timestamper: undefined });

  test('stops at a signed source, and says how signatures may go', async () => {
    const answer = await release(signed);
    expect(answer.exit).toBe(4);
    expect(answer.error).toMatchObject({ code: 'PE_SIGNED' });
    expect(answer.error?.hint).toMatch(/signing: \{ existing: replace \}.*winpv pe strip/);
    expect(filesBelow(project?.path('out') ?? '')).toEqual([]);
  });

  test.each(['{ test: true, existing: replace }', '{ existing: replace }'])(
    'rewrites a signed source where the project lets signatures be replaced: %s',
    async (signing) => {
      const answer = await release(signed, { settings: `signing: ${signing}\n` });
      expect(answer.ok, JSON.stringify(answer.error)).toBe(true);
      expect(parseVersionResource(parsePe(shipped('xenvbd.sys'), ''))?.fixed.fileVersion).toEqual([9, 1, 0, 7]);
    },
  );
});

describe('a brand that has not', () => {
  test('ships the binaries as they are, and is told how they differ', async () => {
    const answer = await release((name) => foreign(name), { brand: BRAND });
    expect(answer.ok, JSON.stringify(answer.error)).toBe(true);
    for (const name of NAMES) expect(stripPeSignature(shipped(name), name)).toEqual(stripped(foreign(name)));
    const found = diagnosticsOf(answer).map(({ severity, message }) => `${severity} ${message}`);
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/^warning xenvbd\.sys.*"Elsewhere Ltd".*Acme & Söhne/);
    expect(found[1]).toMatch(/^warning xenvbd\.sys.*8\.2\.1\.42.*9\.1\.0\.7/);
  });
});

/** As a signature leaves it: padded, with its checksum. */
const stripped = (bytes: Uint8Array): Uint8Array => {
  const padded = new Uint8Array((bytes.length + 7) & ~7);
  padded.set(bytes);
  return padded;
};
