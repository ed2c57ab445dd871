import { keyAt, type RegistryKey } from './registry.ts';

/** What the safe mode asks of a driver or service. */
export interface SafeModeSubject {
  readonly service: string;
  /** Its Start value. */
  readonly start: number | undefined;
  readonly group: string;
  /** File of its image: `vga.sys`. */
  readonly image: string;
  /** Setup class of the device whose stack it is for; undefined when it is loaded for no device. */
  readonly classGuid?: string;
}

const BOOT_START = 0;
const SAFE_BOOT = 'SYSTEM\\CurrentControlSet\\Control\\SafeBoot';

/**
 * Whether something is loaded in safe mode: a group, service, file or setup class that `SafeBoot\Minimal` (or `Network`)
 * has a key for. Boot-start drivers are loaded always: the loader takes them to be vital (observed: descriptions of the
 * start in books on Windows; not verified on a machine).
 * @param registry HKLM
 */
export const loadsInSafeMode = (
  registry: RegistryKey,
  { service, start, group, image, classGuid }: SafeModeSubject,
  mode: 'Minimal' | 'Network' = 'Minimal',
): boolean => {
  if (start === BOOT_START) return true;
  const allowed = keyAt(registry, `${SAFE_BOOT}\\${mode}`);
  if (allowed === undefined) return false;
  const has = (name: string): boolean => name !== '' && Object.hasOwn(allowed.keys, name.toLowerCase());
  return has(group) || has(service) || has(image) || (classGuid !== undefined && has(classGuid));
};
