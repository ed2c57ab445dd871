import { policyKey, targetKey } from '../guest/guest.ts';
import { type GuestSwitches, switchesOf, withSwitches } from '../guest/windows.ts';
import { newWorld } from '../new-world.ts';
import type { Scenario, ScenarioInput } from './contract.ts';
import { PV } from './expectations.ts';
import { asFarAs, hasBus, packagesFor } from './input.ts';

interface SigningState {
  readonly id: string;
  readonly summary: string;
  readonly switches: GuestSwitches;
  /** Told when Windows does not load the release in this state. */
  readonly advice: string;
}

const STATES: readonly SigningState[] = [
  {
    id: 'fresh-install-secure-boot',
    summary: 'installs on a machine with Secure Boot',
    // The firmware takes no test signing then.
    switches: { secureBoot: true, testSigning: false },
    advice: 'Machines with Secure Boot do not load this release: have it signed by Microsoft (winpv submit).',
  },
  {
    id: 'fresh-install-test-signing',
    summary: 'installs on a machine with test signing',
    switches: { testSigning: true },
    advice: 'Machines with test signing do not load this release: see winpv verify --policy.',
  },
  {
    id: 'fresh-install-memory-integrity',
    summary: 'installs on a machine with memory integrity (HVCI)',
    switches: { hvci: true },
    advice: 'Machines with memory integrity do not load this release: see winpv verify --policy.',
  },
  {
    id: 'fresh-install-memory-integrity-secure-boot',
    summary: 'installs on a machine with Secure Boot and memory integrity, as new ones have them',
    switches: { secureBoot: true, hvci: true, testSigning: false },
    advice: 'Machines as they are sold today do not load this release: have it signed by Microsoft (winpv submit).',
  },
];

const hasSwitches = ({ guest }: ScenarioInput, switches: GuestSwitches): boolean => {
  const own = switchesOf(guest);
  return (['secureBoot', 'hvci'] as const).every((name) => switches[name] !== true || own[name]);
};

/** Whether some image of the release does not load in a state of the guest. */
const isRefused = (input: ScenarioInput, state: string): boolean =>
  packagesFor(input, input.bundle).some(({ targets }) =>
    Object.values(targets[targetKey(input.guest)]?.installs ?? {}).some(({ copyFiles }) =>
      copyFiles.some(({ image }) => image !== undefined && input.library.images[image]?.loads[state]?.loads === 'no'),
    ),
  );

/**
 * What the kernel loads depends on switches of the machine. A release that some state refuses is not a broken one: it is told as
 * advice, and where the release is meant to work, the other scenarios judge it.
 */
export const signingStates: readonly Scenario[] = STATES.map(({ id, summary, switches, advice }) => ({
  id,
  summary,
  applies: (input) => hasBus(input) && hasSwitches(input, switches),
  runs: (input) => {
    const guest = withSwitches(input.guest, switches);
    const expected = asFarAs(input, input.bundle, PV);
    return [
      {
        variant: '',
        begin: newWorld(guest),
        play: (run) => {
          run.stage = 'install';
          run.install(input.bundle);
          run.untilStable(isRefused(input, policyKey(guest)) ? { ...expected, advice } : expected);
        },
      },
    ];
  },
}));
