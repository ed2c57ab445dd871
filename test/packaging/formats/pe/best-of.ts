/** The shortest of several runs in milliseconds: what the work takes when nothing else is in its way. */
export const bestOf = (runs: number, work: () => unknown): number =>
  Math.min(
    ...Array.from({ length: runs }, () => {
      const start = performance.now();
      work();
      return performance.now() - start;
    }),
  );
