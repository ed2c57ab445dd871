/**
 * What stays the same of a device's ids, whatever its revision, subsystem and place: `PCI\VEN_5853&DEV_0001`,
 * `XENBUS\VEN_XP0001&DEV_VBD`. Upper case; undefined for what is no id of a device.
 */
export const deviceStem = (id: string): string | undefined => {
  const [bus, device] = id.toUpperCase().split('\\');
  if (bus === undefined || device === undefined || bus === '' || device === '') return undefined;
  const kept = device.split('&').filter((part) => !/^(SUBSYS|REV|CC|MI|COL)_/.test(part));
  return kept.length === 0 ? undefined : `${bus}\\${kept.join('&')}`;
};

export const stemsOf = (ids: readonly string[]): ReadonlySet<string> =>
  new Set(ids.flatMap((id) => deviceStem(id) ?? []));
