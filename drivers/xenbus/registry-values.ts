import type { Machine } from '../behaviour.ts';

/** Values as the drivers read them: one of another type is as good as none. */
export const textAt = (machine: Machine, key: string, name: string): string | undefined => {
  const data = machine.value(key, name);
  return typeof data === 'string' ? data : undefined;
};

export const numberAt = (machine: Machine, key: string, name: string): number | undefined => {
  const data = machine.value(key, name);
  return typeof data === 'number' ? data : undefined;
};

/** REG_MULTI_SZ, or the one text of a REG_SZ. */
export const textsAt = (machine: Machine, key: string, name: string): readonly string[] => {
  const data = machine.value(key, name);
  return typeof data === 'string' ? [data] : typeof data === 'object' && data !== null ? data : [];
};

export const same = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();
