import { Command } from 'commander';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { PackageDiff } from '../../packaging/bundle/diff.ts';
import type { InfDiff } from '../../packaging/formats/inf/diff.ts';
import { readInfFile } from '../inputs/inf-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

const diffFiles = async (io: Io, from: string, to: string): Promise<InfDiff> => {
  const { parseInf } = await import('../../packaging/formats/inf/document.ts');
  const { diffInf } = await import('../../packaging/formats/inf/diff.ts');
  return diffInf(parseInf(await readInfFile(io, from), from), parseInf(await readInfFile(io, to), to));
};

const diffFolders = async (io: Io, from: string, to: string): Promise<PackageDiff> => {
  const { diffPackages } = await import('../../packaging/bundle/diff.ts');
  const { readFolderFiles } = await import('../inputs/named-files.ts');
  return diffPackages(await readFolderFiles(io, from), await readFolderFiles(io, to));
};

const kindOf = async (io: Io, path: string): Promise<'file' | 'folder'> => {
  const entry = await io.files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  return entry.kind === 'folder' ? 'folder' : 'file';
};

const findings = ({ driverVer }: InfDiff, to: string): readonly Diagnostic[] => {
  if (driverVer.direction !== 'backward') return [];
  const message = `DriverVer goes backward, from ${driverVer.from ?? 'nothing'} to ${driverVer.to ?? 'nothing'}: Windows keeps the older driver.`;
  return [problem('INF_DRIVERVER_BACKWARD', message, { severity: 'warning', at: { file: to } })];
};

const diff = async ({ io }: Context, from: string, to: string): Promise<Outcome> => {
  const { diffLines } = await import('../render/inf-diff.ts');
  const kinds = [await kindOf(io, from), await kindOf(io, to)];
  if (kinds[0] !== kinds[1]) {
    throw new WinpvError('USAGE', 'A file and a folder cannot be compared.', {
      hint: 'Name two INFs, or two folders.',
    });
  }
  const result = kinds[0] === 'folder' ? await diffFolders(io, from, to) : await diffFiles(io, from, to);
  const outcome = { result, text: diffLines(result), diagnostics: findings(result, to) };
  if (result.same) return outcome;
  return { ...outcome, failure: problem('INF_DIFFERS', `${to} does not do the same as ${from}.`) };
};

export const infDiffCommand = (bind: Bind): Command =>
  new Command('diff')
    .summary('what an INF or a package does otherwise than another')
    .description(
      'Compares what two INFs do, or what two folders of packages do and hold: ids, services, files, registry, Windows versions, DriverVer. Comments, layout, the names of sections and signatures do not count. Changes nothing; exit 5 when they differ.',
    )
    .argument('<from>', 'the older INF or folder')
    .argument('<to>', 'the newer one')
    .addHelpText('after', examples('winpv inf diff 9.1.0/xenbus.inf 9.1.1/xenbus.inf', 'winpv inf diff old new --json'))
    .action(bind(diff));
