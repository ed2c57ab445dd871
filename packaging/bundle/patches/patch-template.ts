import { isInfOf } from '../../../branding/patches/path.ts';
import type { Patch, PatchQueue } from '../../../branding/patches/queue.ts';
import { appliesTo } from '../../../branding/patches/series-meta.ts';
import { type Diagnostic, problem, stopOnErrors } from '../../../core/errors.ts';
import type { FourPartVersion } from '../../../core/version.ts';
import { FAMILY } from '../../../drivers/index.ts';
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
const targetPath = (patches: readonly Patch[], driver: string): string =>
  patches.flatMap(({ paths }) => paths).find((path) => isInfOf(path, driver)) ?? `src/${driver}.inf`;

/** An INF that is nobody's would be left as it is in silence: a misspelt name, or another folder than before. */
const strayInfs = ({ patch, notSeen }: PatchOutcome, driver: string, target: string): readonly Diagnostic[] =>
  notSeen
    .filter((path) => /\.inf$/i.test(path))
    .filter((path) => !FAMILY.some((other) => other !== driver && isInfOf(path, other)))
    .map((path) =>
      problem('PATCH_CONFLICT', `${patch.name} changes ${path}, and the INF of ${driver} is ${target}.`, {
        at: { file: patch.file },
        hint: 'One name of it has to be in all patches of a queue.',
      }),
    );

/** A patch of an INF that is said to be for other drivers would never come to it. */
const forOthers = ({ patches }: PatchQueue, driver: string): readonly Diagnostic[] =>
  patches.flatMap(({ name, meta, paths, metaPoint }) =>
    (meta.drivers.includes(driver) ? FAMILY : [driver])
      .filter((owner) => !meta.drivers.includes(owner) && paths.some((path) => isInfOf(path, owner)))
      .map((owner) =>
        problem('PATCH_SERIES', `${name} changes the INF of ${owner}, and its \`drivers\` do not name it.`, metaPoint),
      ),
  );

/** A package has to keep its INF, under its name. */
const takenAway = (outcomes: readonly PatchOutcome[], target: string): readonly Diagnostic[] =>
  outcomes
    .filter(({ files }) => files.some(({ path, after }) => path === target && after === undefined))
    .map(({ patch }) =>
      problem('PATCH_CONFLICT', `${patch.name} takes ${target} away or renames it, and a release is made from it.`, {
        at: { file: patch.file },
      }),
    );

const notes = (
  { patch, state, notSeen, diagnostics }: PatchOutcome,
  driver: string,
  own: boolean,
): readonly Diagnostic[] => {
  const at = { file: patch.file };
  if (state === 'droppable') {
    const hint = 'Take it out of the queue.';
    const message = `${patch.name} is not needed for ${driver}: what it changes is there already.`;
    return [problem('PATCH_DROPPABLE', message, { severity: 'info', at, hint })];
  }
  if (notSeen.length === 0 || !own) return diagnostics;
  const message = `${patch.name} changes source files of ${driver} (${notSeen.join(', ')}), which a release does not build.`;
  const hint = 'The binaries have to be built with it; `winpv patch apply --tree` applies it to a checkout.';
  return [...diagnostics, problem('PATCH_NOT_BUILT', message, { severity: 'info', at, hint })];
};

/**
 * Applies a brand's queue to a template.
 * @throws WinpvError PATCH_CONFLICT, PATCH_EDIT_CONFLICT, PATCH_BASE_DIFFERS with all that does not fit
 */
export const patchTemplate = (queue: PatchQueue, { driver, version, bytes }: PatchTarget): PatchedTarget => {
  const own = queue.patches.filter(({ meta }) => appliesTo(meta, driver, version));
  const path = targetPath(own, driver);
  const tree = { driver, version, files: new Map([[path, bytes]]), whole: false };
  const { files, outcomes } = applyQueue(queue, tree);
  const diagnostics = stopOnErrors([
    ...forOthers(queue, driver),
    ...takenAway(outcomes, path),
    ...outcomes.flatMap((outcome) => {
      const mine = own.includes(outcome.patch);
      return [...(mine ? strayInfs(outcome, driver, path) : []), ...notes(outcome, driver, mine)];
    }),
  ]);
  return { bytes: files.get(path) ?? bytes, outcomes, diagnostics };
};
