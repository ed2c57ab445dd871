import type { FleetVerdict } from '../../emulator/fleet/outcome-model.ts';
import type { PublicationForecast } from '../../release/publication-forecast.ts';

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;

const ENDS: Readonly<Record<FleetVerdict, string>> = {
  boots: 'go on as they are',
  restart: 'need a restart',
  degraded: 'lose something',
  'brand-flip': 'change the brand',
  'no-boot': 'do not start any more',
};

/** What publishing a release would do to the fleet of its project, in a few lines. */
export const forecastLines = ({
  machines,
  offered,
  outcomes,
  perLabel,
  labels,
  fleet,
}: PublicationForecast): readonly string[] => {
  const ends = (Object.keys(ENDS) as FleetVerdict[]).filter((verdict) => outcomes[verdict] > 0);
  return [
    `Publication rehearsed: with ${labels.path} Windows Update offers it to ${offered} of ${count(machines, 'machine')} in ${fleet.path}; ${ends.map((verdict) => `${outcomes[verdict]} ${ENDS[verdict]}`).join(', ')}.`,
    ...perLabel.map(
      ({ id, brand, driver, offered: to, troubled }) =>
        `  ${id}: ${brand} ${driver} to ${to}${troubled === 0 ? '' : `, of which ${troubled} come to harm`}`,
    ),
  ];
};
