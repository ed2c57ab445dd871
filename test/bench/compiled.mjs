import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

const compile = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  const file = join(folder, 'measured.mjs');
  try {
    const input = fileURLToPath(new URL('measured.ts', import.meta.url));
    await build({ input, platform: 'node', logLevel: 'silent', output: { file } });
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let once;

/** What `measured.ts` exports, bundled as the executable is. */
export const measured = () => {
  once ??= compile();
  return once;
};
