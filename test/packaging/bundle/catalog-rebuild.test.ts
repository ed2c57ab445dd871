import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../core/bytes.ts';
import {
  type CatalogInf,
  type PlannedCatalog,
  planCatalogsOf,
  type SubjectRequest,
} from '../../../packaging/bundle/catalog.ts';
import { checkCatalogsOf } from '../../../packaging/bundle/catalog-check.ts';
import { fileNameOf, scopedFiles } from '../../../packaging/bundle/catalog-scope.ts';
import { encodeCtl } from '../../../packaging/formats/cat/encode.ts';
import type { LinkStyle } from '../../../packaging/formats/cat/member.ts';
import type { Catalog, CatalogContent } from '../../../packaging/formats/cat/model.ts';
import { osByCode } from '../../../packaging/formats/cat/os.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { osCodesOf } from '../../../packaging/formats/cat/show.ts';
import type { CatalogSubject } from '../../../packaging/formats/cat/subject.ts';
import { parseInf } from '../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../packaging/formats/inf/model.ts';
import { type Corpus, describeCorpus } from '../../support/outside.ts';

interface MemberVector {
  readonly tag: string;
  readonly attrs: readonly { readonly name: string; readonly value: string }[];
  readonly memberInfoV2?: string;
  readonly indirectData?: { readonly digest: string; readonly type: string };
}
interface CatalogVector {
  readonly ctlContentSha256: string;
  readonly members: readonly MemberVector[];
}

/** A catalog of the corpus, the INFs of the run that made it, and what Microsoft added when it signed it. */
interface Sample {
  readonly catalog: string;
  readonly infs: readonly string[];
  /** Text of the links, told from the catalog: the tool that wrote it decides. */
  readonly link?: LinkStyle;
  /** Whose hardware ids span INFs that are not in the corpus. */
  readonly hardwareIds?: 'from the catalog';
  /** The name under which the INF was catalogued, where the corpus has it under another. */
  readonly infName?: string;
}

const REBUILT: readonly Sample[] = [
  { catalog: 'inf2cat-v1/arduino/arduino.cat', infs: ['arduino.inf'] },
  { catalog: 'inf2cat-v1/linino/linino-boards_amd64.cat', infs: ['linino.inf'] },
  { catalog: 'inf2cat-v1/linino/linino-boards_x86.cat', infs: ['linino.inf'] },
  { catalog: 'inf2cat-v1/missionplanner-cube/cube.cat', infs: ['cube.inf'] },
  { catalog: 'inf2cat-v1/virtio-win7-amd64-viostor/viostor.cat', infs: ['viostor.inf'] },
  { catalog: 'inf2cat-v1/virtio-wnet-x86-netkvm/netkvm.cat', infs: ['netkvm.inf'], link: 'obsolete' },
  { catalog: 'inf2cat-v2/virtio-win8-amd64-balloon/balloon.cat', infs: ['balloon.inf'] },
  {
    catalog: 'inf2cat-v2/virtio-win8-amd64-pvpanic-two-infs/pvpanic-pci.cat',
    infs: ['pvpanic.inf', 'pvpanic-pci.inf'],
  },
  { catalog: 'inf2cat-v2/virtio-win8-amd64-pvpanic-two-infs/pvpanic.cat', infs: ['pvpanic.inf', 'pvpanic-pci.inf'] },
  { catalog: 'inf2cat-v2/virtio-win8-amd64-viofs/viofs.cat', infs: ['viofs.inf'] },
  { catalog: 'inf2cat-v2/virtio-win8-amd64-vioscsi/vioscsi.cat', infs: ['vioscsi.inf'] },
  { catalog: 'inf2cat-v2/virtio-win81-amd64-netkvm/netkvm.cat', infs: ['netkvm.inf'], infName: 'netkvm_no_uso.inf' },
  { catalog: 'inf2cat-v2/virtio-win81-amd64-viostor/viostor.cat', infs: ['viostor.inf'] },
  {
    catalog: 'microsoft-signed/softether-selow-win10-x64-whql/SeLow_Win10_x64.cat',
    infs: ['SeLow_x64.inf'],
    hardwareIds: 'from the catalog',
  },
  {
    catalog: 'microsoft-signed/softether-wfp-win10-x64-whql/pxwfp_Win10_x64.cat',
    infs: ['pxwfp_x64.inf'],
    hardwareIds: 'from the catalog',
  },
  { catalog: 'microsoft-signed/usbipd-vboxusb-arm64-attestation/VBoxUSB.cat', infs: ['VBoxUSB.inf'] },
];

/** Why a catalog of the corpus is not rebuilt from an INF. */
const NOT_REBUILT: Readonly<Record<string, string>> = {
  'inf2cat-v1/arduino_gemma/arduino_gemma.cat':
    'lists files of IA64 though no IA64 system is in its OS list, which no known rule gives; HWID1 is of an INF not here',
  'inf2cat-v1/stmcdc-hybrid-sha1-sha256/stmcdc.cat': 'a hybrid of a 2014 kit: version 1 with a SHA-256 member besides',
  'makecat/jsign-wineyes/wineyes.cat': 'made by MakeCat from a CDF, without an INF',
  'makecat/osslsigncode-unsigned/unsigned.cat': 'made by MakeCat from a CDF, without an INF',
  'makecat/signify-catfiletest/catfiletest.cat': 'made by MakeCat from a CDF, without an INF',
  'cat-osslsigncode-signed/unsigned-signed.cat': 'made by MakeCat from a CDF, without an INF',
  'microsoft-signed/relic-hyperv-inbox-v1/hyperv.cat': "one of Windows' own; its INFs are not in the corpus",
  'microsoft-signed/signify-oem89-extension-whql-v1/oem89.cat': 'its INF is not in the corpus',
  'microsoft-signed/windows-update-2025-v2/115fe864.cat': "one of Windows' own, without an INF",
};

/** What Microsoft adds when it signs; a user's tool never writes these. */
const MICROSOFT = ['PE', 'Qualification Level', 'DTC', 'Submission ID', 'BundleID', 'Universal', 'Declarative'];

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

describeCorpus('rebuilding a trust list from the INF and the hashes of the files', (corpus) => {
  const vectors = JSON.parse(readFileSync(corpus.path('signed/vectors.json'), 'utf8')) as Record<string, CatalogVector>;

  test('is tried with every catalog that is not listed with a reason: 16 of 25', () => {
    const all = readdirSync(corpus.path('signed'), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.cat') && !name.startsWith('tampered/'));
    expect([...REBUILT.map(({ catalog }) => catalog), ...Object.keys(NOT_REBUILT)].sort()).toEqual(all.sort());
    expect(REBUILT.length).toBe(16);
    expect(all.length).toBe(25);
  });

  test.each(REBUILT)('$catalog gives the same bytes', (sample) => {
    const vector = vectors[sample.catalog];
    const catalog = parseCatalog(corpus.file(`signed/${sample.catalog}`), sample.catalog);
    const request = requestFor(corpus, sample, catalog, vector?.members ?? []);
    const content = rebuilt(sample, catalog, request);
    expect(toHex(encodeCtl(content))).toBe(toHex(catalog.ctl));
    expect(createHash('sha256').update(catalog.ctlValue).digest('hex')).toBe(vector?.ctlContentSha256);
  });

  test.each(REBUILT)('$catalog: the INF passes our checks, as it passed those of the real tool', (sample) => {
    const catalog = parseCatalog(corpus.file(`signed/${sample.catalog}`), sample.catalog);
    const request = requestFor(corpus, sample, catalog, vectors[sample.catalog]?.members ?? []);
    // The files of a sibling INF of the run are not in the corpus.
    const own = request.infs.filter(({ document }) => request.infs.length === 1 || document.file === infOf(sample));
    expect(own.length).toBe(1);
    expect(checkCatalogsOf({ ...request, infs: own }).filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

const infOf = ({ catalog }: Sample): string => `${catalog.slice(catalog.lastIndexOf('/') + 1, -4)}.inf`;

/** The request that the makers of a sample gave their tool, as far as the corpus holds it. */
const requestFor = (
  corpus: Corpus,
  sample: Sample,
  { content }: Catalog,
  members: readonly MemberVector[],
): SubjectRequest => {
  const folder = folderOf(sample.catalog);
  const infs = sample.infs.map((name) => {
    const document = parseInf(corpus.file(`signed/${folder}/${name}`), sample.infName ?? name);
    return { document, model: infModel(document) };
  });
  const osList = osCodesOf(content.attributes).flatMap((code) => osByCode(code) ?? []);
  const own = infs.filter(({ document }) => members.some((m) => fileOf(m) === fileNameOf(document.file).toLowerCase()));
  const filesOf = (inf: CatalogInf) => scopedFiles(inf, osList).map(({ file }) => file);
  const subjects = new Map(own.flatMap((inf) => hashesFor(filesOf(inf), members)));
  return {
    infs,
    osList,
    thisUpdate: content.thisUpdate,
    subjects: (path) => subjects.get(path),
    link: sample.link ?? 'empty',
  };
};

/** What our plan gives, with list identifier, time and OS list of the real one (and Microsoft's own words). */
const rebuilt = (sample: Sample, { content }: Catalog, request: SubjectRequest): CatalogContent => {
  const plan = namedLike(planCatalogsOf(request), sample.catalog);
  const added = content.attributes.filter(({ name }) => MICROSOFT.includes(name));
  const planned =
    sample.hardwareIds === undefined
      ? plan.content.attributes
      : [...plan.content.attributes.slice(0, 1), ...content.attributes.filter(({ name }) => name.startsWith('HWID'))];
  return { ...plan.content, listIdentifier: content.listIdentifier, attributes: [...added, ...planned] };
};

const fileOf = (member: MemberVector): string | undefined => member.attrs.find(({ name }) => name === 'File')?.value;

/** The planned catalog of the same name; each of these INFs names one for an architecture. */
const namedLike = (planned: readonly PlannedCatalog[], catalog: string): PlannedCatalog => {
  const name = catalog.slice(catalog.lastIndexOf('/') + 1).toLowerCase();
  const found =
    planned.find((plan) => plan.name.toLowerCase() === name) ?? (planned.length === 1 ? planned[0] : undefined);
  if (found === undefined) throw new Error(`nothing was planned for ${catalog}`);
  return found;
};

/** The hashes of each file of the package, from the members that carry its name, in the order of both. */
const hashesFor = (
  files: readonly { readonly name: string; readonly sourcePath: string }[],
  members: readonly MemberVector[],
): readonly (readonly [string, CatalogSubject])[] => {
  const free = [...members];
  const take = (name: string, length: number): MemberVector | undefined => {
    const at = free.findIndex((member) => fileOf(member) === name.toLowerCase() && member.tag.length === length);
    return at < 0 ? undefined : free.splice(at, 1)[0];
  };
  return files.flatMap(({ name, sourcePath }) => {
    const sha1 = take(name, 40);
    const sha256 = take(name, 64);
    const type = (sha256 ?? sha1)?.indirectData?.type;
    if (sha1 === undefined) return [];
    const kind = type === '1.3.6.1.4.1.311.2.1.15' ? 'pe' : 'flat';
    const digest: CatalogSubject['digest'] = (algorithm) => fromHex((algorithm === 'sha1' ? sha1 : sha256)?.tag ?? '');
    return [[sourcePath, { kind, digest }] as const];
  });
};
