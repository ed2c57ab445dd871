import { type GuestSpec, targetKey } from '../../guest/guest.ts';
import type { Templates } from '../../history/historic-package.ts';
import type { PackageFacts, PackageLibrary } from '../../package/facts.ts';
import type { RehearsedBundle, ScenarioInput } from '../../scenarios/contract.ts';
import { Arrivals } from './arrivals.ts';
import { type BaseMachine, type BaseRequest, baseMachines } from './base.ts';
import { knowsFunction, nearestGuest, representative } from './guest.ts';
import { InstalledPackages } from './installed.ts';
import { type FleetMachineFacts, machineFacts, NEEDS_RESTART } from './machine.ts';
import type { FleetFinding, FleetOutcome, FleetState, FleetVerdict } from './model.ts';
import { expectedOf, isWorse, isWorst, type Judged, judged } from './verdict.ts';

export type { FleetFinding, FleetOutcome, FleetState, FleetStateDevice, FleetVerdict } from './model.ts';

/** What machines of a fleet have or may be offered. */
export interface FleetStock {
  /** All packages, compiled for every guest; their signatures are those that the labels promise. */
  readonly library: PackageLibrary;
  /** The releases that were handed in: those offered, and those that machines may have. */
  readonly releases: readonly RehearsedBundle[];
  /** winpv's own INF templates, which the releases that it knows are made from. */
  readonly templates?: Templates;
}

/** Rehearses states, each distinct one once. */
export interface FleetRehearsal {
  readonly outcomeOf: (state: FleetState) => FleetOutcome;
  /** How many distinct states were rehearsed. */
  readonly rehearsed: () => number;
}

/** The part of an outcome that machines share which differ in what makes no difference. */
type Played = Pick<FleetOutcome, 'outcome' | 'findings' | 'arrival' | 'restarts'>;

const NOTHING: Played = { outcome: 'boots', findings: [], arrival: [], restarts: 0 };

const told = (code: FleetFinding['code'], severity: FleetFinding['severity'], message: string): FleetFinding => ({
  ...{ code, severity, message },
});

/** The machine runs, and the emulator has it stop: what stands for its drivers is not what it has. */
const UNDECIDED: Played = {
  ...NOTHING,
  findings: [
    told(
      'EMULATOR_UNDECIDED',
      'warning',
      'With the drivers that it has, the machine does not start in the emulator: what the offer does to it cannot be told.',
    ),
  ],
};

/** What a machine is by itself: told by its own devices, without a rehearsal. */
const ownOutcome = ({ broken }: FleetMachineFacts): Played => {
  const findings = broken.map(({ device, driver, code }) =>
    told('EMULATOR_DEVICE_PROBLEM', 'warning', `${device} (${driver}) has problem ${code} before anything is offered.`),
  );
  const waits = broken.every(({ code }) => code === NEEDS_RESTART);
  const outcome: FleetVerdict = broken.length === 0 ? 'boots' : waits ? 'restart' : 'degraded';
  return { ...NOTHING, outcome, findings };
};

/** A device that a machine has broken stays so, unless something is offered for it. */
const withOwn = (played: Played, facts: FleetMachineFacts, offered: readonly PackageFacts[]): Played => {
  const left = facts.broken.filter(({ driver }) => offered.every((one) => one.driver !== driver));
  const own = ownOutcome({ ...facts, broken: left });
  if (own.findings.length === 0) return played;
  const outcome = isWorse(own.outcome, played.outcome) ? own.outcome : played.outcome;
  return { ...played, outcome, findings: [...played.findings, ...own.findings] };
};

const ORDER = ['xenbus', 'xenvif', 'xennet', 'xenvbd', 'xeniface', 'xenvkbd', 'xenhid', 'xencons'];
const placeOf = (driver: string): number => (ORDER.includes(driver) ? ORDER.indexOf(driver) : ORDER.length);

interface Prepared {
  readonly guest: GuestSpec;
  readonly facts: FleetMachineFacts;
  readonly installed: readonly string[];
  readonly offered: readonly PackageFacts[];
}

/** What a machine has and is offered, as packages. */
const preparedState = (
  packages: InstalledPackages,
  state: FleetState,
  guest: GuestSpec,
): Prepared & Pick<FleetOutcome, 'assumed'> => {
  const facts = machineFacts(state);
  const keys = [...new Set(state.offered)].sort();
  const standIns = facts.drivers.map((own) => [own, packages.standInFor(own, guest, keys)] as const);
  const assumed = standIns.flatMap(([own, found]) =>
    found === undefined
      ? [`${own.driver} of ${own.installed.provider} is left out: no such build is known for this Windows.`]
      : (found.assumed ?? []),
  );
  const installed = standIns
    .flatMap(([, found]) => found ?? [])
    .sort((a, b) => placeOf(a.driver) - placeOf(b.driver) || (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ key }) => key);
  const offered = keys
    .flatMap((key) => packages.library.packages[key] ?? [])
    .filter(({ targets }) => targets[targetKey(guest)] !== undefined)
    .sort((a, b) => placeOf(a.driver) - placeOf(b.driver));
  return { guest, facts, installed: [...new Set(installed)], offered, assumed: [...new Set(assumed)] };
};

/** Plays what is offered in every order that differs, and takes the worst. */
const play = (machine: BaseMachine, request: BaseRequest, offered: readonly PackageFacts[]): Played => {
  const { guest, library, installed } = request;
  if (!machine.running) return UNDECIDED;
  const bundle: RehearsedBundle = { label: 'offer', packages: offered.map(({ key }) => key) };
  const before: RehearsedBundle = { label: 'installed', packages: installed, given: true };
  const input: ScenarioInput = { guest, guests: [guest], library, bundle, before: [before] };
  const driversOf = (keys: readonly string[]): ReadonlySet<string> =>
    new Set(keys.flatMap((key) => library.packages[key]?.driver ?? []));
  const expected = expectedOf(driversOf(installed), driversOf(bundle.packages), machine.survey);
  let worst: Judged | undefined;
  for (const arrival of new Arrivals(input, machine.world, offered).all(expected)) {
    const one = judged(arrival, machine, input);
    if (worst === undefined || isWorse(one.verdict, worst.verdict)) worst = one;
    if (isWorst(worst.verdict)) break;
  }
  if (worst === undefined) return NOTHING;
  const { verdict, findings, arrival } = worst;
  return { outcome: verdict, findings, arrival: arrival.names, restarts: arrival.restarts };
};

/** Answers that are kept. */
const MOST_ALIKE = 20_000;

/** Rehearsals of one fleet: what its machines have in common is made once. */
class Rehearsals {
  readonly known = new Map<string, Played>();
  private readonly packages: InstalledPackages;
  private readonly base = baseMachines();
  private readonly alike = new Map<string, GuestSpec>();

  constructor(stock: FleetStock) {
    this.packages = new InstalledPackages(stock);
  }

  outcomeOf(state: FleetState): FleetOutcome {
    const { guest, assumed } = nearestGuest(state);
    if (guest === undefined) {
      const why = `No Windows of the emulator runs on ${state.arch}: nothing was rehearsed.`;
      return { ...NOTHING, findings: [told('EMULATOR_UNDECIDED', 'warning', why)], guest: undefined, assumed };
    }
    if (state.offered.length === 0) return { ...ownOutcome(machineFacts(state)), guest: guest.id, assumed: [] };
    const prepared = preparedState(this.packages, state, guest);
    // Offers that are for other systems change nothing.
    if (prepared.offered.length === 0) return { ...ownOutcome(prepared.facts), guest: guest.id, assumed };
    const played = withOwn(this.playOnce(prepared), prepared.facts, prepared.offered);
    return { ...played, guest: guest.id, assumed: [...assumed, ...prepared.assumed] };
  }

  private playOnce({ guest: own, facts, installed, offered }: Prepared): Played {
    const { library } = this.packages;
    const offers = offered.map(({ key }) => key);
    const guest = this.standInFor(own, [...installed, ...offers]);
    const { platform = '0001', hasNic } = facts;
    // A function that nobody knows stays without a driver, and changes nothing.
    const about = { guest, packages: [...installed, ...offers], library };
    const vendorDevice =
      facts.vendorDevice !== undefined && knowsFunction(facts.vendorDevice, about) ? facts.vendorDevice : undefined;
    const key = JSON.stringify([guest.id, platform, vendorDevice, hasNic, installed, offers]);
    const before = this.known.get(key);
    if (before !== undefined) return before;
    const request = { guest, library, platform, vendorDevice, hasNic, installed };
    const played = play(this.base(request), request, offered);
    this.known.set(key, played);
    return played;
  }

  private standInFor(guest: GuestSpec, packages: readonly string[]): GuestSpec {
    const name = JSON.stringify([guest.id, packages]);
    if (this.alike.size >= MOST_ALIKE) this.alike.clear();
    const found = this.alike.get(name) ?? representative(guest, packages, this.packages.library);
    this.alike.set(name, found);
    return found;
  }
}

/** Begins the rehearsals of a fleet. */
export const fleetRehearsal = (stock: FleetStock): FleetRehearsal => {
  const rehearsals = new Rehearsals(stock);
  return { rehearsed: () => rehearsals.known.size, outcomeOf: (state) => rehearsals.outcomeOf(state) };
};
