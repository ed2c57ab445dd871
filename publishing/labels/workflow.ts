import { utf8 } from '../../core/bytes.ts';
import { WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { LabelIds, Paced } from '../partner-center/client.ts';
import { downloadFile } from '../partner-center/download.ts';
import type { ShippingLabel } from '../partner-center/label-contract.ts';
import { redact } from '../partner-center/redact.ts';
import { pollWait } from '../submission/progress.ts';
import { note, type Run } from '../submission/run.ts';
import { submissionPath } from '../submission/state.ts';
import type { LiveLabel } from './contract.ts';
import { liveLabelOf } from './live.ts';

/** How far the service is with a label (spec hardware-api 8.3). A roll-out in steps has no value of its own. */
export type LabelStage = 'running' | 'approval' | 'live' | 'shared' | 'failed';

export const stageOf = ({ step, state }: Pick<LiveLabel, 'step' | 'state'>): LabelStage => {
  if (state === 'failed') return 'failed';
  const done = state === 'completed';
  if (done && step === 'finalizePublishing') return 'live';
  if (done && step === 'finalizeSharing') return 'shared';
  return step === 'microsoftApproval' && !done ? 'approval' : 'running';
};

const STAGES: Readonly<Record<LabelStage, string>> = {
  running: 'being processed',
  approval: 'waiting for a person at Microsoft',
  live: 'published; Microsoft may still hold it back by a throttle',
  shared: 'shared',
  failed: 'rejected',
};

/** `live: published; …` with the step that it rests on. */
export const shownStage = (label: Pick<LiveLabel, 'step' | 'state'>): string =>
  `${STAGES[stageOf(label)]} (${label.step === '' ? 'no step yet' : label.step}${label.state === '' ? '' : `, ${label.state}`})`;

const MAX_REPORT_BYTES = 16 * 1024 * 1024;

/** The report of a rejection, kept beside the state without links in it. */
const keepReport = async (run: Run, label: ShippingLabel): Promise<string | undefined> => {
  const link = label.workflowStatus?.errorReport ?? undefined;
  if (link === undefined) return undefined;
  try {
    const bytes = await downloadFile(run.ports, link, { what: 'The error report', maxBytes: MAX_REPORT_BYTES });
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return undefined;
    const text = new TextDecoder()
      .decode(bytes)
      .split(/\r?\n/)
      .map((line) => redact(line));
    const path = submissionPath(run.ports.files, run.key, `-label-${label.id}-report.txt`);
    await run.ports.files.write(path, utf8(text.join('\n')));
    return path;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** @throws WinpvError LABEL_FAILED with what Microsoft says */
export const rejected = async (run: Run, label: ShippingLabel): Promise<never> => {
  const live = liveLabelOf(label);
  const report = await keepReport(run, label);
  const said = live.messages.length === 0 ? '' : ` ${live.messages.map(shownText).join(' ')}`;
  throw new WinpvError('LABEL_FAILED', `Label ${label.id} "${shownText(live.name)}" failed at ${live.step}.${said}`, {
    hint: `${report === undefined ? '' : `The report is in ${report}. `}Change what it targets, and apply again.`,
  });
};

export interface Patience {
  readonly maxWaitMs: number;
  looks: number;
  waitedMs: number;
}

/** Waits before the next look, and says once in a while that it does. @throws WinpvError PUBLISH_WAIT_TIMEOUT */
export const rest = async (
  run: Run,
  patience: Patience,
  { id, toldMs }: { id: string; toldMs: number | undefined },
): Promise<void> => {
  const ms = pollWait(patience.looks, { toldMs, emulated: run.center.account.endpoint.emulated });
  if (patience.waitedMs + ms > patience.maxWaitMs) {
    throw new WinpvError('PUBLISH_WAIT_TIMEOUT', `Label ${id} is not done yet.`, {
      hint: 'It goes on without winpv: `winpv label list` shows how far it is.',
    });
  }
  patience.looks += 1;
  patience.waitedMs += ms;
  await run.ports.timer.wait(ms);
};

/**
 * Looks at a label until a person at Microsoft has it, or it is done.
 * @throws WinpvError LABEL_FAILED, PUBLISH_WAIT_TIMEOUT
 */
export const waitForLabel = async (run: Run, ids: LabelIds): Promise<LiveLabel> => {
  const patience: Patience = { maxWaitMs: run.maxWaitMs, looks: 0, waitedMs: 0 };
  let told = '';
  for (;;) {
    const { value, waitMs }: Paced<ShippingLabel> = await run.center.label(ids);
    const live = liveLabelOf(value);
    const stage = stageOf(live);
    if (stage === 'failed') return rejected(run, value);
    const shown = `${live.step}: ${live.state}`;
    if (shown !== told) note(run, `Label ${live.id}: ${shown}`);
    told = shown;
    if (stage !== 'running') return live;
    await rest(run, patience, { id: live.id, toldMs: waitMs });
  }
};
