import type { DriverModel } from '../../drivers/model.ts';
import type { GuestEvent, GuestOutput } from '../../emulator/guest/events.ts';
import type { PackageLibrary } from '../../emulator/package/facts.ts';
import type { RunResult, ScenarioInput } from '../../emulator/scenarios/contract.ts';
import { judgeRun } from '../../emulator/scenarios/judge.ts';
import { Run } from '../../emulator/scenarios/run.ts';
import { stableWorld } from '../../emulator/scenarios/stable.ts';
import type { HostSettings } from '../../emulator/xen/host.ts';
import { bundleOf, guestNamed, releaseFiles } from './rehearsal.ts';

/** winpv's own release on one Windows, with images that are of other builds than they say. */
export const inputOn = (
  id = 'windows-10-22h2-x64',
  builds: Readonly<Record<string, Partial<DriverModel>>> = {},
): ScenarioInput => {
  const guest = guestNamed(id);
  const { bundle, library } = bundleOf(releaseFiles(), [guest]);
  return { guest, guests: [guest], library: rebuilt(library, builds), bundle, before: [] };
};

const rebuilt = (library: PackageLibrary, builds: Readonly<Record<string, Partial<DriverModel>>>): PackageLibrary => ({
  ...library,
  images: Object.fromEntries(
    Object.entries(library.images).map(([key, image]) => {
      const { model } = image;
      return [key, model === undefined ? image : { ...image, model: { ...model, ...builds[model.image] } }];
    }),
  ),
});

/** A machine on which the release works. */
export const machineOn = (input: ScenarioInput, host: Partial<HostSettings> = {}): Run =>
  new Run(input, stableWorld(input, input.bundle, host));

export const said = (run: Run, ...events: readonly GuestEvent[]): readonly GuestOutput[] =>
  events.flatMap((event) => run.play(event));

export const setting = (key: string, name: string, data: number | string): GuestEvent => ({
  kind: 'registry.set',
  ...{ key, name, data, type: typeof data === 'number' ? 'REG_DWORD' : 'REG_SZ' },
});

/** What a run is told of, each once: `error F52`. */
export const modesOf = ({ findings }: Pick<RunResult, 'findings'>): readonly string[] => [
  ...new Set(
    findings.flatMap(({ severity, failureMode }) => (failureMode === undefined ? [] : [`${severity} ${failureMode}`])),
  ),
];

export const judged = (run: Run): RunResult => judgeRun(run, 'crash-dump');
