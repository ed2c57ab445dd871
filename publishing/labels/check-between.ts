import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { DriverBus } from '../../drivers/contract.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { type PvId, parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import { saying } from './check-settings.ts';
import type { LabelRelease, LabelRow, LiveLabel, ResolvedLabel } from './contract.ts';
import { asciiLower } from './glob.ts';
import { rowKey } from './resolve.ts';
import { familyOf } from './systems.ts';

/** What labels are to each other: children need the bus that makes their devices, and two offers of one row are one too many. */

interface BusDriver {
  readonly name: string;
  /** One for each generation that winpv knows. */
  readonly buses: readonly DriverBus[];
}

const busOf = ({ bus }: PvId): BusDriver | undefined => {
  const driver = DRIVERS.find(({ generations }) => generations.some((one) => one.bus?.enumerator === bus));
  if (driver === undefined) return undefined;
  return { name: driver.name, buses: driver.generations.flatMap(({ bus: one }) => one ?? []) };
};

/** Who gets a label: everybody, or some audiences. */
interface Offer {
  readonly brand: string | undefined;
  readonly audiences: ReadonlySet<string>;
  readonly rows: readonly LabelRow[];
}

const bare = (id: string): string => id.replace(/[{}]/g, '').toLowerCase();

const offerOf = ({ label, rows, audienceNames }: ResolvedLabel): Offer => ({
  brand: label.brand,
  rows,
  audiences: new Set([...(label.targeting.restrictedToAudiences ?? []), ...audienceNames].map(bare)),
});

const reaches = (bus: Offer, child: Offer): boolean =>
  bus.audiences.size === 0 || (child.audiences.size > 0 && [...child.audiences].every((one) => bus.audiences.has(one)));

const familiesOf = (rows: readonly LabelRow[]): ReadonlySet<string> =>
  new Set(rows.map(({ operatingSystemCode }) => familyOf(operatingSystemCode)));

/** Whether the table of any generation has the row; a number that is newer than all of them is taken as one to come. */
const enumerates = ({ buses }: BusDriver, revision: string): 'yes' | 'no' | 'newer' => {
  const number = Number.parseInt(revision, 16);
  const known = buses.flatMap(({ revisions }) => revisions.map((row) => row.revision));
  if (known.includes(number)) return 'yes';
  return number > Math.max(...known) ? 'newer' : 'no';
};

const revisions = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return resolved.rows.flatMap(({ pnpString }) => {
    const id = parsePvId(pnpString);
    const bus = id === undefined ? undefined : busOf(id);
    if (id?.revision === undefined || bus === undefined || seen.has(id.revision)) return [];
    seen.add(id.revision);
    const found = enumerates(bus, id.revision);
    if (found === 'yes') return [];
    const message = `${shownText(pnpString)} binds revision ${id.revision}, which no ${bus.name} that winpv knows makes a device for.`;
    return [
      saying(resolved)(
        'LABEL_BUS_MISSING',
        found === 'newer' ? `${message.slice(0, -1)} (assumed: newer than all of them).` : message,
        {
          severity: found === 'newer' ? 'warning' : 'error',
        },
      ),
    ];
  });
};

export interface Between {
  readonly release: LabelRelease;
  /** Undefined when the service was not asked. */
  readonly live: readonly LiveLabel[] | undefined;
  /** The machines that are meant have the bus drivers already. */
  readonly busInstalled: boolean;
}

const liveOffers = (live: readonly LiveLabel[]): readonly Offer[] =>
  live
    .filter(({ destination, state }) => destination === 'windowsUpdate' && state !== 'failed')
    .map(({ rows, audiences }) => ({ brand: undefined, rows, audiences: new Set(audiences.map(bare)) }));

const missingBus = (
  resolved: ResolvedLabel,
  labels: readonly ResolvedLabel[],
  between: Between,
): readonly Diagnostic[] => {
  const child = resolved.rows
    .flatMap(({ pnpString }) => parsePvId(pnpString) ?? [])
    .find((id) => busOf(id) !== undefined);
  const bus = child === undefined ? undefined : busOf(child);
  if (bus === undefined || resolved.label.destination !== 'windowsUpdate') return [];
  const wanted = offerOf(resolved);
  const offers = [
    ...labels
      .filter(({ label }) => label.destination === 'windowsUpdate' && label.brand === resolved.label.brand)
      .map(offerOf),
    ...liveOffers(between.live ?? []),
  ].map((offer) => ({ ...offer, rows: offer.rows.filter(({ infId }) => asciiLower(infId) === `${bus.name}.inf`) }));
  const served = familiesOf(offers.filter((offer) => reaches(offer, wanted)).flatMap(({ rows }) => rows));
  const lacking = [...familiesOf(wanted.rows)].filter((family) => !served.has(family));
  if (lacking.length === 0) return [];
  const narrower = offers.some(({ rows }) => rows.length > 0);
  const what = narrower
    ? `no label offers ${bus.name} to the same machines (${lacking.join(', ')})`
    : `no label offers ${bus.name}`;
  const asked = between.live === undefined ? ' What is live was not asked.' : '';
  return [
    saying(resolved)(
      'LABEL_BUS_MISSING',
      `${what}, which makes the device that ${shownText(resolved.label.driver)} is for.${asked}`,
      {
        severity: between.busInstalled ? 'info' : 'error',
        hint: `Publish ${bus.name} with it, or say --bus-installed when the machines have it already.`,
      },
    ),
  ];
};

/** What makes two labels offer the same to the same machines. */
const scopeOf = ({ label, audienceNames }: ResolvedLabel): string => {
  const { chids, restrictedToAudiences, inServicePublishInfo: range, coEngDriverPublishInfo: builds } = label.targeting;
  const sorted = (texts: readonly string[]): string => [...texts].map(bare).sort().join(',');
  return JSON.stringify([
    label.destination,
    label.recipientSpecifications?.receiverPublisherId ?? '',
    sorted((chids ?? []).map(({ chid }) => chid)),
    sorted([...(restrictedToAudiences ?? []), ...audienceNames]),
    [range?.flooring ?? '', range?.ceiling ?? '', builds?.flooringBuildNumber ?? 0, builds?.ceilingBuildNumber ?? 0],
  ]);
};

const twice = (labels: readonly ResolvedLabel[]): readonly Diagnostic[] => {
  const ids = new Map<string, ResolvedLabel>();
  const rows = new Map<string, ResolvedLabel>();
  const told = new Set<string>();
  const found: Diagnostic[] = [];
  for (const resolved of labels) {
    const { id, brand } = resolved.label;
    if (ids.has(id)) found.push(problem('LABEL_TWICE', `There are two labels "${shownText(id)}".`, resolved.at));
    ids.set(id, resolved);
    const scope = scopeOf(resolved);
    const own = new Set<string>();
    for (const row of resolved.rows) {
      const key = `${brand} ${rowKey(row)} ${scope}`;
      const other = rows.get(key);
      const pair = `${other?.label.id} ${id}`;
      if (other !== undefined && !told.has(pair)) {
        const where = own.has(key)
          ? 'has the row twice'
          : `offers what "${shownText(other.label.id)}" offers to the same machines`;
        const row_ = `${shownText(row.infId)}, ${row.operatingSystemCode}, ${shownText(row.pnpString)}`;
        found.push(saying(resolved)('LABEL_TWICE', `it ${where}: ${row_}.`));
        told.add(pair);
      }
      own.add(key);
      rows.set(key, resolved);
    }
  }
  return found;
};

export const checkBetween = (labels: readonly ResolvedLabel[], between: Between): readonly Diagnostic[] => [
  ...labels.flatMap((one) => [...revisions(one), ...missingBus(one, labels, between)]),
  ...twice(labels),
];
