import { createHash } from 'node:crypto';
import { toHex, utf8 } from '../../core/bytes.ts';
import type { FileContent, NewPackage, Publication } from '../repository/plan.ts';
import { testSigningScripts } from './scripts.ts';

export interface DeliveryFacts {
  readonly brand: string;
  readonly version: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  /** `release.json` as the release wrote it. */
  readonly record: Uint8Array;
}

const sha = (algorithm: 'sha1' | 'sha256', bytes: Uint8Array): string =>
  toHex(createHash(algorithm).update(bytes).digest());

const crlf = (lines: readonly string[]): Uint8Array => utf8(`${lines.join('\r\n')}\r\n`);

/** Packages that others ship stand apart, so that what takes all INFs below a folder takes each driver once. */
const placeOf = ({ architecture, driver, partOf }: NewPackage): string =>
  `${partOf === undefined ? 'drivers' : 'parts'}/${architecture}/${driver}`;

const packageFiles = (packages: readonly NewPackage[]): readonly FileContent[] =>
  packages.flatMap((one) => one.content.map(({ name, bytes }) => ({ name: `${placeOf(one)}/${name}`, bytes })));

const architecturesOf = (packages: readonly NewPackage[]): readonly string[] => [
  ...new Set(packages.map(({ architecture }) => architecture)),
];

const scripts = ({ packages, trust }: Publication, brand: string): readonly FileContent[] => {
  const named = (role: string) => {
    const file = trust.find(({ name }) => name.endsWith(`/${role}.cer`));
    return file === undefined ? undefined : { file: `${role}.cer`, thumbprint: sha('sha1', file.content) };
  };
  const [root, signer] = [named('root'), named('signer')];
  if (root === undefined || signer === undefined) return [];
  const drivers = new Map(
    architecturesOf(packages).map((architecture) => [
      architecture,
      packages
        .filter((one) => one.architecture === architecture && one.partOf === undefined)
        .map(({ driver }) => driver),
    ]),
  );
  const certificates = trust
    .filter(({ name }) => /\/(root|signer)\.cer$/.test(name))
    .map(({ name, content }) => ({ name: name.replace(/^.*\//, ''), bytes: content }));
  return [...testSigningScripts({ brand, drivers, root, signer }), ...certificates].map(({ name, bytes }) => ({
    name: `testsign/${name}`,
    bytes,
  }));
};

const readme = (
  { brand, version, date }: DeliveryFacts,
  { packages }: Publication,
  testSigned: boolean,
): FileContent => ({
  name: 'README.txt',
  bytes: crlf([
    `${brand} ${version}, ${date}`,
    '',
    'drivers\\ARCHITECTURE\\DRIVER holds one package each; ARCHITECTURE is one of: ' +
      `${architecturesOf(packages).join(', ')}.`,
    ...(packages.some(({ partOf }) => partOf !== undefined)
      ? [
          'parts\\ holds packages that others ship as well; they are for offline servicing and are not needed beside them.',
        ]
      : []),
    '',
    'On a running Windows (10 1607 or later), as an administrator:',
    '  pnputil /add-driver drivers\\x64\\*.inf /subdirs /install',
    'Into an image that is mounted at C:\\mnt:',
    '  dism /Image:C:\\mnt /Add-Driver /Driver:drivers\\x64 /Recurse',
    'Configuration Manager and the Microsoft Deployment Toolkit import drivers\\x64; the former from a share.',
    '',
    ...(testSigned
      ? [
          'These drivers are TEST-SIGNED: no Windows takes them as it is. On a machine that is there for tests,',
          'testsign\\install.cmd switches test signing on, trusts the test certificates and installs them;',
          'testsign\\undo.cmd takes all of that back.',
        ]
      : packages.some(({ signature }) => signature.kind === 'own')
        ? [
            'The catalogs have the signature of their maker alone, which Windows 10 1607 and later do not load with Secure Boot.',
          ]
        : ['The catalogs have the signature of Microsoft.']),
    '',
    'SHA256SUMS lists every file.',
  ]),
});

/** What `sha256sum -c` reads. */
const sums = (files: readonly FileContent[]): FileContent => ({
  name: 'SHA256SUMS',
  bytes: utf8(files.map(({ name, bytes }) => `${sha('sha256', bytes)}  ${name}\n`).join('')),
});

/** What stands on a medium, in ordinal order of names, `/` between the parts. Same release, same content. */
export const deliveryContents = (facts: DeliveryFacts, publication: Publication): readonly FileContent[] => {
  const testSigned = publication.packages.some(({ signature }) => signature.kind === 'test');
  const files = [
    ...packageFiles(publication.packages),
    ...(testSigned ? scripts(publication, facts.brand) : []),
    readme(facts, publication, testSigned),
    { name: 'release.json', bytes: facts.record },
  ].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...files, sums(files)].sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** What a volume may be called: 32 characters at most, of which Windows shows the first 16 of a Joliet volume. */
export const volumeName = ({ brand, version }: Pick<DeliveryFacts, 'brand' | 'version'>): string =>
  `${brand}_${version}`
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .slice(0, 32);
