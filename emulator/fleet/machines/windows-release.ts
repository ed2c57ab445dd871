import { WINDOWS_RELEASES } from '../../../packaging/signing/policy-data.ts';

/** A Windows of a machine, as far as offers depend on it. */
export interface MachineWindows {
  readonly major: number;
  readonly minor: number;
  readonly build: number;
}

/** Reads `10.0.19045`, with or without the number of the update after it; undefined for anything else. */
export const parseWindows = (text: string): MachineWindows | undefined => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,6})(?:\.\d{1,6})?$/.exec(text);
  if (match === null) return undefined;
  const [major = 0, minor = 0, build = 0] = match.slice(1).map(Number);
  return { major, minor, build };
};

export const compareWindows = (a: MachineWindows, b: MachineWindows): number =>
  a.major - b.major || a.minor - b.minor || a.build - b.build;

export const windowsText = ({ major, minor, build }: MachineWindows): string => `${major}.${minor}.${build}`;

/**
 * The builds of Windows 10 and later that a release token of Partner Center stands for, first and last (spec windows-update
 * 4.2; 26H1 observed in clients).
 */
export const RELEASE_BUILDS: Readonly<Record<string, readonly [first: number, last: number]>> = {
  TH: [10240, 10586],
  TH1: [10240, 10240],
  TH2: [10586, 10586],
  RS1: [14393, 14393],
  RS2: [15063, 15063],
  RS3: [16299, 16299],
  RS4: [17134, 17134],
  RS5: [17763, 17763],
  '19H1': [18362, 18363],
  VB: [19041, 19045],
  FE: [20348, 20348],
  CO: [22000, 22000],
  NI: [22621, 22631],
  GE: [26100, 26100],
  '25H2': [26200, 26200],
  '26H1': [28000, 28000],
};

/** Floors and ceilings also know MN, which never was a public release: it lies between two that were (spec windows-update 4.2). */
export const RANGE_BUILDS: typeof RELEASE_BUILDS = { ...RELEASE_BUILDS, MN: [19046, 20347] };

/** Builds at which the service begins to do something otherwise (spec windows-update 2, 3.3, 5). */
export const ServiceBuild = {
  /** 1709: labels with CHIDs are one group; gradual roll-outs reach it. */
  version1709: 16299,
  /** 2004: optional drivers have a page of their own, Device Manager searches this machine only. */
  version2004: 19041,
} as const;

export type MachineArch = 'x86' | 'x64' | 'arm64';
export type MachineType = 'workstation' | 'server' | 'dc';

/** Releases without updates that winpv has no rehearsal for, but machines may run. */
const OTHER_BUILDS: readonly (readonly [version: string, build: number, role: 'client' | 'server', archs: string])[] = [
  ['6.0', 6001, 'client', 'x86 x64'],
  ['6.0', 6001, 'server', 'x86 x64'],
  ['6.0', 6002, 'client', 'x86 x64'],
  ['6.0', 6002, 'server', 'x86 x64'],
  ['6.0', 6003, 'server', 'x86 x64'],
  ['6.1', 7600, 'client', 'x86 x64'],
  ['6.1', 7600, 'server', 'x64'],
  // The semi-annual and annual channels of Server.
  ['10.0', 16299, 'server', 'x64'],
  ['10.0', 17134, 'server', 'x64'],
  ['10.0', 18362, 'server', 'x64'],
  ['10.0', 18363, 'server', 'x64'],
  ['10.0', 19041, 'server', 'x64'],
  ['10.0', 19042, 'server', 'x64'],
  ['10.0', 25398, 'server', 'x64'],
  // Multi-session and IoT editions of servers and clients share builds with these.
  ['10.0', 20348, 'server', 'arm64'],
  ['10.0', 28000, 'client', 'x64 arm64'],
];

const known = new Map<string, boolean>();
for (const { version, build, role, archs } of WINDOWS_RELEASES) {
  for (const arch of archs) known.set(`${version}.${build} ${role} ${arch}`, true);
}
for (const [version, build, role, archs] of OTHER_BUILDS) {
  for (const arch of archs.split(' ')) known.set(`${version}.${build} ${role} ${arch}`, true);
}

const FIRST_WINDOWS_10 = 10240;
const LAST_KNOWN = 28000;
/** A build from here on is years away: a slip of a key is nearer. */
const END_OF_BUILDS = 40_000;

export interface BuildQuestion {
  readonly windows: MachineWindows;
  readonly arch: MachineArch;
  readonly type: MachineType;
  /** Insiders run builds between releases. */
  readonly insider: boolean;
}

/** Why no machine runs this; undefined for what one may. A build somewhat newer than all that winpv knows is believed. */
export const buildComplaint = ({ windows, arch, type, insider }: BuildQuestion): string | undefined => {
  const { major, minor, build } = windows;
  const version = `${major}.${minor}`;
  const role = type === 'workstation' ? 'client' : 'server';
  if (known.has(`${version}.${build} ${role} ${arch}`)) return undefined;
  const isTen = version === '10.0' && build >= FIRST_WINDOWS_10 && build < END_OF_BUILDS;
  if (isTen && arch === 'x86' && build >= 22000) return `no Windows of build ${build} runs on x86`;
  if (isTen && arch === 'x86' && role === 'server') return 'no Windows Server 2016 or later runs on x86';
  if (isTen && arch === 'arm64' && build < 16299) return `no Windows of build ${build} runs on arm64`;
  if (isTen && (build > LAST_KNOWN || insider)) return undefined;
  const named = [...known.keys()].some((key) => key.startsWith(`${version}.${build} `));
  return named
    ? `build ${build} is no ${role === 'client' ? 'workstation' : 'server'} on ${arch}`
    : `there is no release of Windows ${version}.${build}`;
};
