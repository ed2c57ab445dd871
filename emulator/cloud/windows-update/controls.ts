import { z } from 'zod';
import { machineOf, NoMachine } from '../../fleet/machines/machine.ts';
import { parseWindows } from '../../fleet/machines/windows-release.ts';
import { CHANNELS } from '../../fleet/offers/channels.ts';
import { type Call, functional, jsonText, type Outcome, readBody } from '../partner-center/answers.ts';
import { failRun } from '../partner-center/reports.ts';
import { type CloudState, type LabelRow, withRow } from '../partner-center/state.ts';
import { ROLLOUT_CURVES } from './availability.ts';
import { withPublished } from './published.ts';
import { takeReports } from './reports.ts';
import { rolloutsOf } from './rollout.ts';
import type { ScanQuestion } from './scan.ts';

/** The emulated Windows Update below /emulator/windows-update: what machines ask, and what Microsoft decides. */

const refused = (state: CloudState, message: string, target?: string): Outcome => ({
  state,
  response: functional('invalidInput', message, target === undefined ? [] : [{ target, message }]),
});

const showRollouts = ({ state, now }: Call): Outcome => {
  const labels = rolloutsOf(state, now);
  return { state, response: jsonText(200, JSON.stringify({ now: new Date(now).toISOString(), labels })) };
};

export const DECISIONS = ['approve', 'reject', 'pause', 'resume', 'stop', 'finalize'] as const;
type Decision = (typeof DECISIONS)[number];

const decision = z.strictObject({
  label: z.union([z.string(), z.bigint(), z.int()]),
  decision: z.enum(DECISIONS).optional(),
  /** How it is rolled out from its begin on. */
  curve: z.enum(ROLLOUT_CURVES).optional(),
  because: z.string().max(500).optional(),
});

interface Decided {
  readonly state: CloudState;
  readonly writes?: readonly Uint8Array[];
}

const decide = (
  { state, now }: Call,
  row: LabelRow,
  { what, because }: { readonly what: Decision; readonly because: string | undefined },
): Decided | undefined => {
  const { published } = row;
  if (what === 'approve' || what === 'reject') {
    if (row.run.step !== 'microsoftApproval' || row.run.state !== 'started') return undefined;
    if (what === 'approve') {
      const run = { ...row.run, state: 'completed' as const };
      return { state: withRow(state, 'labels', row.id, { ...row, run, approvedAt: now, dueAt: now }) };
    }
    const messages = [because ?? 'Microsoft rejects the label.'];
    const failed = failRun(state, { step: row.run.step, messages }, now);
    const next: LabelRow = { ...row, run: failed.run, dueAt: undefined };
    return { state: withRow(failed.state, 'labels', row.id, next), writes: failed.writes };
  }
  if (published === undefined || published.stoppedAt !== undefined || published.expiredAt !== undefined)
    return undefined;
  const { pausedAt } = published;
  switch (what) {
    case 'pause':
      return pausedAt === undefined ? { state: withPublished(state, row, { pausedAt: now, because }) } : undefined;
    case 'resume': {
      if (pausedAt === undefined) return undefined;
      const heldMs = (published.heldMs ?? 0) + now - Math.max(pausedAt, published.at);
      return { state: withPublished(state, row, { pausedAt: undefined, because: undefined, heldMs }) };
    }
    case 'stop':
      return { state: withPublished(state, row, { stoppedAt: now, because }) };
    case 'finalize':
      return { state: withPublished(state, row, { finalizedAt: now }) };
  }
};

/** What Microsoft decides about a label, in its place. */
const setLabel = (call: Call): Outcome => {
  const body = readBody(call.request, decision);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const { label, curve, because, decision: what } = body.value;
  const row = call.state.labels.get(String(label));
  if (row === undefined || row.settings.destination !== 'windowsUpdate')
    return refused(call.state, 'There is no such shipping label for Windows Update.', 'label');
  if (curve !== undefined && row.published === undefined)
    return refused(call.state, 'The label is not published yet: it has no curve.', 'curve');
  const decided = what === undefined ? { state: call.state } : decide(call, row, { what, because });
  if (decided === undefined) return refused(call.state, `The label cannot ${what} in its state.`, 'decision');
  const next = decided.state.labels.get(row.id) ?? row;
  const state = curve === undefined ? decided.state : withPublished(decided.state, next, { curve });
  const [shown] = rolloutsOf(state, call.now).filter(({ id }) => id === row.id);
  return { state, response: jsonText(200, JSON.stringify(shown)), writes: 'writes' in decided ? decided.writes : [] };
};

export const WINDOWS_UPDATE_CONTROLS: Readonly<Record<string, (call: Call) => Outcome>> = {
  'GET /emulator/windows-update/rollout': showRollouts,
  'POST /emulator/windows-update/report': takeReports,
  'POST /emulator/windows-update/label': setLabel,
};

const scanBody = z.strictObject({
  machine: z.record(z.string(), z.unknown()),
  channel: z.enum(CHANNELS).optional(),
  /** The Windows to which an upgrade goes: `10.0.26100`. */
  upgradeTo: z.string().optional(),
});

/** Whether a request is a machine that asks: it needs packages, which a table of rows has not. */
export const isScan = ({ method, path }: Call['request']): boolean =>
  method === 'POST' && path.replace(/\/$/, '') === '/emulator/windows-update/scan';

/** @returns the answer to send when it is no question */
export const readScan = (call: Call): ScanQuestion | { readonly refused: Outcome } => {
  const body = readBody(call.request, scanBody);
  if ('refusal' in body) return { refused: { state: call.state, response: body.refusal } };
  const { machine, upgradeTo, channel = upgradeTo === undefined ? 'any' : 'upgrade' } = body.value;
  const windows = parseWindows(upgradeTo ?? '');
  if ((upgradeTo !== undefined && windows === undefined) || (channel === 'upgrade' && windows === undefined))
    return { refused: refused(call.state, '`upgradeTo` has to be a Windows like 10.0.26100.', 'upgradeTo') };
  try {
    return { machine: machineOf(machine), channel, upgradeTo: windows };
  } catch (error) {
    if (!(error instanceof NoMachine)) throw error;
    return { refused: refused(call.state, error.message, 'machine') };
  }
};
