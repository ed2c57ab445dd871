import type { Templates } from '../emulator/history/historic-package.ts';
import type { Io } from './io.ts';

/** winpv's own INF templates, by their paths from its root. */
export const readTemplates = async ({ files, packageRoot }: Io): Promise<Templates> => {
  const { FAMILY } = await import('../drivers/index.ts');
  const { historicTemplates } = await import('../emulator/history/historic-package.ts');
  const read = historicTemplates(FAMILY).map(
    async (path) => [path, await files.read(files.join(packageRoot, ...path.split('/')))] as const,
  );
  return new Map(await Promise.all(read));
};
