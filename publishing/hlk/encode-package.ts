import { createHash } from 'node:crypto';
import { concatBytes, toHex, utf8 } from '../../core/bytes.ts';
import { encodeOpc } from '../../packaging/formats/opc/encode.ts';
import { escapedAttribute } from '../../packaging/formats/xml/canonical.ts';
import type { HlkDriver, HlkPackageInfo, HlkProject, HlkTarget } from './package-info.ts';

/** What a stand-in for a package of the kit is made from. */
export interface HlkContent {
  readonly info: HlkPackageInfo;
  /** Any bytes: what the kit has in its databases is known to nobody. */
  readonly core: Uint8Array;
  readonly stream: Uint8Array;
}

const KIT = 'http://microsoft.com/schemas/windows/kits/hardware/2010';
const OCTETS = 'application/octet';

const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapedAttribute(String(value))}"`))
    .join('');

const list = (name: string, rows: readonly string[]): string => `<${name}>${rows.join('')}</${name}>`;

const driverXml = ({ id, replaces, systems, locales }: HlkDriver): string =>
  [
    `<Driver${attributes({ Id: id, ReplacesId: replaces })}>`,
    list(
      'OperatingSystems',
      systems.map(
        ({ architecture, code }) => `<OperatingSystem${attributes({ Architecture: architecture, Code: code })} />`,
      ),
    ),
    list(
      'Locales',
      locales.map((locale) => `<Locale${attributes({ Name: locale })} />`),
    ),
    '</Driver>',
  ].join('');

const targetXml = ({ key, name, type, driverStatus, drivers }: HlkTarget): string =>
  `<Target${attributes({ Key: key, Name: name, TargetType: type, DriverStatus: driverStatus })}>${drivers.map(driverXml).join('')}</Target>`;

const projectXml = ({ name, created, rollup, instances }: HlkProject): string => {
  const rows = instances.map(({ status, architecture, codes, features, productTypes, targets }) =>
    [
      `<ProductInstance${attributes({ Status: status })}><OperatingSystem${attributes({ Architecture: architecture })}>`,
      `${list(
        'Codes',
        codes.map((code) => `<Code${attributes({ Name: code })} />`),
      )}</OperatingSystem>`,
      list(
        'Features',
        features.map((feature) => `<Feature${attributes({ FullName: feature })} />`),
      ),
      list(
        'ProductTypes',
        productTypes
          .filter((type) => type !== 'Unclassified')
          .map((type) => `<ProductType${attributes({ Name: type })} />`),
      ),
      `${list('Targets', targets.map(targetXml))}</ProductInstance>`,
    ].join(''),
  );
  const sum =
    rollup === undefined
      ? ''
      : `<TestRollup${attributes({ Passed: rollup.passed, Failed: rollup.failed, NotRun: rollup.notRun })} />`;
  return `<Project${attributes({ Name: name, CreationDate: created })}>${list('ProductInstances', rows)}${sum}</Project>`;
};

/** `PackageInfo.xml` in the form with attributes (spec hlk 1.2). */
export const encodePackageInfo = (info: HlkPackageInfo): Uint8Array => {
  const { type, kitVersion, packageVersion, buildBranch, created, projects } = info;
  const own = {
    Type: type,
    KitVersion: kitVersion,
    PackageVersion: packageVersion,
    BuildBranch: buildBranch,
    CreationDate: created,
  };
  return utf8(
    `<?xml version="1.0" encoding="utf-8"?><Package${attributes(own)}>${projects.map(projectXml).join('')}</Package>`,
  );
};

/** A name that follows from the content, in the form of a GUID. */
const partName = (kind: string, bytes: Uint8Array): string => {
  const hex = toHex(
    createHash('sha256')
      .update(concatBytes(utf8(kind), bytes))
      .digest(),
  );
  return `/hck/data/${[hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')}`;
};

/**
 * A package built like one of the kit (spec hlk 1.1), for rehearsals and tests. It carries no evidence: its data are not
 * the kit's, and the real service refuses it.
 * @param modified milliseconds since 1970
 */
export const encodeHlkPackage = ({ info, core, stream }: HlkContent, modified: number): Promise<Uint8Array> => {
  const parts = [
    { kind: 'packageinfo', name: '/hck/data/PackageInfo.xml', contentType: 'text/xml', bytes: encodePackageInfo(info) },
    { kind: 'coredata', name: partName('core', core), contentType: OCTETS, bytes: core },
    { kind: 'streamdata', name: partName('stream', stream), contentType: OCTETS, bytes: stream },
  ];
  const relationships = parts.map(({ kind, name }, i) => ({
    ...{ id: `R${i + 1}`, type: `${KIT}/${kind}`, target: name, mode: 'Internal' as const },
  }));
  return encodeOpc({ parts, relationships: new Map([['/', relationships]]) }, modified);
};
