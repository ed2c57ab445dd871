import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '../../../../core/bytes.ts';
import { pageHashes, peChecksum, peDigest } from '../../../../packaging/formats/pe/digest.ts';
import { peExports, peImports } from '../../../../packaging/formats/pe/imports.ts';
import { isStandIn } from '../../../../packaging/formats/pe/mark.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { encodeStandIn, type StandIn } from '../../../../packaging/formats/pe/stand-in.ts';
import { parseVersionResource } from '../../../../packaging/formats/pe/version-resource.ts';
import { describeCorpus, hasOracle, oracle, withTempFolder } from '../../../support/outside.ts';
import { objdumpExports, objdumpImports } from './objdump.ts';

const driver: StandIn = {
  name: 'xenvbd.sys',
  machine: 'x64',
  kind: 'driver',
  imports: [
    { module: 'xencrsh.sys', names: ['DllInitialize'] },
    { module: 'storport.sys', names: ['StorPortInitialize', 'StorPortNotification'] },
    { module: 'ntoskrnl.exe', names: ['ExAllocatePoolWithTag', 'IofCompleteRequest', 'KeBugCheckEx'] },
  ],
  exports: [],
  version: {
    fixed: {
      fileVersion: [9, 1, 0, 42],
      productVersion: [9, 1, 0, 42],
      fileType: 3,
      fileSubtype: 7,
      fileFlags: 0,
      fileOs: 0x4_0004,
    },
    strings: [
      { language: 0x0409, codepage: 1200, values: { CompanyName: 'Xen Project', OriginalFilename: 'xenvbd.sys' } },
    ],
  },
  strings: ['XENVBD', 'PCI\\VEN_5853&DEV_0001', 'Überprüfung'],
  timeDateStamp: 1_700_000_000,
};

const exportDriver: StandIn = {
  ...driver,
  name: 'xen.sys',
  kind: 'export-driver',
  imports: [{ module: 'HAL.dll', names: ['KeStallExecutionProcessor'] }],
  exports: ['XenTouch', 'DllInitialize', 'DllUnload', 'HypercallVersion', '_Lower'],
};
const program: StandIn = {
  ...driver,
  name: 'xenbus_monitor.exe',
  kind: 'program',
  imports: [{ module: 'KERNEL32.dll', names: ['CloseHandle', 'ExitProcess'] }],
};
const library: StandIn = { ...program, name: 'xencoinst.dll', kind: 'library', exports: ['Entry'] };

const machines = ['x86', 'x64', 'arm64'] as const;
const all: readonly (readonly [title: string, spec: StandIn])[] = machines.flatMap((machine) =>
  [driver, exportDriver, program, library].map((spec) => [`${machine} ${spec.kind}`, { ...spec, machine }] as const),
);

describe.each(all)('a stand-in for %s', (_title, spec) => {
  const bytes = encodeStandIn(spec);
  const image = parsePe(bytes, spec.name);

  test('has headers without flaws and a right CheckSum', () => {
    expect(image).toMatchObject({ machine: spec.machine, flaws: [], timeDateStamp: spec.timeDateStamp });
    expect(image.subsystem).toBe({ driver: 1, 'export-driver': 1, program: 3, library: 2 }[spec.kind]);
    expect((image.characteristics & 0x2000) !== 0).toBe(spec.kind === 'library');
    expect(image.checksum).toBe(peChecksum(bytes, image.checksumOffset));
    expect(bytes.length % 8).toBe(0);
    expect(pageHashes(image, 'sha256').length % 36).toBe(0);
  });

  test('gives back its imports, exports and version resource', () => {
    expect(peImports(image)).toEqual(spec.imports);
    expect(peExports(image)).toEqual([...spec.exports].sort());
    expect(parseVersionResource(image)).toEqual(spec.version);
  });

  test('has sections one after the other, in memory and in the file', () => {
    let [rva, offset] = [0x1000, image.sizeOfHeaders];
    for (const section of image.sections) {
      expect(section).toMatchObject({ virtualAddress: rva, rawOffset: offset });
      rva += Math.ceil(section.virtualSize / 0x1000) * 0x1000;
      offset += section.rawSize;
    }
    expect(image.sizeOfImage).toBe(rva);
    expect(bytes.length).toBe(offset);
  });

  test('carries its strings in both forms, and says that it is a stand-in', () => {
    const content = Buffer.from(bytes);
    for (const text of spec.strings) {
      expect(content.includes(`${text}\0`, 0, 'utf8')).toBe(true);
      expect(content.includes(`${text}\0`, 0, 'utf16le')).toBe(true);
    }
    expect(isStandIn(image)).toBe(true);
  });
});

describe('a stand-in', () => {
  test('is the same bytes every time, and other bytes for another time stamp', () => {
    expect(encodeStandIn(driver)).toEqual(encodeStandIn(driver));
    expect(encodeStandIn({ ...driver, timeDateStamp: 1 })).not.toEqual(encodeStandIn(driver));
  });

  test('of a known description is these bytes', () => {
    // A golden value: a change of it changes every quick-start release, so it must be meant.
    expect(createHash('sha256').update(encodeStandIn(driver)).digest('hex')).toBe(
      '3182d2efcf916111e979c2be59a6df34bbf0ba3ac5ddc849c0ee1586f4f21aba',
    );
  });

  test('imports by ordinal where asked, and can do without imports', () => {
    for (const machine of machines) {
      const imports = [{ module: 'a.sys', names: ['#17', 'Name', '#65535'] }];
      expect(peImports(parsePe(encodeStandIn({ ...driver, machine, imports }), 'a.sys'))).toEqual(imports);
      const alone = parsePe(encodeStandIn({ ...driver, machine, imports: [] }), 'a.sys');
      expect(peImports(alone)).toEqual([]);
      expect(alone.flaws).toEqual([]);
    }
  });

  test('reads back as described, whatever names it has', () => {
    const name = fc.stringMatching(/^[A-Za-z_?@$][A-Za-z0-9_?@$]{0,40}$/);
    const imports = fc.array(
      fc.record({
        module: fc.stringMatching(/^[a-z][a-z0-9]{0,20}\.(sys|dll)$/),
        names: fc.array(name, { maxLength: 60 }),
      }),
      { maxLength: 6 },
    );
    const exports = fc.uniqueArray(name, { maxLength: 400 });
    fc.assert(
      fc.property(fc.constantFrom(...machines), imports, exports, (machine, wanted, names) => {
        const image = parsePe(encodeStandIn({ ...driver, machine, imports: wanted, exports: names }), 'a.sys');
        expect(image.flaws).toEqual([]);
        expect(peImports(image)).toEqual(wanted);
        expect(peExports(image)).toEqual([...names].sort());
      }),
      { numRuns: 60 },
    );
  });
});

describeCorpus('no other image', (corpus) => {
  test.each(['x64.sys', 'x86-sha256-rfc3161.sys', 'arm64.sys'])('%s is no stand-in', (name) => {
    expect(isStandIn(parsePe(corpus.file(`signed/pe/own/${name}`), name))).toBe(false);
  });
});

const readable = all.filter(([, { machine }]) => machine !== 'arm64');

describe('independent programs', () => {
  for (const [title, spec] of readable) {
    oracle('objdump', `reads headers, imports, exports, resource and relocations of ${title}`, async (objdump) => {
      await withTempFolder((folder) => {
        const path = join(folder, spec.name);
        writeFileSync(path, encodeStandIn(spec));
        const { status, stdout, stderr } = objdump('-x', path);
        const text = stdout.toString('latin1');
        expect(status).toBe(0);
        // A flag that Microsoft's linker sets in drivers and that binutils has no use for.
        expect(stderr.split('\n').filter((line) => line !== '' && !line.includes('MEM_NOT_PAGED'))).toEqual([]);
        expect(text).toContain(spec.machine === 'x64' ? 'pei-x86-64' : 'pei-i386');
        expect(text).toMatch(/Time\/Date\s+Tue Nov 14 2[23]:13:20 2023/);
        expect(objdumpImports(text)).toEqual(spec.imports);
        expect(objdumpExports(text)).toEqual([...spec.exports].sort());
        expect(text).toContain('Entry: ID: 0x000010');
        expect(text).toMatch(spec.machine === 'x64' ? /DIR64/ : /HIGHLOW/);
      });
    });

    oracle('objdump', `disassembles the entry point of ${title}`, async (objdump) => {
      await withTempFolder((folder) => {
        const path = join(folder, spec.name);
        writeFileSync(path, encodeStandIn(spec));
        const code = objdump('-d', '-M', 'intel', '--section=.text', path).stdout.toString('latin1');
        expect(code).not.toContain('(bad)');
        expect(code).toMatch(spec.kind === 'library' ? /xor\s+eax,eax[\s\S]*?ret/ : /mov\s+eax,0xc0000001[\s\S]*?ret/);
      });
    });
  }

  for (const machine of machines) {
    oracle('osslsigncode', `signs ${machine} over the digest and CheckSum that we compute`, async (osslsigncode) => {
      if (!hasOracle('openssl')) throw new Error('openssl is required here and is not installed');
      await withTempFolder((folder) => {
        const at = (name: string): string => join(folder, name);
        makeKey(at('key.pem'), at('cert.pem'));
        for (const spec of [driver, exportDriver, program, library]) {
          const bytes = encodeStandIn({ ...spec, machine });
          writeFileSync(at('in'), bytes);
          const signing = ['sign', '-h', 'sha256', '-certs', at('cert.pem'), '-key', at('key.pem')];
          expect(osslsigncode(...signing, '-in', at('in'), '-out', at(spec.kind))).toMatchObject({ status: 0 });
          const report = osslsigncode('verify', '-CAfile', at('cert.pem'), '-in', at(spec.kind)).stdout;
          expectSameView(report.toString('latin1'), bytes, new Uint8Array(readFileSync(at(spec.kind))));
        }
      });
    });
  }
});

/** The report on a signed image, the image before signing, and the image after it say the same digest and CheckSum. */
const expectSameView = (report: string, unsigned: Uint8Array, signed: Uint8Array): void => {
  const image = parsePe(signed, 'signed');
  const ours = toHex(peDigest(parsePe(unsigned, 'unsigned'), 'sha256'));
  expect(/Current message digest\s*:\s*(\w+)/.exec(report)?.[1]?.toLowerCase()).toBe(ours);
  expect(/Calculated message digest\s*:\s*(\w+)/.exec(report)?.[1]?.toLowerCase()).toBe(ours);
  expect(toHex(peDigest(image, 'sha256'))).toBe(ours);
  expect(image.flaws).toEqual([]);
  // Printed in this form when stored and computed value agree.
  const checksum = /^PE checksum\s*:\s*(\w+)/m.exec(report)?.[1] ?? '';
  expect(peChecksum(signed, image.checksumOffset)).toBe(Number.parseInt(checksum, 16));
  expect(isStandIn(image)).toBe(true);
};

/** A throw-away key and a certificate that says it may sign code. */
const makeKey = (key: string, certificate: string): void => {
  const options = ['-subj', '/CN=Throw-away', '-days', '2', '-addext', 'extendedKeyUsage=codeSigning'];
  const { status } = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate],
    ...options,
  ]);
  expect(status).toBe(0);
};
