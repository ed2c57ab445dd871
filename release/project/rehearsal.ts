import type { Settings } from '../../branding/settings.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import type { UnknownName } from '../../emulator/choose.ts';
import type { ProjectSettings } from './project.ts';

/** What is rehearsed when the project does not say: machines that most have, and what every release goes through. */
export const DEFAULT_GUESTS: readonly string[] = [
  'windows-7-sp1-sha2-x64',
  'windows-10-22h2-x86',
  'windows-10-22h2-x64',
  'windows-11-24h2-x64',
  'windows-11-24h2-arm64',
  'server-2022-x64',
];
export const DEFAULT_SCENARIOS: readonly string[] = [
  'fresh-install',
  'upgrade-in-place',
  'platform-switch',
  'uninstall',
];

/** How the releases of a project are rehearsed. */
export type RehearsalSettings =
  | { readonly kind: 'off' }
  | {
      readonly kind: 'on';
      /** Ids. */
      readonly guests: readonly string[];
      readonly scenarios: readonly string[];
      /** The project names the guests: each brand has to be for one of them. */
      readonly named: boolean;
      /** Which of the releases that winpv knows upgrades begin with. */
      readonly known: 'all' | 'turning-points';
      /** Folders or ZIPs of releases that machines may have now. */
      readonly from: readonly string[];
    };

type Part = 'guests' | 'scenarios';

const complaints = (
  settings: Settings<ProjectSettings>,
  part: Part,
  unknown: readonly UnknownName[],
): readonly Diagnostic[] =>
  unknown.map(({ index, code, message, hint }) =>
    problem(code, message, { ...settings.point(['rehearse', part, index]), hint }),
  );

/** How a project wants its releases rehearsed, and names that stand for nothing. */
export interface ReadRehearsal {
  readonly rehearsal: RehearsalSettings;
  readonly flaws: readonly Diagnostic[];
}

/** The project's settings, with the default where they do not say. The emulator is loaded only where something is named. */
export const rehearsalOf = async (
  settings: Settings<ProjectSettings>,
  path: (path: string) => string,
): Promise<ReadRehearsal> => {
  const { rehearse } = settings.value;
  if (rehearse === false) return { rehearsal: { kind: 'off' }, flaws: [] };
  const { guests, scenarios, from = [] } = rehearse ?? {};
  const { chooseGuests, chooseScenarios } = await chooser(guests !== undefined || scenarios !== undefined);
  const [someGuests, someScenarios] = [chooseGuests(guests ?? []), chooseScenarios(scenarios ?? [])];
  const rehearsal: RehearsalSettings = {
    kind: 'on',
    guests: guests === undefined ? DEFAULT_GUESTS : someGuests.chosen.map(({ id }) => id),
    scenarios: scenarios === undefined ? DEFAULT_SCENARIOS : someScenarios.chosen.map(({ id }) => id),
    named: guests !== undefined,
    known: scenarios === undefined ? 'turning-points' : 'all',
    from: from.map(path),
  };
  const flaws = [
    ...complaints(settings, 'guests', someGuests.unknown),
    ...complaints(settings, 'scenarios', someScenarios.unknown),
  ];
  return { rehearsal, flaws };
};

type Chooser = Pick<typeof import('../../emulator/choose.ts'), 'chooseGuests' | 'chooseScenarios'>;

const chooser = async (needed: boolean): Promise<Chooser> =>
  needed ? import('../../emulator/choose.ts') : CHOOSES_NOTHING;

const nothing = () => ({ chosen: [], unknown: [] });
const CHOOSES_NOTHING: Chooser = { chooseGuests: nothing, chooseScenarios: nothing };
