import type { PolicyArch } from '../../packaging/signing/policy-data.ts';

/** A Windows version as the emulator knows it: data only (windows.ts has the table). */
export interface WindowsProfile {
  /** As the policy table names it: `10-22h2`, `server-2019`, `7-sp1-sha2`. */
  readonly name: string;
  /** `Windows 10 22H2` */
  readonly title: string;
  readonly major: number;
  readonly minor: number;
  readonly build: number;
  readonly productType: 1 | 3;
  readonly architectures: readonly PolicyArch[];
}

/** A guest that packages are tried in: a Windows, a processor, and the switches that decide what its kernel loads. */
export interface GuestSpec {
  /** `windows-10-22h2-x64`, `server-2019-x64` */
  readonly id: string;
  readonly windows: WindowsProfile;
  readonly arch: PolicyArch;
  readonly secureBoot: boolean;
  readonly testSigning: boolean;
  readonly hvci: boolean;
  /** Upgraded from a Windows before 10 version 1607. */
  readonly upgraded: boolean;
}

/** Names what an INF does on a guest in `PackageFacts.targets`: `amd64 10.0.19045 1`. */
export const targetKey = ({ windows, arch }: GuestSpec): string =>
  `${arch === 'x64' ? 'amd64' : arch} ${windows.major}.${windows.minor}.${windows.build} ${windows.productType}`;

/** Names the Windows of a guest in `PackageFacts.signatures`: which signatures it reads depends on its updates too. */
export const signatureKey = ({ windows, arch }: GuestSpec): string => `${windows.name} ${arch}`;

/** What decides which images the kernel of a guest loads. */
export interface PolicyState extends Pick<GuestSpec, 'arch' | 'secureBoot' | 'testSigning' | 'hvci' | 'upgraded'> {
  readonly windows: Pick<WindowsProfile, 'name'>;
}

/** Names the state of a guest in `ImageFacts.loads`: `10-22h2 x64 secure-boot`. */
export const policyKey = ({ windows, arch, secureBoot, testSigning, hvci, upgraded }: PolicyState): string =>
  [
    windows.name,
    arch,
    ...(secureBoot ? ['secure-boot'] : []),
    ...(testSigning ? ['test-signing'] : []),
    ...(hvci ? ['hvci'] : []),
    ...(upgraded ? ['upgraded'] : []),
  ].join(' ');
