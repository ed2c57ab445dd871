import { OS_CODES, parseOsCode } from '../partner-center/os-codes.ts';

/** First build of each release, oldest first (spec windows-update 4.2); they order releases of clients and servers alike. */
const BUILDS: Readonly<Record<string, number>> = {
  ...{ TH1: 10240, TH2: 10586, RS1: 14393, RS2: 15063, RS3: 16299, RS4: 17134, RS5: 17763, '19H1': 18362, VB: 19041 },
  ...{ FE: 20348, CO: 22000, NI: 22621, GE: 26100, '25H2': 26200, '26H1': 28000 },
};

/** What the service takes as a floor. Those after NI are not in its documentation, and are taken as names of releases are. */
const FLOORS: Readonly<Record<string, number>> = {
  TH: 10240,
  ...Object.fromEntries(
    ['RS1', 'RS2', 'RS3', 'RS4', 'RS5', '19H1', 'VB', 'FE', 'CO', 'NI', 'GE', '25H2'].map((name) => [
      name,
      BUILDS[name] ?? 0,
    ]),
  ),
};
/** Known of Microsoft's client only: no release has the name. */
const UNRELEASED_FLOOR = 'MN';

export type Bound = 'unknown' | 'unreleased' | { readonly build: number; readonly assumed: boolean };

const LAST_DOCUMENTED = 22621;
export const floorOf = (name: string): Bound => {
  const upper = name.toUpperCase();
  const build = FLOORS[upper];
  if (build === undefined) return upper === UNRELEASED_FLOOR ? 'unreleased' : 'unknown';
  return { build, assumed: build > LAST_DOCUMENTED };
};

/** Ceilings go as far as CO. */
export const ceilingOf = (name: string): Bound => {
  const floor = floorOf(name);
  return typeof floor === 'object' && floor.build > 22000 ? 'unknown' : floor;
};

/** The build that the system of a code begins with; undefined for systems before Windows 10 and unknown releases. */
export const buildOf = (code: string): number | undefined => {
  const parsed = parseOsCode(code);
  return parsed === undefined ? undefined : BUILDS[parsed.release];
};

const KNOWN = new Set(OS_CODES.map((code) => code.toLowerCase()));
export const isKnownCode = (code: string): boolean => KNOWN.has(code.toLowerCase());

/** A code that is of Windows 10 or later by its form, whether its release is known or not. */
export const isWindows10 = (code: string): boolean => /^WINDOWS_v100_/i.test(code);

/** Systems that an offer goes on within: it crosses neither processors nor clients and servers. */
export const familyOf = (code: string): string => {
  const parsed = parseOsCode(code);
  return parsed === undefined ? code.toLowerCase() : `${parsed.arch} ${parsed.server ? 'server' : 'client'}`;
};

/** Whether a code is meant by what a file says: the code itself, or its release, `RS5` and `SERVER_RS5`. */
export const isMeant = (code: string, said: string): boolean => {
  if (code.toLowerCase() === said.toLowerCase()) return true;
  const parsed = parseOsCode(code);
  if (parsed === undefined) return false;
  return said.toUpperCase().replace('-', '_') === `${parsed.server ? 'SERVER_' : ''}${parsed.release}`;
};

/** For people: `RS5 x64`, `server FE x64`. */
export const shownCode = (code: string): string => {
  const parsed = parseOsCode(code);
  return parsed === undefined ? code : `${parsed.server ? 'server ' : ''}${parsed.release} ${parsed.arch}`;
};
