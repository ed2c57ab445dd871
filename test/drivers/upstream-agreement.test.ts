import { describe, expect, test } from 'vitest';
import { driverNamed, generationOf } from '../../drivers/index.ts';
import { renderTemplate } from '../../packaging/bundle/render-template.ts';
import { type InfLine, sectionOf } from '../../packaging/formats/inf/document.ts';
import { type InfService, installTarget, type RegistryWrite } from '../../packaging/formats/inf/model.ts';
import type { WindowsTarget } from '../../packaging/formats/inf/target-os.ts';
import { describeCorpus } from '../support/outside.ts';
import {
  type RenderedInf,
  readInf,
  renderDriver,
  type TestBrand,
  tokensFor,
  WITH_EVERYTHING,
  windows10,
  windows11,
  XEN_PROJECT,
} from './render.ts';

const registryLine = (owner: string, { scope, key, name, flags, type, value }: RegistryWrite): string =>
  [owner, scope, key, name, type, `0x${flags.toString(16)}`, JSON.stringify(value)].join(' | ');

const serviceLine = (service: InfService): string =>
  [
    'service',
    service.name,
    `flags ${service.flags}`,
    `type ${service.serviceType}`,
    `start ${service.startType}`,
    `error ${service.errorControl}`,
    service.binary,
    service.loadOrderGroup,
    service.displayName,
    service.description,
  ].join(' | ');

/** What NDIS and the ranking of drivers read from install sections. */
const INSTALL_KEYS = ['FeatureScore', 'Characteristics', 'BusType', '*IfType', '*MediaType', '*PhysicalMediaType'];

const linesOf = ({ document }: RenderedInf, section: string): readonly InfLine[] =>
  sectionOf(document, section)?.lines ?? [];

/** Who may use the WMI classes of a device, with the section that says it looked up. */
const wmiLines = (inf: RenderedInf, section: string): readonly string[] =>
  linesOf(inf, `${section}.WMI`)
    .filter(({ key }) => key === 'WMIInterface')
    .map(({ fields: [guid, flags, security = ''] }) => {
      const values = linesOf(inf, security).map(({ key, fields }) => `${key}=${fields.join(',')}`);
      return `wmi | ${guid} | ${flags} | ${values.join(' ')}`;
    });

/** What installing on one Windows does. */
const installLines = (inf: RenderedInf, windows: WindowsTarget): readonly string[] => {
  const target = installTarget(inf.document, inf.model, windows);
  return [
    ...target.sections.flatMap((section) => [
      ...linesOf(inf, section)
        .filter(({ key }) => INSTALL_KEYS.includes(key ?? ''))
        .map(({ key, fields }) => `${key} | ${fields.map(Number).join(',')}`),
      ...wmiLines(inf, section),
    ]),
    ...target.files.map(
      ({ name, source, sourcePath, dirid, subdir, flags }) =>
        `file | ${name} | ${source} | ${sourcePath} | ${dirid} | ${subdir} | ${flags}`,
    ),
    ...target.services.map(serviceLine),
    ...target.services.flatMap(({ section }) =>
      linesOf(inf, section)
        .filter(({ key }) => key === 'BootFlags')
        .map(({ fields }) => `boot flags | ${fields.map(Number).join(',')}`),
    ),
    ...target.services.flatMap(({ name, registry }) => registry.map((write) => registryLine(name, write))),
    ...target.registry.map((write) => registryLine('device', write)),
  ].map((line) => `build ${windows.build} | ${line}`);
};

/** All that an INF does to Windows, one line for each fact, without the names of its sections and the order in them. */
const effectOf = (inf: RenderedInf): readonly string[] => {
  const { version, devices } = inf.model;
  return [
    `version | ${version.class.toLowerCase()} ${version.classGuid.toLowerCase()} | ${version.provider}`,
    `catalog | ${version.catalogFiles.default} | ${version.driverVer?.text}`,
    `lockdown | ${version.pnpLockdown}`,
    `package | ${version.entries.DriverPackageDisplayName}`,
    ...[...new Set(devices.map(({ os }) => os))].flatMap((os) =>
      devices
        .filter((device) => device.os === os)
        .map(
          ({ description, manufacturer, ids }, index) =>
            `device ${index} | ${os} | ${manufacturer} | ${description} | ${ids.join(', ')}`,
        ),
    ),
    ...installLines(inf, windows10('x64')),
    ...installLines(inf, windows11('x64')),
  ].sort();
};

/** A difference that is on purpose: the lines that only one of the two has, and why. Every pattern has to be needed. */
interface Difference {
  readonly why: string;
  readonly ours?: RegExp;
  readonly theirs?: RegExp;
}

/** The lines of one that the other has not, apart from those that a pattern explains. */
const unlike = (lines: readonly string[], others: readonly string[], known: readonly RegExp[]): readonly string[] =>
  lines.filter((line) => !others.includes(line) && !known.some((pattern) => pattern.test(line)));

const isNeeded = (pattern: RegExp | undefined, lines: readonly string[], others: readonly string[]): boolean =>
  pattern === undefined || lines.some((line) => !others.includes(line) && pattern.test(line));

/** What is different without a reason, and the reasons that nothing is different for. */
const unexplained = (ours: readonly string[], theirs: readonly string[], known: readonly Difference[]): unknown => ({
  onlyOurs: unlike(
    ours,
    theirs,
    known.flatMap((difference) => difference.ours ?? []),
  ),
  onlyTheirs: unlike(
    theirs,
    ours,
    known.flatMap((difference) => difference.theirs ?? []),
  ),
  outOfDate: known.filter(
    (difference) => !isNeeded(difference.ours, ours, theirs) || !isNeeded(difference.theirs, theirs, ours),
  ),
});

interface Case {
  readonly driver: string;
  readonly line: string;
  /** Below `xen/`: an INF, or a template of upstream's. */
  readonly from: string;
  readonly brand: TestBrand;
  readonly known?: readonly Difference[];
}

const LINE_8_2: TestBrand = { ...XEN_PROJECT, version: '8.2.1.17', infDate: '04/23/2018' };
const XENSERVER: TestBrand = {
  ...LINE_8_2,
  vendorName: 'XenServer',
  productName: 'XenServer',
  vendorPrefix: 'XS',
  vendorDeviceId: 'C000',
  version: '8.2.1.117',
};

const XCP_NG: TestBrand = {
  ...XEN_PROJECT,
  vendorName: 'XCP-ng',
  productName: 'XCP-ng',
  vendorPrefix: 'XN',
};

const SECURED: readonly Difference[] = [
  {
    why: 'F43, XSA-468: without descriptors every user controls xenstore. Current upstream has the same ones.',
    ours: /^build \d+ \| (device \| hardware \| HKR \| .*Security \||wmi \|)/,
  },
];

/** What upstream did to the packages of all children from 2019 to its 9.1 line, and winpv with it. */
const SINCE_2019: readonly Difference[] = [
  {
    why: 'Co-installers left in 2023: Windows signs no packages with them any more.',
    theirs: /_coinst(_9_1_0_\d+)?\.dll/,
  },
  {
    why: 'PnpLockdown came in 2023, with the same programme.',
    ours: /^lockdown \| true/,
    theirs: /^lockdown \| false/,
  },
  {
    why: 'The revision that current upstream binds, on one Models line as current upstream has it on most drivers.',
    ours: /^device 0 /,
    theirs: /^device \d /,
  },
  {
    why: 'One Models line needs the feature score, as for the other drivers (spec xen-pv 1.2).',
    ours: /\| FeatureScore \| 254$/,
  },
];

const cases: readonly Case[] = [
  ...['xenbus', 'xenvbd', 'xennet', 'xeniface'].flatMap((driver) => [
    { driver, line: '9.1', from: `rendered/xp-9.1-head/${driver}.inf`, brand: XEN_PROJECT },
    { driver, line: '9.1', from: `rendered/xz-c1f0-9.1-head/${driver}.inf`, brand: WITH_EVERYTHING },
  ]),
  ...['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface'].flatMap((driver) => {
    const known = driver === 'xeniface' ? SECURED : [];
    return [
      { driver, line: '8.2', from: `rendered/xp-8.2.1/${driver}.inf`, brand: LINE_8_2, known },
      { driver, line: '8.2', from: `rendered/xs-8.2.1/${driver}.inf`, brand: XENSERVER, known },
    ];
  }),
  ...[XEN_PROJECT, WITH_EVERYTHING, XCP_NG].map((brand) => ({
    ...{ driver: 'xenvif', line: '9.1', from: 'templates/xenvif/20251124-fb7791b32a.inf', brand },
  })),
  ...[XEN_PROJECT, WITH_EVERYTHING].flatMap((brand) => [
    {
      ...{ driver: 'xenvkbd', line: '9.1', from: 'templates/xenvkbd/20190614-187d64ab48.inf', brand },
      known: [
        ...SINCE_2019,
        {
          why: 'Upstream calls it a class since then (spec xen-pv 3.1).',
          ours: /PV Keyboard\/Mouse Class/,
          theirs: /PV Keyboard\/Mouse( Package|$| \|)/,
        },
      ],
    },
    {
      ...{ driver: 'xenhid', line: '9.1', from: 'templates/xenhid/20190614-1615cc377c.inf', brand },
      known: SINCE_2019,
    },
    {
      ...{ driver: 'xencons', line: '9.1', from: 'templates/xencons/20190614-e4bd75b285.inf', brand },
      known: [
        ...SINCE_2019,
        {
          why: 'No console is needed to start Windows from the network; XCP-ng took the flags out (spec xen-pv 7.4).',
          theirs: /\| BootFlags \|/,
        },
      ],
    },
  ]),
];

/**
 * Where our templates differ from upstream's on purpose: the words of the restart dialog and of the descriptions of
 * services are our own, because they are prose and nothing compares them. Everything else must be equal, in particular
 * the display names, which old co-installers compare (spec xen-pv 3.1), and the labels of settings, which scripts use.
 */
const OWN_WORDS = /\| (DialogText|DialogQuestion|DialogMessage) \||\| service \| xen(bus|cons)_monitor \|/;

/** Upstream's template of before 2019, which a tool of Microsoft's stamped, is stamped here; the others have tokens. */
const theirInf = (bytes: Uint8Array, { driver, from, brand }: Case): RenderedInf => {
  if (from.startsWith('rendered/')) return readInf(bytes, `${driver}.inf`);
  const stamped = Buffer.from(bytes).toString('latin1').replace('01/01/1900,0.0.0.0', `@INF_DATE@,${brand.version}`);
  const template = new Uint8Array(Buffer.from(stamped, 'latin1'));
  return readInf(renderTemplate(template, from, tokensFor(brand, 'x64'), { lineEnds: 'crlf' }).bytes, `${driver}.inf`);
};

const factsOf = (inf: RenderedInf): readonly string[] =>
  effectOf(inf).map((line) => {
    if (!OWN_WORDS.test(line)) return line;
    const fields = line.split(' | ');
    return [...fields.slice(0, -1), fields.at(-1) === '' ? 'no words' : 'words'].join(' | ');
  });

describeCorpus('our templates do to Windows what upstream does', ({ file }) => {
  test.each(cases)('$driver of the $line line, as in $from for $brand.vendorName', (row) => {
    const { driver, line, from, brand, known = [] } = row;
    const definition = driverNamed(driver);
    const generation = generationOf(definition, line) ?? definition.generations[0];
    const ours = factsOf(renderDriver(definition, generation, brand));
    const theirs = factsOf(theirInf(file(`xen/${from}`), row));
    expect(unexplained(ours, theirs, known)).toEqual({ onlyOurs: [], onlyTheirs: [], outOfDate: [] });
    expect(theirs.length).toBeGreaterThan(12);
    if (known.length === 0) expect(ours).toEqual(theirs);
  });

  test('the XCP-ng package is the same INF that the corpus has rendered', () => {
    const rendered = readInf(file('xen/rendered/xn-9.1.100/xenvif.inf'), 'xenvif.inf');
    const [first] = rendered.model.devices;
    expect(first?.ids).toEqual(driverNamed('xenvif').generations[0].hardwareIds(XCP_NG));
  });

  test.each([
    { driver: 'xenvbd', of: '0x00010001,120', to: '0x00010001,121' },
    { driver: 'xennet', of: 'BootFlags = 0x81', to: 'BootFlags = 0x80' },
    { driver: 'xennet', of: '*PhysicalMediaType=14', to: '*PhysicalMediaType=0' },
    { driver: 'xeniface', of: '(A;;GA;;;BA)(A;;GA;;;SY)', to: '(A;;GA;;;BU)(A;;GA;;;SY)' },
  ])('and the comparison sees a difference in $of of $driver', ({ driver, of, to }) => {
    const theirs = readInf(file(`xen/rendered/xp-9.1-head/${driver}.inf`), `${driver}.inf`);
    const text = Buffer.from(theirs.bytes).toString('latin1').replace(of, to);
    expect(text).not.toBe(Buffer.from(theirs.bytes).toString('latin1'));
    const changed = readInf(new Uint8Array(Buffer.from(text, 'latin1')), `${driver}.inf`);
    expect(factsOf(changed)).not.toEqual(factsOf(theirs));
  });
});

describe('the words that are a protocol', () => {
  // spec xen-pv 3.1
  test.each([
    ['xenbus', 'PV Bus Package', 'PV Bus'],
    ['xenvbd', 'PV Storage Host Adapter Package', 'PV Storage Host Adapter'],
    ['xenvif', 'PV Network Class Package', 'PV Network Class'],
    ['xennet', 'PV Network Device Package', 'PV Network Device'],
    ['xeniface', 'Interface Package', 'Interface'],
    ['xenvkbd', 'PV Keyboard/Mouse Class Package', 'PV Keyboard/Mouse Class'],
    ['xenhid', 'PV HID Device Package', 'PV HID Device'],
    ['xencons', 'PV Console Package', 'PV Console'],
  ])('stand in the definition of %s exactly as upstream has them', (driver, packageTitle, device) => {
    expect(driverNamed(driver).title).toEqual({ package: packageTitle, device });
  });
});
