import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { concatBytes, equalBytes, utf8 } from '../../core/bytes.ts';
import { peChecksum } from '../../packaging/formats/pe/digest.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { rewriteVersionResource, type VersionChange } from '../../packaging/formats/pe/rewrite-version.ts';
import { signPe } from '../../packaging/signing/sign.ts';
import { decompiled, type MingwOptions, mingwImage, versionScript } from '../support/mingw.ts';
import { oracle, withTempFolder } from '../support/outside.ts';
import { pem, sharedHierarchy, signingParts } from '../support/test-keys.ts';
import { wineOracle, winePath, wineProgram } from '../support/wine.ts';

/**
 * Version resources of images that a compiler made, rewritten, as others read them: MinGW's resource compiler, objdump,
 * Wine's version functions; Wine's loader runs the program, and osslsigncode signs it.
 */
const versionInfo = wineProgram('test/oracles/version-info.c', { libs: ['version'] });

const ENGLISH = { CompanyName: 'Xen Project', Comments: 'kept as it is', FileVersion: '9.1.0.30' };
const SCRIPT = versionScript([
  {
    language: [9, 1],
    tables: [
      { key: '040904b0', values: { ...ENGLISH, ProductVersion: '9.1.0.30', OriginalFilename: 'xenbus.sys' } },
      { key: '040704e4', values: { CompanyName: 'Xen-Projekt', FileVersion: '9.1.0.30', Comments: 'bleibt' } },
    ],
  },
  { language: [7, 1], tables: [{ key: '040704b0', values: { CompanyName: 'Xen Projekt', Comments: 'auch' } }] },
]);

const changeTo = (vendor: string): VersionChange => ({
  fileVersion: [9, 1, 0, 31],
  productVersion: [9, 1, 0, 32],
  strings: new Map([
    ['CompanyName', vendor],
    ['FileVersion', '9.1.0.31'],
    ['LegalCopyright', 'Copyright © Acmé'],
  ]),
});

/** A short name stays in place or in the slack; the longer ones need more of the file; the last one a section of its own. */
const VENDORS = ['Acme', 'Ümläut & Söhne '.repeat(10), 'V'.repeat(1200), 'W'.repeat(8000)];
const KINDS: readonly (readonly [string, MingwOptions])[] = [
  ['with its symbols behind the sections', {}],
  ['stripped', { flags: ['-s'] }],
  ['without relocations, so that resources come last', { flags: ['-s', '-Wl,--disable-reloc-section'] }],
];

/** Every image and every name, with what follows the image in the file. */
const eachImage = (body: (folder: string, rewritten: Uint8Array, vendor: string) => void): Promise<void> =>
  withTempFolder((folder) => {
    for (const [, options] of KINDS) {
      const overlay = utf8('appended data of odd length');
      const image = concatBytes(mingwImage(folder, { ...options, script: SCRIPT }), overlay);
      for (const vendor of VENDORS) {
        const rewritten = rewriteVersionResource(image, 'program.exe', changeTo(vendor));
        expect(equalBytes(rewritten.subarray(-overlay.length), overlay)).toBe(true);
        body(folder, rewritten, vendor);
      }
    }
  });

/** PointerToSymbolTable of the file header. */
const hasSymbols = (bytes: Uint8Array): boolean => {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return view.getUint32(view.getUint32(0x3c, true) + 12, true) !== 0;
};

describe('a version resource that was rewritten', () => {
  oracle('x86_64-w64-mingw32-gcc', "is what MinGW's resource compiler reads", async () => {
    await eachImage((folder, rewritten, vendor) => {
      const script = decompiled(folder, rewritten);
      const of = (name: string): string[] =>
        [...script.matchAll(new RegExp(`VALUE "${name}", L?"(.*)"$`, 'gm'))].map((match) => match[1] ?? '');
      expect(of('CompanyName')).toHaveLength(3);
      if (/^\w*$/.test(vendor)) expect(of('CompanyName')).toEqual([vendor, vendor, vendor]);
      expect(new Set(of('Comments'))).toEqual(new Set(['kept as it is', 'bleibt', 'auch']));
      expect(script.match(/FILEVERSION 9,\s*1,\s*0,\s*31/g)).toHaveLength(2);
      expect(script.match(/PRODUCTVERSION 9,\s*1,\s*0,\s*32/g)).toHaveLength(2);
      expect(script.match(/RCDATA/g)).toHaveLength(2);
      const image = Buffer.from(rewritten);
      for (const text of ['what stands before', 'what stands behind']) expect(image.includes(text)).toBe(true);
    });
  });

  oracle('objdump', 'leaves an image whose headers and symbols can be read', async (objdump) => {
    await eachImage((folder, rewritten) => {
      const path = join(folder, 'look.exe');
      writeFileSync(path, rewritten);
      const { stdout, stderr, status } = objdump('-p', '-h', '-t', path);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const text = stdout.toString('utf8');
      const image = parsePe(rewritten, path);
      expect(text).toMatch(
        new RegExp(`^CheckSum\\s+0*${peChecksum(rewritten, image.checksumOffset).toString(16)}$`, 'm'),
      );
      expect(text).toContain('KERNEL32.dll');
      expect(text).not.toContain('corrupt');
      // A program that was not stripped has its symbols behind the sections.
      if (hasSymbols(rewritten)) expect(text).toMatch(/0x[0-9a-f]+ main$/m);
    });
  });

  oracle('osslsigncode', 'can be signed over, and the signature holds', async (tool) => {
    const hierarchy = await sharedHierarchy();
    await withTempFolder(async (folder) => {
      const image = mingwImage(folder, { script: SCRIPT });
      const [trust, path] = [join(folder, 'root.pem'), join(folder, 'signed.exe')];
      writeFileSync(trust, pem(hierarchy.root.certificate));
      for (const vendor of VENDORS) {
        const rewritten = rewriteVersionResource(image, 'program.exe', changeTo(vendor));
        writeFileSync(path, await signPe(rewritten, 'program.exe', signingParts(hierarchy)));
        const { stdout, status } = tool('verify', '-in', path, '-CAfile', trust);
        expect(stdout.toString()).toContain('Signature verification: ok');
        expect(stdout.toString()).not.toMatch(/mismatch/i);
        expect(status).toBe(0);
      }
    });
  });

  wineOracle("is what Windows' version functions read, in a program that still runs", async () => {
    await eachImage((folder, rewritten, vendor) => {
      const path = join(folder, 'run.exe');
      writeFileSync(path, rewritten);
      const read = versionInfo([winePath(path), 'CompanyName', 'FileVersion', 'LegalCopyright', 'Comments']);
      expect(read.stdout).toContain('file 9.1.0.31\nproduct 9.1.0.32\nflags 8 type 3 subtype 7\n');
      expect(read.stdout).toContain(`CompanyName ${vendor}\n`);
      expect(read.stdout).toContain('LegalCopyright Copyright © Acmé\n');
      expect(read.stdout).toMatch(/Comments (kept as it is|auch)\n/);
      expect(read.stdout).not.toContain('Xen Proj');
    });
  });

  wineOracle('belongs to a program that still runs', async () => {
    await eachImage((folder, rewritten) => {
      const path = join(folder, 'run.exe');
      writeFileSync(path, rewritten);
      const { stdout, exit } = versionInfo(['--run', winePath(path)]);
      expect({ stdout, exit }).toEqual({ stdout: 'alive\n', exit: 7 });
    });
  });
});
