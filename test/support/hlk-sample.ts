import { utf8 } from '../../core/bytes.ts';
import { signOpc } from '../../packaging/signing/opc-sign.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { encodeHlkPackage } from '../../publishing/hlk/encode-package.ts';
import type { EvidenceRequest } from '../../publishing/hlk/evidence.ts';
import { type HlkPackage, readHlkPackage } from '../../publishing/hlk/package.ts';
import type { HlkPackageInfo, HlkProductInstance, HlkTarget, TestRollup } from '../../publishing/hlk/package-info.ts';
import type { ReleaseFacts } from '../../publishing/hlk/release-facts.ts';
import { sharedHierarchy, signingParts } from './test-keys.ts';

/** Evidence for a release of two drivers, made by winpv's own writer: what is real in it are the names of the format. */
export const HLK_NOW = Date.UTC(2026, 10, 24, 12);

export const GE = 'WINDOWS_v100_X64_GE_FULL';
export const SERVER_GE = 'WINDOWS_v100_SERVER_X64_GE_FULL';

export const target = (key: string, changes: Partial<HlkTarget> = {}): HlkTarget => ({
  ...{ key, name: 'Acme device', type: 'Device', driverStatus: 'ProvidedDrivers' },
  drivers: [{ id: '1', replaces: undefined, systems: [{ architecture: 'X64', code: GE }], locales: ['English'] }],
  ...changes,
});

export const BUS = 'PCI\\VEN_5853&DEV_C800&SUBSYS_C8005853&REV_01\\3&267A616A&0&18';
export const DISK = 'XENBUS\\VEN_ACC800&DEV_VBD&REV_0900000D\\_';

export const instance = (changes: Partial<HlkProductInstance> = {}): HlkProductInstance => ({
  ...{ status: 'Pass', architecture: 'X64', codes: [GE, SERVER_GE], features: ['Device.DevFund.All'] },
  ...{ productTypes: ['Unclassified'], targets: [target(BUS), target(DISK)] },
  ...changes,
});

export interface SampleChanges {
  readonly info?: Partial<HlkPackageInfo>;
  readonly rollup?: TestRollup | undefined;
  readonly instances?: readonly HlkProductInstance[];
}

export const hlkInfo = (changes: SampleChanges = {}): HlkPackageInfo => ({
  ...{ type: 'SubmissionPackage', kitVersion: '10.1.26100.1742', packageVersion: '1.0', buildBranch: 'ge_release' },
  created: '2026-11-24T09:00:00Z',
  projects: [
    {
      name: 'acme',
      created: '2026-11-23T08:00:00Z',
      rollup: 'rollup' in changes ? changes.rollup : { passed: 40, failed: 0, notRun: 0 },
      instances: changes.instances ?? [instance()],
    },
  ],
  ...changes.info,
});

export const hlkBytes = (changes: SampleChanges = {}): Promise<Uint8Array> => {
  const data = { core: new Uint8Array(8192).fill(1), stream: utf8('logs '.repeat(4000)) };
  return encodeHlkPackage({ info: hlkInfo(changes), ...data }, HLK_NOW);
};

export const hlkSigner = async (): Promise<Signer> => signingParts(await sharedHierarchy()).signer;

export const signedHlk = async (changes: SampleChanges = {}): Promise<Uint8Array> =>
  signOpc(await hlkBytes(changes), 'acme.hlkx', { signer: await hlkSigner(), signedAtMs: HLK_NOW });

export const hlkPackage = async (changes: SampleChanges = {}): Promise<HlkPackage> =>
  readHlkPackage(await signedHlk(changes), 'acme.hlkx', HLK_NOW);

export const acmeFacts: ReleaseFacts = {
  brand: 'acme',
  date: '2026-11-20',
  packages: [
    {
      ...{ driver: 'xenbus', architecture: 'x64', version: '9.1.0.4', windows: ['10_GE_X64', 'Server2025_X64'] },
      hardwareIds: [
        'PCI\\VEN_5853&DEV_C800&SUBSYS_C8005853&REV_01',
        'PCI\\VEN_5853&DEV_0002',
        'PCI\\VEN_5853&DEV_0001',
      ],
    },
    {
      ...{ driver: 'xenvbd', architecture: 'x64', version: '9.1.0.4', windows: ['10_GE_X64', 'Server2025_X64'] },
      hardwareIds: ['XENBUS\\VEN_ACC800&DEV_VBD&REV_0900000B', 'XENBUS\\VEN_AC0001&DEV_VBD&REV_0900000B'],
    },
    { driver: 'xendisk', architecture: 'x64', version: '9.1.0.4', windows: ['10_GE_X64'], hardwareIds: [] },
  ],
};

export const evidence = (packages: readonly HlkPackage[], changes: Partial<EvidenceRequest> = {}): EvidenceRequest => ({
  ...{ packages, release: acmeFacts, signatures: [], unsigned: 'refused', thumbprints: [] },
  ...{ playlists: [], results: [], errata: [], filters: [], nowMs: HLK_NOW },
  ...changes,
});
