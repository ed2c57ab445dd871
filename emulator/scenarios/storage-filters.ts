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

/** Filters of others in the stack of the PV storage adapter. On disks, above their class driver, they are usual. */
export const foreignFilters = ({ world }: Checkpoint): readonly Finding[] => {
  const adapters = Object.values(world.session?.devices ?? {}).filter((node) => functionOf(node) === 'xenvbd');
  return adapters.flatMap(({ path, stack }) => {
    const foreign = stack.filter((entry) => entry.role !== 'function' && isForeign(world, entry));
    const [first] = foreign;
    if (first === undefined) return [];
    const own = stack.findIndex(({ service }) => service.toLowerCase() === 'xendisk');
    const place = own >= 0 && stack.indexOf(first) < own ? 'below xendisk, whose requests pass through it' : 'above it';
    const message = `${foreign.map(({ service }) => service).join(', ')} of another vendor filters ${path}: ${place}.`;
    const hint = 'Try the release together with that product; leave filters of storage ports out.';
    return [finding('EMULATOR_REGISTRY', 'warning', { failureMode: 'F59', message, hint })];
  });
};
