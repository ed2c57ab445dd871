import { MONITORING_DAYS } from '../../../emulator/cloud/windows-update/availability.ts';
import type { LabelRollout } from '../../../emulator/fleet/outcome/rollouts.ts';
import { escapeShown } from '../markup.ts';
import { count, percent } from './bars.ts';

const SIZE = { width: 640, height: 180, left: 52, right: 12, top: 14, bottom: 30 } as const;

const across = (day: number): number => SIZE.left + (day / MONITORING_DAYS) * (SIZE.width - SIZE.left - SIZE.right);
const up = (share: number): number => SIZE.height - SIZE.bottom - share * (SIZE.height - SIZE.top - SIZE.bottom);
const point = (day: number, share: number): string => `${across(day).toFixed(1)},${up(share).toFixed(1)}`;

/** The line that climbs with each stage. */
const steps = ({ stages }: LabelRollout, until: number): string => {
  const points: string[] = [point(0, 0)];
  let share = 0;
  for (const stage of stages) {
    if (stage.day > until) break;
    points.push(point(stage.day, share), point(stage.day, stage.share));
    share = stage.share;
  }
  return [...points, point(until, share)].join(' ');
};

const axis = (): readonly string[] => [
  ...[0, 0.5, 1].map(
    (share) =>
      `<line class="grid" x1="${SIZE.left}" x2="${SIZE.width - SIZE.right}" y1="${up(share)}" y2="${up(share)}"/><text class="tick" x="${SIZE.left - 6}" y="${up(share) + 4}" text-anchor="end">${share * 100} %</text>`,
  ),
  ...[0, 10, 20, 30].map(
    (day) =>
      `<text class="tick" x="${across(day)}" y="${SIZE.height - 10}" text-anchor="${day === MONITORING_DAYS ? 'end' : 'middle'}">day ${day}</text>`,
  ),
];

const stopMark = ({ stop }: LabelRollout): readonly string[] =>
  stop === undefined
    ? []
    : [
        `<line class="stop" x1="${across(stop.day)}" x2="${across(stop.day)}" y1="${SIZE.top}" y2="${SIZE.height - SIZE.bottom}"/>`,
        `<circle class="stop-dot" cx="${across(stop.day)}" cy="${up(stop.share)}" r="5"/>`,
      ];

const words = ({ stop, machines }: LabelRollout): string =>
  stop === undefined
    ? `Nothing stops the roll-out: all ${count(machines)} machines are offered it.`
    : `The ship room stops it on day ${stop.day}, at ${percent(stop.share, 1)}: ${count(stop.machines)} machines had been offered it, ${count(stop.harmed)} of them are in trouble. ${stop.reason}`;

/** How a label's roll-out climbs over the days that it is watched, and where it is stopped. */
export const rolloutPart = (rollout: LabelRollout): readonly string[] => {
  const end = rollout.stop?.day ?? MONITORING_DAYS;
  return [
    '<figure class="rollout">',
    `<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${escapeShown(`Roll-out over ${MONITORING_DAYS} days. ${words(rollout)}`)}">`,
    ...axis(),
    ...(rollout.stop === undefined ? [] : [`<polyline class="planned" points="${steps(rollout, MONITORING_DAYS)}"/>`]),
    `<polyline class="climb" points="${steps(rollout, end)}"/>`,
    ...stopMark(rollout),
    '</svg>',
    `<figcaption class="${rollout.stop === undefined ? '' : 'stopped'}">${escapeShown(words(rollout))}</figcaption>`,
    '</figure>',
  ];
};
