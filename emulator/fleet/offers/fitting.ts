import type { FleetLabel, LabelRow } from '../label.ts';
import type { MachineDevice } from '../machines/machine.ts';
import { windowsText } from '../machines/windows-release.ts';
import type { Asking } from './admission.ts';
import { bestEntry, compareWorth, type FleetCandidate, type Verdict } from './candidates.ts';
import { ROW_NEARNESS, type RowMachine, rowMessage, rowReaches, rowWindows } from './os-rows.ts';
import type { FleetPackage } from './package.ts';

const idsOf = ({ hardwareIds, compatibleIds }: MachineDevice): ReadonlySet<string> =>
  new Set([...hardwareIds, ...compatibleIds].map((id) => id.toLowerCase()));

/** The rows of a label that have an id of the device; the others say nothing of it. */
export const rowsFor = (label: FleetLabel, device: MachineDevice): readonly LabelRow[] => {
  const ids = idsOf(device);
  return label.rows.filter(({ pnp }) => ids.has(pnp));
};

const rowMachine = ({ machine, windows }: Asking): RowMachine => ({
  ...{ windows, arch: machine.arch, server: machine.type !== 'workstation' },
});

/** Step 5: the rows that reach the machine, or what keeps the nearest of them from it. */
const reachingRows = (rows: readonly LabelRow[], asking: Asking): readonly LabelRow[] | Verdict => {
  const target = rowMachine(asking);
  const judged = rows.map((row) => ({ row, verdict: rowReaches(rowWindows(row.osCode), target) }));
  const reaching = judged.filter(({ verdict }) => verdict === 'offered').map(({ row }) => row);
  if (reaching.length > 0) return reaching;
  const [nearest] = judged.sort((a, b) => ROW_NEARNESS.indexOf(b.verdict) - ROW_NEARNESS.indexOf(a.verdict));
  if (nearest === undefined || nearest.verdict === 'offered') return [];
  return { code: nearest.verdict, message: rowMessage(nearest.row.osCode, nearest.verdict, target) };
};

/** Step 6: the best of a label's packages; an INF competes with the ids that rows publish for it. */
const bestOf = (
  packages: readonly FleetPackage[],
  rows: readonly LabelRow[],
  device: MachineDevice,
  asking: Asking,
): Omit<FleetCandidate, 'label'> | Verdict => {
  const { machine, windows } = asking;
  let best: Omit<FleetCandidate, 'label'> | undefined;
  let hasModels = false;
  for (const one of packages) {
    const own = rows.filter(({ infId }) => infId.toLowerCase() === one.infName.toLowerCase());
    if (own.length === 0) continue;
    const entries = one.entriesFor(windows, machine.arch, machine.type);
    hasModels ||= entries.length > 0;
    const found = bestEntry(device, entries, new Set(own.map(({ pnp }) => pnp)));
    if (found === undefined) continue;
    const candidate = { package: one, rank: found.rank, date: found.date, version: found.version };
    if (best === undefined || compareWorth(candidate, best) < 0) best = candidate;
  }
  if (best !== undefined) return best;
  const infs = [...new Set(rows.map(({ infId }) => infId))].join(', ');
  const place = `${windowsText(windows)} on ${machine.arch}`;
  const ids = [...new Set(rows.map(({ pnp }) => pnp))].join(', ');
  return hasModels
    ? { code: 'id-not-in-inf', message: `${infs} does not have ${ids} for ${place}.` }
    : { code: 'no-models', message: `${infs} has no devices for ${place}.` };
};

export const isVerdict = (answer: object): answer is Verdict => 'code' in answer;

/** Steps 5 and 6 for one label and one device: what it brings, with its rank, or why nothing. */
export const candidateOf = (
  label: FleetLabel,
  packages: readonly FleetPackage[],
  device: MachineDevice,
  asking: Asking,
): FleetCandidate | Verdict => {
  const rows = reachingRows(rowsFor(label, device), asking);
  if (isVerdict(rows)) return rows;
  const best = bestOf(packages, rows, device, asking);
  return isVerdict(best) ? best : { ...best, label };
};
