import type { GuestSpec } from '../../guest/guest.ts';
import type { World } from '../../guest/world.ts';
import { newWorld } from '../../new-world.ts';
import type { PackageLibrary } from '../../package/facts.ts';
import type { RehearsedBundle, ScenarioInput } from '../../scenarios/contract.ts';
import { PV } from '../../scenarios/expectations.ts';
import { asFarAs } from '../../scenarios/input.ts';
import { judgeRun } from '../../scenarios/judge.ts';
import { Run } from '../../scenarios/run.ts';
import type { Survey } from '../../scenarios/survey.ts';
import { DEFAULT_SETTINGS, type HostSettings } from '../../xen/host.ts';

/** A machine as it is before anything is offered. */
export interface BaseMachine {
  readonly world: World;
  readonly survey: Survey;
  /** Whether Windows runs with the drivers that it has. */
  readonly running: boolean;
  /** Prefix of the bus in memory. */
  readonly prefix: string | undefined;
  /** What is wrong with the drivers by themselves, as `known` names it. */
  readonly faults: () => ReadonlySet<string>;
}

export interface BaseRequest {
  readonly guest: GuestSpec;
  readonly library: PackageLibrary;
  readonly platform: '0001' | '0002';
  readonly vendorDevice: string | undefined;
  readonly hasNic: boolean;
  /** Keys of packages: the bus first. */
  readonly installed: readonly string[];
}

/** The prefix that the bus in memory was built with. */
export const busPrefix = ({ session }: World, { images }: PackageLibrary): string | undefined => {
  const image = session?.loaded.xenbus?.image;
  return image === undefined ? undefined : images[image]?.model?.prefix;
};

/** What makes two findings the same one. */
export const faultName = ({
  code,
  failureMode = '',
}: {
  readonly code: string;
  readonly failureMode?: string;
}): string => `${code} ${failureMode}`;

const hostOf = ({ platform, vendorDevice, hasNic }: BaseRequest): Partial<HostSettings> => ({
  platform,
  ...(vendorDevice === undefined ? {} : { vendorDevice }),
  ...(hasNic ? {} : { nics: [] }),
});

/** The address that a card is given, to see whether it is still the card's afterwards. */
const ADDRESS = '192.0.2.10';

const made = (request: BaseRequest): BaseMachine => {
  const { guest, library, installed } = request;
  const bundle: RehearsedBundle = { label: 'installed', packages: installed };
  const input: ScenarioInput = { guest, guests: [guest], library, bundle, before: [] };
  const run = new Run(input, newWorld(guest, hostOf(request)));
  if (installed.length > 0) {
    run.stage = 'as it is';
    run.install(bundle);
    run.untilStable(asFarAs(input, bundle, PV));
  }
  for (const { vif } of DEFAULT_SETTINGS.nics)
    if (request.hasNic) run.play({ kind: 'nic.address', vif, address: ADDRESS });
  let faults: ReadonlySet<string> | undefined;
  return {
    world: { ...run.world, boots: 0 },
    survey: run.survey,
    running: run.survey.running,
    prefix: busPrefix(run.world, library),
    faults: () => {
      faults ??= new Set(judgeRun(run, 'as it is').findings.map(faultName));
      return faults;
    },
  };
};

/** So many machines are kept: those that are asked for one after the other are often alike. */
const KEPT = 64;

/** Makes each machine once as long as it is among the last that were asked for. */
export const baseMachines = (): ((request: BaseRequest) => BaseMachine) => {
  const kept = new Map<string, BaseMachine>();
  return (request) => {
    const { guest, installed, platform, vendorDevice = '', hasNic } = request;
    const key = JSON.stringify([guest.id, installed, platform, vendorDevice, hasNic]);
    const before = kept.get(key);
    const machine = before ?? made(request);
    kept.delete(key);
    kept.set(key, machine);
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT) break;
      kept.delete(oldest);
    }
    return machine;
  };
};
