import { isInboxImage } from '../guest/inbox.ts';
import { SERVICES } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import type { DeviceNode, StackEntry, World } from '../guest/world.ts';
import { REMOVED_SERVICES } from './cleaner.ts';
import type { Finding } from './contract.ts';
import type { Checkpoint } from './run.ts';
import { finding } from './transcript.ts';

const FAMILY: ReadonlySet<string> = new Set([...REMOVED_SERVICES, 'scsifilt']);

const functionOf = ({ stack }: DeviceNode): string =>
  stack.find(({ role }) => role === 'function')?.service.toLowerCase() ?? '';

/** Of somebody else than Windows and this family. */
const isForeign = ({ disk, guest }: World, { service }: StackEntry): boolean => {
  if (FAMILY.has(service.toLowerCase())) return false;
  const path = valueAt(disk.registry, `${SERVICES}\\${service}`, 'ImagePath')?.data;
  const file = typeof path === 'string' ? path.replace(/^\\?(SystemRoot|%SystemRoot%)\\/i, 'C:\\Windows\\') : '';
  return !isInboxImage(file.replace(/^System32\\/i, 'C:\\Windows\\System32\\'), guest);
};

type Place = 'below' | 'between' | 'above';

/** Where a filter of the adapter stands, counted from the bottom of its stack. */
const placeOf = ({ stack }: DeviceNode, entry: StackEntry): Place => {
  const index = stack.indexOf(entry);
  if (index < stack.findIndex(({ role }) => role === 'function')) return 'below';
  return index < stack.findIndex(({ service }) => same(service, 'xendisk')) ? 'between' : 'above';
};

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const PLACES: Readonly<Record<Place, string>> = {
  below: 'below xenvbd',
  between: 'between xenvbd and xendisk, whose requests pass through it',
  above: 'above the drivers of the release',
};

const HINT = 'Try the release together with that product; leave filters of storage ports out.';
const ORDER =
  'Register xendisk as a filter of the device itself, first in its list: filters of the class stand above those.';

const told = (node: DeviceNode, entry: StackEntry): Finding => {
  const place = placeOf(node, entry);
  const message = `${entry.service} of another vendor filters ${node.path}, ${PLACES[place]}.`;
  const isBetween = place === 'between';
  const hint = isBetween ? ORDER : HINT;
  return finding('EMULATOR_REGISTRY', isBetween ? 'error' : 'warning', { failureMode: 'F59', message, hint });
};

/** The filter that a scenario put there: it has to stay, and to stand out of the way. */
const beside = (node: DeviceNode, name: string): readonly Finding[] => {
  const entry = node.stack.find(({ service }) => same(service, name));
  if (entry !== undefined) return placeOf(node, entry) === 'between' ? [told(node, entry)] : [];
  const message = `${name} of another vendor filtered storage adapters, and does not filter ${node.path}.`;
  const hint = 'Append to the lists of a class, by flags 0x00010008, and never write them anew.';
  return [finding('EMULATOR_REGISTRY', 'error', { failureMode: 'F59', message, hint })];
};

/** Filters of others in the stack of the PV storage adapter. On disks, above their class driver, they are usual. */
export const foreignFilters = ({ world, expected }: Checkpoint): readonly Finding[] => {
  // What keeps an adapter from working is told by that (F20).
  const adapters = Object.values(world.session?.devices ?? {}).filter(
    (node) => functionOf(node) === 'xenvbd' && node.state !== 'problem',
  );
  const { beside: own } = expected;
  return adapters.flatMap((node) => [
    ...node.stack
      .filter((entry) => entry.role !== 'function' && !(own !== undefined && same(entry.service, own)))
      .filter((entry) => isForeign(world, entry))
      .map((entry) => told(node, entry)),
    ...(own === undefined ? [] : beside(node, own)),
  ]);
};
