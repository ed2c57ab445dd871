import { Build, type PolicyArch, WINDOWS_RELEASES, type WindowsRelease } from '../../packaging/signing/policy-data.ts';
import type { GuestSpec, WindowsProfile } from './guest.ts';

/** Builds from which Windows has something that decides how devices are installed and started. */
const FirstBuild = {
  windows81: 9600,
  windows10: Build.windows10,
  version1903: 18362,
  version2004: 19041,
} as const;

/** `server-2008r2` is written apart from its R2, `10-22h2` with upper case. */
const spelt = (name: string): string =>
  name
    .replace(/(\d)r2$/, '$1 R2')
    .replace(/h(\d)$/, 'H$1')
    .replaceAll('-', ' ');

const titleOf = ({ name, role }: WindowsRelease): string => {
  if (name.startsWith('7-sp1')) return `Windows 7 SP1${name.endsWith('sha2') ? ' with SHA-2 updates' : ''}`;
  return role === 'server' ? `Windows Server ${spelt(name.slice('server-'.length))}` : `Windows ${spelt(name)}`;
};

const profileOf = (release: WindowsRelease): WindowsProfile => {
  const [major = '', minor = ''] = release.version.split('.');
  return {
    name: release.name,
    title: titleOf(release),
    major: Number(major),
    minor: Number(minor),
    build: release.build,
    productType: release.role === 'server' ? 3 : 1,
    architectures: release.archs,
  };
};

/** Every Windows that the trust policy speaks of, in its order: oldest first, clients before servers. */
export const WINDOWS_PROFILES: readonly WindowsProfile[] = WINDOWS_RELEASES.map(profileOf);

/** `windows-10-22h2-x64`, `server-2019-x64` */
export const guestId = ({ name }: WindowsProfile, arch: PolicyArch): string =>
  `${name.startsWith('server-') ? '' : 'windows-'}${name}-${arch}`;

/** A Windows that was installed afresh and has no switch changed. */
const freshGuest = (windows: WindowsProfile, arch: PolicyArch): GuestSpec => ({
  id: guestId(windows, arch),
  windows,
  arch,
  secureBoot: false,
  testSigning: false,
  hvci: false,
  upgraded: false,
});

const SPECS: readonly GuestSpec[] = WINDOWS_PROFILES.flatMap((windows) =>
  windows.architectures.map((arch) => freshGuest(windows, arch)),
);
const BY_ID = new Map(SPECS.map((spec) => [spec.id, spec]));

/** Every Windows on every processor it runs on; Secure Boot, test signing and memory integrity off. */
export const guestSpecs = (): readonly GuestSpec[] => SPECS;

/** The guest of an id, in any case. */
export const guestById = (id: string): GuestSpec | undefined => BY_ID.get(id.toLowerCase());

export type GuestSwitches = Partial<Pick<GuestSpec, 'secureBoot' | 'testSigning' | 'hvci' | 'upgraded'>>;

/** Which switches a guest has at all: as the trust policy enumerates the states of machines. */
export const switchesOf = ({ windows, arch }: GuestSpec): Readonly<Record<keyof GuestSwitches, boolean>> => {
  const recent = windows.build >= Build.version1607;
  return {
    secureBoot: windows.build >= Build.windows8,
    testSigning: true,
    hvci: recent && arch !== 'x86',
    upgraded: recent && windows.productType === 1 && arch !== 'arm64',
  };
};

/** A guest with switches turned; one that this Windows does not have stays off. */
export const withSwitches = (guest: GuestSpec, switches: GuestSwitches): GuestSpec => {
  const has = switchesOf(guest);
  const { secureBoot, testSigning, hvci, upgraded } = { ...guest, ...switches };
  return {
    ...guest,
    secureBoot: secureBoot && has.secureBoot,
    testSigning,
    hvci: hvci && has.hvci,
    upgraded: upgraded && has.upgraded,
  };
};

/** What a Windows does differently from others when devices are installed and started. */
export interface WindowsFeatures {
  /**
   * The kernel finds the package of a new boot device by itself, in the database of the driver store that the loader reads
   * (Windows 8 and later). Before, only ids in `Control\CriticalDeviceDatabase` could be bound before user mode runs
   * (observed: conversion tools prepare a disk's new controller in the one up to Windows 7, in the other from 8 on).
   */
  readonly driverDatabase: boolean;
  /** `Services\<name>\StartOverride` decides over `Start` (spec pnp-install 9; observed: repair instructions for 8 and later). */
  readonly startOverride: boolean;
  /** Filters registered by AddFilter, with levels (spec pnp-install 8: Windows 10 1903). */
  readonly declarativeFilters: boolean;
  /** The two shortest hardware ids of a PCI device stand among its compatible ids (spec pnp-install 1: Windows 10). */
  readonly pciIdsMoved: boolean;
  /** Every validly signed package has the same signature score (spec pnp-install 3: default since Windows 7). */
  readonly allSignersEqual: boolean;
  /** Network drivers are promoted to boot start by BootFlags (spec inf 10; since when is not verified). */
  readonly bootFlags: boolean;
  /** The driver store is searched first, and installs at once (spec pnp-install 2: Windows 8). */
  readonly storeFirst: boolean;
  /** `Services\<name>\Owners` lists the packages of a service (spec pnp-install 7, not verified). */
  readonly serviceOwners: boolean;
  /** Drivers whose group is Early-Launch start before all others (Windows 8). */
  readonly earlyLaunch: boolean;
  /** The dump port of storport's miniports is dumpstorport; before, diskdump (general knowledge: Windows 10). */
  readonly dumpStorport: boolean;
  /** Drives NVMe disks by itself (8.1; before it an update had to be there, observed). */
  readonly nvme: boolean;
  /** classpnp makes SCSI UNMAP of TRIM for disks that say LBPU (spec pnp-install 12: Windows 8, Server 2012). */
  readonly unmap: boolean;
  /** defrag tells disks once more what is free (general knowledge: Windows 8). */
  readonly retrim: boolean;
  /** hal.dll only forwards to the kernel (spec kernel-exports: Windows 10 2004, not verified). */
  readonly halForwards: boolean;
  /**
   * The loader offers the last control set that came up after a boot that failed. Since Windows 8 it has to be chosen, or
   * switched on, by hand (general knowledge, not verified): no boot falls back to it by itself.
   */
  readonly lastKnownGood: 'offered' | 'on-request';
}

/** The features follow from the build alone. */
export const featuresOf = ({ build }: Pick<WindowsProfile, 'build'>): WindowsFeatures => {
  const eight = build >= Build.windows8;
  return {
    driverDatabase: eight,
    startOverride: eight,
    declarativeFilters: build >= FirstBuild.version1903,
    pciIdsMoved: build >= FirstBuild.windows10,
    allSignersEqual: true,
    bootFlags: eight,
    storeFirst: eight,
    serviceOwners: eight,
    earlyLaunch: eight,
    dumpStorport: build >= FirstBuild.windows10,
    unmap: eight,
    retrim: eight,
    nvme: build >= FirstBuild.windows81,
    halForwards: build >= FirstBuild.version2004,
    lastKnownGood: eight ? 'on-request' : 'offered',
  };
};
