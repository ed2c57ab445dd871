import type { LabelRollout } from '../../emulator/cloud/windows-update/rollout.ts';
import type { FleetVerdict } from '../../emulator/fleet/outcome/model.ts';
import type { ForecastLabel, HeldFleet, ToldMachine } from '../../release/publication/fleet.ts';
import type { PublicationForecast } from '../../release/publication/forecast.ts';
import type { EmulatedLabels } from '../publishing/publish-emulated.ts';

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const ENDS: Readonly<Record<FleetVerdict, string>> = {
  boots: 'go on as they are',
  restart: 'need a restart',
  degraded: 'lose something',
  'brand-flip': 'change the brand',
  'no-boot': 'do not start any more',
};

const HURT: Readonly<Record<FleetVerdict, string>> = {
  boots: 'goes on as it is',
  restart: 'needs a restart',
  degraded: 'loses something',
  'brand-flip': 'changes the brand',
  'no-boot': 'does not start any more',
};

/** Where a label comes to, as far as it does not come to everyone. */
const lifeOf = ({ state, approved, since, why, stop }: ForecastLabel): string => {
  if (state === 'rejected') return `; Microsoft rejects it: ${why}`;
  if (since === null || (state !== 'live' && state !== 'rolling-out')) return `; ${why}`;
  const begun =
    approved === null || approved === since ? `approved and live ${since}` : `approved ${approved}, live ${since}`;
  const stopped =
    stop === null
      ? ''
      : `; the ship room stops it on ${stop.day}, after ${count(stop.machines, 'machine')}: ${stop.reason}`;
  return `, ${begun}${stopped}`;
};

const labelLine = (label: ForecastLabel): string => {
  const { id, brand, driver, offered, troubled } = label;
  const harm = troubled === 0 ? '' : `, of which ${troubled} come to harm`;
  return `  ${id}: ${brand} ${driver} to ${offered}${harm}${lifeOf(label)}`;
};

const sinceOf = ({ offers }: ToldMachine): string => offers.map(({ since }) => since).sort()[0] ?? '';

/** `office-01, office-02 since 2026-12-02`: machines by the day since when they are offered something. */
const whoLine = (who: readonly ToldMachine[]): readonly string[] => {
  const days = [...new Set(who.map(sinceOf))].sort();
  const byDay = days.map((day) => {
    const ids = who.filter((one) => sinceOf(one) === day).map(({ id }) => id);
    return `${ids.join(', ')} since ${day}`;
  });
  return who.length === 0 ? [] : [`  offered: ${byDay.join('; ')}`];
};

const hurtLines = (hurt: readonly ToldMachine[]): readonly string[] =>
  hurt.map(({ id, outcome, why = [] }) => `  ${id} ${HURT[outcome]}: ${why[0] ?? 'see `winpv fleet simulate`'}`);

/** Labels and machines, in a few lines. */
export const heldFleetLines = ({ perLabel, who, hurt }: HeldFleet): readonly string[] => [
  ...perLabel.map(labelLine),
  ...whoLine(who ?? []),
  ...hurtLines(hurt),
];

/** How the machines of a fleet end: `3 go on as they are, 5 need a restart`. */
export const endsOf = (outcomes: HeldFleet['outcomes']): string =>
  (Object.keys(ENDS) as FleetVerdict[])
    .filter((verdict) => outcomes[verdict] > 0)
    .map((verdict) => `${outcomes[verdict]} ${ENDS[verdict]}`)
    .join(', ');

/** What publishing a release would do to the fleet of its project, in a few lines. */
export const forecastLines = (forecast: PublicationForecast): readonly string[] => {
  const { machines, offered, outcomes, labels, fleet } = forecast;
  return [
    `Publication rehearsed: with ${labels.path} the emulated Windows Update offers it to ${offered} of ${count(machines, 'machine')} in ${fleet.path}; ${endsOf(outcomes)}.`,
    ...heldFleetLines(forecast),
    ...(forecast.assumed
      ? ['  Days of approval and roll-out are as Microsoft publishes them, and assumed where it does not.']
      : []),
  ];
};

/** Names end in a hash of what makes the label this one. */
const bare = (name: string): string => name.replace(/ \([0-9a-f]{8}\)$/, '');

const rolloutLine = ({ name, state, since, why, messages, rows }: LabelRollout): string =>
  `  ${bare(name)}: ${rows} rows, ${state}${state === 'live' && since !== null ? ` since ${since.slice(0, 10)}` : `: ${[why, ...messages].join(' ')}`}`;

/** Labels by the names that people gave them. */
const named = ({ held, rehearsal }: EmulatedLabels): HeldFleet | undefined => {
  const names = new Map(rehearsal.labels.map(({ id, name }) => [id, bare(name)]));
  return held === undefined
    ? undefined
    : { ...held, perLabel: held.perLabel.map((label) => ({ ...label, id: names.get(label.id) ?? label.id })) };
};

/** What labels and fleet of a rehearsed publication came to, in a few lines. */
export const emulatedLines = (
  done: EmulatedLabels,
  files: { readonly labels: string; readonly fleet?: string | undefined },
): readonly string[] => {
  const { rehearsal, asTested, leftOut, asked } = done;
  const held = named(done);
  const [day] = rehearsal.at.split('T');
  const heading = `Labels of ${files.labels}, made on the emulated Windows Update, until ${day}:`;
  const lines = held === undefined ? rehearsal.labels.map(rolloutLine) : heldFleetLines(held);
  const fleet =
    held === undefined
      ? []
      : [
          `${held.offered} of ${count(held.machines, 'machine')} in ${files.fleet} are offered it; ${endsOf(held.outcomes)}.`,
        ];
  return [
    heading,
    ...lines,
    ...fleet,
    ...(held !== undefined && held.machines > asked ? [`The first ${asked} were asked one by one.`] : []),
    ...(rehearsal.unfinished.length > 0
      ? [`${count(rehearsal.unfinished.length, 'label')} had not come to everyone by then.`]
      : []),
    ...(asTested
      ? ['The package is for attestation, which reaches test audiences only: here it counts as tested in the lab kit.']
      : []),
    ...(leftOut.length > 0 ? [`Labels of other brands were left out: ${leftOut.join(', ')}.`] : []),
    'Days of approval and roll-out are as Microsoft publishes them, and assumed where it does not.',
  ];
};

/** The same for machines to read. */
export const emulatedResult = (done: EmulatedLabels) => {
  const { rehearsal, asTested, leftOut, asked } = done;
  const held = named(done);
  return { ...rehearsal, asked, asTested, leftOut, ...(held === undefined ? {} : { fleet: held }) };
};
