import { WinpvError } from '../../core/errors.ts';
import type { Product } from '../partner-center/contract.ts';
import { ServiceRefusal } from '../partner-center/transport.ts';
import { note, type Run, save } from './run.ts';

/** How often something is asked for again whose answer was lost. */
export const TRIES = 4;
/** A list may lag behind what was made. */
const LAG_MS = 5000;

export const isLost = (error: unknown): error is WinpvError =>
  error instanceof WinpvError && error.code === 'PUBLISH_ANSWER_LOST';

export const lag = async (run: Run): Promise<void> => {
  if (!run.center.account.endpoint.emulated) await run.ports.timer.wait(LAG_MS);
};

const findProduct = async (run: Run, name: string): Promise<Product | undefined> => {
  for await (const product of run.center.products()) if (product.productName === name) return product;
  return undefined;
};

/** Looks for a product of this name: surely when one may have been made, as well as it goes otherwise. */
const lookForProduct = async (run: Run, name: string): Promise<Product | undefined> => {
  const { asked } = run.state.product;
  try {
    const found = await findProduct(run, name);
    if (found !== undefined || !asked) return found;
    await lag(run);
    return run.center.account.endpoint.emulated ? undefined : await findProduct(run, name);
  } catch (error) {
    const endless = error instanceof ServiceRefusal && error.code === 'PUBLISH_SERVER_FAILED';
    if (asked || !endless) throw error;
    note(run, 'The list of products breaks off, as it does for large accounts; the product is made without it.');
    return undefined;
  }
};

/** @throws WinpvError PUBLISH_* */
export const ensureProduct = async (run: Run): Promise<string> => {
  const { plan, product } = run.state;
  if (product.id !== undefined) return product.id;
  if ('existing' in plan.product) {
    const { id } = await run.center.product(plan.product.existing);
    await save(run, { product: { asked: false, id, found: true } }, { event: 'product.chosen', product: id });
    return id;
  }
  const { create } = plan.product;
  for (let tries = 1; ; tries += 1) {
    const found = await lookForProduct(run, create.productName);
    if (found !== undefined) {
      const facts = { asked: true, id: found.id, found: true };
      await save(run, { product: facts }, { event: 'product.found', product: found.id });
      return found.id;
    }
    await save(run, { product: { asked: true } }, { event: 'product.asked', name: create.productName });
    try {
      const { id } = await run.center.createProduct(create);
      await save(run, { product: { asked: true, id } }, { event: 'product.made', product: id });
      note(run, `Product ${id} was made.`);
      return id;
    } catch (error) {
      if (!isLost(error) || tries === TRIES) throw error;
      note(run, 'The answer was lost; looking whether the product is there.');
      await lag(run);
    }
  }
};

const lookForSubmission = async (run: Run, product: string): Promise<string | undefined> => {
  const { name, type } = run.state.plan.submission;
  for await (const one of run.center.submissions(product)) {
    if (one.type !== type) continue;
    if (one.name === name) return one.id;
    if (type === 'initial') {
      throw new WinpvError('PUBLISH_STATE_DIFFERS', `Product ${product} has an initial submission of another name.`, {
        hint: `It is ${one.id}, and a product has one only. Submit to a new product, or derive from this one.`,
      });
    }
  }
  return undefined;
};

/** @throws WinpvError PUBLISH_* */
export const ensureSubmission = async (run: Run, product: string): Promise<string> => {
  const known = run.state.submission.id;
  if (known !== undefined) return known;
  let look = run.state.submission.asked || run.state.product.found === true;
  for (let tries = 1; ; tries += 1) {
    const found = look ? await lookForSubmission(run, product) : undefined;
    if (found !== undefined) {
      await save(run, { submission: { asked: true, id: found } }, { event: 'submission.found', submission: found });
      return found;
    }
    const { submission } = run.state.plan;
    await save(run, { submission: { asked: true } }, { event: 'submission.asked', product, name: submission.name });
    try {
      const { id } = await run.center.createSubmission(product, submission);
      await save(run, { submission: { asked: true, id } }, { event: 'submission.made', product, submission: id });
      note(run, `Submission ${id} was made.`);
      return id;
    } catch (error) {
      const there = error instanceof ServiceRefusal && error.reason === 'requestInvalidForCurrentState';
      if ((!isLost(error) && (!there || look)) || tries === TRIES) throw error;
      look = true;
      await lag(run);
    }
  }
};
