import { FAMILY } from '../../drivers/index.ts';
import { historicTemplates, type Templates } from '../../emulator/history/historic-package.ts';
import type { LoadPorts } from './load.ts';

/** winpv's own INF templates, by their paths from its root. */
export const readTemplates = async ({ files, packageRoot }: LoadPorts): Promise<Templates> => {
  const read = historicTemplates(FAMILY).map(
    async (path) => [path, await files.read(files.join(packageRoot, ...path.split('/')))] as const,
  );
  return new Map(await Promise.all(read));
};
