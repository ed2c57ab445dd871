import { parseOsCode } from '../../../publishing/partner-center/os-codes.ts';
import {
  compareWindows,
  type MachineArch,
  type MachineWindows,
  RELEASE_BUILDS,
  windowsText,
} from '../machines/windows-release.ts';

/** The Windows that a row's code stands for. */
export interface RowWindows {
  readonly server: boolean;
  readonly arch: MachineArch;
  readonly first: MachineWindows;
}

const before10 = (minor: number, build: number, server: boolean, arch: MachineArch): RowWindows => ({
  ...{ server, arch },
  first: { major: 6, minor, build },
});

const EARLIER: Readonly<Record<string, RowWindows>> = {
  WINDOWS_VISTA: before10(0, 6000, false, 'x86'),
  WINDOWS_VISTA_X64: before10(0, 6000, false, 'x64'),
  WINDOWS_2008_SERVER: before10(0, 6001, true, 'x86'),
  WINDOWS_2008_SERVER_X64: before10(0, 6001, true, 'x64'),
  WINDOWS_7: before10(1, 7600, false, 'x86'),
  WINDOWS_7_X64: before10(1, 7600, false, 'x64'),
  WINDOWS_2008_SERVER_R2_X64: before10(1, 7600, true, 'x64'),
  WINDOWS_8: before10(2, 9200, false, 'x86'),
  WINDOWS_8_X64: before10(2, 9200, false, 'x64'),
  WINDOWS_8_SERVER_X64: before10(2, 9200, true, 'x64'),
  WINDOWS_V63: before10(3, 9600, false, 'x86'),
  WINDOWS_V63_X64: before10(3, 9600, false, 'x64'),
  WINDOWS_V63_SERVER_X64: before10(3, 9600, true, 'x64'),
};

/** What a code stands for; undefined for one that winpv does not know, which is offered to nobody here. */
export const rowWindows = (code: string): RowWindows | undefined => {
  const parsed = parseOsCode(code);
  if (parsed === undefined) return EARLIER[code.toUpperCase()];
  const builds = RELEASE_BUILDS[parsed.release];
  if (builds === undefined) return undefined;
  return { server: parsed.server, arch: parsed.arch, first: { major: 10, minor: 0, build: builds[0] } };
};

const TEN = 10;

export type RowVerdict =
  | 'offered'
  | 'earlier-windows'
  | 'later-windows'
  | 'other-family'
  | 'other-architecture'
  | 'unknown-release';

/** How near each verdict is to an offer: of several rows the nearest speaks. */
export const ROW_NEARNESS: readonly RowVerdict[] = [
  'unknown-release',
  'other-architecture',
  'other-family',
  'later-windows',
  'earlier-windows',
  'offered',
];

/** The machine that a row is compared with. */
export interface RowMachine {
  readonly windows: MachineWindows;
  readonly arch: MachineArch;
  readonly server: boolean;
}

/**
 * Whether a row reaches a machine: it is offered to its release and every later one of the same processor and family (spec
 * windows-update 4.1). That rows of clients do not reach servers, and rows from before Windows 10 not Windows 10 unless the
 * driver is expanded, is assumed.
 */
export const rowReaches = (row: RowWindows | undefined, machine: RowMachine): RowVerdict => {
  if (row === undefined) return 'unknown-release';
  if (row.arch !== machine.arch) return 'other-architecture';
  if (row.server !== machine.server) return 'other-family';
  if (compareWindows(row.first, machine.windows) > 0) return 'later-windows';
  return row.first.major < TEN && machine.windows.major >= TEN ? 'earlier-windows' : 'offered';
};

const family = (server: boolean): string => (server ? 'servers' : 'clients');

/** Why a row does not reach a machine, with both sides. */
export const rowMessage = (code: string, verdict: Exclude<RowVerdict, 'offered'>, machine: RowMachine): string => {
  const row = rowWindows(code);
  const own = `${windowsText(machine.windows)} on ${machine.arch}`;
  if (row === undefined) return `winpv does not know ${code}: its rows are taken to reach nobody (assumed).`;
  switch (verdict) {
    case 'other-architecture':
      return `${code} is for ${row.arch}, and the machine is ${own}.`;
    case 'other-family':
      return `${code} is for ${family(row.server)}, and the machine is one of the ${family(machine.server)}: neither reaches the other (assumed).`;
    case 'later-windows':
      return `${code} begins with ${windowsText(row.first)}, and the machine is ${own}.`;
    default:
      return `${code} does not reach Windows 10 and later, unless the driver is expanded (assumed).`;
  }
};
