import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { parseBrand } from '../../../../branding/load.ts';
import { parseQueue } from '../../../../branding/patches/queue.ts';
import { tokenTable } from '../../../../branding/tokens.ts';
import { patchTemplate } from '../../../../packaging/bundle/patches/patch-template.ts';
import { writtenDiff } from '../../../../packaging/bundle/patches/written-diff.ts';
import { renderTemplate } from '../../../../packaging/bundle/render-template.ts';
import { type InfDocument, parseInf, sectionOf } from '../../../../packaging/formats/inf/document.ts';
import { describeCorpus } from '../../../support/outside.ts';

/** What an INF says, whatever its layout: by section, each line's key and values as written. */
const entries = (document: InfDocument) =>
  Object.fromEntries(
    document.sections
      .map(({ name, lines }) => [name.toLowerCase(), lines.map(({ rawKey, raw }) => [rawKey, ...raw])] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const entriesOf = (bytes: Uint8Array) => entries(parseInf(bytes, 'x.inf'));

interface Case {
  readonly driver: string;
  readonly kind: string;
  readonly base: Uint8Array;
  /** Lines of a list of typed edits, without the file; or a diff. */
  readonly edits?: readonly string[];
  readonly diff?: string;
}

const patched = ({ driver, kind, base, edits, diff }: Case): Uint8Array => {
  const path = `src/${driver}.inf`;
  const hash = createHash('sha256').update(base).digest('hex');
  const name = diff === undefined ? 'change.yaml' : 'change.patch';
  const meta = `${name}: { reason: as the vendor does, base: { files: { ${path}: ${hash} } }, drivers: [${driver}], kind: ${kind}, upstream: { state: vendor-only } }\n`;
  const text = diff ?? `edits:\n${(edits ?? []).map((edit) => `  - { file: ${path}, ${edit} }`).join('\n')}\n`;
  const files = Object.entries({ series: name, 'series.yaml': meta, [name]: text });
  const { queue } = parseQueue(
    'q',
    files.map(([file, content]) => ({ name: file, path: `q/${file}`, bytes: Buffer.from(content) })),
  );
  const { bytes, outcomes } = patchTemplate(queue, { driver, version: [9, 1, 0, 0], bytes: base });
  expect(outcomes.map(({ state }) => state)).toEqual(['applied']);
  return bytes;
};

const VERSIONED = 'xenbus_monitor_@MAJOR_VERSION@_@MINOR_VERSION@_@MICRO_VERSION@_@BUILD_NUMBER@';

const brand = (more = '') =>
  parseBrand(
    `id: a\nversion: 9.1.0.1\nvendorName: A\nvendorPrefix: AC\nproductName: A\nvendorDeviceId: C8E0\n${more}`,
    'a',
  ).brand;

describeCorpus('changes that vendors carry, each in our own words on the template of its base', (corpus) => {
  const template = (name: string): Uint8Array => corpus.file(`xen/templates/${name}.inf`);

  test('restart: the monitor’s message library goes, with its event log entry (654e3f7)', () => {
    const bytes = patched({
      ...{ driver: 'xenbus', kind: 'restart', base: template('xenbus/20251111-3bf7705858') },
      edits: [
        'section: SourceDisksFiles, remove: "xenbus_monitor.dll=0,,"',
        `section: Monitor_CopyFiles, remove: "${VERSIONED}.dll,xenbus_monitor.dll"`,
        'section: XenBus_Inst.Services, replace: "AddService=xenbus_monitor,%SPSVCSINST_STARTSERVICE%,Monitor_Service,Monitor_EventLog", with: "AddService=xenbus_monitor,%SPSVCSINST_STARTSERVICE%,Monitor_Service"',
        'section: Monitor_EventLog, removeSection: true',
        'section: Monitor_EventLog_AddReg, removeSection: true',
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template('xenbus/20260225-654e3f7ef3')));
  });

  test('inf: boot flags by directive from build 25398 on (fb7791b)', () => {
    const ids = (section: string): string =>
      ['@VENDOR_PREFIX@@VENDOR_DEVICE_ID@', '@VENDOR_PREFIX@0001', '@VENDOR_PREFIX@0002'].reduce(
        (line, vendor) => `${line},XENBUS\\\\VEN_${vendor}&DEV_VIF&REV_0900000B`,
        `%XenVifName%=${section}`,
      );
    const model = (vendor: string): string => `%XenVifName%=XenVif_Inst,XENBUS\\\\VEN_${vendor}&DEV_VIF&REV_0900000B`;
    const newest = '"Inst.NT@INF_ARCH@"';
    const bytes = patched({
      ...{ driver: 'xenvif', kind: 'inf', base: template('xenvif/20250630-a290114f66') },
      edits: [
        'section: Manufacturer, set: "%Vendor%", to: "Inst,NT@INF_ARCH@,NT@INF_ARCH@.10.0...25398"',
        `section: ${newest}, replace: "${model('@VENDOR_PREFIX@@VENDOR_DEVICE_ID@')}", with: "${ids('XenVif_Inst')}"`,
        `section: ${newest}, remove: "${model('@VENDOR_PREFIX@0001')}"`,
        `section: ${newest}, remove: "${model('@VENDOR_PREFIX@0002')}"`,
        `section: "Inst.NT@INF_ARCH@.10.0...25398", addSection: ["${ids('XenVif_Inst_25H2')}"], after: ${newest}`,
        'section: XenVif_Inst, add: FeatureScore=0xFE',
        'section: XenVif_Inst_25H2, addSection: ["CopyFiles=XenVif_Copyfiles", "FeatureScore=0xFE"]',
        'section: XenVif_Inst_25H2.Services, addSection: ["AddService=xenvif,0x02,XenVif_Service_25H2,"]',
        'section: XenVif_Service_25H2, addSection: ["DisplayName=%XenVifName%", "ServiceType=%SERVICE_KERNEL_DRIVER%", "StartType=%SERVICE_DEMAND_START%", "ErrorControl=%SERVICE_ERROR_NORMAL%", "ServiceBinary=%12%\\\\xenvif.sys", "LoadOrderGroup=\\"NDIS\\"", "AddReg=XenVif_Parameters,XenVif_Unplug", "BootFlags=0x81"]',
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template('xenvif/20251124-fb7791b32a')));
  });

  test('inf: boot flags by directive, and unplugging with them, in xennet (c6e5cef)', () => {
    const vendors = ['@VENDOR_PREFIX@@VENDOR_DEVICE_ID@', '@VENDOR_PREFIX@0001', '@VENDOR_PREFIX@0002'];
    const id = (vendor: string): string => `XENVIF\\\\VEN_${vendor}&DEV_NET&REV_09000005`;
    const old = vendors.map((vendor) => `%XenNetName%=XenNet_Inst,${id(vendor)}`);
    const models = (section: string): string => `%XenNetName%=${section},${vendors.map(id).join(',')}`;
    const [oldest, newest] = ['"Inst.NT@INF_ARCH@"', '"Inst.NT@INF_ARCH@.10.0...25398"'];
    const device = ['Characteristics=0x84', 'BusType=1', '*IfType=6', '*MediaType=0', '*PhysicalMediaType=14'];
    const install = [...device, 'CopyFiles=XenNet_Copyfiles', 'AddReg=Xennet_Inst_AddReg', 'FeatureScore=0xFE'];
    const service = ['%SERVICE_KERNEL_DRIVER%', '%SERVICE_DEMAND_START%', '%SERVICE_ERROR_NORMAL%'];
    const keys = ['ServiceType', 'StartType', 'ErrorControl'].map((key, index) => `${key}=${service[index]}`);
    const list = (lines: readonly string[]): string => `[${lines.map((line) => `'${line}'`).join(', ')}]`;
    const bytes = patched({
      ...{ driver: 'xennet', kind: 'inf', base: template('xennet/20240709-ad7717f639') },
      edits: [
        'section: Manufacturer, set: "%Vendor%", to: "Inst,NT@INF_ARCH@,NT@INF_ARCH@.10.0...25398"',
        `section: ${oldest}, replace: "${old[0]}", with: "${models('XenNet_Inst')}"`,
        `section: ${oldest}, remove: "${old[1]}"`,
        `section: ${oldest}, remove: "${old[2]}"`,
        `section: ${newest}, addSection: ["${models('XenNet_Inst_25H2')}"], after: ${oldest}`,
        'section: XenNet_Inst, add: FeatureScore=0xFE',
        `section: XenNet_Inst_25H2, addSection: ${list(install)}`,
        'section: XenNet_Inst_25H2.Services, addSection: ["AddService=xennet,0x02,XenNet_Service_25H2,XenNet_EventLog"]',
        'section: XenNet_Service, set: AddReg, to: "XenNet_BootFlags,XenNet_Unplug"',
        `section: XenNet_Service_25H2, addSection: ${list(['DisplayName=%XenNetName%', ...keys, 'ServiceBinary=%12%\\xennet.sys', 'LoadOrderGroup="NDIS"', 'AddReg=XenNet_Unplug', 'BootFlags=0x81'])}`,
        'section: XenNet_Unplug, addSection: [\'HKLM,%ForceUnplugKey%,"NICS",0x00010001,1  ; @FORCE_UNPLUG@\']',
        'section: Strings, add: \'ForceUnplugKey="SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug"\', after: \'XenNetName="@PRODUCT_NAME@ PV Network Device"\'',
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template('xennet/20251124-b4351cf9b5')));
  });

  test.each([
    ['xenbus', '20140724-51853ab20e', '20140813-410c67704b', ['Bus Package', 'Bus', 'Generic Bus Filter']],
    ['xenvif', '20140814-3503508b51', '20140814-aa01bf29ef', ['Network Class Package', 'Network Class']],
  ] as const)('inf: names of one vendor become tokens of any brand, in %s', (driver, before, after, titles) => {
    const base = template(`${driver}/${before}`);
    const sectionLines = (name: string): readonly string[] => {
      const { lines } = sectionOf(parseInf(base, 'x.inf'), name) ?? expect.fail(`no section ${name}`);
      return lines.map(({ rawKey, raw }) => `${rawKey}=${raw.join(',')}`);
    };
    const strings = sectionLines('Strings')
      .slice(1, 1 + titles.length)
      .map((line) => line.slice(0, line.indexOf('=')));
    const models = sectionLines('Citrix.NT$ARCH$').map((line) => `'${line}'`);
    const bytes = patched({
      ...{ driver, kind: 'inf', base },
      edits: [
        'section: Version, set: Provider, to: "%Company%"',
        'section: Manufacturer, replace: "%Citrix%=Citrix,NT$ARCH$", with: "%Company%=Inst,NT$ARCH$"',
        `section: Inst.NT$ARCH$, addSection: [${models.join(', ')}], after: Citrix.NT$ARCH$`,
        'section: Citrix.NT$ARCH$, removeSection: true',
        'section: Strings, replace: \'Citrix="Citrix Systems Inc."\', with: \'Company="@COMPANY_NAME@"\'',
        ...strings.map((key, index) =>
          `section: Strings, set: ${key}, to: '"@PRODUCT_NAME@ PV ${titles[index]}"'`.replace('PV Generic', 'Generic'),
        ),
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template(`${driver}/${after}`)));
  });

  test('security: the interface device and its WMI classes are for administrators only (4814e98)', () => {
    const ids = ['@VENDOR_PREFIX@@VENDOR_DEVICE_ID@', '@VENDOR_PREFIX@0001', '@VENDOR_PREFIX@0002'].map(
      (vendor) => `XENBUS\\\\VEN_${vendor}&DEV_IFACE&REV_0900000B`,
    );
    const guids = [
      '1D80EB99-A1D6-4492-B62F-8B4549FF0B5E',
      '12138A69-97B2-49DD-B9DE-54749AABC789',
      'AB8136BF-8EA7-420D-ADAD-89C83E587925',
    ].map((guid) => `"WMIInterface={${guid}},,XenIface_Inst.WMI.Security"`);
    const models = '"Inst.NT@INF_ARCH@"';
    const bytes = patched({
      ...{ driver: 'xeniface', kind: 'security', base: template('xeniface/20240709-9cd9a60419') },
      edits: [
        `section: ${models}, replace: "%XenIfaceName%=XenIface_Inst,${ids[0]}", with: "%XenIfaceName%=XenIface_Inst,${ids.join(',')}"`,
        `section: ${models}, remove: "%XenIfaceName%=XenIface_Inst,${ids[1]}"`,
        `section: ${models}, remove: "%XenIfaceName%=XenIface_Inst,${ids[2]}"`,
        'section: XenIface_Inst, add: FeatureScore=0xFE',
        `section: XenIface_Inst.WMI, addSection: [${guids.join(', ')}]`,
        'section: XenIface_Inst.WMI.Security, addSection: [\'Security="O:BAG:BAD:(A;;GA;;;BA)(A;;GA;;;SY)"\']',
        'section: XenIface_Inst.HW, addSection: [AddReg=XenIface_Inst.HW.AddReg]',
        'section: XenIface_Inst.HW.AddReg, addSection: [\'HKR,,Security,,"D:P(A;;GA;;;SY)(A;;GA;;;BA)"\']',
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template('xeniface/20250820-4814e98ccd')));
  });

  test('security: local services may read the interface device (99b03a8)', () => {
    const bytes = patched({
      ...{ driver: 'xeniface', kind: 'security', base: template('xeniface/20250820-4814e98ccd') },
      edits: [
        'section: XenIface_Inst.HW.AddReg, replace: \'HKR,,Security,,"D:P(A;;GA;;;SY)(A;;GA;;;BA)"\', with: \'HKR,,Security,,"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;LS)"\'',
      ],
    });
    expect(entriesOf(bytes)).toEqual(entriesOf(template('xeniface/20251108-99b03a8c34')));
  });

  test('activation: the bus filter is installed whatever the brand says', () => {
    const base = template('xenbus/20251111-3bf7705858');
    const text = Buffer.from(base).toString('latin1');
    const after = Buffer.from(text.replaceAll(/[ \t]*; @FORCE_ACTIVATE@/g, ''), 'latin1');
    const diff = writtenDiff([{ path: 'src/xenbus.inf', before: base, after }]);
    const bytes = patched({
      driver: 'xenbus',
      kind: 'activation',
      base,
      diff: Buffer.from(diff, 'latin1').toString('utf8'),
    });
    const rendered = (template: Uint8Array, more: string) =>
      entriesOf(
        renderTemplate(
          template,
          'xenbus.inf',
          tokenTable(brand(more), {
            ...{ driver: 'xenbus', version: [9, 1, 0, 1], arch: 'x64', date: { year: 2026, month: 5, day: 4 } },
          }),
          { lineEnds: 'kept' },
        ).bytes,
      );
    expect(rendered(bytes, '')).toEqual(rendered(base, 'forceActivate: true\n'));
    expect(rendered(base, '')).not.toEqual(rendered(base, 'forceActivate: true\n'));
  });

  test('inf: the vendor’s device that was left out is put back (cda91fb)', () => {
    const base = template('xennet/20240709-ad7717f639');
    const line = '%XenNetName%=XenNet_Inst,XENVIF\\\\VEN_@VENDOR_PREFIX@@VENDOR_DEVICE_ID@&DEV_NET&REV_09000005';
    const next = line.replace('@VENDOR_DEVICE_ID@', '0001');
    const section = 'section: "Inst.NT@INF_ARCH@"';
    const without = patched({ driver: 'xennet', kind: 'inf', base, edits: [`${section}, remove: "${line}"`] });
    expect(entriesOf(without)).not.toEqual(entriesOf(base));
    const repaired = patched({
      ...{ driver: 'xennet', kind: 'inf', base: without },
      edits: [`${section}, replace: "${next}", with: "${line}"`, `${section}, add: "${next}", after: "${line}"`],
    });
    expect(entriesOf(repaired)).toEqual(entriesOf(base));
  });
});
