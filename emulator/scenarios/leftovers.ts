import { targetKey } from '../guest/guest.ts';
import { SERVICES } from '../guest/machine.ts';
import { keyAt } from '../guest/registry.ts';
import { REMOVED_SERVICES } from './cleaner.ts';
import type { Finding } from './contract.ts';
import { packagesFor } from './input.ts';
import type { Checkpoint, Run } from './run.ts';
import { finding, outputsOf } from './transcript.ts';

/** Services that the release makes on a guest. */
const servicesOf = ({ input }: Run): ReadonlySet<string> =>
  new Set(
    packagesFor(input, input.bundle).flatMap(({ targets }) =>
      Object.values(targets[targetKey(input.guest)]?.installs ?? {}).flatMap(({ services }) =>
        services.flatMap(({ does, name }) => (does === 'add' && name !== '' ? [name] : [])),
      ),
    ),
  );

/** F60: what a cleaner that knows the family's services leaves of the release. */
export const leftServices = (run: Run, { expected, world }: Checkpoint): readonly Finding[] => {
  if (expected.removed !== true) return [];
  const left = [...new Set([...servicesOf(run), ...REMOVED_SERVICES].map((name) => name.toLowerCase()))].filter(
    (name) => keyAt(world.disk.registry, `${SERVICES}\\${name}`) !== undefined,
  );
  if (left.length === 0) return [];
  const message = `After the removal ${left.length === 1 ? 'the service' : 'the services'} ${left.join(', ')} of the release ${left.length === 1 ? 'is' : 'are'} still there.`;
  const hint = 'Have the program that removes the drivers take these services out, too.';
  return [finding('EMULATOR_LEFTOVER', 'warning', { failureMode: 'F60', message, hint })];
};

const PROGRAM_IN_USE = /^(\S+\.(?:exe|dll)) is in use$/i;
const VERSIONED = /_\d+_\d+_\d+_\d+\.[a-z]+$/i;

/** F36: a program that runs is in the way of the one of the release, as both have one name. */
export const busyFiles = (run: Run): readonly Finding[] => {
  const found = outputsOf(run.steps).flatMap((output) => {
    const file = output.kind === 'restart.wanted' ? PROGRAM_IN_USE.exec(output.because)?.[1] : undefined;
    return file === undefined || VERSIONED.test(file) ? [] : [{ file, output }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const files = [...new Set(found.map(({ file }) => file))].join(', ');
  const message = `${files}: the program of the earlier package runs, so that the new one does not until a restart.`;
  const hint = 'Put the four numbers of DriverVer into the names of programs.';
  return [finding('EMULATOR_LEFTOVER', 'warning', { failureMode: 'F36', message, hint }, first.output)];
};
