import { type CatalogOs, osByCode } from '../../packaging/formats/cat/os.ts';

/**
 * The operating systems as Partner Center calls them (get-product-data.md; 25H2 and 26H1 observed): the codes of
 * `requestedSignatures` and `operatingSystemCode`, and the families that `selectedProductTypes` is keyed by. The lists
 * grow with Windows: a code that is not here deserves a warning, not a refusal.
 */
const CLIENTS: Readonly<Record<string, readonly string[]>> = {
  '': ['TH1', 'TH2', 'RS1', 'RS2', 'RS3', 'RS4', 'RS5', '19H1', 'VB'],
  X64: ['TH1', 'TH2', 'RS1', 'RS2', 'RS3', 'RS4', 'RS5', '19H1', 'VB', 'CO', 'NI', 'GE', '25H2', '26H1'],
  ARM64: ['RS3', 'RS4', '19H1', 'VB', 'CO', 'NI', 'GE', '25H2', '26H1'],
};
const SERVERS: Readonly<Record<string, readonly string[]>> = {
  X64: ['TH1', 'TH2', 'RS1', 'RS5', 'FE', 'GE'],
  ARM64: ['FE', 'GE'],
};
const EARLIER = [
  'WINDOWS_ME',
  'WINDOWS_98',
  'WINDOWS_2000',
  'WINDOWS_NT40',
  'WINDOWS_XP',
  'WINDOWS_XP_IA64',
  'WINDOWS_XP_X64',
  'WINDOWS_XP_MEDIA_CENTER',
  'WINDOWS_2003',
  'WINDOWS_2003_IA64',
  'WINDOWS_2003_X64',
  'WINDOWS_VISTA',
  'WINDOWS_VISTA_X64',
  'WINDOWS_2008_SERVER',
  'WINDOWS_2008_SERVER_IA64',
  'WINDOWS_2008_SERVER_X64',
  'WINDOWS_HOME_SERVER',
  'WINDOWS_7',
  'WINDOWS_7_X64',
  'WINDOWS_2008_SERVER_R2_IA64',
  'WINDOWS_2008_SERVER_R2_X64',
  'WINDOWS_SERVER_SOLUTIONS_X64',
  'WINDOWS_8',
  'WINDOWS_8_X64',
  'WINDOWS_8_ARM',
  'WINDOWS_8_SERVER_X64',
  'WINDOWS_v63',
  'WINDOWS_v63_X64',
  'WINDOWS_v63_ARM',
  'WINDOWS_v63_SERVER_X64',
] as const;

const codesOf = (kind: string, table: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  Object.entries(table).flatMap(([arch, releases]) =>
    releases.map((release) => ['WINDOWS_v100', kind, arch, release, 'FULL'].filter((part) => part !== '').join('_')),
  );

/** Every code of the documentation, and those that were seen. */
export const OS_CODES: readonly string[] = [...codesOf('', CLIENTS), ...codesOf('SERVER', SERVERS), ...EARLIER];

const RELEASES_OF_FAMILIES = {
  client: ['', 'RS1', 'RS2', 'RS3', 'RS4', 'RS5', '19H1', 'VB', 'CO', 'NI', 'GE', '25H2', '26H1'],
  server: ['', 'RS1', 'RS2', 'RS3', 'RS5', 'FE', 'GE'],
} as const;
const family = (stem: string, release: string): string => (release === '' ? stem : `${stem}_${release}`);

/** The keys of `selectedProductTypes`; they are compared without case. */
export const OS_FAMILIES: readonly string[] = [
  ...['WindowsMe', 'Windows2000', 'Windows98', 'WindowsNT40', 'WindowsXP', 'WindowsServer2003', 'WindowsVista'],
  ...['Windows2008Server', 'WindowsHomeServer', 'Windows7', 'Windows2008ServerR2', 'WindowsServerSolutions'],
  ...['Windows8', 'Windows8Server', 'Windows81', 'Windows81Server'],
  ...RELEASES_OF_FAMILIES.client.map((release) => family('Windows_v100', release)),
  ...RELEASES_OF_FAMILIES.server.map((release) => family('Windows_v100Server', release)),
];

const V100 = /^WINDOWS_v100(_SERVER)?(?:_(X64|ARM64))?_([0-9A-Z]+)_FULL$/i;

export interface OsCode {
  readonly server: boolean;
  readonly arch: 'x86' | 'x64' | 'arm64';
  /** `RS5`, `VB`, `25H2`, in upper case. */
  readonly release: string;
}

/** What the code of a Windows 10 or later says; undefined for earlier ones and for what is no code. */
export const parseOsCode = (code: string): OsCode | undefined => {
  const match = V100.exec(code);
  if (match === null) return undefined;
  const arch = match[2]?.toLowerCase() === 'arm64' ? 'arm64' : match[2] === undefined ? 'x86' : 'x64';
  return { server: match[1] !== undefined, arch, release: (match[3] ?? '').toUpperCase() };
};

/** The processors that a code is for, also one of a Windows before 10; undefined for what is no code. */
export const architectureOfCode = (code: string): OsCode['arch'] | undefined => {
  const parsed = parseOsCode(code);
  if (parsed !== undefined) return parsed.arch;
  const known = Object.keys(EARLIER_CATALOG_CODES).some((one) => one.toLowerCase() === code.toLowerCase());
  if (!known || /_ARM$/i.test(code)) return undefined;
  return /_X64$/i.test(code) ? 'x64' : 'x86';
};

/** The family of a code of Windows 10 or later: the first two releases have none of their own. */
export const osFamilyOf = (code: string): string | undefined => {
  const parsed = parseOsCode(code);
  if (parsed === undefined) return undefined;
  return family(
    parsed.server ? 'Windows_v100Server' : 'Windows_v100',
    /^TH\d$/.test(parsed.release) ? '' : parsed.release,
  );
};

/** Releases that the catalog's vocabulary spells otherwise. */
const CATALOG_RELEASES: Readonly<Record<string, string>> = {
  TH1: '',
  TH2: '',
  VB: 'Vb',
  FE: '21H2',
  CO: '21H2',
  NI: '22H2',
  GE: '24H2',
};
const EARLIER_CATALOG_CODES: Readonly<Record<string, string>> = {
  WINDOWS_7: '7X86',
  WINDOWS_7_X64: '7X64',
  WINDOWS_2008_SERVER_R2_X64: 'Server2008R2X64',
  WINDOWS_8: '8X86',
  WINDOWS_8_X64: '8X64',
  WINDOWS_8_ARM: '8ARM',
  WINDOWS_8_SERVER_X64: 'Server2012X64',
  WINDOWS_v63: '_v63',
  WINDOWS_v63_X64: '_v63_X64',
  WINDOWS_v63_ARM: '_v63_ARM',
  WINDOWS_v63_SERVER_X64: '_v63_Server_X64',
};

/** The system of a catalog that a code stands for; undefined where the vocabularies do not meet. */
export const catalogOsOf = (code: string): CatalogOs | undefined => {
  const parsed = parseOsCode(code);
  if (parsed === undefined) return osByCode(EARLIER_CATALOG_CODES[code] ?? '');
  const release = CATALOG_RELEASES[parsed.release] ?? parsed.release;
  const arch = parsed.arch === 'x86' ? '' : parsed.arch.toUpperCase();
  const stem = parsed.server ? 'Server_v100' : '_v100';
  return osByCode([stem, arch, release].filter((part) => part !== '').join('_'));
};
