import type { PatchQueue } from '../../../branding/patches/queue.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { applyQueue, type PatchOutcome } from './apply-queue.ts';

/** An INF template, or a finished INF, before it is rendered. */
export interface PatchTarget {
  readonly driver: string;
  readonly version: FourPartVersion;
  readonly bytes: Uint8Array;
}

export interface PatchedTarget {
  readonly bytes: Uint8Array;
  readonly outcomes: readonly PatchOutcome[];
  /** Notes. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Where upstream's repositories have the template: `src/xenvbd.inf`; or wherever the queue says that it is. */
const targetPath = ({ patches }: PatchQueue, driver: string): string => {
  const name = `${driver}.inf`;
  const named = patches
    .filter(({ meta }) => meta.drivers.includes(driver))
    .flatMap(({ paths }) => paths)
    .find((path) => path.toLowerCase() === name || path.toLowerCase().endsWith(`/${name}`));
  return named ?? `src/${name}`;
};

const notes = ({ patch, state, notSeen, diagnostics }: PatchOutcome, driver: string): readonly Diagnostic[] => {
  const at = { file: patch.file };
  if (state === 'droppable') {
    const hint = 'Take it out of the queue.';
    const message = `${patch.name} is not needed for ${driver}: what it changes is there already.`;
    return [problem('PATCH_DROPPABLE', message, { severity: 'info', at, hint })];
  }
  if (notSeen.length === 0 || !patch.meta.drivers.includes(driver)) return diagnostics;
  const message = `${patch.name} changes source files of ${driver} (${notSeen.join(', ')}), which a release does not build.`;
  const hint = 'The binaries have to be built with it; `winpv patch apply --tree` applies it to a checkout.';
  return [...diagnostics, problem('PATCH_NOT_BUILT', message, { severity: 'info', at, hint })];
};

/**
 * Applies a brand's queue to a template.
 * @throws WinpvError PATCH_CONFLICT, PATCH_EDIT_CONFLICT, PATCH_BASE_DIFFERS with all that does not fit
 */
export const patchTemplate = (queue: PatchQueue, { driver, version, bytes }: PatchTarget): PatchedTarget => {
  const path = targetPath(queue, driver);
  const tree = { driver, version, files: new Map([[path, bytes]]), whole: false };
  const { files, outcomes } = applyQueue(queue, tree);
  const diagnostics = stopOnErrors(outcomes.flatMap((outcome) => notes(outcome, driver)));
  return { bytes: files.get(path) ?? bytes, outcomes, diagnostics };
};
