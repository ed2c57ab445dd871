import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Diagnostic } from '../../../../core/errors.ts';
import { leavesStampingToTool, renderTemplate } from '../../../../packaging/bundle/render-template.ts';
import { parseInf } from '../../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../../packaging/formats/inf/model.ts';
import { checkPvInf } from '../../../../packaging/formats/inf/pv-rules.ts';
import { stampInf } from '../../../../packaging/formats/inf/stamp.ts';
import { type TestBrand, tokensFor, WITH_EVERYTHING, XEN_PROJECT } from '../../../drivers/render.ts';
import { describeCorpus } from '../../../support/outside.ts';

/** Tokens of 2013 to 2015 that no brand has any more. */
const OLD_TOKENS = {
  COMPANY_NAME: 'Xen Project',
  OBJECT_PREFIX: 'XenProject',
  PCI_VENDOR_ID: '5853',
  PCI_DEVICE_ID: 'C000',
  PCI_REVISION: '01',
};

/** A template as its own time made an INF of it. */
const rendered = (template: Uint8Array, name: string, brand: TestBrand): Uint8Array => {
  const tokens = [
    ...tokensFor(brand, 'x64'),
    ...Object.entries(OLD_TOKENS).map(([token, value]) => ({ name: token, value })),
  ];
  const { bytes } = renderTemplate(template, name, tokens);
  if (!leavesStampingToTool(Buffer.from(template).toString('latin1'))) return bytes;
  const [major = 0, minor = 0, micro = 0, build = 0] = brand.version.split('.').map(Number);
  return stampInf(bytes, name, {
    date: { year: 2020, month: 1, day: 2 },
    version: [major, minor, micro, build],
    arch: 'amd64',
  }).bytes;
};

const findingsOf = (bytes: Uint8Array, name: string): readonly Diagnostic[] => {
  const document = parseInf(bytes, name);
  return checkPvInf(document, infModel(document));
};

const modes = (found: readonly Diagnostic[], severity: Diagnostic['severity']): readonly string[] =>
  [...new Set(found.filter((one) => one.severity === severity).flatMap(({ failureMode }) => failureMode ?? []))].sort();

interface Period {
  readonly driver: string;
  /** Dates of the first and last template that has the fault. */
  readonly from: string;
  readonly to: string;
  readonly mode: string;
  /** What the faulty lines hold. */
  readonly lines: RegExp;
}

/** Errors that upstream's history is known for, each with the templates that have it and no others. */
const KNOWN_BAD: readonly Period[] = [
  // Repaired by c91ab85.
  { driver: 'xenbus', from: '20150717', to: '20160720', mode: 'F30', lines: /GroupPolicy",0x00010001,1/ },
  // Repaired by 7566e51.
  { driver: 'xenbus', from: '20230913', to: '20230913', mode: 'F13', lines: /^\[XenBus_Unplug\]/ },
  // Repaired by c178d35 and its sibling.
  { driver: 'xennet', from: '20140716', to: '20150908', mode: 'F30', lines: /^HKR,"BootFlags",,/ },
  { driver: 'xenvif', from: '20140814', to: '20150909', mode: 'F30', lines: /^HKR,"BootFlags",,/ },
  // Repaired by 6fd46c4.
  { driver: 'xenvif', from: '20160809', to: '20160809', mode: 'F30', lines: /%XenVifDesc%/ },
  // XSA-468, repaired by 4814e98; older packages, with a co-installer, get a warning.
  {
    driver: 'xeniface',
    from: '20230929',
    to: '20240709',
    mode: 'F43',
    lines: /AddService = xeniface|^\[XenIface_(Inst|Device)\]/,
  },
];

const WARNED: readonly Period[] = [
  { driver: 'xeniface', from: '20130528', to: '20230323', mode: 'F43', lines: /./ },
  // A service without a version in its name.
  { driver: 'xeniface', from: '20130926', to: '20151021', mode: 'F36', lines: /^liteagent\.exe/ },
  { driver: 'xenbus', from: '20160708', to: '20160804', mode: 'F29', lines: /"Request"/ },
  { driver: 'xenvbd', from: '20160809', to: '20160809', mode: 'F29', lines: /"RequestKey"/ },
  { driver: 'xenvif', from: '20160809', to: '20160810', mode: 'F29', lines: /"RequestKey"/ },
  // Repaired by fb7791b and c6e5cef.
  { driver: 'xenvif', from: '20160809', to: '20250630', mode: 'F31', lines: /^HKR,,"BootFlags",0x00010003/ },
  { driver: 'xennet', from: '20160815', to: '20240709', mode: 'F31', lines: /^HKR,,"BootFlags",0x00010003/ },
  { driver: 'xencons', from: '20170505', to: '20190614', mode: 'F31', lines: /^HKR,,"BootFlags",0x00010003/ },
  // Co-installers, and PnpLockdown; one template of xennet lost the latter again for a while.
  { driver: 'xenbus', from: '20130528', to: '20230210', mode: 'F32', lines: /./ },
  { driver: 'xenvbd', from: '20130905', to: '20230223', mode: 'F32', lines: /./ },
  { driver: 'xenvif', from: '20130528', to: '20230913-69', mode: 'F32', lines: /./ },
  { driver: 'xennet', from: '20130528', to: '20230223', mode: 'F32', lines: /./ },
  { driver: 'xennet', from: '20231102', to: '20231102', mode: 'F32', lines: /^\[Version\]/ },
  { driver: 'xeniface', from: '20130528', to: '20230323', mode: 'F32', lines: /./ },
  { driver: 'xenvkbd', from: '2017', to: '2019', mode: 'F32', lines: /./ },
  { driver: 'xenhid', from: '2017', to: '2019', mode: 'F32', lines: /./ },
  { driver: 'xencons', from: '2017', to: '2019', mode: 'F32', lines: /./ },
];

const during = (periods: readonly Period[], driver: string, name: string): readonly Period[] =>
  periods.filter(
    (one) =>
      one.driver === driver && name.slice(0, one.from.length) >= one.from && name.slice(0, one.to.length) <= one.to,
  );

const modesOf = (periods: readonly Period[]): readonly string[] => [...new Set(periods.map(({ mode }) => mode))].sort();

describeCorpus('PV rules on every template that upstream ever had', ({ file, path }) => {
  const templates = readdirSync(path('xen/templates')).flatMap((driver) =>
    readdirSync(path(`xen/templates/${driver}`)).map((name) => ({ driver, name })),
  );

  test.each(templates)('$driver $name: the faults of its time, and no others', ({ driver, name }) => {
    const template = file(`xen/templates/${driver}/${name}`);
    for (const brand of [XEN_PROJECT, WITH_EVERYTHING]) {
      const found = findingsOf(rendered(template, name, brand), name);
      const bad = during(KNOWN_BAD, driver, name);
      const warned = during(WARNED, driver, name);
      expect(modes(found, 'error')).toEqual(modesOf(bad));
      expect(modes(found, 'warning')).toEqual(modesOf(warned));
      for (const { mode, lines } of [...bad, ...warned]) {
        for (const one of found.filter(({ failureMode }) => failureMode === mode)) expect(one.excerpt).toMatch(lines);
      }
    }
  });

  test('unrendered, a template has its placeholders as only findings', () => {
    const found = findingsOf(file('xen/templates/xenbus/20260225-654e3f7ef3.inf'), 'xenbus.inf');
    expect(modes(found, 'error')).toEqual(['F33']);
    expect(found.some(({ message }) => message.includes('@FORCE_ACTIVATE@'))).toBe(true);
    expect(modes(found, 'warning')).toEqual([]);
  });
});

describeCorpus('PV rules on INFs that were shipped', ({ file, path }) => {
  const suites = readdirSync(path('xen/rendered')).flatMap((suite) =>
    readdirSync(path(`xen/rendered/${suite}`)).map((name) => ({ suite, name })),
  );
  /** Open to every user until XSA-468. */
  const OPEN = ['xn-9.0.9000/xeniface.inf', 'xp-9.1-2024/xeniface.inf'];

  test.each(suites)('$suite $name has no error but for the known advisory', ({ suite, name }) => {
    const found = findingsOf(file(`xen/rendered/${suite}/${name}`), name);
    expect(modes(found, 'error')).toEqual(OPEN.includes(`${suite}/${name}`) ? ['F43'] : []);
  });
});

describeCorpus('PV rules on everything else', ({ file, path }) => {
  const below = (folder: string): readonly string[] =>
    readdirSync(path(folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(inf|inx|inf\.in)$/.test(name))
      .map((name) => `${folder}/${name}`);
  const others = [...below('inf'), ...below('signed'), ...below('xen/legacy')];
  // The copies of four upstream templates among the other INFs.
  const ours = others.filter((name) => /^inf\/win-xen/.test(name));

  test('they are silent', () => {
    expect(others.length).toBeGreaterThan(60);
    expect(ours).toHaveLength(4);
    for (const name of others.filter((one) => !ours.includes(one))) {
      expect({ name, found: findingsOf(file(name), name) }).toEqual({ name, found: [] });
    }
  });
});
