/** Keys that an INF may write besides those of its own device and service. */
const MICROSOFT = 'software\\microsoft';

/** Where mode h lets AddReg write below HKLM (spec infverif.md section 6, the table of April 2024). */
const WHQL_KEYS: readonly string[] = [
  'system\\currentcontrolset',
  'software\\classes',
  'software\\khronos',
  ...[
    'analog\\providers',
    'cellular\\mvsettings\\devicespecific\\cellux',
    'cryptography\\calais\\readers',
    'cryptography\\calais\\smartcards',
    'cryptography\\drm_rng',
    'eapol',
    'palm\\delaymanipulationduration',
    'shell\\oem\\quickactions\\colorprofilequickaction',
    'speech_onecore\\audioinput',
    'windows media foundation',
    'windows nt\\currentversion\\adaptivedisplaybrightness',
    'windows nt\\currentversion\\drivers.desc',
    'windows nt\\currentversion\\drivers32',
    'windows nt\\currentversion\\icm',
    'windows nt\\currentversion\\opengldrivers',
    'windows nt\\currentversion\\winlogon\\notify\\sccertprop',
    'windows\\currentversion\\app paths',
    'windows\\currentversion\\audio',
    'windows\\currentversion\\authentication',
    'windows\\currentversion\\control panel',
    'windows\\currentversion\\controls folder',
    'windows\\currentversion\\explorer',
    'windows\\currentversion\\reliability\\userdefined',
    'windows\\currentversion\\run',
    'windows\\currentversion\\runonce',
    'windows\\currentversion\\uninstall',
  ].map((key) => `${MICROSOFT}\\${key}`),
  'software\\wow6432node\\microsoft\\windows media foundation',
  'software\\wow6432node\\khronos',
  'software\\wowaa32node\\microsoft\\windows media foundation',
  'software\\wowaa32node\\khronos',
];

/** Where a universal INF may write below HKLM (spec infverif.md section 3). */
const UNIVERSAL_KEYS: readonly string[] = [
  'software\\classes',
  'software\\microsoft\\windows media foundation',
  'software\\wow6432node\\microsoft\\windows media foundation',
  'software\\wow3232node\\microsoft\\windows media foundation',
  'software\\wowaa32node\\microsoft\\windows media foundation',
];

const isBelow = (keys: readonly string[], subkey: string): boolean => {
  const wanted = subkey.toLowerCase().replace(/\\+/g, '\\');
  return keys.some((key) => wanted === key || wanted.startsWith(`${key}\\`));
};

const isAllowed = (keys: readonly string[], root: string, subkey: string): boolean =>
  root === 'HKR' || root === 'HKCR' || (root === 'HKLM' && isBelow(keys, subkey));

/** Whether mode h lets AddReg write to a key; the root in upper case. */
export const isWhqlPlace = (root: string, subkey: string): boolean => isAllowed(WHQL_KEYS, root, subkey);

/** Whether a universal INF may write to a key; the root in upper case. */
export const isUniversalPlace = (root: string, subkey: string): boolean => isAllowed(UNIVERSAL_KEYS, root, subkey);

/** Directory ids below %SystemRoot% (spec infverif.md section 3 and inf.md section 5). */
const SYSTEM_DIRIDS: ReadonlySet<number> = new Set([
  10, 11, 12, 13, 17, 18, 20, 21, 23, 50, 51, 52, 55, 16404, 16420, 16421, 16425, 66000, 66001, 66002, 66003, 66004,
]);

/** Directory ids that mode h lets files go to (spec infverif.md section 6). */
const WHQL_DIRIDS: ReadonlySet<number> = new Set([
  10, 11, 12, 13, 23, 51, 52, 55, 16422, 16425, 16426, 16427, 16428, 66000, 66001, 66002, 66003, 66004,
]);

export const isSystemDirid = (dirid: number): boolean => SYSTEM_DIRIDS.has(dirid);
export const isWhqlDirid = (dirid: number): boolean => WHQL_DIRIDS.has(dirid);
