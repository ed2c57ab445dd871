import type { Diagnostic } from '../../core/errors.ts';
import { checkLabels, type LabelFacts } from '../../publishing/labels/check.ts';
import type { LabelRelease, LabelSignature, LiveLabel } from '../../publishing/labels/contract.ts';
import { parseLabelFile } from '../../publishing/labels/form.ts';
import { type Resolved, resolveLabels } from '../../publishing/labels/resolve.ts';
import { START_MS } from './partner-center.ts';

/** A release of one vendor with a device id of its own, submitted for x64, and labels of it. */
export const BUS = 'pci\\ven_5853&dev_c8e0&subsys_c8e05853&rev_01';
export const STORAGE = 'xenbus\\ven_evc8e0&dev_vbd&rev_0900000b';
export const BUS_BUNDLE = '11111111-1111-4111-8111-111111111111';
export const STORAGE_BUNDLE = '22222222-2222-4222-8222-222222222222';
export const code = (release: string): string => `WINDOWS_v100_X64_${release}_FULL`;

const IDS = {
  xenbus: [BUS, 'pci\\ven_5853&dev_0002', 'pci\\ven_5853&dev_0001'],
  xenvbd: [STORAGE, 'xenbus\\ven_ev0001&dev_vbd&rev_0900000b'],
};

export interface SampleChange {
  readonly signature?: LabelSignature;
  readonly ids?: Readonly<Partial<Record<keyof typeof IDS, readonly string[]>>>;
  readonly codes?: readonly string[];
  readonly classGuid?: string;
  readonly extensionId?: string;
  readonly provider?: string;
  readonly unclassified?: boolean;
  readonly submitted?: false;
}

export const sampleRelease = (change: SampleChange = {}): LabelRelease => {
  const { ids: own, codes = [code('RS5'), code('VB'), 'WINDOWS_7_X64'] } = change;
  const ids = { ...IDS, ...own };
  const inf = (all: readonly string[]) => ({
    Provider: change.provider ?? 'Example Vendor',
    ClassGuid: change.classGuid ?? '{4d36e97d-e325-11ce-bfc1-08002be10318}',
    ExtensionId: change.extensionId ?? null,
    OSPnPInfoMap: Object.fromEntries(codes.map((one) => [one, Object.fromEntries(all.map((id) => [id, {}]))])),
  });
  const metadata = {
    BundleInfoMap: {
      [BUS_BUNDLE]: { InfInfoMap: { 'xenbus.inf': inf(ids.xenbus) } },
      [STORAGE_BUNDLE]: { InfInfoMap: { 'xenvbd.inf': inf(ids.xenvbd) } },
    },
  };
  const packages = (['xenbus', 'xenvbd'] as const).map((driver) => ({
    ...{ driver, architecture: 'x64', version: '9.1.0.1', windows: ['10_RS5_X64'] },
    hardwareIds: ids[driver].map((id) => id.toUpperCase()),
  }));
  const facts = { signature: change.signature ?? ('whql' as const), unclassified: change.unclassified ?? false };
  return {
    file: 'out/release.json',
    brands: [{ id: 'ev', packages }],
    submissions:
      change.submitted === false
        ? []
        : [{ brand: 'ev', architecture: 'x64', ids: { p: '7001', s: '8001' }, ...facts, metadata }],
  };
};

/** Entries that nothing speaks against. */
export const busEntry = (change: object = {}): object => ({
  ...{ name: 'bus', brand: 'ev', driver: 'xenbus', hardwareIds: ['PCI\\VEN_5853&DEV_C8E0&SUBSYS_*'] },
  ...{ windows: ['RS5'], channel: 'optional' },
  ...change,
});
export const storageEntry = (change: object = {}): object => ({
  ...{ name: 'storage', brand: 'ev', driver: 'xenvbd', hardwareIds: ['XENBUS\\VEN_EVC8E0&DEV_VBD&*'] },
  ...{ windows: ['RS5'], channel: 'optional' },
  ...change,
});
export const APPROVAL = {
  contact: 'someone@example.com',
  validations: 'All tests of the lab kit.',
  justification: 'Fixes starts.',
};

/** The same in the form of the service. */
export const busForm = (change: object = {}, targeting: object = {}): object => ({
  ...{ id: 'bus', brand: 'ev', driver: 'xenbus', signature: 'whql', destination: 'windowsUpdate' },
  publishingSpecifications: { manualAcquisition: true },
  targeting: { hardwareIds: [row()], ...targeting },
  ...change,
});
export const row = (change: object = {}): object => ({
  ...{ bundleId: BUS_BUNDLE, infId: 'xenbus.inf', operatingSystemCode: code('RS5'), pnpString: BUS },
  ...change,
});

export const resolved = (labels: readonly object[], release = sampleRelease()): Resolved =>
  resolveLabels(parseLabelFile(new TextEncoder().encode(JSON.stringify(labels)), 'labels.json'), release);

export const findings = (
  labels: readonly object[],
  { release = sampleRelease(), ...facts }: Partial<LabelFacts> = {},
): readonly Diagnostic[] => {
  const { labels: all, diagnostics } = resolved(labels, release);
  const standard = { nowMs: START_MS, live: undefined, audiences: undefined, busInstalled: false };
  return [...diagnostics, ...checkLabels(all, { release, ...standard, ...facts })];
};

/** Codes of what stops, each once. */
export const refusals = (labels: readonly object[], facts: Partial<LabelFacts> = {}): readonly string[] => [
  ...new Set(
    findings(labels, facts)
      .filter(({ severity }) => severity === 'error')
      .map((one) => one.code),
  ),
];
export const warnings = (labels: readonly object[], facts: Partial<LabelFacts> = {}): readonly string[] => [
  ...new Set(
    findings(labels, facts)
      .filter(({ severity }) => severity === 'warning')
      .map((one) => one.code),
  ),
];

export const liveLabel = (change: Partial<LiveLabel> = {}): LiveLabel => ({
  ...{ id: '9001', ids: { p: '7001', s: '8001' }, name: 'another', destination: 'windowsUpdate' },
  settings: { automatic: false, duringUpgrade: false, disclosureRestricted: false, sMode: false, goLive: null },
  ...{
    rows: [],
    chids: [],
    audiences: [],
    floor: '',
    ceiling: '',
    step: 'finalizePublishing',
    state: 'completed',
    messages: [],
  },
  ...change,
});
