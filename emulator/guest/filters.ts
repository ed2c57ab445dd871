import type { GuestSpec } from './guest.ts';
import { featuresOf } from './windows.ts';
import type { StackEntry } from './world.ts';

/** Reads the registry; keys are named from HKLM. */
export interface FilterReader {
  readonly guest: Pick<GuestSpec, 'windows'>;
  text(key: string, name: string): string | undefined;
  texts(key: string, name: string): readonly string[];
  keyNames(key: string): readonly string[];
}

const CLASSES = 'SYSTEM\\CurrentControlSet\\Control\\Class';
/** Where the installation of AddFilter keeps a declarative filter: a key of its service's name below this one. */
export const DECLARED_FILTERS = 'Filters';

type Position = 'upper' | 'lower';
const PREFIX = { upper: 'Upper', lower: 'Lower' } as const;

interface Declared {
  readonly service: string;
  readonly position: Position;
  readonly level: string | undefined;
}

/** Filters of AddFilter. Windows before 10 version 1903 knows none (spec pnp-install 8). */
const declaredFilters = (reader: FilterReader, device: string): readonly Declared[] => {
  if (!featuresOf(reader.guest.windows).declarativeFilters) return [];
  return reader.keyNames(`${device}\\${DECLARED_FILTERS}`).map((service) => {
    const key = `${device}\\${DECLARED_FILTERS}\\${service}`;
    const position = reader.text(key, 'Position')?.toLowerCase() === 'lower' ? 'lower' : 'upper';
    return { service, position, level: reader.text(key, 'Level') };
  });
};

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Values that an INF writes through .HW stand in the device's key, or in its `Device Parameters`. */
const hardwareTexts = (reader: FilterReader, device: string, name: string): readonly string[] => {
  const own = reader.texts(device, name);
  return own.length > 0 ? own : reader.texts(`${device}\\Device Parameters`, name);
};

const levelsOf = (reader: FilterReader, device: string, position: Position): readonly string[] =>
  hardwareTexts(reader, device, `${PREFIX[position]}FilterLevels`).filter((level) => level !== '');

/** Registry values and filters without a level go here; the last level when the INF names none of its levels. */
const defaultLevel = (reader: FilterReader, device: string, position: Position, levels: readonly string[]): number => {
  const [name = ''] = hardwareTexts(reader, device, `${PREFIX[position]}FilterDefaultLevel`);
  const index = levels.findIndex((level) => same(level, name));
  return index < 0 ? levels.length - 1 : index;
};

/**
 * A device's own filters of one position, from the bottom up. Without levels: the registry value in its order, then what
 * was declared. With levels: those of the level nearest to the function driver first in the INF's list, so lowest among
 * upper filters and highest among lower ones; a filter of a level that the INF does not have is left out.
 */
const deviceFilters = (
  reader: FilterReader,
  device: string,
  position: Position,
  declared: readonly Declared[],
): readonly string[] => {
  const legacy = reader.texts(device, `${PREFIX[position]}Filters`);
  const mine = declared.filter((one) => one.position === position);
  const levels = featuresOf(reader.guest.windows).declarativeFilters ? levelsOf(reader, device, position) : [];
  if (levels.length === 0) {
    return [...legacy, ...mine.filter(({ level }) => level === undefined).map(({ service }) => service)];
  }
  const fallback = defaultLevel(reader, device, position, levels);
  const inLevels = levels.map((name, index) => [
    ...(index === fallback ? legacy : []),
    ...(index === fallback ? mine.filter(({ level }) => level === undefined).map(({ service }) => service) : []),
    ...declared.filter(({ level }) => level !== undefined && same(level, name)).map(({ service }) => service),
  ]);
  return (position === 'lower' ? inLevels.reverse() : inLevels).flat();
};

const entries = (
  services: readonly string[],
  role: StackEntry['role'],
  from: StackEntry['from'],
): readonly StackEntry[] => services.filter((service) => service !== '').map((service) => ({ service, role, from }));

/**
 * The drivers of a device's stack from the bottom up, above what its bus made (spec pnp-install 8): lower filters of the
 * device, of its class, the function driver, upper filters of the device, of its class. In one list the first is lowest.
 * A name that stands twice in a list is there twice: Windows adds it twice.
 * @param device key of the device, `SYSTEM\CurrentControlSet\Enum\…`
 */
export const stackOf = (reader: FilterReader, device: string): readonly StackEntry[] => {
  const classGuid = reader.text(device, 'ClassGUID') ?? '';
  const ofClass = (position: Position): readonly string[] =>
    classGuid === '' ? [] : reader.texts(`${CLASSES}\\${classGuid}`, `${PREFIX[position]}Filters`);
  const declared = declaredFilters(reader, device);
  return [
    ...entries(deviceFilters(reader, device, 'lower', declared), 'lower-filter', 'device'),
    ...entries(ofClass('lower'), 'lower-filter', 'class'),
    ...entries([reader.text(device, 'Service') ?? ''], 'function', 'device'),
    ...entries(deviceFilters(reader, device, 'upper', declared), 'upper-filter', 'device'),
    ...entries(ofClass('upper'), 'upper-filter', 'class'),
  ];
};
