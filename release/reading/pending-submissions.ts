import { WinpvError } from '../../core/errors.ts';
import type { Files } from '../../core/ports.ts';

/**
 * Refuses to replace a folder that alone knows of a submission which is under way: without its state the service would hold a
 * product that nobody goes on with. A state that cannot be read may be of such a one.
 * @throws WinpvError OUTPUT_SUBMISSION_PENDING
 */
export const checkNothingPending = async (files: Files, folder: string): Promise<void> => {
  if ((await files.stat(files.join(folder, '.winpv'))) === undefined) return;
  // Few folders have a submission, and reading its state takes many modules.
  const { listSubmissions, openStore } = await import('../../publishing/submission/state.ts');
  for (const key of await listSubmissions(files, folder)) {
    // Nothing is written, so no clock is looked at.
    const store = openStore({ files, clock: { now: () => 0 } }, key);
    const at = { file: store.statePath };
    try {
      const state = await store.load();
      if (state?.outcome !== 'open' || !(state.product.asked || state.product.id !== undefined)) continue;
    } catch (cause) {
      if (!(cause instanceof WinpvError)) throw cause;
      const message = `The state of a submission cannot be read, so it may be under way: ${cause.message} Nothing was written.`;
      throw new WinpvError('OUTPUT_SUBMISSION_PENDING', message, {
        at,
        hint: 'Move the file away if nothing is to come of the submission, or name another folder with --out.',
        cause,
      });
    }
    const { brand, architecture } = key;
    throw new WinpvError(
      'OUTPUT_SUBMISSION_PENDING',
      `The submission of ${brand} for ${architecture} is not done, and its state is in ${folder}. Nothing was written.`,
      {
        at,
        hint: `End it with \`winpv submit ${folder} --brand ${brand} --arch ${architecture} --resume\`, or name another folder with --out.`,
      },
    );
  }
};
