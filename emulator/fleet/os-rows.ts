import { parseOsCode } from '../../publishing/partner-center/os-codes.ts';
import { compareWindows, type MachineArch, type MachineWindows, RELEASE_BUILDS } from './windows-release.ts';

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

export type RowVerdict = 'offered' | 'earlier-windows' | 'later-windows' | 'other-family' | 'other-architecture';

/** How near each verdict is to an offer: of several rows the nearest speaks. */
export const ROW_NEARNESS: readonly RowVerdict[] = [
  'other-architecture',
  'other-family',
  'later-windows',
  'earlier-windows',
  'offered',
];

/**
 * Whether a row reaches a machine: it is offered to its release and every later one of the same processor and family (spec
 * windows-update 4.1). That rows of clients do not reach servers, and rows from before Windows 10 not Windows 10 unless the
 * driver is expanded, is assumed.
 */
export const rowReaches = (
  row: RowWindows,
  machine: { readonly windows: MachineWindows; readonly arch: MachineArch; readonly server: boolean },
): RowVerdict => {
  if (row.arch !== machine.arch) return 'other-architecture';
  if (row.server !== machine.server) return 'other-family';
  if (compareWindows(row.first, machine.windows) > 0) return 'later-windows';
  return row.first.major < TEN && machine.windows.major >= TEN ? 'earlier-windows' : 'offered';
};
