import type { InfArch } from '../../formats/inf/target-os.ts';

/**
 * The exports of kernel modules of Windows, in compact form: by module in lower case, and under each key the names that
 * share it, between white space. A key is the oldest Windows that has the name (`6.1`, `6.0sp1`, `10.0.19041`), `<=6.1`
 * when it is certain from there on and older ones are not known, or `?`; then `@x86,arm` when only the export lists of
 * these architectures have it, and `~` when headers turn the name into a call of another export.
 */
export type ExportTables = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type WindowsVersion = readonly [major: number, minor: number, build: number];

/** What is known of one exported name. */
export interface KernelExport {
  /** The oldest Windows that has it; undefined when that is not known. */
  readonly since: WindowsVersion | undefined;
  /** Whether older Windows than `since` certainly lack it; otherwise they may have it. */
  readonly exact: boolean;
  /** The architectures whose lists have it; undefined for all. */
  readonly only: readonly InfArch[] | undefined;
  /** Documented, but compiled to a call of another export: an import table does not hold it. */
  readonly inline: boolean;
}

/** The first build of each version that had no builds of one name of its own. */
const BUILDS: Readonly<Record<string, number>> = {
  '5.0': 2195,
  '5.1': 2600,
  '5.2': 3790,
  '6.0': 6000,
  '6.0sp1': 6001,
  '6.1': 7600,
  '6.2': 9200,
  '6.3': 9600,
};

/** `6.0sp1` is 6.0.6001. The service packs of Windows XP and Server 2003 did not change the build. */
const versionOf = (text: string): WindowsVersion | undefined => {
  const match = /^(\d+)\.(\d+)(?:\.(\d+)|sp\d)?$/.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', build] = match;
  const first = BUILDS[text] ?? BUILDS[`${major}.${minor}`] ?? 0;
  return [Number(major), Number(minor), build === undefined ? first : Number(build)];
};

const parseKey = (key: string): KernelExport => {
  const [, bound = '', version = '', architectures, inline] = /^(<=)?([^@~]*)(?:@([^~]*))?(~)?$/.exec(key) ?? [];
  return {
    since: versionOf(version),
    exact: bound === '' && versionOf(version) !== undefined,
    only: architectures === undefined ? undefined : (architectures.split(',') as InfArch[]),
    inline: inline !== undefined,
  };
};

/** The names of one module; read from its compact form when first asked for. */
export const readExports = (groups: ExportTables[string]): ReadonlyMap<string, KernelExport> => {
  const names = new Map<string, KernelExport>();
  for (const [key, text] of Object.entries(groups)) {
    const row = parseKey(key);
    for (const name of text.split(/\s+/)) names.set(name, row);
  }
  return names;
};
