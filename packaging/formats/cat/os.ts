import { WinpvError } from '../../../core/errors.ts';
import { closestName, shownText } from '../../../core/spelling.ts';
import type { InfArch } from '../inf/target-os.ts';

/** One operating system of the catalog vocabulary (spec signing-formats 2.3). */
export interface CatalogOs {
  /** Inf2Cat's identifier; undefined for codes that no documented switch gives (read-only). */
  readonly name: string | undefined;
  /** Other spellings that are accepted. */
  readonly aliases: readonly string[];
  /** What the catalog attribute `OS` says. */
  readonly code: string;
  /** What the member attribute `OSAttr` says, for example `2:6.1`; Windows XP x64 has two. */
  readonly osAttr: readonly string[];
  readonly arch: InfArch;
  readonly major: number;
  readonly minor: number;
  /** First and last build that the name stands for. */
  readonly builds: readonly [first: number, last: number];
  /** 1 a workstation, 3 a server, as decorations of Models sections count. */
  readonly productType: 1 | 3;
  /**
   * `proven` by a catalog and the command that made it or by rebuilding; `seen` in real catalogs and matched by name;
   * `pattern` by naming only.
   */
  readonly certainty: 'proven' | 'seen' | 'pattern';
}

/** Above every build there is: names without a release (`10_X64`) stand for all that follow. */
const OPEN_END = 99_999;

type Row = readonly [
  name: string,
  code: string,
  arch: InfArch,
  version: string,
  builds: readonly [number, number],
  certainty?: CatalogOs['certainty'],
];

/** In the canonical order of the `OS` attribute; the order on the command line does not matter. */
const ROWS: readonly Row[] = [
  ['2000', '2000', 'x86', '5.0', [2195, 2195], 'seen'],
  ['XP_X86', 'XPX86', 'x86', '5.1', [2600, 2600]],
  ['XP_X64', 'XPX64', 'amd64', '5.2', [3790, 3790]],
  ['Server2003_X86', 'Server2003X86', 'x86', '5.2', [3790, 3790]],
  ['Server2003_IA64', 'Server2003IA64', 'ia64', '5.2', [3790, 3790]],
  ['Server2003_X64', 'Server2003X64', 'amd64', '5.2', [3790, 3790]],
  ['Vista_X86', 'VistaX86', 'x86', '6.0', [6000, 6003]],
  ['Vista_X64', 'VistaX64', 'amd64', '6.0', [6000, 6003]],
  ['Server2008_X86', 'Server2008X86', 'x86', '6.0', [6001, 6003]],
  ['Server2008_IA64', 'Server2008IA64', 'ia64', '6.0', [6001, 6003]],
  ['Server2008_X64', 'Server2008X64', 'amd64', '6.0', [6001, 6003]],
  ['7_X86', '7X86', 'x86', '6.1', [7600, 7601]],
  ['7_X64', '7X64', 'amd64', '6.1', [7600, 7601]],
  ['Server2008R2_IA64', 'Server2008R2IA64', 'ia64', '6.1', [7600, 7601]],
  ['Server2008R2_X64', 'Server2008R2X64', 'amd64', '6.1', [7600, 7601]],
  ['8_X86', '8X86', 'x86', '6.2', [9200, 9200]],
  ['8_X64', '8X64', 'amd64', '6.2', [9200, 9200]],
  ['8_ARM', '8ARM', 'arm', '6.2', [9200, 9200]],
  ['Server8_X64', 'Server2012X64', 'amd64', '6.2', [9200, 9200]],
  ['6_3_X86', '_v63', 'x86', '6.3', [9600, 9600]],
  ['6_3_X64', '_v63_X64', 'amd64', '6.3', [9600, 9600]],
  ['6_3_ARM', '_v63_ARM', 'arm', '6.3', [9600, 9600]],
  ['Server6_3_X64', '_v63_Server_X64', 'amd64', '6.3', [9600, 9600]],
  ['10_X86', '_v100', 'x86', '10.0', [10240, OPEN_END]],
  ['10_X64', '_v100_X64', 'amd64', '10.0', [10240, OPEN_END]],
  ['', '10X86', 'x86', '6.4', [9841, 9879]],
  ['', '10X64', 'amd64', '6.4', [9841, 9879]],
  ['Server10_X64', 'Server_v100_X64', 'amd64', '10.0', [14393, OPEN_END]],
  ['Server10_ARM64', 'Server_v100_ARM64', 'arm64', '10.0', [14393, OPEN_END], 'seen'],
  ['10_AU_X86', '_v100_RS1', 'x86', '10.0', [14393, 14393], 'seen'],
  ['10_AU_X64', '_v100_X64_RS1', 'amd64', '10.0', [14393, 14393], 'seen'],
  ['SERVER2016_X64', 'Server_v100_X64_RS1', 'amd64', '10.0', [14393, 14393], 'seen'],
  ['10_RS2_X86', '_v100_RS2', 'x86', '10.0', [15063, 15063], 'seen'],
  ['10_RS2_X64', '_v100_X64_RS2', 'amd64', '10.0', [15063, 15063], 'seen'],
  ['ServerRS2_X64', 'Server_v100_X64_RS2', 'amd64', '10.0', [15063, 15063], 'pattern'],
  ['10_RS3_X86', '_v100_RS3', 'x86', '10.0', [16299, 16299], 'seen'],
  ['10_RS3_X64', '_v100_X64_RS3', 'amd64', '10.0', [16299, 16299], 'seen'],
  ['10_RS3_ARM64', '_v100_ARM64_RS3', 'arm64', '10.0', [16299, 16299], 'seen'],
  ['ServerRS3_X64', 'Server_v100_X64_RS3', 'amd64', '10.0', [16299, 16299], 'pattern'],
  ['10_RS4_X86', '_v100_RS4', 'x86', '10.0', [17134, 17134], 'seen'],
  ['10_RS4_X64', '_v100_X64_RS4', 'amd64', '10.0', [17134, 17134], 'seen'],
  ['10_RS4_ARM64', '_v100_ARM64_RS4', 'arm64', '10.0', [17134, 17134], 'seen'],
  ['ServerRS4_X64', 'Server_v100_X64_RS4', 'amd64', '10.0', [17134, 17134], 'pattern'],
  ['10_RS5_X86', '_v100_RS5', 'x86', '10.0', [17763, 17763], 'seen'],
  ['10_RS5_X64', '_v100_X64_RS5', 'amd64', '10.0', [17763, 17763], 'seen'],
  ['10_RS5_ARM64', '_v100_ARM64_RS5', 'arm64', '10.0', [17763, 17763], 'seen'],
  ['ServerRS5_X64', 'Server_v100_X64_RS5', 'amd64', '10.0', [17763, 17763], 'seen'],
  ['ServerRS5_ARM64', 'Server_v100_ARM64_RS5', 'arm64', '10.0', [17763, 17763], 'pattern'],
  ['10_19H1_X86', '_v100_19H1', 'x86', '10.0', [18362, 18363], 'seen'],
  ['10_19H1_X64', '_v100_X64_19H1', 'amd64', '10.0', [18362, 18363], 'seen'],
  ['10_19H1_ARM64', '_v100_ARM64_19H1', 'arm64', '10.0', [18362, 18363], 'seen'],
  ['10_VB_X86', '_v100_Vb', 'x86', '10.0', [19041, 19045], 'seen'],
  ['10_VB_X64', '_v100_X64_Vb', 'amd64', '10.0', [19041, 19045], 'seen'],
  ['10_VB_ARM64', '_v100_ARM64_Vb', 'arm64', '10.0', [19041, 19045], 'seen'],
  ['ServerFE_X64', 'Server_v100_X64_21H2', 'amd64', '10.0', [20348, 20348], 'seen'],
  ['ServerFE_ARM64', 'Server_v100_ARM64_21H2', 'arm64', '10.0', [20348, 20348], 'pattern'],
  ['10_CO_X64', '_v100_X64_21H2', 'amd64', '10.0', [22000, 22000], 'seen'],
  ['10_CO_ARM64', '_v100_ARM64_21H2', 'arm64', '10.0', [22000, 22000], 'seen'],
  ['10_NI_X64', '_v100_X64_22H2', 'amd64', '10.0', [22621, 22631], 'seen'],
  ['10_NI_ARM64', '_v100_ARM64_22H2', 'arm64', '10.0', [22621, 22631], 'seen'],
  ['10_GE_X64', '_v100_X64_24H2', 'amd64', '10.0', [26100, 26100], 'seen'],
  ['10_GE_ARM64', '_v100_ARM64_24H2', 'arm64', '10.0', [26100, 26100], 'seen'],
  ['Server2025_X64', 'Server_v100_X64_24H2', 'amd64', '10.0', [26100, 26100], 'seen'],
  ['Server2025_ARM64', 'Server_v100_ARM64_24H2', 'arm64', '10.0', [26100, 26100], 'pattern'],
  ['10_25H2_X64', '_v100_X64_25H2', 'amd64', '10.0', [26200, 26200], 'seen'],
  ['10_25H2_ARM64', '_v100_ARM64_25H2', 'arm64', '10.0', [26200, 26200], 'pattern'],
  // The release's build is not known; a floor above the one before it.
  ['', '_v100_X64_26H1', 'amd64', '10.0', [26201, OPEN_END], 'seen'],
];

/** Windows' marketing names where Inf2Cat has a code name: accepted, never written. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  Server8_X64: ['Server2012_X64'],
  Server6_3_X64: ['Server2012R2_X64'],
  ServerRS5_X64: ['Server2019_X64'],
  ServerRS5_ARM64: ['Server2019_ARM64'],
  ServerFE_X64: ['Server2022_X64'],
  ServerFE_ARM64: ['Server2022_ARM64'],
};

/** What `OSAttr` says differs from the version in two rows: the zeros of Windows 2000, and XP x64 counting as both. */
const osAttrOf = (code: string, version: string): readonly string[] => {
  if (code === '2000') return ['2:5.00'];
  return code === 'XPX64' ? ['2:5.1', '2:5.2'] : [`2:${version}`];
};

/** Every row of the vocabulary, in canonical order. */
export const CATALOG_OSES: readonly CatalogOs[] = ROWS.map(([name, code, arch, version, builds, certainty]) => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return {
    name: name === '' ? undefined : name,
    aliases: ALIASES[name] ?? [],
    code,
    osAttr: osAttrOf(code, version),
    arch,
    major,
    minor,
    builds,
    productType: /server/i.test(code) ? 3 : 1,
    certainty: certainty ?? 'proven',
  };
});

const byName = new Map(
  CATALOG_OSES.flatMap((os) =>
    [os.name, ...os.aliases].flatMap((name) => (name === undefined ? [] : [[name.toLowerCase(), os] as const])),
  ),
);
const byCode = new Map(CATALOG_OSES.map((os) => [os.code, os]));

/** The row of an Inf2Cat identifier, ignoring case. */
export const osByName = (name: string): CatalogOs | undefined => byName.get(name.toLowerCase());

/** The row of a code as catalogs store it. */
export const osByCode = (code: string): CatalogOs | undefined => byCode.get(code);

/**
 * The rows of an OS list, each once, in canonical order.
 *
 * @param names Inf2Cat identifiers in any case and order; blanks around them and empty ones are ignored
 * @throws WinpvError CAT_OS_UNKNOWN naming the nearest identifier, CAT_OS_MISSING when there is none
 */
export const parseOsList = (names: readonly string[]): readonly CatalogOs[] => {
  const chosen = new Set<CatalogOs>();
  for (const name of names.map((text) => text.trim()).filter((text) => text !== '')) {
    const os = osByName(name);
    if (os === undefined) {
      const like = closestName(
        name,
        [...byName.values()].flatMap((row) => row.name ?? []),
      );
      throw new WinpvError('CAT_OS_UNKNOWN', `"${shownText(name)}" is not an operating system of Inf2Cat's list.`, {
        hint: like === undefined ? 'For example 10_X64,SERVER2016_X64.' : `Did you mean ${like}?`,
      });
    }
    chosen.add(os);
  }
  if (chosen.size === 0) {
    throw new WinpvError('CAT_OS_MISSING', 'No operating system was named.', { hint: 'For example 10_X64,10_X86.' });
  }
  return CATALOG_OSES.filter((os) => chosen.has(os));
};

/** Windows 8 is the first that reads version 2 catalogs (spec 2.2). */
export const readsVersion2 = (os: CatalogOs): boolean => os.major > 6 || (os.major === 6 && os.minor >= 2);

/** The value of `OSAttr` for these systems: each version once, ascending. */
export const formatOsAttr = (oses: Iterable<CatalogOs>): string => {
  const versions = new Set<string>();
  for (const os of oses) for (const version of os.osAttr) versions.add(version);
  return [...versions].sort((a, b) => versionRank(a) - versionRank(b)).join(',');
};

const versionRank = (text: string): number => {
  const [major = 0, minor = 0] = text.slice(2).split('.').map(Number);
  return major * 1000 + minor;
};

/** Releases by their first build, as Windows calls them; a server release of a build has a name of its own. */
const RELEASES: readonly (readonly [build: number, workstation: string, server: string])[] = [
  [2195, '2000', '2000 Server'],
  [2600, 'XP', ''],
  [3790, 'XP', 'Server 2003'],
  [6000, 'Vista', ''],
  [6001, 'Vista', 'Server 2008'],
  [7600, '7', 'Server 2008 R2'],
  [9200, '8', 'Server 2012'],
  [9600, '8.1', 'Server 2012 R2'],
  [9841, '10 before its release', ''],
  [10240, '10', ''],
  [14393, '10 1607', 'Server 2016'],
  [15063, '10 1703', 'Server of build 15063'],
  [16299, '10 1709', 'Server 1709'],
  [17134, '10 1803', 'Server 1803'],
  [17763, '10 1809', 'Server 2019'],
  [18362, '10 1903 to 1909', ''],
  [19041, '10 2004 to 22H2', ''],
  [20348, '', 'Server 2022'],
  [22000, '11 21H2', ''],
  [22621, '11 22H2 to 23H2', ''],
  [26100, '11 24H2', 'Server 2025'],
  [26200, '11 25H2', ''],
  [26201, '11 26H1', ''],
];

const ARCH_NAMES: Readonly<Record<InfArch, string>> = {
  x86: 'x86',
  amd64: 'x64',
  arm: 'ARM',
  arm64: 'ARM64',
  ia64: 'Itanium',
};

/** What an OS of the vocabulary is called by Windows itself: `Windows 10 1809 (x64)`, `Windows Server 2016 and later (x64)`. */
export const windowsName = ({ builds: [first, last], productType, arch, name }: CatalogOs): string => {
  const row = RELEASES.find(([build]) => build === first);
  const release = (productType === 3 ? row?.[2] : row?.[1]) || `build ${first}`;
  const open = last === OPEN_END && name !== undefined ? ' and later' : '';
  return `Windows ${release}${open} (${ARCH_NAMES[arch]})`;
};

/** What `OSAttr` of a member names, `2:6.1`, as people call it; the text itself when it is of another form. */
export const osAttrName = (osAttr: string): string => VERSION_NAMES[osAttr] ?? osAttr;

const VERSION_NAMES: Readonly<Record<string, string>> = {
  '2:5.00': '2000',
  '2:5.0': '2000',
  '2:5.1': 'XP',
  '2:5.2': 'Server 2003 and XP x64',
  '2:6.0': 'Vista and Server 2008',
  '2:6.1': '7 and Server 2008 R2',
  '2:6.2': '8 and Server 2012',
  '2:6.3': '8.1 and Server 2012 R2',
  '2:6.4': '10 before its release',
  '2:10.0': '10 and later',
};
