import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { leavesStampingToTool, renderTemplate } from '../../../packaging/bundle/render-template.ts';
import { parseInf } from '../../../packaging/formats/inf/document.ts';
import { infModel } from '../../../packaging/formats/inf/model.ts';
import { stampInf } from '../../../packaging/formats/inf/stamp.ts';
import { tokensFor, XEN_PROJECT } from '../../drivers/render.ts';
import { describeCorpus } from '../../support/outside.ts';

interface Suite {
  readonly vendorName: string;
  readonly productName: string;
  readonly vendorPrefix: string;
  readonly vendorDeviceId?: string;
  readonly version: string;
  readonly infDate: string;
  readonly forced?: boolean;
  /** Which template each rendered file comes from: the newest before the commit that the corpus names. */
  readonly templates: Readonly<Record<string, string>>;
}

const LINE_8_2 = {
  xenbus: '20160822-c38e3f57cc',
  xeniface: '20160801-ca42587b25',
  xennet: '20160920-7feaecfc8b',
  xenvbd: '20161206-76ac7c53f6',
  xenvif: '20160822-476be732aa',
};
const HEAD = {
  xenbus: '20260225-654e3f7ef3',
  xeniface: '20250820-4814e98ccd',
  xennet: '20251124-b4351cf9b5',
  xenvbd: '20250818-56b9415776',
};
const XEN = { vendorName: 'Xen Project', productName: 'Xen', vendorPrefix: 'XP' };
const XCP_NG = { vendorName: 'XCP-ng', productName: 'XCP-ng', vendorPrefix: 'XN' };

const SUITES: Readonly<Record<string, Suite>> = {
  'xp-8.2.0': { ...XEN, version: '8.2.0.23', infDate: '01/11/2017', templates: LINE_8_2 },
  'xp-8.2.1': { ...XEN, version: '8.2.1.17', infDate: '04/23/2018', templates: LINE_8_2 },
  'xs-8.2.1': {
    vendorName: 'XenServer',
    productName: 'XenServer',
    vendorPrefix: 'XS',
    vendorDeviceId: 'C000',
    version: '8.2.1.117',
    infDate: '04/23/2018',
    templates: LINE_8_2,
  },
  'xn-8.2.2': { ...XCP_NG, vendorDeviceId: 'C000', version: '8.2.2.200', infDate: '06/27/2019', templates: LINE_8_2 },
  'xp-9.0-2019': {
    ...XEN,
    version: '9.0.0.40',
    infDate: '12/06/2019',
    templates: {
      xenbus: '20191002-a052ea5f45',
      xeniface: '20190917-8e43814c55',
      xennet: '20190717-774b0d1c1a',
      xenvbd: '20191002-9521677e61',
      xenvif: '20190717-1a56c4f50a',
    },
  },
  'xp-9.0-2021': {
    ...XEN,
    version: '9.0.0.77',
    infDate: '06/30/2021',
    templates: {
      xenbus: '20201209-e54bbd5619',
      xeniface: '20210222-7fb99a6e9d',
      xennet: '20210222-0fe42297cd',
      xenvbd: '20210222-c279c1c9b9',
      xenvif: '20210222-2b360b5f77',
    },
  },
  'xn-9.0.9000': {
    ...XCP_NG,
    version: '9.0.9000.10001',
    infDate: '10/23/2024',
    templates: {
      xenbus: '20231018-7566e51e9d',
      xeniface: '20240709-9cd9a60419',
      xennet: '20240124-320987dd7a',
      xenvbd: '20240709-3d05912d47',
      xenvif: '20230913-f5eb8bc1c5',
    },
  },
  'xp-9.1-2024': {
    ...XEN,
    version: '9.1.0.12',
    infDate: '12/20/2024',
    templates: {
      xenbus: '20241028-e76d03e375',
      xeniface: '20240709-9cd9a60419',
      xennet: '20240709-ad7717f639',
      xenvbd: '20240709-3d05912d47',
      xenvif: '20230913-f5eb8bc1c5',
    },
  },
  'xn-9.1.100': {
    ...XCP_NG,
    version: '9.1.100.10001',
    infDate: '11/27/2025',
    forced: true,
    templates: { ...HEAD, xenbus: '20251111-3bf7705858', xenvif: '20251124-fb7791b32a' },
  },
  'xp-9.1-head': { ...XEN, version: '9.1.0.30', infDate: '05/29/2026', templates: HEAD },
  'xz-c1f0-9.1-head': {
    vendorName: 'Example Vendor',
    productName: 'Example',
    vendorPrefix: 'XZ',
    vendorDeviceId: 'C1F0',
    version: '9.1.0.31',
    infDate: '05/29/2026',
    forced: true,
    templates: HEAD,
  },
};

describeCorpus('upstream templates rendered by upstream rules, byte for byte', ({ file }) => {
  const rows = Object.entries(SUITES).flatMap(([name, suite]) =>
    Object.entries(suite.templates).map(([driver, template]) => ({ name, suite, driver, template })),
  );

  test.each(rows)('$name: $driver from $template', ({ name, suite, driver, template }) => {
    const bytes = file(`xen/templates/${driver}/${template}.inf`);
    const tokens = tokensFor({ ...XEN_PROJECT, ...suite, forced: suite.forced ?? false }, 'x64');
    const [month = 0, day = 0, year = 0] = suite.infDate.split('/').map(Number);
    const [major = 0, minor = 0, micro = 0, build = 0] = suite.version.split('.').map(Number);
    const rendered = renderTemplate(bytes, `${driver}.inf`, tokens).bytes;
    const stamp = { date: { year, month, day }, version: [major, minor, micro, build], arch: 'amd64' } as const;
    const unstamped = leavesStampingToTool(Buffer.from(bytes).toString('latin1'));
    const result = unstamped ? stampInf(rendered, `${driver}.inf`, stamp).bytes : rendered;
    expect(Buffer.from(result).toString('latin1')).toBe(
      Buffer.from(file(`xen/rendered/${name}/${driver}.inf`)).toString('latin1'),
    );
  });
});

/** Tokens of 2013 to 2015 that no brand has any more, and the one of the WMI classes. */
const OLD_TOKENS = {
  COMPANY_NAME: 'Xen Project',
  OBJECT_PREFIX: 'XenProject',
  PCI_VENDOR_ID: '5853',
  PCI_DEVICE_ID: 'C000',
  PCI_REVISION: '01',
};

describeCorpus('every template that upstream ever had', ({ file, path }) => {
  const stamp = { date: { year: 2020, month: 1, day: 2 }, version: [8, 2, 1, 17], arch: 'amd64' } as const;
  const templates = readdirSync(path('xen/templates')).flatMap((driver) =>
    readdirSync(path(`xen/templates/${driver}`)).map((name) => ({ driver, name })),
  );
  const tokens = [
    ...tokensFor(XEN_PROJECT, 'x64'),
    ...Object.entries(OLD_TOKENS).map(([name, value]) => ({ name, value })),
  ];

  test.each(templates)('renders and parses: $driver $name', ({ driver, name }) => {
    const template = file(`xen/templates/${driver}/${name}`);
    const { bytes } = renderTemplate(template, name, tokens);
    const stamped = leavesStampingToTool(Buffer.from(template).toString('latin1'));
    const inf = parseInf(stamped ? stampInf(bytes, name, stamp).bytes : bytes, name);
    const model = infModel(inf);
    expect(inf.table.text).not.toMatch(/\$ARCH\$|1900|@[A-Z_]+@/);
    expect(model.version.driverVer?.version).toBeDefined();
    expect(model.devices.length).toBeGreaterThan(0);
    for (const { ids, os } of model.devices) {
      expect(os).toMatch(/^NTamd64(\.10\.0\.\.\.25398)?$/);
      for (const id of ids) expect(id).toMatch(/^(PCI|XENBUS|XENVIF|XENVKBD|XEN)\\[A-Z_0-9&]+$/i);
    }
  });
});
