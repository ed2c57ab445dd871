import { beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../core/errors.ts';
import {
  type PackageFault,
  type SigningOrder,
  signDrivers,
} from '../../../emulator/cloud/partner-center/sign-drivers.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { stripPeSignature } from '../../../packaging/formats/pe/attach.ts';
import { parsePe } from '../../../packaging/formats/pe/parse.ts';
import { parseZip } from '../../../packaging/formats/zip/parse.ts';
import {
  makeStandInKeys,
  openStandInPublisher,
  type StandInPublisher,
} from '../../../packaging/signing/publisher-stand-in.ts';
import { signCatalog, signPe } from '../../../packaging/signing/sign.ts';
import { testTimestamper } from '../../../packaging/signing/timestamp.ts';
import type { SentFile, SigningProgramme } from '../../../publishing/refusals/contract.ts';
import { compareReturned } from '../../../publishing/returned/compare.ts';
import type { CompareOptions } from '../../../publishing/returned/contract.ts';
import { RELEASED_NOW, releaseBrands, releasedOf, withFile, withInf } from '../../support/released.ts';
import { sharedHierarchy, signingParts, testKeyMaker } from '../../support/test-keys.ts';

/** Releases that the emulator's publisher signed, and what is wrong with others. */
const CODES = ['WINDOWS_v100_X64_RS5_FULL', 'WINDOWS_v100_X64_GE_FULL'];

let publisher: StandInPublisher;
let sent: readonly SentFile[];
let attested: readonly SentFile[];
let tested: readonly SentFile[];

const foldersOf = (files: readonly SentFile[]): SigningOrder['folders'] => {
  const names = [...new Set(files.map(({ name }) => name.slice(0, name.indexOf('/'))))];
  return names.map((name) => ({
    name,
    files: files
      .filter((file) => file.name.startsWith(`${name}/`))
      .map((file) => ({ name: file.name.slice(name.length + 1), bytes: file.bytes })),
  }));
};

const unzip = (bytes: Uint8Array): readonly SentFile[] =>
  parseZip(bytes, 'signed.zip').map((entry) => ({ name: entry.name, bytes: entry.bytes() }));

/** As the emulator signs: `drivers/<guid of the folder>/…`. */
const signed = async (programme: SigningProgramme, faults: readonly PackageFault[] = [], files = sent) =>
  unzip(
    await signDrivers({
      ...{ folders: foldersOf(files), attestation: programme === 'attestation', codes: CODES, publisher },
      ...{ bundleIdOf: (folder) => `0000-${folder}`, nowMs: RELEASED_NOW, faults: new Set(faults) },
    }),
  );

beforeAll(async () => {
  const released = releasedOf(await releaseBrands(['example-vendor']), 'example-vendor x64');
  sent = released.files.filter(({ name }) => /^xen(bus|vbd|vif)\//.test(name));
  publisher = await openStandInPublisher(await makeStandInKeys(testKeyMaker));
  attested = await signed('attestation');
  tested = await signed('whql');
}, 120_000);

const compare = (
  came: readonly SentFile[],
  programme: SigningProgramme = 'attestation',
  more: Partial<CompareOptions> = {},
  before = sent,
): readonly Diagnostic[] =>
  compareReturned(before, came, {
    ...{ programme, trust: [publisher.root], signatures: CODES, nowMs: RELEASED_NOW },
    ...more,
  });

const shown = (found: readonly Diagnostic[]): readonly string[] =>
  [...new Set(found.map(({ severity, code }) => `${severity} ${code}`))].sort();

const place = (folder: string, name: string): string => `drivers/0000-${folder}/${name}`;
const pen = () => ({ timestamper: testTimestamper({ tsa: publisher.tsa, genTimeMs: RELEASED_NOW }) });
const bytesOf = (files: readonly SentFile[], name: string): Uint8Array => {
  const found = files.find((file) => file.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found.bytes;
};

describe('a release that came back as it was sent', () => {
  test('is taken, attested or tested, with symbols or without', () => {
    expect(compare(attested)).toEqual([]);
    expect(compare(tested, 'whql')).toEqual([]);
    const symbols = sent.filter(({ name }) => /\.pdb$/.test(name));
    const with_ = symbols.map(({ name, bytes }) => ({ name: `drivers/0000-${name}`, bytes }));
    expect(compare([...attested, ...with_])).toEqual([]);
  });

  test('is taken under any names of folders, in any case of file names', () => {
    const renamed = attested.map(({ name, bytes }) => ({
      name: name.replace('drivers/0000-', 'x/y/').toUpperCase(),
      bytes,
    }));
    expect(compare(renamed)).toEqual([]);
  });

  test('is taken when it was sent without signatures', async () => {
    const bare = sent.map(({ name, bytes }) => ({
      name,
      bytes: /\.(sys|dll|exe)$/.test(name) ? stripPeSignature(bytes, name) : bytes,
    }));
    expect(compare(await signed('attestation', [], bare), 'attestation', {}, bare)).toEqual([]);
    expect(compare(await signed('whql', [], bare), 'whql', {}, bare)).toEqual([]);
  });

  test('is taken when images were padded to be signed', async () => {
    const odd = withFile(sent, 'xenbus/xen.sys', (bytes) => {
      const image = stripPeSignature(bytes, 'xen.sys');
      return new Uint8Array([...image, 1, 2, 3]);
    });
    expect(compare(await signed('attestation', [], odd), 'attestation', {}, odd)).toEqual([]);
  });

  test('is taken when two packages have INFs of one name', async () => {
    const other = withInf(
      sent.filter(({ name }) => name.startsWith('xenvif/')),
      'xenvif/xenvif.inf',
      (text) => `${text}\r\n; another\r\n`,
    ).map(({ name, bytes }) => ({ name: name.replace('xenvif/', 'avif/'), bytes }));
    const both = [...sent, ...other];
    expect(compare(await signed('attestation', [], both), 'attestation', {}, both)).toEqual([]);
    const lost = (await signed('attestation', [], both)).filter(({ name }) => !name.includes('avif'));
    expect(shown(compare(lost, 'attestation', {}, both))).toEqual(['error RETURNED_PACKAGE_LOST']);
  });
});

describe('what the emulator can do to a package', () => {
  const CHANGED = ['error RETURNED_CHANGED'];
  /** A signature of the vendor's, where it stays, does not hold over an image that was changed. */
  const BROKEN = [...CHANGED, 'error RETURNED_SIGNATURE'];
  const STALE = ['error RETURNED_CATALOG_FOREIGN', 'error RETURNED_CATALOG_INCOMPLETE'];
  test.each<readonly [PackageFault, readonly string[], readonly string[]]>([
    ['tamper-image', CHANGED, BROKEN],
    ['tamper-inf', CHANGED, CHANGED],
    ['drop-file', ['error RETURNED_LOST'], ['error RETURNED_LOST']],
    ['add-file', ['error RETURNED_ADDED'], ['error RETURNED_ADDED']],
    ['wrong-signer', ['error RETURNED_SIGNER'], ['error RETURNED_SIGNER']],
    ['wrong-eku', ['error RETURNED_PURPOSE'], ['error RETURNED_PURPOSE']],
    ['stale-catalog', STALE, STALE],
  ])('%s is seen, attested and tested', async (fault, attestation, whql) => {
    expect(shown(compare(await signed('attestation', [fault])))).toEqual(attestation);
    expect(shown(compare(await signed('whql', [fault]), 'whql'))).toEqual(whql);
  });
});

describe('what else may be wrong', () => {
  test.each<readonly [string, (files: readonly SentFile[]) => readonly SentFile[], readonly string[]]>([
    [
      'a package away',
      (files) => files.filter(({ name }) => !name.includes('xenvbd')),
      ['error RETURNED_PACKAGE_LOST'],
    ],
    [
      'a package twice',
      (files) => [
        ...files,
        ...files
          .filter(({ name }) => name.includes('xenvbd'))
          .map(({ name, bytes }) => ({ name: `again/${name}`, bytes })),
      ],
      ['error RETURNED_PACKAGE_ADDED'],
    ],
    [
      'a file outside of the packages',
      (files) => withFile(files, 'setup.exe', () => new Uint8Array(9)),
      ['error RETURNED_ADDED'],
    ],
    [
      'a file in a folder of a package',
      (files) => withFile(files, place('xenbus', 'more/x.txt'), () => new Uint8Array(9)),
      ['error RETURNED_ADDED'],
    ],
    [
      'a catalog away',
      (files) => withFile(files, place('xenbus', 'xenbus.cat'), () => undefined),
      ['error RETURNED_CATALOG_MISSING'],
    ],
    [
      'a catalog that no INF names',
      (files) => withFile(files, place('xenbus', 'other.cat'), () => bytesOf(files, place('xenvbd', 'xenvbd.cat'))),
      ['error RETURNED_ADDED'],
    ],
    [
      'the catalog of another package',
      (files) => withFile(files, place('xenbus', 'xenbus.cat'), () => bytesOf(files, place('xenvbd', 'xenvbd.cat'))),
      ['error RETURNED_CATALOG_INCOMPLETE'],
    ],
    [
      'a catalog that is cut short',
      (files) => withFile(files, place('xenbus', 'xenbus.cat'), (bytes) => bytes.subarray(0, 200)),
      ['error RETURNED_CATALOG_INCOMPLETE', 'error RETURNED_UNREAD'],
    ],
    [
      'the catalog that was sent',
      (files) => withFile(files, place('xenbus', 'xenbus.cat'), () => bytesOf(sent, 'xenbus/xenbus.cat')),
      ['error RETURNED_SIGNER', 'warning RETURNED_CATALOG_SYSTEMS'],
    ],
    [
      'a driver that Microsoft did not sign',
      (files) => withFile(files, place('xenbus', 'xen.sys'), () => bytesOf(sent, 'xenbus/xen.sys')),
      ['error RETURNED_SIGNER'],
    ],
    [
      'a driver without a signature',
      (files) => withFile(files, place('xenbus', 'xen.sys'), (bytes) => stripPeSignature(bytes, 'xen.sys')),
      ['error RETURNED_UNSIGNED'],
    ],
    [
      'bytes behind the signature of an image',
      (files) =>
        withFile(files, place('xenbus', 'xen.sys'), (bytes) => new Uint8Array([...bytes, 1, 2, 3, 4, 5, 6, 7, 8])),
      [
        'error RETURNED_CATALOG_FOREIGN',
        'error RETURNED_CATALOG_INCOMPLETE',
        'error RETURNED_CHANGED',
        'error RETURNED_SIGNATURE',
      ],
    ],
    [
      'a bit of a signature turned',
      (files) =>
        withFile(files, place('xenbus', 'xen.sys'), (bytes) => {
          const { offset, size } = parsePe(bytes, 'xen.sys').certificateTable ?? { offset: 0, size: 0 };
          const changed = bytes.slice();
          changed[offset + size - 200] = (changed[offset + size - 200] ?? 0) ^ 1;
          return changed;
        }),
      ['error RETURNED_SIGNATURE'],
    ],
    ['nothing at all', () => [], ['error RETURNED_PACKAGE_LOST']],
  ])('%s', (_what, spoil, expected) => {
    expect(shown(compare(spoil(attested)))).toEqual(expected);
  });

  test('an image that is changed and signed anew, with a catalog that fits', async () => {
    const name = place('xenbus', 'xen.sys');
    const bare = stripPeSignature(bytesOf(attested, name), 'xen.sys').slice();
    bare[bare.length - 100] = (bare[bare.length - 100] ?? 0) ^ 1;
    const again = await signPe(bare, 'xen.sys', { signer: publisher.attested, ...pen() });
    const found = compare(withFile(attested, name, () => again));
    expect(shown(found)).toContain('error RETURNED_CHANGED');
  });

  test('a catalog that nobody signed, or that another hand signed again', async () => {
    const name = place('xenbus', 'xenbus.cat');
    const { content } = parseCatalog(bytesOf(attested, name), name);
    const bare = encodeUnsignedCatalog(content);
    expect(shown(compare(withFile(attested, name, () => bare)))).toEqual(['error RETURNED_UNSIGNED']);
    const { signer } = signingParts(await sharedHierarchy());
    const foreign = await signCatalog(bare, name, { signer });
    expect(shown(compare(withFile(attested, name, () => foreign)))).toEqual(['error RETURNED_SIGNER']);
  });

  test("the right name under a root that is not Microsoft's", () => {
    const errors = compare(attested, 'attestation', { trust: [] });
    expect(shown(errors)).toEqual(['error RETURNED_SIGNER']);
    expect(errors[0]?.message).toContain('is no root of Microsoft');
  });

  test('another name under the right root', async () => {
    expect(shown(compare(await signed('attestation', ['wrong-signer'])))).toEqual(['error RETURNED_SIGNER']);
  });

  test('a signature of another programme', () => {
    expect(shown(compare(tested, 'attestation'))).toEqual(['error RETURNED_PURPOSE']);
    expect(shown(compare(attested, 'whql'))).toEqual(['error RETURNED_PURPOSE', 'warning RETURNED_OWN_SIGNATURE']);
  });

  test('after WHQL, the signature of the vendor taken away: a warning', async () => {
    const name = place('xenbus', 'xen.sys');
    const bare = stripPeSignature(bytesOf(tested, name), 'xen.sys');
    const only = await signPe(bare, 'xen.sys', { signer: publisher.verified, ...pen() });
    expect(
      shown(
        compare(
          withFile(tested, name, () => only),
          'whql',
        ),
      ),
    ).toEqual(['warning RETURNED_OWN_SIGNATURE']);
  });

  test('a catalog that is not for a Windows that was asked for: a warning', () => {
    const found = compare(attested, 'attestation', { signatures: [...CODES, 'WINDOWS_v100_X64_NI_FULL'] });
    expect(shown(found)).toEqual(['warning RETURNED_CATALOG_SYSTEMS']);
  });

  test('a test signature is not judged by who made it', () => {
    expect(compare(tested, 'attestation', { special: true })).toEqual([]);
  });

  test('a driver of the release that a package of the lab kit does not hold: a warning, unless none came back', () => {
    const part = tested.filter(({ name }) => !name.includes('xenvif'));
    expect(shown(compare(part, 'whql', { allPackages: false }))).toEqual(['warning RETURNED_PACKAGE_LOST']);
    expect(shown(compare([], 'whql', { allPackages: false }))).toEqual(['error RETURNED_PACKAGE_LOST']);
  });
});
