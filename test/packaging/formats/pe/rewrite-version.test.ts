import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, toHex, u32leBytes } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { attachPeSignature, preparePeForSignature } from '../../../../packaging/formats/pe/attach.ts';
import { peChecksum } from '../../../../packaging/formats/pe/digest.ts';
import { peExports, peImports } from '../../../../packaging/formats/pe/imports.ts';
import type { PeImage } from '../../../../packaging/formats/pe/model.ts';
import { parsePe } from '../../../../packaging/formats/pe/parse.ts';
import { isVersionEntry, resourceEntries } from '../../../../packaging/formats/pe/resource-entries.ts';
import { rewriteVersionResource, type VersionChange } from '../../../../packaging/formats/pe/rewrite-version.ts';
import { encodeStandIn, type StandIn } from '../../../../packaging/formats/pe/stand-in.ts';
import { editVersionInfo } from '../../../../packaging/formats/pe/version-edit.ts';
import {
  encodeVersionResource,
  parseVersionInfo,
  parseVersionResource,
  type VersionResource,
} from '../../../../packaging/formats/pe/version-resource.ts';
import { describeCorpus } from '../../../support/outside.ts';

const word = fc.integer({ min: 0, max: 0xffff });
const version = fc.tuple(word, word, word, word);
const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,11}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => value.replaceAll('\0', ''));

const fixed = fc.record({
  fileVersion: version,
  productVersion: version,
  fileType: fc.integer({ min: 0, max: 7 }),
  fileSubtype: fc.integer({ min: 0, max: 12 }),
  fileFlags: fc.integer({ min: 0, max: 0x3f }),
  fileOs: fc.constantFrom(0x4_0004, 4, 0),
});

/** Names are compared without case, so that a table has each once. */
const values = fc.uniqueArray(fc.tuple(fc.oneof(name, fc.constantFrom('CompanyName', 'FileVersion')), text), {
  selector: ([key]) => key.toLowerCase(),
  maxLength: 8,
});

const resources: fc.Arbitrary<VersionResource> = fc.record({
  fixed,
  strings: fc.array(
    fc.record({ language: word, codepage: word, values: values.map((pairs) => Object.fromEntries(pairs)) }),
    { maxLength: 4 },
  ),
});

const changes: fc.Arbitrary<VersionChange> = fc.record({
  fileVersion: version,
  productVersion: version,
  strings: values.map((pairs) => new Map(pairs)),
});

const at = { file: 'a.sys', base: 0 };

/** What the change makes of a resource, as data. */
const expected = (resource: VersionResource, change: VersionChange): VersionResource => ({
  fixed: { ...resource.fixed, fileVersion: change.fileVersion, productVersion: change.productVersion },
  strings: resource.strings.map((table) => {
    const wanted = new Map([...change.strings].map(([key, value]) => [key.toLowerCase(), value]));
    const pairs = Object.entries(table.values).map(([key, value]) => [key, wanted.get(key.toLowerCase()) ?? value]);
    const there = new Set(Object.keys(table.values).map((key) => key.toLowerCase()));
    const added = [...change.strings].filter(([key]) => !there.has(key.toLowerCase()));
    return { ...table, values: Object.fromEntries([...pairs, ...added]) };
  }),
});

describe('a version resource with other versions and strings', () => {
  test('says what it is told in every table, and the rest as before, in order', () => {
    fc.assert(
      fc.property(resources, changes, (resource, change) => {
        const edited = editVersionInfo(encodeVersionResource(resource), at, change);
        expect(parseVersionInfo(edited, at)).toEqual(expected(resource, change));
        expect(JSON.stringify(parseVersionInfo(edited, at))).toBe(JSON.stringify(expected(resource, change)));
      }),
    );
  });

  test('is what a compiler would make of the changed resource', () => {
    fc.assert(
      fc.property(resources, changes, (resource, change) => {
        const edited = editVersionInfo(encodeVersionResource(resource), at, change);
        expect(toHex(edited)).toBe(toHex(encodeVersionResource(expected(resource, change))));
      }),
    );
  });

  test('is the same object when it says all that already', () => {
    fc.assert(
      fc.property(resources, changes, (resource, change) => {
        const bytes = encodeVersionResource(expected(resource, change));
        expect(editVersionInfo(bytes, at, change)).toBe(bytes);
      }),
    );
  });

  test('counts its value in bytes where another compiler did so, in the blocks that do not change', () => {
    const resource: VersionResource = {
      fixed: {
        fileVersion: [1, 2, 3, 4],
        productVersion: [1, 2, 3, 4],
        fileType: 3,
        fileSubtype: 7,
        fileFlags: 0,
        fileOs: 4,
      },
      strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: 'Old', Comments: 'kept' } }],
    };
    const bytes = encodeVersionResource(resource);
    const kept = Buffer.from('kept\0', 'utf16le');
    const header = Buffer.from(bytes).indexOf(Buffer.from('Comments', 'utf16le')) - 6;
    bytes[header + 2] = kept.length;
    const change = {
      fileVersion: [1, 2, 3, 4],
      productVersion: [1, 2, 3, 4],
      strings: new Map([['CompanyName', 'New one']]),
    } as const;
    const edited = editVersionInfo(bytes, at, change);
    const after = Buffer.from(edited).indexOf(Buffer.from('Comments', 'utf16le')) - 6;
    expect(edited[after + 2]).toBe(kept.length);
    expect(parseVersionInfo(edited, at).strings[0]?.values).toEqual({ CompanyName: 'New one', Comments: 'kept' });
  });

  test('of more than 64 KiB is refused', () => {
    const change = {
      fileVersion: [1, 2, 3, 4],
      productVersion: [1, 2, 3, 4],
      strings: new Map([['A', 'x'.repeat(40_000)]]),
    } as const;
    const resource = encodeVersionResource({
      fixed: {
        fileVersion: [0, 0, 0, 1],
        productVersion: [0, 0, 0, 1],
        fileType: 3,
        fileSubtype: 7,
        fileFlags: 0,
        fileOs: 4,
      },
      strings: [{ language: 0x409, codepage: 1200, values: {} }],
    });
    expect(() => editVersionInfo(resource, at, change)).toThrow('65,535');
  });

  test('cut or changed anywhere: a result or an error that says where', () => {
    const bytes = encodeVersionResource({
      fixed: {
        fileVersion: [1, 2, 3, 4],
        productVersion: [1, 2, 3, 4],
        fileType: 3,
        fileSubtype: 7,
        fileFlags: 0,
        fileOs: 4,
      },
      strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: 'A', B: 'C' } }],
    });
    const change = {
      fileVersion: [4, 3, 2, 1],
      productVersion: [4, 3, 2, 1],
      strings: new Map([['B', 'longer']]),
    } as const;
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (offset, value, length) => {
        const mutant = bytes.slice(0, length);
        if (offset < length) mutant[offset] = value;
        try {
          editVersionInfo(mutant, at, change);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(['PE_MALFORMED', 'PE_TRUNCATED', 'PE_TOO_COMPLEX']).toContain(error.code);
        }
      }),
    );
  });
});

/** What rewriting must not touch: everything in memory but the resource, by section, and what lies behind the sections. */
const expectOnlyResourcesChanged = (before: PeImage, after: PeImage): void => {
  expect(after.flaws).toEqual([]);
  expect(after.checksum).toBe(peChecksum(after.bytes, after.checksumOffset));
  expect(peImports(after)).toEqual(peImports(before));
  expect(peExports(after)).toEqual(peExports(before));
  const of = ({ bytes, sections }: PeImage) =>
    sections
      .filter(({ name: own }) => !own.startsWith('.rsrc'))
      .map((one) => ({
        ...{ name: one.name, address: one.virtualAddress, virtualSize: one.virtualSize, rawSize: one.rawSize },
        ...{ characteristics: one.characteristics },
        content: toHex(bytes.subarray(one.rawOffset, one.rawOffset + one.rawSize)),
      }));
  expect(of(after)).toEqual(of(before));
  expect(after.entryPoint).toBe(before.entryPoint);
  const behind = ({ bytes, sections }: PeImage) =>
    toHex(
      bytes.subarray(Math.max(...sections.map(({ rawOffset, rawSize }) => (rawSize === 0 ? 0 : rawOffset + rawSize)))),
    );
  expect(behind(after)).toBe(behind(before));
  const last = Math.max(...after.sections.map((one) => one.virtualAddress + Math.max(one.virtualSize, 1)));
  expect(after.sizeOfImage).toBe(Math.ceil(last / after.sectionAlignment) * after.sectionAlignment);
  for (const [i, directory] of after.directories.entries()) {
    if (i !== 2 && i !== 4) expect(directory).toEqual(before.directories[i]);
  }
};

/** The resources that are not version information: path and content. */
const otherResources = (image: PeImage) =>
  resourceEntries(image)
    .filter((entry) => !isVersionEntry(entry))
    .map(({ path, offset = 0, size }) => ({ path, content: toHex(image.bytes.subarray(offset, offset + size)) }));

const standIn = (resource: VersionResource, changed: Partial<StandIn> = {}): Uint8Array =>
  encodeStandIn({
    name: 'demo.sys',
    machine: 'x64',
    kind: 'export-driver',
    imports: [{ module: 'ntoskrnl.exe', names: ['KeBugCheckEx'] }],
    exports: ['One', 'Two'],
    version: resource,
    strings: ['text'],
    timeDateStamp: 1_700_000_000,
    ...changed,
  });

const machines = fc.constantFrom('x86' as const, 'x64' as const, 'arm64' as const);

describe('an image whose version resource is rewritten', () => {
  test('stays the image that it was, with what follows it, whatever its length', () => {
    fc.assert(
      fc.property(
        resources,
        changes,
        machines,
        fc.uint8Array({ maxLength: 20 }),
        (resource, change, machine, overlay) => {
          const bytes = concatBytes(standIn(resource, { machine }), overlay);
          const before = parsePe(bytes, 'demo.sys');
          const after = parsePe(rewriteVersionResource(bytes, 'demo.sys', change), 'demo.sys');
          expect(parseVersionResource(after)).toEqual(expected(resource, change));
          if (after.bytes !== bytes) expectOnlyResourcesChanged(before, after);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('rewritten twice is rewritten once', () => {
    fc.assert(
      fc.property(resources, changes, changes, (resource, first, second) => {
        const once = rewriteVersionResource(standIn(resource), 'demo.sys', first);
        expect(rewriteVersionResource(once, 'demo.sys', first)).toBe(once);
        const back = rewriteVersionResource(rewriteVersionResource(once, 'demo.sys', second), 'demo.sys', first);
        const wanted = expected(expected(expected(resource, first), second), first);
        expect(parseVersionResource(parsePe(back, 'demo.sys'))).toEqual(wanted);
      }),
      { numRuns: 40 },
    );
  });

  const resource: VersionResource = {
    fixed: {
      fileVersion: [9, 1, 0, 30],
      productVersion: [9, 1, 0, 30],
      fileType: 3,
      fileSubtype: 7,
      fileFlags: 0,
      fileOs: 4,
    },
    strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: 'Xen Project', Comments: 'kept' } }],
  };
  const change: VersionChange = {
    fileVersion: [9, 1, 0, 31],
    productVersion: [9, 1, 0, 31],
    strings: new Map([['CompanyName', 'Example Vendor']]),
  };

  test('that does not fit any more moves into a section of its own, and the old text is gone', () => {
    const bytes = standIn(resource);
    const long = { ...change, strings: new Map([['CompanyName', 'V'.repeat(5000)]]) };
    const before = parsePe(bytes, 'demo.sys');
    const after = parsePe(rewriteVersionResource(bytes, 'demo.sys', long), 'demo.sys');
    expectOnlyResourcesChanged(before, after);
    expect(after.sections.map(({ name: own }) => own)).toContain('.rsrcold');
    expect(after.sections.at(-1)).toMatchObject({ name: '.rsrc' });
    expect(parseVersionResource(after)).toEqual(expected(resource, long));
    for (const old of ['Xen Project', '9.1.0.30']) {
      expect(Buffer.from(after.bytes).includes(Buffer.from(old, 'utf16le'))).toBe(false);
    }
  });

  test('is refused when it needs a section for which the headers have no place', () => {
    const bytes = standIn(resource);
    const { sections, checksumOffset } = parsePe(bytes, 'demo.sys');
    const table = checksumOffset - 64 + 240;
    bytes[table + 40 * sections.length + 8] = 1;
    const long = { ...change, strings: new Map([['CompanyName', 'V'.repeat(5000)]]) };
    expect(() => rewriteVersionResource(bytes, 'demo.sys', long)).toThrow(
      expect.objectContaining({ code: 'PE_NO_ROOM' }),
    );
    expect(parseVersionResource(parsePe(rewriteVersionResource(bytes, 'demo.sys', change), 'demo.sys'))).toEqual(
      expected(resource, change),
    );
  });

  test.each([0x2000_0000, 0xf000_0000])('is not blown up to what its section claims in memory (%i)', (claimed) => {
    const bytes = standIn(resource);
    const { sections, checksumOffset } = parsePe(bytes, 'demo.sys');
    const index = sections.findIndex(({ name: own }) => own === '.rsrc');
    bytes.set(u32leBytes(claimed), checksumOffset - 64 + 240 + 40 * index + 8);
    // No section behind it is in the way.
    const header = checksumOffset - 64 + 240 + 40 * (index + 1);
    if (index + 1 < sections.length) bytes.set(u32leBytes(0xf800_0000), header + 12);
    let size = 0;
    try {
      size = rewriteVersionResource(bytes, 'demo.sys', change).length;
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^PE_(NO_ROOM|MALFORMED)$/) });
    }
    expect(size).toBeLessThan(bytes.length + 0x1_0000);
  });

  test('leaves data alone that its section holds right behind it', () => {
    const bytes = standIn(resource);
    const { sections, checksumOffset } = parsePe(bytes, 'demo.sys');
    const index = sections.findIndex(({ name: own }) => own === '.rsrc');
    const { rawOffset = 0, virtualSize = 0, virtualAddress = 0 } = sections[index] ?? {};
    const data = (virtualSize + 3) & ~3;
    bytes.set(u32leBytes(0xdead_beef), rawOffset + data);
    bytes.set(u32leBytes(data + 4), checksumOffset - 64 + 240 + 40 * index + 8);
    const after = parsePe(rewriteVersionResource(bytes, 'demo.sys', change), 'demo.sys');
    const there = rawOffset + data;
    expect(after.sections[index]?.virtualAddress).toBe(virtualAddress);
    expect(toHex(after.bytes.subarray(there, there + 4))).toBe('efbeadde');
    expect(parseVersionResource(after)).toEqual(expected(resource, change));
  });

  test('is left alone when it is signed, and when the signature may go, is rewritten without it', () => {
    const bytes = standIn(resource);
    const signed = attachPeSignature(
      preparePeForSignature(bytes, 'demo.sys'),
      Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x05),
    );
    const refused = (): Uint8Array => rewriteVersionResource(signed, 'demo.sys', change);
    expect(refused).toThrow(expect.objectContaining({ code: 'PE_SIGNED' }));
    const replaced = parsePe(rewriteVersionResource(signed, 'demo.sys', change, { existing: 'replace' }), 'demo.sys');
    expect(replaced.certificateTable).toBeUndefined();
    expect(parseVersionResource(replaced)).toEqual(expected(resource, change));
    const same = { ...change, fileVersion: [9, 1, 0, 30], productVersion: [9, 1, 0, 30], strings: new Map() } as const;
    expect(rewriteVersionResource(signed, 'demo.sys', same)).toBe(signed);
  });

  test('without a version resource is the same file', () => {
    const bytes = standIn(resource);
    const headers = parsePe(bytes, 'demo.sys').checksumOffset - 64 + 112 + 2 * 8;
    bytes.set(new Uint8Array(8), headers);
    expect(rewriteVersionResource(bytes, 'demo.sys', change)).toBe(bytes);
  });

  test('whose resource points out of the file is refused', () => {
    const bytes = standIn(resource);
    const entry = resourceEntries(parsePe(bytes, 'demo.sys'))[0];
    bytes.set(u32leBytes(0x00ff_0000), entry?.entryOffset ?? 0);
    expect(() => rewriteVersionResource(bytes, 'demo.sys', change)).toThrow(
      expect.objectContaining({ code: 'PE_MALFORMED' }),
    );
  });

  test('with any byte changed: a result or an error of images', () => {
    const bytes = standIn(resource);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (offset, value) => {
        const mutant = bytes.slice();
        mutant[offset] = value;
        try {
          rewriteVersionResource(mutant, 'demo.sys', change);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(error.code).toMatch(/^(PE|SIGN)_/);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

describeCorpus('real drivers with another vendor', (corpus) => {
  test.each(['x64', 'x86', 'msvc64', 'arm64', 'msvc64-odd-rsrc'])('%s.sys', (own) => {
    const bytes = corpus.file(`signed/pe/own/${own}.sys`);
    const before = parsePe(bytes, own);
    const resource = parseVersionResource(before);
    if (resource === undefined) throw new Error('no version resource');
    for (const length of [4, 40, 255, 1500, 6000]) {
      const change: VersionChange = {
        fileVersion: [9, 1, 0, 31],
        productVersion: [9, 1, 0, 32],
        strings: new Map([
          ['CompanyName', 'V'.repeat(length)],
          ['LegalCopyright', 'Copyright (c) Ä'],
        ]),
      };
      const after = parsePe(rewriteVersionResource(bytes, own, change, { existing: 'replace' }), own);
      expectOnlyResourcesChanged(before, after);
      expect(parseVersionResource(after)).toEqual(expected(resource, change));
      expect(otherResources(after)).toEqual(otherResources(before));
    }
  });
});
