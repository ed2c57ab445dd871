import { diskFiles } from '../../cli/adapters/files.ts';
import { systemKeyMaker, systemTimer } from '../../cli/adapters/machine.ts';
import { trustOf } from '../../packaging/signing/chain.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { testSigners } from '../../packaging/signing/test-hierarchy.ts';
import { projectTestKeys } from '../../release/making/keys.ts';
import { sumsSignature } from '../../release/making/statements.ts';
import { checksumFile, type OutputFile, sha256Hex } from '../../release/output.ts';
import { checkStatements } from '../../release/reading/verify-statements.ts';
import { checkSums } from '../../release/reading/verify-sums.ts';
import { TEST_NOW, winpv } from './command-line.ts';
import { contentBelow, makeProject, type TestProject } from './project.ts';

/** A release with statements, and ways to spoil it. */
export interface StatedRelease {
  readonly project: TestProject;
  /** OUT's files in memory. */
  readonly files: readonly OutputFile[];
  readonly root: Uint8Array;
  readonly signer: Signer;
}

const settings = (architectures: string, drivers: string): string =>
  `brands: [xenproject, example-vendor]\nsources: { default: stand-in }\ndrivers: [${drivers}]\narchitectures: [${architectures}]\n`;

/** Two brands; the folder goes away with the project. */
export const statedRelease = async (date = '2026-05-04'): Promise<StatedRelease> => {
  const project = await makeProject({ 'winpv.yaml': settings('x64', 'xenbus, xenvbd') });
  const { exit, stderr } = await winpv([
    ...['release', '-C', project.folder, '--out', project.path('out'), '--date', date],
  ]);
  if (exit !== 0) throw new Error(stderr);
  const ports = { files: diskFiles, keyMaker: systemKeyMaker, timer: systemTimer };
  const { hierarchy } = await projectTestKeys(ports, project.folder, 'winpv');
  const files = [...contentBelow(project.path('out'))].map(([path, bytes]) => ({ path, bytes: new Uint8Array(bytes) }));
  return { project, files, root: hierarchy.root.certificate, signer: testSigners(hierarchy).signer };
};

export const withBytes = (
  files: readonly OutputFile[],
  path: string,
  change: (bytes: Uint8Array) => Uint8Array | undefined,
): readonly OutputFile[] => {
  if (!files.some((file) => file.path === path)) throw new Error(`there is no ${path}`);
  return files.flatMap((file) => {
    if (file.path !== path) return [file];
    const bytes = change(file.bytes);
    return bytes === undefined ? [] : [{ path, bytes }];
  });
};

const isSums = ({ path }: OutputFile): boolean => /^SHA256SUMS/.test(path);

/** The checksums made anew and signed with the release's own key: what is left to notice is what statements say. */
export const sealedAgain = async (files: readonly OutputFile[], signer: Signer): Promise<readonly OutputFile[]> => {
  const rest = files.filter((file) => !isSums(file) && !file.path.startsWith('.winpv/'));
  const sums = checksumFile(rest.map(({ path, bytes }) => ({ path, sha256: sha256Hex(bytes) })));
  return [...rest, sums, await sumsSignature(sums, { signer, timestamper: undefined })];
};

/** What a verification has against a release folder, as `CODE path`. */
export const complaints = (files: readonly OutputFile[], root: Uint8Array): readonly string[] => {
  const checked = checkStatements(files, { trust: trustOf([root]), atMs: TEST_NOW });
  return [...checkSums(files), ...(checked?.findings ?? [])]
    .filter(({ severity }) => severity === 'error')
    .map(({ code, at }) => `${code} ${at?.file ?? ''}`);
};
