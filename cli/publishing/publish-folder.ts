import { stopOnErrors } from '../../core/errors.ts';
import type { Publishable } from '../../release/reading/publishable.ts';
import type { Io } from '../io.ts';
import type { Context } from '../outcome.ts';

export interface FolderOptions {
  readonly brand: string;
  readonly ca?: readonly string[];
  readonly allowTestSigned?: true;
}

/** What of a release may go to a folder or onto a medium. @throws WinpvError with everything that refuses it */
export const publishableOf = async (io: Io, out: string, options: FolderOptions): Promise<Publishable> => {
  const { namedRoots, readRelease, returnedDrivers } = await import('../inputs/release-files.ts');
  const { publishableRelease } = await import('../../release/reading/publishable.ts');
  const publishable = publishableRelease({
    files: await readRelease(io, out),
    brand: options.brand,
    trust: await namedRoots(io, options.ca ?? []),
    atMs: io.clock.now(),
    allowTestSigned: options.allowTestSigned === true,
    returned: await returnedDrivers(io, out, options.brand),
    shown: (path) => io.files.join(out, path),
  });
  stopOnErrors(publishable.diagnostics);
  return publishable;
};

export interface FolderTarget {
  readonly to: string;
  readonly keep: number | undefined;
  readonly dryRun: boolean;
}

export const publishToFolder = async (context: Context, { publication }: Publishable, target: FolderTarget) => {
  const { publishToRepository } = await import('../../publishing/repository/publish.ts');
  const { repositoryLines, repositoryResult } = await import('../render/publish.ts');
  const ports = { files: context.io.files, reporter: context.reporter };
  const { to, keep, dryRun } = target;
  const { plan, changed, diagnostics } = await publishToRepository(ports, to, publication, { keep, dryRun });
  return {
    result: repositoryResult(to, plan, changed),
    text: repositoryLines(to, plan, { dryRun }),
    diagnostics,
  };
};
