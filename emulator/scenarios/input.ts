import { targetKey } from '../guest/guest.ts';
import type { PackageFacts } from '../package/facts.ts';
import type { RehearsedBundle, ScenarioInput } from './contract.ts';
import type { Expectation } from './run.ts';

/** The packages of a release that are for a guest. */
export const packagesFor = (
  { guest, library }: Pick<ScenarioInput, 'guest' | 'library'>,
  { packages }: RehearsedBundle,
): readonly PackageFacts[] => {
  const target = targetKey(guest);
  return packages.flatMap((key) => {
    const facts = library.packages[key];
    return facts?.targets[target] === undefined ? [] : [facts];
  });
};

/** Whether a release has a package of a driver for a guest, by the name of its INF. */
export const hasDriver = (
  input: Pick<ScenarioInput, 'guest' | 'library'>,
  bundle: RehearsedBundle,
  driver: string,
): boolean => packagesFor(input, bundle).some((facts) => facts.driver === driver);

export const hasBus = (input: ScenarioInput): boolean => hasDriver(input, input.bundle, 'xenbus');

/** What can be expected of a release: a path for which it has no driver stays emulated. */
export const asFarAs = (input: ScenarioInput, bundle: RehearsedBundle, expected: Expectation): Expectation => {
  const disks = hasDriver(input, bundle, 'xenvbd') ? expected.disks : 'any';
  const nics = ['xenvif', 'xennet'].every((driver) => hasDriver(input, bundle, driver)) ? expected.nics : 'any';
  return { ...expected, disks, nics };
};
