import { JOINED_HAL_BUILD, kernelExport } from '../../packaging/bundle/exports/lookup.ts';
import type { WindowsVersion } from '../../packaging/bundle/exports/table.ts';
import type { InfArch } from '../../packaging/formats/inf/target-os.ts';
import type { PeImport } from '../../packaging/formats/pe/imports.ts';
import type { PeMachine } from '../../packaging/formats/pe/model.ts';
import type { ImageFacts } from './facts.ts';

const ARCH_OF: Readonly<Partial<Record<PeMachine, InfArch>>> = {
  x86: 'x86',
  x64: 'amd64',
  arm: 'arm',
  arm64: 'arm64',
  ia64: 'ia64',
};

const isLater = (a: WindowsVersion, b: WindowsVersion): boolean => {
  for (let i = 0; i < 3; i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return false;
};

/** Since when Windows exports a name, as far as the tables are sure of it. */
const sinceOf = (module: string, name: string, arch: InfArch | undefined): WindowsVersion | undefined => {
  const row = kernelExport(module, name);
  if (row === undefined) return undefined;
  if (row.joined) return [10, 0, JOINED_HAL_BUILD];
  const { since, exact, only, inline } = row.found;
  if (!exact || inline || (only !== undefined && arch !== undefined && !only.includes(arch))) return undefined;
  return since;
};

/** The oldest Windows that has all that an image imports (spec kernel-exports); undefined when nothing is known to be new. */
export const neededWindows = (machine: PeMachine, imports: readonly PeImport[]): ImageFacts['needsWindows'] => {
  let oldest: WindowsVersion | undefined;
  let because = '';
  for (const { module, names } of imports) {
    for (const name of names) {
      const since = sinceOf(module, name, ARCH_OF[machine]);
      if (since === undefined || (oldest !== undefined && !isLater(since, oldest))) continue;
      oldest = since;
      because = `${name} of ${module}`;
    }
  }
  return oldest === undefined ? undefined : { version: oldest, because };
};
