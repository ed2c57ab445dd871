import { targetKey } from '../guest/guest.ts';
import type { PackageFacts } from '../package/facts.ts';
import type { Finding } from './contract.ts';
import { packagesFor } from './input.ts';
import type { Run } from './run.ts';

/** What the build of the bus alone decides: controllers that it takes for emulated, its files, its filter, its monitor. */
const OF_THE_BUS: ReadonlySet<string> = new Set(['F18', 'F23', 'F24', 'F48']);

const installs = (run: Run, packages: readonly PackageFacts[], service: string): boolean =>
  packages.some(({ targets }) =>
    Object.values(targets[targetKey(run.input.guest)]?.installs ?? {}).some(({ services }) =>
      services.some(({ name }) => name.toLowerCase() === service.toLowerCase()),
    ),
  );

/** Whether a finding is of a package that the release lacks, and that a known release lent it. */
const isOfLent = (run: Run, lent: readonly string[], { failureMode, event }: Finding): boolean => {
  const packages = packagesFor(run.input, run.input.bundle).filter(({ key }) => lent.includes(key));
  if (failureMode !== undefined && OF_THE_BUS.has(failureMode))
    return packages.some(({ driver }) => driver === 'xenbus');
  if (event?.kind === 'device.outranked') return lent.includes(event.package);
  if (event?.kind === 'service.failed') return installs(run, packages, event.service);
  if (event?.kind !== 'device.problem' || event.cause.kind !== 'driver') return false;
  return installs(run, packages, event.cause.service);
};

/** What a lent package does is no fault of the release: it is a note, and stands for no failure mode. */
export const withoutLent = (run: Run, findings: readonly Finding[]): readonly Finding[] => {
  const { lent } = run.input.bundle;
  if (lent === undefined) return findings;
  return findings.map((one) => {
    if (one.severity === 'info' || !isOfLent(run, lent, one)) return one;
    const { failureMode: _mode, ...rest } = one;
    return { ...rest, severity: 'info', message: `${one.message} It lies in a package that the release lacks.` };
  });
};
