import { beforeAll, describe, expect, test } from 'vitest';
import type { Diagnostic } from '../../../core/errors.ts';
import { planCatalogs } from '../../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { parseOsList } from '../../../packaging/formats/cat/os.ts';
import { parseInf } from '../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../packaging/formats/inf/model.ts';
import { stripPeSignature } from '../../../packaging/formats/pe/attach.ts';
import { createKeySigner } from '../../../packaging/signing/key.ts';
import { signCab, signPe } from '../../../packaging/signing/sign.ts';
import type { CreateProduct } from '../../../publishing/partner-center/contract.ts';
import { checkBeforeUpload, type UploadRequest } from '../../../publishing/refusals/check.ts';
import type { SentFile } from '../../../publishing/refusals/contract.ts';
import { idFlaw, isTwoPart } from '../../../publishing/refusals/hardware-ids.ts';
import { driverImage } from '../../support/demo-image.ts';
import {
  packCabinet,
  RELEASED_NOW,
  type Released,
  releaseBrands,
  releasedOf,
  signCabinet,
  withFile,
  withInf,
} from '../../support/released.ts';
import { certify, party } from '../../support/test-ca.ts';
import { hierarchyWith, sharedHierarchy, signingParts } from '../../support/test-keys.ts';

let all: ReadonlyMap<string, Released>;
let own: Released;
beforeAll(async () => {
  all = await releaseBrands(['example-vendor', 'example-xs', 'xenproject']);
  own = releasedOf(all, 'example-vendor x64');
}, 120_000);

const requestFor = (released: Released, changes: Partial<UploadRequest> = {}): UploadRequest => ({
  ...{ file: released.file, bytes: released.cabinet, product: released.product, submissionType: 'initial' },
  ...{ emulated: true, nowMs: RELEASED_NOW },
  ...changes,
});

const check = (changes: Partial<UploadRequest> = {}, released = own): readonly Diagnostic[] =>
  checkBeforeUpload(requestFor(released, changes));

const shown = ({ severity, code }: Diagnostic): string => `${severity} ${code}`;
const product = (changes: Partial<CreateProduct>): Pick<UploadRequest, 'product'> => ({
  product: { ...own.product, ...changes },
});

/** What a change brings that the release does not have, each once. */
const news = (found: readonly Diagnostic[], base = check()): readonly string[] => {
  const before = new Set(base.map(shown));
  return [...new Set(found.map(shown))].filter((one) => !before.has(one)).sort();
};

const repacked = async (
  files: readonly SentFile[],
  more: Partial<UploadRequest> = {},
): Promise<readonly Diagnostic[]> => check({ bytes: await signCabinet(packCabinet(files)), ...more });

const HLKX = new Uint8Array([0x50, 0x4b, 3, 4]);
/** The same drivers on the way to WHQL. */
const whql = (changes: Partial<UploadRequest> = {}, settings: Partial<CreateProduct> = {}): readonly Diagnostic[] => {
  return check({
    ...{ file: 'acme.hlkx', bytes: HLKX, drivers: own.files },
    product: {
      ...{ ...own.product, testHarness: 'hlk', requestedSignatures: ['WINDOWS_v100_X64_GE_FULL'] },
      selectedProductTypes: { Windows_v100_GE: 'Unclassified' },
      ...settings,
    },
    ...changes,
  });
};

describe('a release as it was made', () => {
  test.each(['example-vendor x64', 'example-vendor x86', 'example-xs x64', 'example-xs x86'])(
    '%s is not refused',
    (name) => {
      const found = check({}, releasedOf(all, name));
      expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
      const known = ['REFUSAL_SYSTEM_ATTESTATION', 'REFUSAL_TEST_AUDIENCE', 'REFUSAL_TWO_PART', 'REFUSAL_VENDOR_OWNED'];
      for (const { code } of found) expect(known).toContain(code);
    },
  );

  test('is not refused on the way to WHQL, and is told to be unclassified', () => {
    const codes = whql().map(shown);
    expect(codes).toContain('warning REFUSAL_UNCLASSIFIED');
    expect(codes.filter((one) => one.startsWith('error'))).toEqual([]);
  });

  test('wants nothing more than a signature: nothing is said of Windows Update', () => {
    const codes = check({ destination: 'signature' }).map(({ code }) => code);
    expect(codes).toEqual(['REFUSAL_SYSTEM_ATTESTATION']);
  });
});

describe('XenProject, which has no PV device id of its own', () => {
  test.each(['xenproject x64', 'xenproject x86'])('%s is refused for Windows Update, with the reason', (name) => {
    const released = releasedOf(all, name);
    for (const destination of [undefined, 'test-audience'] as const) {
      const errors = check({ destination }, released).filter(({ severity }) => severity === 'error');
      expect(errors.map(({ code }) => code)).toEqual(['REFUSAL_NO_OWN_DEVICE']);
      expect(errors[0]?.message).toContain('no PV device id of their own: they bind 0001 and 0002');
    }
    const warned = check({ destination: 'signature' }, released).filter(({ code }) => code === 'REFUSAL_NO_OWN_DEVICE');
    expect(warned.map(({ severity }) => severity)).toEqual(['warning']);
  });

  test('is refused by a child alone as well', async () => {
    const files = releasedOf(all, 'xenproject x64').files.filter(({ name }) => name.startsWith('xenvbd/'));
    expect(news(await repacked(files))).toContain('error REFUSAL_NO_OWN_DEVICE');
  });
});

describe('the cabinet', () => {
  const files = () => own.files;
  test.each<readonly [string, () => readonly SentFile[], readonly string[]]>([
    ['a file at its root', () => withFile(files(), 'readme.txt', () => new Uint8Array(3)), ['error CAB_FILE_AT_ROOT']],
    [
      'a folder without an INF',
      () => withFile(files(), 'docs/readme.txt', () => new Uint8Array(3)),
      ['error CAB_NO_INF', 'warning CAB_NO_CATALOG'],
    ],
    [
      'a folder with a long name',
      () => files().map(({ name, bytes }) => ({ name: name.replace(/^xenbus\//, `${'x'.repeat(40)}/`), bytes })),
      ['error CAB_FOLDER_NAME'],
    ],
    [
      'a folder with a blank in its name',
      () => files().map(({ name, bytes }) => ({ name: name.replace(/^xenbus\//, 'xen bus/'), bytes })),
      ['error CAB_FOLDER_NAME'],
    ],
    [
      'a folder in a folder',
      () => withFile(files(), 'xenbus/doc/readme.txt', () => new Uint8Array(3)),
      ['error CAB_FOLDER_NESTED'],
    ],
    ['no catalog', () => withFile(files(), 'xenbus/xenbus.cat', () => undefined), ['warning CAB_NO_CATALOG']],
  ])('%s', async (_what, spoilt, expected) => {
    expect(news(await repacked(spoilt()))).toEqual(expected);
  });

  test('may not be packed with LZX; not at all is a warning', async () => {
    const bytes = packCabinet(files());
    const lzx = bytes.slice();
    new DataView(lzx.buffer).setUint16(36 + 6, 0x1503, true);
    expect(news(check({ bytes: await signCabinet(lzx) }))).toEqual(['error REFUSAL_COMPRESSION']);
    const stored = packCabinet(files(), { compress: 'none' });
    expect(news(check({ bytes: await signCabinet(stored) }))).toEqual(['warning REFUSAL_COMPRESSION']);
  });

  test('that is cut short, or is none, is refused', async () => {
    expect(news(check({ bytes: own.cabinet.subarray(0, 900) }))).toEqual(['error REFUSAL_PACKAGE_UNREAD']);
    expect(news(check({ bytes: HLKX }))).toEqual(['error REFUSAL_PACKAGE_KIND']);
    expect(news(whql({ bytes: own.cabinet }), whql())).toEqual(['error REFUSAL_PACKAGE_KIND']);
  });

  test('has to be signed, over these bytes, with SHA-256', async () => {
    const bare = packCabinet(files());
    expect(news(check({ bytes: bare }))).toEqual(['error REFUSAL_UNSIGNED']);
    const signed = await signCabinet(bare);
    const broken = signed.slice();
    broken[32] = (broken[32] ?? 0) ^ 1; // setID, which the signature covers
    expect(news(check({ bytes: broken }))).toEqual(['error REFUSAL_SIGNATURE']);
    const { signer } = signingParts(await sharedHierarchy());
    const weak = await signCab(bare, 'acme.cab', { signer, digest: 'sha1' });
    expect(news(check({ bytes: weak }))).toEqual(['error REFUSAL_SIGNATURE_KIND']);
  });

  test('signed by a key of curves is a warning', async () => {
    const { signer } = signingParts(await hierarchyWith('EC P-256'));
    expect(news(check({ bytes: await signCabinet(packCabinet(files()), signer) }))).toEqual([
      'warning REFUSAL_SIGNATURE_KIND',
    ]);
  });

  const signedBy = async (wish: Parameters<typeof certify>[1]): Promise<Uint8Array> => {
    const who = party('Acme');
    const { der } = certify(who, wish);
    const signer = createKeySigner({ label: 'Acme', privateKey: who.privateKey, certificates: [der] });
    return signCabinet(packCabinet(files()), signer);
  };
  const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
  const around = [RELEASED_NOW - 1e9, RELEASED_NOW + 1e9] as const;

  test.each([
    ['for something else', { eku: '1.3.6.1.5.5.7.3.1', validMs: around }],
    ['that is over', { eku: CODE_SIGNING, validMs: [RELEASED_NOW - 2e9, RELEASED_NOW - 1e9] as const }],
    ['that is still to come', { eku: CODE_SIGNING, validMs: [RELEASED_NOW + 1e9, RELEASED_NOW + 2e9] as const }],
  ])('signed with a certificate %s is refused', async (_what, wish) => {
    expect(news(check({ bytes: await signedBy(wish) }))).toContain('error REFUSAL_CERTIFICATE');
  });

  test('signed with a good certificate of nobody known is a warning, and for the real service only', async () => {
    const bytes = await signedBy({ eku: CODE_SIGNING, validMs: around });
    expect(news(check({ bytes }))).toEqual(['warning REFUSAL_SIGNATURE_KIND']);
    const known = { standIns: true, testSigned: false };
    expect(news(check({ bytes, emulated: false, known }))).toContain('warning REFUSAL_CERTIFICATE');
  });

  test('has to be signed by a certificate that was named, when some were', async () => {
    expect(news(check({ thumbprints: ['00'.repeat(20)] }))).toEqual(['error REFUSAL_CERTIFICATE']);
  });
});

describe('the drivers', () => {
  test('are no stand-ins, unless the record of the release says so already or the emulator is there', () => {
    const known = { standIns: false, testSigned: true };
    expect(news(check({ emulated: false, known }))).toEqual(['error REFUSAL_STAND_IN']);
    expect(news(check({ emulated: false, known: { ...known, standIns: true } }))).toEqual([]);
  });

  test.each<readonly [string, (text: string) => string, readonly string[]]>([
    ['a rule of mode h', (text) => text.replace(/^PnpLockdown.*$/im, ''), ['error INF_1324']],
    [
      'a day that is to come',
      (text) => text.replace(/^(DriverVer\s*=\s*)[^,]+/im, '$107/01/2026'),
      ['error REFUSAL_DRIVERVER_FUTURE'],
    ],
    [
      'a day before Windows 7',
      (text) => text.replace(/^(DriverVer\s*=\s*)[^,]+/im, '$104/20/2009'),
      ['error REFUSAL_DRIVERVER_OLD'],
    ],
  ])('break %s', async (_what, edit, expected) => {
    const found = news(await repacked(withInf(own.files, 'xenbus/xenbus.inf', edit)));
    expect(found.filter((one) => one !== 'warning REFUSAL_CATALOG')).toEqual(expected);
  });

  test('may be of today, and of a day that begins within the hour with a warning', async () => {
    const dated = (day: string): readonly SentFile[] =>
      withInf(own.files, 'xenbus/xenbus.inf', (text) => text.replace(/^(DriverVer\s*=\s*)[^,]+/im, `$1${day}`));
    const lateMs = Date.UTC(2026, 5, 15, 23, 30);
    const today = await repacked(dated('06/15/2026'), { nowMs: lateMs });
    expect(news(today)).toEqual(['warning REFUSAL_CATALOG']);
    const soon = await repacked(dated('06/16/2026'), { nowMs: lateMs });
    expect(news(soon)).toContain('warning REFUSAL_DRIVERVER_FUTURE');
  });

  test('are all there, and for their processor', async () => {
    const lost = await repacked(withFile(own.files, 'xenbus/xen.sys', () => undefined));
    expect(news(lost)).toContain('error BUNDLE_FILE_MISSING');
    const other = releasedOf(all, 'example-vendor x86').files;
    const x86 = other.find(({ name }) => name === 'xenbus/xen.sys')?.bytes;
    const mixed = await repacked(withFile(own.files, 'xenbus/xen.sys', () => x86));
    expect(news(mixed)).toEqual([
      'error BUNDLE_ARCHITECTURE',
      'error REFUSAL_ARCHITECTURES',
      'warning REFUSAL_CATALOG',
    ]);
  });

  test('serve the same processors in every folder', async () => {
    const other = releasedOf(all, 'example-vendor x86').files.filter(({ name }) => name.startsWith('xenvbd/'));
    const files = [...own.files.filter(({ name }) => !name.startsWith('xenvbd/')), ...other];
    const found = await repacked(files);
    expect(news(found)).toContain('error REFUSAL_ARCHITECTURES');
    expect(found.find(({ code }) => code === 'REFUSAL_ARCHITECTURES')?.message).toMatch(/xenbus.* amd64; xenvbd x86/);
  });

  test('hold their signatures: an error on the way to WHQL, which keeps them, else a warning', async () => {
    const { signer } = signingParts(await sharedHierarchy());
    const image = own.files.find(({ name }) => name === 'xenbus/xen.sys')?.bytes ?? new Uint8Array(0);
    const broken = (await signPe(stripPeSignature(image, 'xen.sys'), 'xen.sys', { signer })).slice();
    broken[0x410] = (broken[0x410] ?? 0) ^ 1;
    const files = withFile(own.files, 'xenbus/xen.sys', () => broken);
    expect(news(await repacked(files))).toContain('warning REFUSAL_IMAGE_SIGNATURE');
    expect(news(whql({ drivers: files }), whql())).toContain('error REFUSAL_IMAGE_SIGNATURE');
  });

  test('need no signatures of their own', async () => {
    const files = own.files.map(({ name, bytes }) => ({
      name,
      bytes: /\.(sys|dll|exe)$/.test(name) ? stripPeSignature(bytes, name) : bytes,
    }));
    expect(news(await repacked(files))).toEqual([]);
  });

  test('may have a catalog of another build: a warning, for Microsoft makes it anew', async () => {
    const found = await repacked(withInf(own.files, 'xenvbd/xenvbd.inf', (text) => `${text}\r\n; later\r\n`));
    expect(news(found)).toEqual(['warning REFUSAL_CATALOG']);
  });

  test('may have a catalog of SHA-1 hashes: a warning where no older Windows reads it', async () => {
    const inf = own.files.find(({ name }) => name === 'xenvbd/xenvbd.inf');
    const document = parseInf(inf?.bytes ?? new Uint8Array(0), 'xenvbd.inf');
    const [planned] = planCatalogs({
      infs: [{ document, model: infModel(document) }],
      files: (path) => own.files.find(({ name }) => name.toLowerCase() === `xenvbd/${path}`.toLowerCase())?.bytes,
      osList: parseOsList(['10_X64']),
      version: 1,
      thisUpdate: RELEASED_NOW,
    });
    if (planned === undefined) throw new Error('a catalog was expected');
    const files = withFile(own.files, 'xenvbd/xenvbd.cat', () => encodeUnsignedCatalog(planned.content));
    expect(news(await repacked(files))).toContain('warning REFUSAL_CATALOG_SHA1');
    const older = product({ requestedSignatures: ['WINDOWS_7_X64'] });
    expect(news(await repacked(files, older)).join()).not.toContain('SHA1');
  });

  test('that cannot be read are refused by what stopped the reading', async () => {
    const found = await repacked(
      withFile(own.files, 'xenbus/xenbus.inf', () => new Uint8Array([0xfe, 0xff, 0, 0x5b, 0, 0x56])),
    );
    expect(news(found)).toContain('error INF_UTF16BE');
    expect(
      news(await repacked(withFile(own.files, 'xenbus/xen.sys', () => driverImage('xen.sys').subarray(0, 300)))),
    ).not.toEqual([]);
  });
});

describe('the OS codes', () => {
  test.each([
    ['of another processor', ['WINDOWS_v100_GE_FULL', 'WINDOWS_v100_19H1_FULL'], ['error REFUSAL_SYSTEM_UNREACHED']],
    [
      'of Windows 7, with Windows 10',
      ['WINDOWS_7_X64', 'WINDOWS_v100_X64_GE_FULL'],
      ['error REFUSAL_SYSTEM_ATTESTATION', 'warning REFUSAL_SYSTEMS_MIXED'],
    ],
    ['of a Windows that is not known', ['WINDOWS_v100_X64_30H1_FULL'], []],
    ['of the last ones alone', ['WINDOWS_v100_X64_NI_FULL', 'WINDOWS_v100_X64_GE_FULL'], []],
  ])('%s', (_what, requestedSignatures, expected) => {
    const found = news(check(product({ requestedSignatures })));
    const told = found.filter((one) => !/SYSTEM_UNREACHED/.test(one) || expected.includes(one));
    expect(told).toEqual(expected);
  });

  test('are those that every INF installs on', async () => {
    const later = withInf(own.files, 'xenvbd/xenvbd.inf', (text) =>
      text.replaceAll(/NTamd64\b/gi, 'NTamd64.10.0...22000'),
    );
    const codes = (...requestedSignatures: string[]) => product({ requestedSignatures });
    const missed = await repacked(later, codes('WINDOWS_v100_X64_RS5_FULL', 'WINDOWS_v100_X64_GE_FULL'));
    expect(news(missed)).toContain('error REFUSAL_SYSTEM_UNREACHED');
    const told = missed.find(({ code }) => code === 'REFUSAL_SYSTEM_UNREACHED');
    expect(told?.message).toContain('WINDOWS_v100_X64_RS5_FULL');
    expect(told?.message).not.toContain('GE');
    expect(news(await repacked(later, codes('WINDOWS_v100_X64_GE_FULL'))).join()).not.toContain('UNREACHED');
    expect(news(await repacked(later, codes('WINDOWS_v100_X64_TH1_FULL')))).toContain('error REFUSAL_SYSTEM_UNREACHED');
  });

  test('of Itanium are told', () => {
    const found = news(check(product({ requestedSignatures: ['WINDOWS_2008_SERVER_R2_IA64'] })));
    expect(found).toContain('warning REFUSAL_SYSTEM_ITANIUM');
  });

  test('go with their kit', () => {
    expect(news(whql({}, { testHarness: 'hck' }), whql())).toEqual(['error REFUSAL_HARNESS']);
    const older = { requestedSignatures: ['WINDOWS_v63_X64'], selectedProductTypes: { Windows81: 'Unclassified' } };
    expect(news(whql({}, older), whql())).toContain('error REFUSAL_HARNESS');
  });
});

describe('the product', () => {
  const GE = 'Windows_v100_GE';
  test.each<readonly [string, Partial<CreateProduct>, readonly string[]]>([
    ['has no name', { productName: '  ' }, ['error REFUSAL_PRODUCT_NAME']],
    ['has no product type for a family', { selectedProductTypes: {} }, ['error REFUSAL_FAMILY_MISSING']],
    ['has its family in other letters', { selectedProductTypes: { WINDOWS_V100_ge: 'LAN' } }, []],
    [
      'has a type that nobody knows',
      { selectedProductTypes: { [GE]: 'Unclasified' } },
      ['warning REFUSAL_PRODUCT_TYPE'],
    ],
    [
      'has a family that nobody knows',
      { selectedProductTypes: { [GE]: 'Unclassified', Windows_v100_ZZ: 'Unclassified' } },
      ['warning REFUSAL_FAMILY_UNKNOWN'],
    ],
    [
      'has the attributes of two kinds of products',
      { additionalAttributes: { storageController: {}, svvp: {} } },
      ['error REFUSAL_ATTRIBUTES'],
    ],
    [
      'has those of one, and says that it has no others',
      { additionalAttributes: { svvp: {}, raidController: null } },
      [],
    ],
    [
      'is a storage controller and does not describe itself',
      { selectedProductTypes: { [GE]: 'Storage Controller' } },
      ['error REFUSAL_ATTRIBUTES'],
    ],
    [
      'is one that does',
      {
        selectedProductTypes: { [GE]: 'Storage Controller' },
        additionalAttributes: { storageController: { driverName: 'xenvbd' } },
      },
      [],
    ],
    [
      'has a mark without what goes with it',
      { additionalAttributes: { storageController: { usedProprietary: true, proprietaryName: 'x' } } },
      ['error REFUSAL_ATTRIBUTES'],
    ],
    ['is for Insiders', { isFlightSign: true }, ['error REFUSAL_NOT_RETAIL']],
    ['is test-signed', { isTestSign: true }, ['error REFUSAL_NOT_RETAIL']],
  ])('%s', (_what, settings, expected) => {
    expect(news(whql({}, settings), whql())).toEqual(expected);
  });

  test('that is attested does not reach everybody', () => {
    expect(news(check({ destination: 'windows-update' }))).toEqual(['error REFUSAL_NOT_RETAIL']);
    expect(check({ destination: 'test-audience' }).map(({ code }) => code)).not.toContain('REFUSAL_TEST_AUDIENCE');
  });

  test('that is attested, or test-signed, has no derived submission', () => {
    const derived = { submissionType: 'derived' } as const;
    expect(news(check(derived))).toEqual(['error REFUSAL_DERIVED']);
    expect(news(whql({ ...derived, product: undefined }), whql())).toEqual([]);
    expect(news(whql(derived, { isTestSign: true }), whql())).toContain('error REFUSAL_DERIVED');
  });

  test('that is new has no derived submission: nothing is there that it could be derived from', () => {
    const found = whql({ submissionType: 'derived' });
    expect(news(found, whql())).toEqual(['error REFUSAL_DERIVED']);
    expect(found.find(({ code }) => code === 'REFUSAL_DERIVED')?.hint).toContain('--product');
  });

  test('that is there already is not judged', () => {
    expect(news(check({ product: undefined }))).toEqual([]);
  });
});

describe('hardware ids for Windows Update', () => {
  test('of a function that is reserved for another vendor are refused', async () => {
    const moved = own.files.map(({ name, bytes }) => ({ name, bytes }));
    const files = ['xenbus/xenbus.inf', 'xenvbd/xenvbd.inf'].reduce<readonly SentFile[]>(
      (before, name) => withInf(before, name, (text) => text.replaceAll('C8E0', 'C201')),
      moved,
    );
    const found = await repacked(files);
    expect(news(found)).toContain('error REFUSAL_FOREIGN_DEVICE');
    expect(found.find(({ code }) => code === 'REFUSAL_FOREIGN_DEVICE')?.message).toContain(
      'C201 is reserved for XCP-ng',
    );
  });

  test("of its own range are the vendor's to use", () => {
    const codes = check({}, releasedOf(all, 'example-xs x64')).map(({ code }) => code);
    expect(codes).not.toContain('REFUSAL_FOREIGN_DEVICE');
    expect(codes).not.toContain('REFUSAL_VENDOR_OWNED');
  });

  test.each([
    ['PCI\\VEN_5853&DEV_0001', true],
    ['pci\\ven_5853&dev_c8e0&subsys_c8e05853&rev_01', false],
    ['HDAUDIO\\FUNC_01&VEN_10EC&DEV_0295', true],
    ['HDAUDIO\\FUNC_01&VEN_10EC&DEV_0295&SUBSYS_10280001', false],
    ['XENBUS\\VEN_EVC8E0&DEV_VBD&REV_0900000B', false],
    ['USB\\VID_1234&PID_5678', false],
  ])('%s: whether it is of two parts', (id, expected) => {
    expect(isTwoPart(id)).toBe(expected);
  });

  test.each([
    ['PCI\\VEN_5853&DEV_C8E0&SUBSYS_C8E05853&REV_01', undefined],
    ['XENBUS\\VEN_EVC8E0&DEV_VBD&REV_0900000B', undefined],
    ['XENVIF\\VEN_EV0001&DEV_NET&REV_09000005', undefined],
    ['USB\\VID_1234&PID_5678', undefined],
    ['ACPI\\QEMU0002', undefined],
    ['Root\\xendisk', undefined],
    ['ACPI\\PNP0C0A', 'begins as ids of the system do'],
    ['*PNP0500', 'begins as ids of the system do'],
    ['XenBus', 'has no enumerator before it'],
    ['DISPLAY\\ABC1234', 'has an enumerator that is not published for'],
    ['PCI\\VEN_FFFF&DEV_0001', 'names no vendor'],
    ['PCI\\VEN_5853', 'names no device'],
    ['PCI\\VEN_5853&DEV_&SUBSYS_5853', 'names no device'],
    ['PCI\\VEN_@VENDOR@&DEV_0001', 'holds a token that was not filled in'],
    ['PCI\\VEN_5853&CC_0180', 'is for a class of devices'],
    ['XENBUS\\CLASS_VBD&REV_02', 'is for a class of devices'],
    ['USB\\VID_1234', 'names no product'],
  ])('%s: what is said of its form', (id, expected) => {
    expect(idFlaw(id)).toBe(expected);
  });

  test('of such a form are told at their line', async () => {
    const found = await repacked(
      withInf(own.files, 'xenbus/xenbus.inf', (text) => text.replace(/PCI\\VEN_5853&DEV_0001/i, 'PCI\\VEN_5853')),
    );
    expect(news(found)).toContain('warning REFUSAL_ID_FORM');
    expect(found.find(({ code }) => code === 'REFUSAL_ID_FORM')?.at?.line).toBeGreaterThan(1);
  });

  const classed = (guid: string): readonly SentFile[] =>
    withInf(own.files, 'xenbus/xenbus.inf', (text) => text.replace(/^(ClassGuid\s*=\s*).*$/im, `$1${guid}`));
  const FIRMWARE = '{f2e7dd72-6468-4e36-b6f1-6488f42c1b52}';
  const DISPLAY = '{4d36e968-e325-11ce-bfc1-08002be10318}';
  const CHID = '{0a1b2c3d-0000-5000-8000-0a1b2c3d4e5f}';

  test('firmware needs computer ids, display drivers may not have them', async () => {
    expect(news(await repacked(classed(FIRMWARE)))).toContain('warning REFUSAL_CHID_MISSING');
    expect(news(await repacked(classed(FIRMWARE), { chids: [] }))).toContain('error REFUSAL_CHID_MISSING');
    expect(news(await repacked(classed(FIRMWARE), { chids: [CHID] })).join()).not.toContain('CHID');
    expect(news(await repacked(classed(DISPLAY), { chids: [CHID] }))).toContain('error REFUSAL_CHID_REFUSED');
    expect(news(check({ chids: [CHID] }))).toEqual([]);
  });

  test('computer ids are GUIDs, and not for Windows 7', () => {
    expect(news(check({ chids: ['acme'] }))).toEqual(['error REFUSAL_CHID_REFUSED']);
    const older = product({ requestedSignatures: ['WINDOWS_7_X64'] });
    expect(news(check({ ...older, chids: [CHID] }))).toContain('error REFUSAL_CHID_REFUSED');
  });
});
