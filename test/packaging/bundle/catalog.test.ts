import { describe, expect, test } from 'vitest';
import { equalBytes, toHex } from '../../../core/bytes.ts';
import { type CatalogRequest, planCatalogs } from '../../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../../packaging/formats/cat/encode.ts';
import { attributeText, type CatalogContent, findText, tagHash } from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { hardwareIdsOf, showCatalog } from '../../../packaging/formats/cat/show.ts';
import { demo, inf, NOW, request } from '../../support/catalog-sample.ts';
import { describeCorpus } from '../../support/outside.ts';

/** `file: OSAttr` of the members with a main hash, in file order of the INF's names. */
const listed = ({ members }: CatalogContent): readonly string[] =>
  members
    .filter(({ indirectData }) => indirectData !== undefined)
    .map(({ attributes }) => `${findText(attributes, 'File')}: ${findText(attributes, 'OSAttr')}`);

const only = (of: CatalogRequest): CatalogContent => {
  const [plan, ...more] = planCatalogs(of);
  if (plan === undefined || more.length > 0) throw new Error(`${more.length + 1} catalogs were planned`);
  return plan.content;
};

describe('a planned catalog', () => {
  test('lists the INF and what each architecture installs, by destination name in lower case', () => {
    expect(listed(only(request('10_VB_X64,10_VB_X86,6_3_X86')))).toEqual([
      'demo.inf: 2:6.3,2:10.0',
      'demo.sys: 2:6.3,2:10.0',
      'demo.sys: 2:10.0',
    ]);
  });

  test('lists a file under its destination name with the hash of its source, when a build of the list installs it', () => {
    expect(listed(only(request('10_VB_X64')))).toEqual(['demo.inf: 2:10.0', 'demo.sys: 2:10.0']);
    expect(listed(only(request('10_CO_X64')))).toEqual(['demo.inf: 2:10.0', 'demo.sys: 2:10.0', 'renamed.dll: 2:10.0']);
  });

  test('for a name without a release covers every build that the INF tells apart', () => {
    expect(listed(only(request('10_X64')))).toContain('renamed.dll: 2:10.0');
    expect(listed(only(request('10_X64')))).toEqual(listed(only(request('10_VB_X64,10_CO_X64'))));
  });

  test('has SHA-256 members and SHA-1 members beside them from Windows 8 on, else SHA-1 text alone', () => {
    const algorithms = (osList: string): readonly (string | undefined)[] => [
      ...new Set(only(request(osList)).members.map(({ tag }) => `${tagHash(tag)?.algorithm} ${tag.length}`)),
    ];
    expect(algorithms('8_X64,10_X64')).toEqual(['sha256 32', 'sha1 20']);
    expect(algorithms('7_X64,10_X64')).toEqual(['sha1 82']);
    expect(only({ ...request('7_X64'), version: 2 }).version).toBe(2);
    expect(only({ ...request('10_X64'), version: 1 }).version).toBe(1);
  });

  test('names the systems in canonical order and the ids last-added-first, each once and in lower case', () => {
    const { attributes } = only(request('10_X64,10_X86,7_X86'));
    expect(attributes.map((item) => `${item.name}=${attributeText(item)}`)).toEqual([
      'OS=7X86,_v100,_v100_X64',
      'HWID3=pci\\ven_5853&dev_0002',
      'HWID2=pci\\ven_5853',
      'HWID1=pci\\ven_5853&dev_0001',
    ]);
  });

  test('is one for each architecture that has a catalog of its own', () => {
    const version = 'CatalogFile=rest.cat\nCatalogFile.NTamd64=x64.cat\nDriverVer=11/24/2026,1.2.3.4';
    const plans = planCatalogs(request('10_X64,10_X86,10_RS5_ARM64', [demo({ version })]));
    expect(
      plans.map(({ name, content }) => [name, findText(content.attributes, 'OS'), listed(content).length]),
    ).toEqual([
      ['rest.cat', '_v100,_v100_ARM64_RS5', 3],
      ['x64.cat', '_v100_X64', 3],
    ]);
  });

  test('has the ids of every INF of the folder, by file name, and the files of those that name it', () => {
    const other = inf(
      'another.inf',
      `[Version]
       Signature="$Windows NT$"
       CatalogFile=another.cat
       [Manufacturer]
       V=M,NTamd64
       [M.NTamd64]
       d=I,ROOT\\FIRST`,
    );
    const plans = planCatalogs(request('10_VB_X64', [demo(), other]));
    expect(plans.map(({ name, content }) => [name, listed(content).length])).toEqual([
      ['another.cat', 1],
      ['Demo.cat', 2],
    ]);
    for (const { content } of plans) {
      expect(hardwareIdsOf(content.attributes)).toEqual([
        'root\\first',
        'pci\\ven_5853&dev_0001',
        'pci\\ven_5853',
        'pci\\ven_5853&dev_0002',
      ]);
    }
  });

  test('is shared by the INFs that name the same one', () => {
    const second = { ...demo(), document: { ...demo({ more: '; another' }).document, file: 'second.inf' } };
    const plans = planCatalogs(request('10_VB_X64', [demo(), second]));
    expect(plans.map(({ name, content }) => [name, listed(content).map((text) => text.split(':')[0])])).toEqual([
      ['Demo.cat', ['demo.inf', 'demo.sys', 'second.inf']],
    ]);
  });

  test('lists the same bytes once, for all systems that install them', () => {
    const same = { 'x86/demo.sys': 'same', 'x64/demo.sys': 'same', 'extra.dll': 'a library' };
    expect(listed(only(request('6_3_X86,10_VB_X64', [demo()], same)))).toEqual([
      'demo.inf: 2:6.3,2:10.0',
      'demo.sys: 2:6.3,2:10.0',
    ]);
  });

  test('is the same bytes for the same input, whatever the order of INFs and systems', () => {
    const bytes = (of: CatalogRequest): string => toHex(encodeUnsignedCatalog(only(of)));
    expect(bytes(request('10_X64,10_X86'))).toBe(bytes(request('10_x86,10_X64,10_X64')));
    expect(bytes({ ...request('10_X64'), thisUpdate: NOW + 1000 })).not.toBe(bytes(request('10_X64')));
  });

  test('has a version 4 GUID as its identifier, other for other content', () => {
    const { listIdentifier } = only(request('10_X64'));
    expect((listIdentifier[7] ?? 0) >> 4).toBe(4);
    expect((listIdentifier[8] ?? 0) >> 6).toBe(2);
    expect(equalBytes(listIdentifier, only(request('10_X86')).listIdentifier)).toBe(false);
  });

  test('is read back as it was planned', () => {
    const content = only(request('10_X64,10_X86'));
    const catalog = parseCatalog(encodeUnsignedCatalog(content), 'demo.cat');
    expect(catalog.findings).toEqual([]);
    expect(showCatalog(catalog)).toMatchObject({
      version: 2,
      thisUpdate: '2026-11-24T12:00:00Z',
      osAttributes: ['_v100', '_v100_X64'],
      hardwareIds: ['pci\\ven_5853&dev_0001', 'pci\\ven_5853', 'pci\\ven_5853&dev_0002'],
    });
  });
});

describeCorpus('an image that [SignatureAttributes] names', (corpus) => {
  const image = corpus.file('signed/pe/own/x64.sys');
  const more = `[SignatureAttributes]
    demo.sys=Trust
    [Trust]
    PETrust=true
    DRMLevel=1300`;
  const of = (changes: Partial<CatalogRequest> = {}, infs = [demo({ more })]): CatalogRequest => ({
    ...request('10_VB_X64', infs, { 'x64/demo.sys': image }),
    ...changes,
  });
  const images = (content: CatalogContent) =>
    showCatalog(parseCatalog(encodeUnsignedCatalog(content), 'demo.cat')).members.filter(({ kind }) => kind === 'pe');

  test('says so in both members, and lists the hashes of its pages', () => {
    const attributes = { File: 'demo.sys', OSAttr: '2:10.0', PETrusted: '1', DRMLevel: '1300' };
    expect(images(only(of())).map((member) => [member.algorithm, member.pageHashes, member.attributes])).toEqual(
      expect.arrayContaining([
        ['sha256', true, attributes],
        ['sha1', false, attributes],
      ]),
    );
  });

  test('page hashes are listed on demand, for all or by name, and else not', () => {
    const pages = (pageHashes?: CatalogRequest['pageHashes']): boolean =>
      images(only(of(pageHashes === undefined ? {} : { pageHashes }, [demo()]))).some((member) => member.pageHashes);
    expect([pages('all'), pages(new Set(['demo.sys'])), pages(new Set(['other.sys'])), pages()]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
