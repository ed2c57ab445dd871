import { WinpvError } from '../../core/errors.ts';
import type { Files, Timer } from '../../core/ports.ts';

const TRIES = 120;
const PAUSE_MS = 500;

/** Takes the lock of a folder; another release of the project may have it just now, and a minute is enough for that. */
export const lockPatiently = async (
  { files, timer }: { readonly files: Files; readonly timer: Timer },
  folder: string,
): Promise<() => Promise<void>> => {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await files.lock(folder);
    } catch (error) {
      const taken = error instanceof WinpvError && error.code === 'OUTPUT_LOCKED';
      if (!taken || left === 0) throw error;
    }
    await timer.wait(PAUSE_MS);
  }
};
