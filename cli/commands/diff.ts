import { Command } from 'commander';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { PackageFileBytes } from '../../packaging/bundle/diff.ts';
import type { ReleaseDiff } from '../../packaging/bundle/diff-releases.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface DiffOptions {
  readonly signatures?: boolean;
}

/** The files of a release: a folder with all below it, or a ZIP. */
const readRelease = async (io: Io, path: string): Promise<readonly PackageFileBytes[]> => {
  const entry = await io.files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  if (entry.kind === 'folder') {
    const { readFolderFiles } = await import('../inputs/named-files.ts');
    return readFolderFiles(io, path);
  }
  if (!/\.zip$/i.test(path)) {
    throw new WinpvError('USAGE', `${path} is neither a folder nor a ZIP.`, {
      hint: 'Name what `winpv release` made. `winpv inf diff` compares single INFs.',
    });
  }
  const { parseZip } = await import('../../packaging/formats/zip/parse.ts');
  return parseZip(await io.files.read(path), path).map(({ name, bytes }) => ({
    ...{ name, path: `${path}/${name}`, bytes: bytes() },
  }));
};

/** A DriverVer that goes backward is what a comparison before publishing has to say. */
const backward = ({ changed }: ReleaseDiff, to: string): readonly Diagnostic[] =>
  changed
    .filter(({ does }) => does.driverVer.direction === 'backward')
    .map(({ folder, does: { driverVer } }) =>
      problem(
        'INF_DRIVERVER_BACKWARD',
        `DriverVer of ${folder} goes backward, from ${driverVer.from ?? 'nothing'} to ${driverVer.to ?? 'nothing'}: Windows keeps the older driver.`,
        { severity: 'warning', at: { file: to } },
      ),
    );

const diff = async ({ io }: Context, from: string, to: string, options: DiffOptions): Promise<Outcome> => {
  const { diffReleases, hasPackages } = await import('../../packaging/bundle/diff-releases.ts');
  const { releaseDiffLines } = await import('../render/release-diff.ts');
  const [before, after] = [await readRelease(io, from), await readRelease(io, to)];
  for (const [path, files] of [[from, before] as const, [to, after] as const]) {
    if (hasPackages(files)) continue;
    throw new WinpvError('USAGE', `There is no driver package in ${path}.`, {
      hint: 'Name a folder that a release made.',
    });
  }
  const result = diffReleases(before, after);
  const outcome = { result, text: releaseDiffLines(result), diagnostics: backward(result, to) };
  if (result.same && !(options.signatures === true && result.resigned)) return outcome;
  return { ...outcome, failure: problem('RELEASE_DIFFERS', `${to} is not the same as ${from}.`) };
};

export const diffCommand = (bind: Bind): Command =>
  new Command('diff')
    .description(
      'Compares two releases: brands, drivers and architectures gained or lost; for each package what its INF does otherwise, down to ids and registry values, the systems and files of its catalog, versions, and whether an image has other content or only another signature. Archives follow from packages and are left out. Changes nothing; exit 5 when they differ.',
    )
    .argument('<from>', 'the older release, a brand or package of one, or its ZIP')
    .argument('<to>', 'the newer one')
    .option('--signatures', 'other signatures make a difference too')
    .addHelpText(
      'after',
      examples('winpv diff dist/9.1.0 dist/9.1.1', 'winpv diff dist/9.1.0 returned --signatures --json'),
    )
    .action(bind(diff));
