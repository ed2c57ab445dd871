import { createHash } from 'node:crypto';
import type { SubmissionIds } from '../partner-center/client.ts';
import { writeWire } from '../partner-center/contract.ts';
import { type CreateShippingLabel, createShippingLabel } from '../partner-center/label-contract.ts';
import { isLost, lag, TRIES } from './create.ts';
import { note, type Run, save } from './run.ts';
import type { LabelState } from './state.ts';

/**
 * A label by a name that ends in a hash of what it says, as a product's does: nothing else that is chosen identifies a label,
 * and the service takes two of one name.
 */
export const markedLabel = (label: CreateShippingLabel): CreateShippingLabel => {
  const said = writeWire(createShippingLabel, label);
  const mark = createHash('sha256').update(said).digest('hex').slice(0, 8);
  return { ...label, name: `${label.name} (${mark})` };
};

/** Replaces, or adds, what is known of one label. */
const withLabel = (run: Run, label: LabelState): readonly LabelState[] => [
  ...(run.state.labels ?? []).filter(({ name }) => name !== label.name),
  label,
];

/** Writes down what was asked of a label, or what came of it. */
export const saveLabel = (run: Run, label: LabelState, event: string): Promise<void> =>
  save(
    run,
    { labels: [...withLabel(run, label)] },
    { event, name: label.name, label: label.id, ...(label.change === undefined ? {} : { change: label.change }) },
  );

const findLabel = async (run: Run, ids: SubmissionIds, name: string): Promise<string | undefined> => {
  for await (const label of run.center.labels(ids)) if (label.name === name) return label.id;
  return undefined;
};

/**
 * Makes a shipping label once, whatever happens to the answers: it is looked for before it is asked for, and asked for only
 * after that is written down.
 * @param label as `markedLabel` names it
 * @returns its id
 * @throws WinpvError PUBLISH_*
 */
export const ensureLabel = async (run: Run, ids: SubmissionIds, label: CreateShippingLabel): Promise<string> => {
  const { name } = label;
  for (let tries = 1; ; tries += 1) {
    const known = run.state.labels?.find((one) => one.name === name);
    if (known?.id !== undefined) return known.id;
    let found = await findLabel(run, ids, name);
    if (found === undefined && known?.asked === true) {
      // A list may lag behind what was made.
      await lag(run);
      found = await findLabel(run, ids, name);
    }
    if (found !== undefined) {
      await saveLabel(run, { name, asked: true, id: found }, 'label.found');
      return found;
    }
    await saveLabel(run, { name, asked: true }, 'label.asked');
    try {
      const { id } = await run.center.createLabel(ids, label);
      await saveLabel(run, { name, asked: true, id }, 'label.made');
      note(run, `Shipping label ${id} was made.`);
      return id;
    } catch (error) {
      if (!isLost(error) || tries === TRIES) throw error;
      note(run, 'The answer was lost; looking whether the label is there.');
    }
  }
};
