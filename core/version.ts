/** A four-part version, each part 0–65535: `9.1.0.42`. */
export type FourPartVersion = readonly [major: number, minor: number, micro: number, build: number];

/** Reads `a.b.c.d`; undefined when it is anything else, when a part is above 65535, or when it is 0.0.0.0. */
export const parseVersion = (text: string): FourPartVersion | undefined => {
  const match = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  const [major = 0, minor = 0, micro = 0, build = 0] = parts;
  if (parts.some((part) => part > 0xffff) || parts.every((part) => part === 0)) return undefined;
  return [major, minor, micro, build];
};

export const formatVersion = (version: FourPartVersion): string => version.join('.');

export const compareVersions = (a: FourPartVersion, b: FourPartVersion): number => {
  for (let i = 0; i < 4; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};
