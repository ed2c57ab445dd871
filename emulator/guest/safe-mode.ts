import { keyAt, type RegistryKey } from './registry.ts';

const CONTROL_SET = 'SYSTEM\\CurrentControlSet';
const BOOT_START = 0;

/** Which of the two lists of `SafeBoot` counts. */
export type SafeMode = 'Minimal' | 'Network';

const textOf = (key: RegistryKey, name: string): string => {
  const data = Object.hasOwn(key.values, name) ? key.values[name]?.data : undefined;
  return typeof data === 'string' ? data : '';
};

const fileOf = (key: RegistryKey, service: string): string => {
  const path = textOf(key, 'imagepath');
  return path === '' ? `${service}.sys` : path.slice(path.lastIndexOf('\\') + 1);
};

/**
 * Whether a service is loaded in safe mode: `SafeBoot\Minimal` (or `Network`) has a key for its group, itself, its file,
 * or the setup class of the device that it is loaded for (observed: public listings, descriptions of the start in books on
 * Windows). Boot-start drivers are loaded always: the loader takes them to be vital (not verified on a machine).
 * A service that does not exist is not kept back either: that it is missing is for the caller to tell.
 * @param registry HKLM
 * @param classGuid of the device whose stack the service is in, if any
 */
export const loadsInSafeMode = (
  registry: RegistryKey,
  service: string,
  classGuid = '',
  mode: SafeMode = 'Minimal',
): boolean => {
  const key = keyAt(registry, `${CONTROL_SET}\\Services\\${service}`);
  if (key === undefined) return true;
  if (Object.hasOwn(key.values, 'start') && key.values.start?.data === BOOT_START) return true;
  const allowed = keyAt(registry, `${CONTROL_SET}\\Control\\SafeBoot\\${mode}`);
  if (allowed === undefined) return false;
  const names = [textOf(key, 'group'), service, fileOf(key, service), classGuid];
  return names.some((name) => name !== '' && Object.hasOwn(allowed.keys, name.toLowerCase()));
};
