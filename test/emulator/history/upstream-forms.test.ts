import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { targetKey } from '../../../emulator/guest/guest.ts';
import { guestById } from '../../../emulator/guest/windows.ts';
import { registeredBuild } from '../../../emulator/history/register.ts';
import { KNOWN_RELEASES } from '../../../emulator/history/releases.ts';
import { compileBundle } from '../../../emulator/package/compile.ts';
import type { InstallFacts, PackageFacts, RegistryStep } from '../../../emulator/package/facts.ts';
import { renderTemplate } from '../../../packaging/bundle/render-template.ts';
import { CITRIX, knownPackage, UPSTREAM } from '../../support/history.ts';
import { type Corpus, describeCorpus } from '../../support/outside.ts';

const guest = guestById('windows-10-22h2-x64');
if (guest === undefined) throw new Error('no such guest');
const TARGET = targetKey(guest);

/** Values that decide what the drivers and Windows do; texts and the like are the template's own. */
const TELLING = new Set(
  [
    ...['SupportedClasses', 'SyntheticClasses', 'RequestKey', 'UpperFilters', 'BootFlags', 'BusType', 'DISKS', 'NICS'],
    ...['ACPI\\PNP0A03', 'PCIIDE\\IDEChannel', '*PNP0A03', 'Internal_IDE_Channel', '5', 'SanPolicy', 'TimeOutValue'],
    ...['DisableCDDB', 'DontStartRawDevices'],
  ].map((name) => name.toLowerCase()),
);
/** Of these the text is the vendor's, or a matter of taste. */
const TEXTS = new Set(['security', 'dialogtext', 'dialogmessage', 'dialogquestion']);

const stepLine = (owner: string, { root, key, name, data }: RegistryStep): readonly string[] => {
  const id = name.toLowerCase();
  // Boot flags were a key for a while.
  const isFlagsKey = key.toLowerCase() === 'bootflags';
  if (!TELLING.has(id) && !TEXTS.has(id) && !isFlagsKey) return [];
  const shown = TEXTS.has(id) ? '' : JSON.stringify(data);
  return [`${owner} ${root} ${key} ${name} ${shown}`.toLowerCase()];
};

const installLines = ({ featureScore, services, hardware, coInstallers }: InstallFacts): readonly string[] => [
  `feature score ${featureScore ?? 'none'}`,
  `co-installer ${coInstallers.length > 0}`,
  ...hardware.flatMap((step) => stepLine('hardware', step)),
  // The agent of that time was a vendor's own.
  ...services
    .filter(({ name }) => name.toLowerCase() !== 'xenlite')
    .flatMap(({ name, flags, start, group, registry }) => [
      `service ${name} ${flags} ${start} ${group}`.toLowerCase(),
      ...registry.flatMap((step) => stepLine(name, step)),
    ]),
];

/** What an INF does, as far as it changed over the years. */
const picture = ({ targets }: PackageFacts): readonly string[] => {
  const facts = targets[TARGET];
  return [
    ...(facts?.models ?? []).map(({ ids }) => `model ${ids.join(' ')}`),
    ...Object.values(facts?.installs ?? {}).flatMap((install) => [...installLines(install)].sort()),
  ];
};

const compiled = (driver: string, bytes: Uint8Array): PackageFacts => {
  const files = [{ path: `${driver}/${driver}.inf`, bytes }];
  const { library } = compileBundle({
    files,
    label: 'real',
    guests: [guest],
    trust: [],
    nowMs: 0,
    shown: (path) => path,
  });
  const [facts] = Object.values(library.packages);
  if (facts === undefined) throw new Error(`no package ${driver}`);
  return facts;
};

const TOKENS = Object.entries({
  ...{ VENDOR_NAME: 'V', COMPANY_NAME: 'V', PRODUCT_NAME: 'P', VENDOR_PREFIX: 'XP', VENDOR_DEVICE_ID: '' },
  ...{ MAJOR_VERSION: '9', MINOR_VERSION: '0', MICRO_VERSION: '0', BUILD_NUMBER: '1', INF_DATE: '01/01/2020' },
  ...{ INF_ARCH: 'amd64', FORCE_ACTIVATE: '', FORCE_UNPLUG: '', COPYRIGHT: '', OBJECT_PREFIX: 'X' },
}).map(([name, value]) => ({ name, value }));

/** The corpus has not the templates of these days: the build is of a later one than the last that is there. */
const NOT_THERE: readonly (readonly [driver: string, from: string, until: string])[] = [
  // xendisk is in neither of the two around.
  ['xenvbd', '2014-10-28', '2015-07-07'],
  // One Models line.
  ['xenvif', '2025-08-20', '9999'],
];

interface Build {
  readonly label: string;
  readonly driver: string;
  readonly built: string;
  readonly commit: string;
}

/** The template that master had when a build was made: the last before it that binds what it binds. */
const templateOf = (corpus: Corpus, { driver, built, commit }: Build): Uint8Array | undefined => {
  if (NOT_THERE.some(([name, from, until]) => name === driver && from <= built && built < until)) return undefined;
  const binds = registeredBuild(driver, commit)?.need?.binds;
  const bound = binds === undefined ? '' : `&REV_${binds}`;
  return readdirSync(corpus.path(`xen/templates/${driver}`))
    .filter((name) => name.slice(0, 8) <= built.replaceAll('-', ''))
    .sort()
    .map((name) => corpus.file(`xen/templates/${driver}/${name}`))
    .filter((bytes) => new TextDecoder('latin1').decode(bytes).includes(bound))
    .at(-1);
};

const rendered = (bytes: Uint8Array): Uint8Array => {
  const { bytes: text } = renderTemplate(bytes, 'x.inf', TOKENS);
  return new TextEncoder().encode(new TextDecoder('latin1').decode(text).replaceAll('$ARCH$', 'amd64'));
};

/** Of the others the co-installers did nothing that matters, and winpv has no template with them. */
const DRIVERS = ['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface'];

describeCorpus('the INF of a known build', (corpus) => {
  const builds = KNOWN_RELEASES.filter(({ line }) => line === 'master').flatMap(({ label, builds: drivers }) =>
    drivers
      .filter(({ driver }) => DRIVERS.includes(driver))
      .map((build) => ({ label, ...build, template: templateOf(corpus, { label, ...build }) })),
  );
  const compared = builds.flatMap(({ template, ...build }) => (template === undefined ? [] : [{ ...build, template }]));

  test('has a template to compare with in nearly all cases', () => {
    expect(builds.length - compared.length).toBeLessThanOrEqual(5);
  });

  test.each(compared)('of $driver at $label does what that of upstream did', ({ driver, commit, built, template }) => {
    const vendor = built < '2015-09-08' ? CITRIX : UPSTREAM;
    const real = picture(compiled(driver, rendered(template)));
    expect(picture(knownPackage(driver, commit, vendor).facts)).toEqual(real);
  });
});

/** Suites of the corpus that are a release of the register, and the vendor's ids in them. */
const SUITES = [
  { suite: 'xp-8.2.0', label: '8.2.0', ids: {} },
  { suite: 'xp-8.2.1', label: '8.2.1', ids: {} },
  { suite: 'xs-8.2.1', label: '8.2.1', ids: { vendorPrefix: 'XS', vendorDeviceId: 'C000' } },
  { suite: 'xn-8.2.2', label: 'xcp-ng/xcp-ng-8.2.2', ids: { vendorPrefix: 'XN', vendorDeviceId: 'C000' } },
  { suite: 'xn-9.0.9000', label: 'xcp-ng v9.0.9000.0', ids: { vendorPrefix: 'XN' } },
  { suite: 'xn-9.1.100', label: 'xcp-ng v9.1.100', ids: { vendorPrefix: 'XN' } },
];

describeCorpus('the release', (corpus) => {
  test.each(SUITES)('$label has INFs that do what those of $suite do', ({ suite, label, ids }) => {
    const builds = KNOWN_RELEASES.find((release) => release.label === label)?.builds ?? [];
    const vendor = { ...UPSTREAM, ...ids };
    for (const { driver, commit } of builds.filter((build) => DRIVERS.includes(build.driver))) {
      const real = picture(compiled(driver, corpus.file(`xen/rendered/${suite}/${driver}.inf`)));
      expect([driver, ...picture(knownPackage(driver, commit, vendor).facts)]).toEqual([driver, ...real]);
    }
  });
});
