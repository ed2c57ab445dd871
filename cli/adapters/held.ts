/**
 * What this process holds and must not leave behind when it is told to end: locks, files and folders that are not whole
 * yet, programs that it started. `endHolding` gives all of it back, and from then on no change of the machine begins.
 */

/** Gives one thing back at once; it may be gone already. */
type GiveBack = () => void;
/** Ends one thing and waits until it has ended. */
type Stop = () => Promise<void>;

const held = new Set<GiveBack>();
const stops = new Set<Stop>();
const changes = new Set<Promise<unknown>>();
let ending = false;

/** Registers something to be given back; the returned function takes it off the list. */
export const hold = (giveBack: GiveBack): (() => void) => {
  const entry = (): void => giveBack();
  held.add(entry);
  return () => {
    held.delete(entry);
  };
};

/** Registers something that runs beside this process. */
export const stopAtEnd = (stop: Stop): (() => void) => {
  const entry = (): Promise<void> => stop();
  stops.add(entry);
  return () => {
    stops.delete(entry);
  };
};

/**
 * Makes one change of the machine, of several steps perhaps, which an end lets finish. Once the process is ending no
 * change begins: whoever waits for it waits for the end.
 */
export const change = <T>(body: () => Promise<T>): Promise<T> => {
  if (ending) return new Promise<T>(() => undefined);
  const work = body();
  const settled: Promise<unknown> = work.then(
    () => changes.delete(settled),
    () => changes.delete(settled),
  );
  changes.add(settled);
  return work;
};

/** A disk that does not answer is not waited for. */
const PATIENCE_MS = 3000;

const patiently = async (work: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
};

/** Ends programs, lets changes finish that have begun, and gives back what is held, the newest first. */
export const endHolding = async (): Promise<void> => {
  ending = true;
  await patiently(Promise.all([...[...stops].map((stop) => stop()), ...changes]));
  for (const giveBack of [...held].reverse()) {
    try {
      giveBack();
    } catch {
      // The next things are to be given back all the same.
    }
  }
  held.clear();
};
