/**
 * Which Windows loads which kernel code, as data: the systems, where each rule comes from, and the rules in the order in
 * which they are asked. `policy.ts` only interprets it.
 */

export type PolicyArch = 'x86' | 'x64' | 'arm64';

export interface WindowsRelease {
  readonly name: string;
  /** Kernel version, as `OSAttr` in catalogs has it. */
  readonly version: '6.1' | '6.2' | '6.3' | '10.0';
  readonly build: number;
  readonly role: 'client' | 'server';
  readonly archs: readonly PolicyArch[];
  /** Whether its kernel reads SHA-256 signatures; `updates` when only with updates that a machine may have. */
  readonly sha2: 'no' | 'updates' | 'yes';
}

type Row = readonly [
  name: string,
  version: WindowsRelease['version'],
  build: number,
  archs: string,
  sha2?: WindowsRelease['sha2'],
];

const release =
  (role: WindowsRelease['role']) =>
  ([name, version, build, archs, sha2 = 'yes']: Row): WindowsRelease => ({
    name,
    version,
    build,
    role,
    archs: archs.split(' ').filter((arch): arch is PolicyArch => arch === 'x86' || arch === 'x64' || arch === 'arm64'),
    sha2,
  });

const CLIENTS: readonly Row[] = [
  ['7-sp1', '6.1', 7601, 'x86 x64', 'no'],
  ['7-sp1-sha2', '6.1', 7601, 'x86 x64'],
  ['8', '6.2', 9200, 'x86 x64'],
  ['8.1', '6.3', 9600, 'x86 x64'],
  ['10-1507', '10.0', 10240, 'x86 x64'],
  ['10-1511', '10.0', 10586, 'x86 x64'],
  ['10-1607', '10.0', 14393, 'x86 x64'],
  ['10-1703', '10.0', 15063, 'x86 x64'],
  ['10-1709', '10.0', 16299, 'x86 x64 arm64'],
  ['10-1803', '10.0', 17134, 'x86 x64 arm64'],
  ['10-1809', '10.0', 17763, 'x86 x64 arm64'],
  ['10-1903', '10.0', 18362, 'x86 x64 arm64'],
  ['10-1909', '10.0', 18363, 'x86 x64 arm64'],
  ['10-2004', '10.0', 19041, 'x86 x64 arm64'],
  ['10-20h2', '10.0', 19042, 'x86 x64 arm64'],
  ['10-21h1', '10.0', 19043, 'x86 x64 arm64'],
  ['10-21h2', '10.0', 19044, 'x86 x64 arm64'],
  ['10-22h2', '10.0', 19045, 'x86 x64 arm64'],
  ['11-21h2', '10.0', 22000, 'x64 arm64'],
  ['11-22h2', '10.0', 22621, 'x64 arm64'],
  ['11-23h2', '10.0', 22631, 'x64 arm64'],
  ['11-24h2', '10.0', 26100, 'x64 arm64'],
  ['11-25h2', '10.0', 26200, 'x64 arm64'],
];

const SERVERS: readonly Row[] = [
  ['server-2008r2', '6.1', 7601, 'x64', 'updates'],
  ['server-2012', '6.2', 9200, 'x64'],
  ['server-2012r2', '6.3', 9600, 'x64'],
  ['server-2016', '10.0', 14393, 'x64'],
  ['server-2019', '10.0', 17763, 'x64'],
  ['server-2022', '10.0', 20348, 'x64'],
  ['server-2025', '10.0', 26100, 'x64 arm64'],
];

/** Every system that the table speaks of, oldest first, clients before servers. */
export const WINDOWS_RELEASES: readonly WindowsRelease[] = [
  ...CLIENTS.map(release('client')),
  ...SERVERS.map(release('server')),
];

/** First builds at which rules begin. */
export const Build = { windows8: 9200, windows10: 10240, version1607: 14393, version1809: 17763 } as const;

/** Extended key usages that say how Microsoft came to sign (spec signing-formats 6.1). */
export const DriverEku = {
  whql: '1.3.6.1.4.1.311.10.3.5',
  attested: '1.3.6.1.4.1.311.10.3.5.1',
  extended: '1.3.6.1.4.1.311.10.3.39',
  systemComponent: '1.3.6.1.4.1.311.10.3.6',
} as const;

/** Certificates issued from this day on are no longer excepted from the rule of version 1607. */
export const CROSS_SIGNING_CUTOFF = Date.UTC(2015, 6, 29);
/** SHA-1 signatures stamped before this day count as old ones (spec 6.5.8). */
export const SHA1_CUTOFF = Date.UTC(2016, 0, 1);

const DOCS = 'learn.microsoft.com/windows-hardware/drivers';

/** Where rules come from: Microsoft's documentation, and the section of the facts that they were collected in. */
export const POLICY_SOURCES = {
  kernelPolicy: `${DOCS}/install/kernel-mode-code-signing-policy--windows-vista-and-later- (signing-formats 6.3)`,
  requirements: `${DOCS}/dashboard/code-signing-reqs (signing-formats 6.3)`,
  attestation: `${DOCS}/dashboard/code-signing-attestation (signing-formats 6.3)`,
  deprecation: `${DOCS}/install/deprecation-of-software-publisher-certificates-and-commercial-release-certificates (signing-formats 6.3)`,
  testSigning: `${DOCS}/install/the-testsigning-boot-configuration-option (signing-formats 6.4)`,
  memoryIntegrity: `${DOCS}/driversecurity/implement-hvci-compatible-code`,
  catalogs: 'CryptCATAdminAcquireContext2 (signing-formats 1.3)',
  osAttributes: 'signing-formats 2.3',
  ekus: 'signing-formats 6.1, 6.2',
  verification: 'signing-formats 6.5',
  image: 'learn.microsoft.com/windows/win32/debug/pe-format',
} as const;
export type PolicySource = keyof typeof POLICY_SOURCES;

/**
 * What a signature is to the kernel. `microsoft`: by a root of Microsoft's, for none of the purposes of drivers. `faulty`: by
 * Microsoft or cross-signed, but a certificate was not valid then, or not for this. `private`: by anybody else.
 */
export type SignerClass =
  | 'none'
  | 'damaged'
  | 'faulty'
  | 'attested'
  | 'whql'
  | 'extended'
  | 'system'
  | 'microsoft'
  | 'cross-signed'
  | 'private';

/** What is known of a machine, a file and one of its signatures; a rule names some of it. */
export interface PolicyFacts {
  readonly role: 'client' | 'server';
  readonly arch: PolicyArch;
  readonly secureBoot: boolean;
  readonly testSigning: boolean;
  readonly hvci: boolean;
  readonly upgraded: boolean;
  /** Whether the kernel reads SHA-256 signatures. */
  readonly sha2: WindowsRelease['sha2'];
  readonly subject: 'kernel' | 'user' | 'firmware' | 'catalog';
  /** Whether the image is for this processor; true for a catalog. */
  readonly archFits: boolean;
  /** The image cannot be read, its sections overlap, or the checksum that drivers must have is wrong. */
  readonly broken: boolean;
  /** Whether memory integrity can map the image; true for a catalog. */
  readonly mappable: boolean;
  readonly signer: SignerClass;
  /** Whether SHA-256 is needed to verify the signature. */
  readonly needsSha2: boolean;
  /** Signed with SHA-1, and not stamped before the cut-off. */
  readonly lateSha1: boolean;
  /** The signer's certificate was issued before the cut-off of cross-signing. */
  readonly issuedEarly: boolean;
  /** By a catalog of version 2. */
  readonly catalogV2: boolean;
  /** The catalog lists the version of this Windows, or lists none; true for an embedded signature. */
  readonly versionListed: boolean;
}

export type Loads = 'yes' | 'no' | 'depends';

export interface PolicyRule {
  readonly id: string;
  /** Builds for which the rule is there: from the first up to, not including, the second. */
  readonly builds?: readonly [from: number, before: number];
  /** Everything that must be as it says; a list means any of them. */
  readonly when: { readonly [K in keyof PolicyFacts]?: PolicyFacts[K] | readonly PolicyFacts[K][] };
  readonly loads: Loads;
  /** What it depends on. */
  readonly on?: string;
  /** One sentence. */
  readonly reason: string;
  readonly source: PolicySource;
}

const MICROSOFT: readonly SignerClass[] = ['attested', 'whql', 'extended', 'system'];
const END = Number.MAX_SAFE_INTEGER;

/** The first rule that applies to a machine, a file and one of its signatures answers for that signature. */
export const POLICY_RULES: readonly PolicyRule[] = [
  {
    id: 'broken',
    when: { broken: true },
    loads: 'no',
    reason: 'The image is damaged: headers, sections or the checksum are wrong.',
    source: 'image',
  },
  {
    id: 'user-mode',
    when: { subject: 'user' },
    loads: 'yes',
    reason: 'It runs in user mode, where Windows asks for no signature to load it.',
    source: 'kernelPolicy',
  },
  {
    id: 'firmware',
    when: { subject: 'firmware' },
    loads: 'depends',
    on: "the firmware's own list of trusted keys",
    reason: 'The firmware, not Windows, decides on an EFI image.',
    source: 'kernelPolicy',
  },
  {
    id: 'processor',
    when: { archFits: false },
    loads: 'no',
    reason: 'The image is for another processor.',
    source: 'image',
  },
  {
    id: 'memory-integrity',
    when: { hvci: true, mappable: false },
    loads: 'no',
    reason: 'Memory integrity refuses a section that is both writable and executable, or not aligned to pages.',
    source: 'memoryIntegrity',
  },
  {
    id: '32-bit',
    when: { arch: 'x86', secureBoot: false },
    loads: 'yes',
    reason: 'A 32-bit kernel without Secure Boot asks for no signature.',
    source: 'kernelPolicy',
  },
  {
    id: 'unsigned',
    when: { signer: 'none' },
    loads: 'no',
    reason: 'It has no signature, and no catalog at hand lists it.',
    source: 'kernelPolicy',
  },
  {
    id: 'damaged',
    when: { signer: 'damaged' },
    loads: 'no',
    reason: 'The signature does not hold for these bytes.',
    source: 'verification',
  },
  {
    id: 'sha2-unread',
    when: { sha2: 'no', needsSha2: true },
    loads: 'no',
    reason: 'Without its SHA-2 updates this Windows cannot read a SHA-256 signature.',
    source: 'kernelPolicy',
  },
  {
    id: 'catalog-version',
    builds: [0, Build.windows8],
    when: { catalogV2: true },
    loads: 'no',
    reason: 'Catalogs of version 2 are read by Windows 8 and later.',
    source: 'catalogs',
  },
  {
    id: 'sha2-updates',
    when: { sha2: 'updates', needsSha2: true, signer: ['whql', 'extended', 'system', 'cross-signed'] },
    loads: 'depends',
    on: 'whether the SHA-2 updates are installed',
    reason: 'This Windows reads SHA-256 signatures only with its SHA-2 updates.',
    source: 'kernelPolicy',
  },
  {
    id: 'sha2-updates-test',
    when: { sha2: 'updates', needsSha2: true, testSigning: true, secureBoot: false },
    loads: 'depends',
    on: 'whether the SHA-2 updates are installed',
    reason: 'This Windows reads SHA-256 signatures, test signatures too, only with its SHA-2 updates.',
    source: 'kernelPolicy',
  },
  {
    id: 'test-signing',
    when: { testSigning: true, secureBoot: false },
    loads: 'yes',
    reason: 'With TESTSIGNING on, any signature will do.',
    source: 'testSigning',
  },
  {
    id: 'late-sha1',
    builds: [Build.version1607, END],
    when: { lateSha1: true, signer: [...MICROSOFT, 'cross-signed'] },
    loads: 'no',
    reason: 'The signature is SHA-1 and not stamped before 2016.',
    source: 'verification',
  },
  {
    id: 'attested-before-10',
    builds: [0, Build.windows10],
    when: { signer: 'attested' },
    loads: 'no',
    reason: 'Attestation signatures work on Windows 10 and later only.',
    source: 'requirements',
  },
  {
    id: 'attested-server',
    when: { signer: 'attested', role: 'server' },
    loads: 'no',
    reason: 'Windows Server loads device and filter drivers only after HLK tests; this one is attested.',
    source: 'requirements',
  },
  {
    id: 'version-not-listed',
    when: { signer: MICROSOFT, versionListed: false },
    loads: 'depends',
    on: 'whether the catalog counts for a Windows that it does not list',
    reason: 'The catalog is for other versions of Windows.',
    source: 'osAttributes',
  },
  {
    id: 'attested',
    when: { signer: 'attested' },
    loads: 'yes',
    reason: 'Microsoft has signed it after attestation.',
    source: 'attestation',
  },
  {
    id: 'tested',
    when: { signer: ['whql', 'extended'] },
    loads: 'yes',
    reason: 'Microsoft has signed it after HLK or WHQL tests.',
    source: 'requirements',
  },
  {
    id: 'system',
    when: { signer: 'system' },
    loads: 'yes',
    reason: 'It is signed as a component of Windows.',
    source: 'ekus',
  },
  {
    id: 'microsoft-other',
    when: { signer: 'microsoft' },
    loads: 'depends',
    on: 'whether the kernel accepts this certificate of Microsoft',
    reason: 'The certificate is of Microsoft, but for none of the purposes of drivers.',
    source: 'ekus',
  },
  {
    id: 'faulty',
    when: { signer: 'faulty' },
    loads: 'no',
    reason: 'A certificate was not valid when the signature was made, or is not for this.',
    source: 'verification',
  },
  {
    id: 'arm64',
    when: { arch: 'arm64', signer: ['cross-signed', 'private'] },
    loads: 'no',
    reason: 'On ARM64 only Microsoft signs.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-before-1607',
    builds: [0, Build.version1607],
    when: { signer: 'cross-signed' },
    loads: 'yes',
    reason: 'It is cross-signed, which kernels before version 1607 accept.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-server',
    when: { signer: 'cross-signed', role: 'server', issuedEarly: true },
    loads: 'depends',
    on: 'the machine: of two pages of Microsoft one accepts and one refuses it',
    reason:
      'Server 2016 and later are to load HLK-tested drivers only, yet old cross-signed ones are listed as accepted.',
    source: 'requirements',
  },
  {
    id: 'cross-signed-server-late',
    when: { signer: 'cross-signed', role: 'server' },
    loads: 'no',
    reason: 'Server 2016 and later refuse drivers cross-signed with a certificate issued from 2015-07-29 on.',
    source: 'requirements',
  },
  {
    id: 'cross-signed-1607',
    builds: [Build.version1607, Build.version1809],
    when: { signer: 'cross-signed', secureBoot: true, upgraded: false, issuedEarly: false },
    loads: 'no',
    reason: 'With Secure Boot a new installation refuses cross-signing by a certificate issued from 2015-07-29 on.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-early',
    builds: [Build.version1607, Build.version1809],
    when: { signer: 'cross-signed', issuedEarly: true },
    loads: 'yes',
    reason: 'It is cross-signed by a certificate issued before 2015-07-29, which is excepted.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-no-secure-boot',
    builds: [Build.version1607, Build.version1809],
    when: { signer: 'cross-signed', secureBoot: false },
    loads: 'yes',
    reason: 'It is cross-signed, and Secure Boot is off, which is excepted.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-upgraded',
    builds: [Build.version1607, Build.version1809],
    when: { signer: 'cross-signed', upgraded: true },
    loads: 'yes',
    reason: 'It is cross-signed, and the machine was upgraded from a Windows before 1607, which is excepted.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-1809',
    builds: [Build.version1809, END],
    when: { signer: 'cross-signed', secureBoot: true, upgraded: false, issuedEarly: false },
    loads: 'no',
    reason: 'None of the exceptions for cross-signed drivers applies, and since 1809 one page of Microsoft names none.',
    source: 'kernelPolicy',
  },
  {
    id: 'cross-signed-excepted',
    builds: [Build.version1809, END],
    when: { signer: 'cross-signed' },
    loads: 'depends',
    on: 'the machine: of two pages of Microsoft one keeps the exceptions and one ends them with 1809',
    reason: 'It is cross-signed and falls under an exception that may have ended with version 1809.',
    source: 'requirements',
  },
  {
    id: 'test-signing-secure-boot',
    when: { signer: 'private', testSigning: true, secureBoot: true },
    loads: 'no',
    reason: 'TESTSIGNING has no effect under Secure Boot, and no root that the kernel believes stands behind it.',
    source: 'testSigning',
  },
  {
    id: 'private',
    when: { signer: 'private' },
    loads: 'no',
    reason: 'Neither Microsoft nor a cross-certificate of Microsoft stands behind the signature.',
    source: 'kernelPolicy',
  },
];

/** Where an authority is only named, and neither its certificate nor its key is at hand, a yes is not given. */
export const UNPROVEN = {
  id: 'unproven',
  loads: 'depends',
  on: 'whether the chain really ends at the root it names: give that root with --ca',
  source: 'verification',
} as const;
