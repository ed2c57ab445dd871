import { createHash } from 'node:crypto';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { DRIVERS } from '../../drivers/index.ts';
import type { LabelIds } from '../partner-center/client.ts';
import { writeWire } from '../partner-center/contract.ts';
import {
  type CreateShippingLabel,
  type PatchShippingLabel,
  patchShippingLabel,
} from '../partner-center/label-contract.ts';
import { ServiceRefusal } from '../partner-center/transport.ts';
import { isLost, TRIES } from '../submission/create.ts';
import { ensureLabel, saveLabel } from '../submission/label.ts';
import { note, type Run } from '../submission/run.ts';
import type { LiveLabel, ResolvedLabel } from './contract.ts';
import { type LabelChange, patchOf, planChanges } from './diff.ts';
import { serviceName } from './identity.ts';
import { liveLabelOf } from './live.ts';
import { type Patience, rejected, rest, stageOf, waitForLabel } from './workflow.ts';

/** Makes labels that are missing and changes those that differ, each once, and looks whether it is done. */

export interface AppliedLabel {
  readonly change: LabelChange;
  readonly live: LiveLabel;
}

const creationOf = ({ label, rows }: ResolvedLabel, name: string): CreateShippingLabel => ({
  name,
  destination: label.destination,
  ...(label.publishingSpecifications === undefined ? {} : { publishingSpecifications: label.publishingSpecifications }),
  ...(label.recipientSpecifications === undefined ? {} : { recipientSpecifications: label.recipientSpecifications }),
  targeting: {
    ...label.targeting,
    hardwareIds: rows.map((row) => ({ ...row })),
    ...(label.targeting.chids === undefined || label.targeting.chids === null
      ? {}
      : { chids: label.targeting.chids.map(({ chid }) => ({ chid })) }),
  },
});

const look = async (run: Run, ids: LabelIds): Promise<LiveLabel> => liveLabelOf((await run.center.label(ids)).value);

/** A refusal that says no more than that something runs. */
const isBusy = (error: unknown, live: LiveLabel): boolean =>
  error instanceof ServiceRefusal &&
  ['invalidinput', 'requestinvalidforcurrentstate'].includes((error.reason ?? '').toLowerCase()) &&
  stageOf(live) !== 'live' &&
  stageOf(live) !== 'shared' &&
  stageOf(live) !== 'failed';

const busy = (id: string, live: LiveLabel, cause: unknown): WinpvError =>
  new WinpvError('LABEL_BUSY', `Label ${id} cannot be changed while it is at ${live.step}.`, {
    hint: 'Apply again later, or with --wait.',
    cause,
  });

/**
 * Sends a change until a look at the label says that it is done.
 * @param pending what is left to change; undefined when it is done
 * @throws WinpvError PUBLISH_*, LABEL_BUSY
 */
export const sendPatch = async (
  run: Run,
  ids: LabelIds,
  name: string,
  pending: (live: LiveLabel) => PatchShippingLabel | undefined,
): Promise<LiveLabel> => {
  const patience: Patience = { maxWaitMs: run.maxWaitMs, looks: 0, waitedMs: 0 };
  for (let lost = 0; ; ) {
    const live = await look(run, ids);
    const patch = pending(live);
    if (patch === undefined) return live;
    const change = createHash('sha256').update(writeWire(patchShippingLabel, patch)).digest('hex');
    await saveLabel(run, { name, asked: true, id: ids.l, change }, 'label.change.asked');
    try {
      await run.center.patchLabel(ids, patch);
      await saveLabel(run, { name, asked: true, id: ids.l, change }, 'label.changed');
      note(run, `Label ${ids.l} was changed.`);
      lost = TRIES;
    } catch (error) {
      if (isBusy(error, live)) {
        if (!run.wait) throw busy(ids.l, live, error);
        await rest(run, patience, { id: ids.l, toldMs: undefined });
      } else {
        lost += 1;
        if (!isLost(error) || lost >= TRIES) throw error;
        note(run, 'The answer was lost; looking whether the label was changed.');
      }
      continue;
    }
    const after = await look(run, ids);
    if (pending(after) !== undefined) {
      throw new WinpvError(
        'PUBLISH_ANSWER_INVALID',
        `Label ${ids.l} is not what it was asked to be, though the request was taken.`,
      );
    }
    return after;
  }
};

const changeLabel = (run: Run, resolved: ResolvedLabel, ids: LabelIds): Promise<LiveLabel> =>
  sendPatch(run, ids, serviceName(resolved), (live) => {
    const [change] = planChanges([resolved], [live]);
    return change?.action === 'change' ? patchOf(change) : undefined;
  });

const rankOf = ({ resolved }: LabelChange): number => {
  const rank = DRIVERS.findIndex(({ name }) => name === resolved.label.driver.toLowerCase());
  return rank < 0 ? DRIVERS.length : rank;
};

/**
 * Applies changes in the order of drivers, each bus before what hangs below it.
 * @param runOf the journal that a label is written down in
 * @throws WinpvError PUBLISH_*, LABEL_*
 */
export const applyLabels = async (
  changes: readonly LabelChange[],
  runOf: (resolved: ResolvedLabel) => Run,
): Promise<readonly AppliedLabel[]> => {
  const applied: AppliedLabel[] = [];
  for (const change of [...changes].sort((a, b) => rankOf(a) - rankOf(b))) {
    const { resolved, name, live, action } = change;
    const ids = resolved.submission?.ids;
    if (ids === undefined) continue;
    const run = runOf(resolved);
    const l = live?.id ?? (await ensureLabel(run, ids, creationOf(resolved, name)));
    const now = action === 'change' ? await changeLabel(run, resolved, { ...ids, l }) : await look(run, { ...ids, l });
    applied.push({ change, live: now });
  }
  return applied;
};

export interface SettledLabel extends AppliedLabel {
  /** Why Microsoft rejected it. */
  readonly failure?: Diagnostic;
}

const settle = async (run: Run, live: LiveLabel): Promise<LiveLabel> => {
  const ids = { ...live.ids, l: live.id };
  if (run.wait) return waitForLabel(run, ids);
  return stageOf(live) === 'failed' ? rejected(run, (await run.center.label(ids)).value) : live;
};

/** Looks once, or waits until Microsoft's people have each label; one that is rejected keeps nobody from the next. */
export const settleLabels = async (
  applied: readonly AppliedLabel[],
  runOf: (resolved: ResolvedLabel) => Run,
): Promise<readonly SettledLabel[]> => {
  const settled: SettledLabel[] = [];
  for (const { change, live } of applied) {
    const run = runOf(change.resolved);
    try {
      settled.push({ change, live: await settle(run, live) });
    } catch (error) {
      const [failure] = error instanceof WinpvError && error.code === 'LABEL_FAILED' ? error.diagnostics : [];
      if (failure === undefined) throw error;
      settled.push({ change, live: await look(run, { ...live.ids, l: live.id }), failure });
    }
  }
  return settled;
};
