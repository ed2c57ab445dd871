import type { FleetVerdict } from '../../emulator/fleet/outcome-model.ts';
import type { ForecastLabel, HeldFleet, ToldMachine } from '../../release/publication-fleet.ts';
import type { PublicationForecast } from '../../release/publication-forecast.ts';

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
