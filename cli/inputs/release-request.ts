import type { ReleasePorts, ReleaseRequest } from '../../release/prepare.ts';
import type { Io } from '../io.ts';
import type { Context } from '../outcome.ts';

/** The options that say what a release is of. */
export interface SelectionOptions {
  readonly project: string;
  readonly brand?: readonly string[];
  readonly driver?: readonly string[];
  readonly arch?: readonly string[];
  readonly date?: string;
}

/** Collects an option that is given several times. */
export const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  value,
];

/** Seconds since 1970 of the newest commit of the project's folder; undefined without git or without a commit. */
const commitTime = async (io: Io, folder: string): Promise<string | undefined> => {
  const { WinpvError } = await import('../../core/errors.ts');
  const exec = await io.exec();
  try {
    const { exitCode, stdout } = await exec.run('git', ['-C', folder, 'log', '-1', '--format=%ct', '--', '.'], {
      timeoutMs: 10_000,
    });
    const text = new TextDecoder().decode(stdout).trim();
    return exitCode === 0 && text !== '' ? text : undefined;
  } catch (error) {
    if (error instanceof WinpvError) return undefined;
    throw error;
  }
};

/** What a release is asked for; the place it goes to is the caller's to add. git answers while modules are loaded. */
export const releaseRequest = (io: Io, options: SelectionOptions): Omit<ReleaseRequest, 'out' | 'clean'> => {
  const commit = options.date === undefined ? commitTime(io, options.project) : Promise.resolve(undefined);
  commit.catch(() => undefined);
  return {
    project: options.project,
    brands: options.brand,
    drivers: options.driver,
    architectures: options.arch,
    date: options.date,
    sourceDateEpoch: io.env.SOURCE_DATE_EPOCH,
    commit: () => commit,
    toolVersion: io.version,
  };
};

export const releasePorts = async ({ io, reporter }: Context): Promise<ReleasePorts> => ({
  ...io,
  reporter,
  rehearsals: await io.rehearsals(),
  page: async (facts) => {
    const { releasePage } = await import('../render/release-html/page.ts');
    const { readStillAssets } = await import('../render/report/assets.ts');
    return releasePage({ ...facts, submissions: [] }, await readStillAssets(io));
  },
});
