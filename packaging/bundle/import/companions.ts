/**
 * What a build leaves beside its result (spec xen-pv 7.2): catalogs, which are made anew, symbols of what is not shipped,
 * the installer of Windows 7's days, the sources, the commit, what compilers and verifiers tell,
 * and what macOS adds to folders.
 */
const COMPANION =
  /(^|\/)(dpinst\.exe|source\.tgz|\.?revision|\.ds_store|\._[^/]*)$|\.(cat|cdf|pdb|map|log|wrn|err|sarif|dvl\.xml)$/i;

/** Whether a file may lie in a source though no package ships it. */
export const isBuildCompanion = (name: string): boolean => COMPANION.test(name);
