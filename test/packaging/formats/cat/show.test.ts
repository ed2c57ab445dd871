import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseCatalog } from '../../../../packaging/formats/cat/parse.ts';
import { showCatalog } from '../../../../packaging/formats/cat/show.ts';
import { describeCorpus } from '../../../support/outside.ts';

interface AttributeVector {
  readonly name: string;
  readonly value: string;
}
interface CatalogVector {
  readonly kind: string;
  readonly version: number;
  readonly listIdentifier: string;
  readonly thisUpdate: string;
  readonly catalogAttrs: readonly AttributeVector[];
  readonly members: readonly {
    readonly tag: string;
    readonly attrs: readonly AttributeVector[];
    readonly memberInfoV2?: string;
    readonly memberInfoGuid?: string;
    readonly indirectData?: { readonly digest: string; readonly digestAlg: string; readonly pageHashes: boolean };
  }[];
}

const KINDS: Readonly<Record<string, string>> = {
  '{C689AAB8-8E78-11D0-8C47-00C04FC295EE}': 'pe',
  '{DE351A42-8E59-11D0-8C47-00C04FC295EE}': 'flat',
};

const record = (attributes: readonly AttributeVector[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ name, value }) => [name, value]));

/** The same facts as `cat show`, from the independent vectors. */
const expected = (vector: CatalogVector): unknown => {
  const ids = vector.catalogAttrs.filter(({ name }) => /^HWID\d+$/.test(name));
  const rest = vector.catalogAttrs.filter(({ name }) => name !== 'OS' && !/^HWID\d+$/.test(name));
  const os = vector.catalogAttrs.find(({ name }) => name === 'OS')?.value;
  const [, yy, ...parts] = /^(..)(..)(..)(..)(..)(..)Z$/.exec(vector.thisUpdate) ?? [];
  const [month, day, hour, minute, second] = parts;
  return {
    version: vector.version,
    digestAlgorithm: vector.version === 1 ? 'sha1' : 'sha256',
    listIdentifier: vector.listIdentifier,
    thisUpdate: `20${yy}-${month}-${day}T${hour}:${minute}:${second}Z`,
    attributes: record(rest),
    osAttributes: os === undefined ? [] : os.split(','),
    hardwareIds: ids.sort((a, b) => Number(a.name.slice(4)) - Number(b.name.slice(4))).map(({ value }) => value),
    members: vector.members.map(({ tag, attrs, memberInfoV2, memberInfoGuid, indirectData }) => ({
      tag,
      digest: indirectData?.digest ?? tag,
      algorithm: indirectData?.digestAlg ?? 'sha1',
      kind: memberInfoV2 ?? KINDS[memberInfoGuid ?? ''],
      pageHashes: indirectData?.pageHashes ?? false,
      attributes: record(attrs),
    })),
  };
};

describeCorpus('a catalog as it is shown', (corpus) => {
  const vectors = JSON.parse(readFileSync(corpus.path('signed/vectors.json'), 'utf8')) as Record<string, CatalogVector>;
  const catalogs = Object.entries(vectors).filter(([, { kind }]) => kind === 'cat');

  test('has 25 real ones to compare', () => {
    expect(catalogs.length).toBe(25);
  });

  test.each(catalogs)('%s: what independent parsers found in it', (name, vector) => {
    const shown = showCatalog(parseCatalog(corpus.file(`signed/${name}`), name));
    expect(JSON.parse(JSON.stringify(shown))).toMatchObject(expected(vector) as object);
  });
});

describeCorpus('a catalog as it is shown tells besides', (corpus) => {
  const shown = (path: string) => showCatalog(parseCatalog(corpus.file(`signed/${path}`), path));

  test('what its OS codes are called by Inf2Cat and by Windows', () => {
    const { operatingSystems } = shown('microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat');
    expect(operatingSystems.map(({ name, windows }) => [name, windows])).toEqual([
      ['10_RS3_ARM64', 'Windows 10 1709 (ARM64)'],
      ['10_RS4_ARM64', 'Windows 10 1803 (ARM64)'],
      ['10_19H1_ARM64', 'Windows 10 1903 to 1909 (ARM64)'],
      ['10_VB_ARM64', 'Windows 10 2004 to 22H2 (ARM64)'],
      ['10_CO_ARM64', 'Windows 11 21H2 (ARM64)'],
      ['10_NI_ARM64', 'Windows 11 22H2 to 23H2 (ARM64)'],
    ]);
    const preRelease = shown('inf2cat-v1/linino/linino-boards_x86.cat').operatingSystems.at(-1);
    expect(preRelease).toEqual({ code: '10X86', name: null, windows: 'Windows 10 before its release (x86)' });
  });

  test('in which form its tags are stored, and with which algorithm pages are hashed', () => {
    const formats = (path: string) => new Set(shown(path).members.map(({ tagFormat }) => tagFormat));
    expect(formats('inf2cat-v2/virtio-win8-amd64-viofs/viofs.cat')).toEqual(new Set(['hash']));
    expect(formats('inf2cat-v1/stmcdc-hybrid-sha1-sha256/stmcdc.cat')).toEqual(new Set(['hex-text']));
    const pages = shown('makecat/osslsigncode-unsigned/unsigned.cat').members.filter(({ pageHashes }) => pageHashes);
    expect(pages.map(({ pageHashAlgorithm }) => pageHashAlgorithm)).toEqual(['sha256']);
  });
});
