import { readFileSync } from 'node:fs';
import { winpvJson } from './command-line.ts';
import { driverImage as anyDriverImage, driverVersion } from './demo-image.ts';
import { makeProject } from './project.ts';

export const driverImage = (
  name: string,
  machine: 'x64' | 'x86' = 'x64',
  strings: readonly string[] = [],
): Uint8Array =>
  anyDriverImage(name, { machine, strings: [name, ...strings], version: driverVersion([9, 1, 0, 0], 'Xen Project') });

const BINARIES = ['xenvbd.sys', 'xendisk.sys', 'xencrsh.sys'];
export const DATE = '2026-05-04';

export type SourceFiles = Readonly<Record<string, string | Uint8Array>>;

export const binariesOf = (machine: 'x64' | 'x86' = 'x64'): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(BINARIES.map((name) => [name, driverImage(name, machine)]));

/** xenvbd's finished INF for x64, as a build would leave it; made once. */
export const finishedInf = (() => {
  let made: Promise<Uint8Array> | undefined;
  const make = async (): Promise<Uint8Array> => {
    const yaml =
      'brands: [xenproject]\nsources: { xenvbd: { binaries: bin } }\ndrivers: [xenvbd]\narchitectures: [x64]\n';
    const files = Object.entries(binariesOf()).map(([name, bytes]) => [`bin/x64/${name}`, bytes] as const);
    const project = await makeProject({ 'winpv.yaml': yaml, ...Object.fromEntries(files) });
    const args = ['release', '-C', project.folder, '--out', project.path('out'), '--date', DATE];
    const { error } = await winpvJson(args);
    if (error !== undefined) throw new Error(JSON.stringify(error));
    const inf = new Uint8Array(readFileSync(project.path('out/xenproject/xenvbd/x64/xenvbd.inf')));
    project.dispose();
    return inf;
  };
  return () => {
    made ??= make();
    return made;
  };
})();

export const COMMIT = '583bd7f0583bd7f0583bd7f0583bd7f0583bd7f0';

/** A build tree of xenvbd as upstream's builds leave it, with all that lies about in one. */
export const buildTree = async (folder = 'xenvbd/x64'): Promise<SourceFiles> => ({
  ...Object.fromEntries(Object.entries(binariesOf()).map(([name, bytes]) => [`${folder}/${name}`, bytes])),
  [`${folder}/xenvbd.inf`]: await finishedInf(),
  [`${folder}/xenvbd.pdb`]: 'symbols',
  [`${folder}/xenvbd.map`]: 'symbols',
  [`${folder}/xenvbd_coinst.pdb`]: 'symbols of what is not shipped',
  [`${folder}/xenvbd.cat`]: 'an old catalog',
  [`${folder}/dpinst.exe`]: 'an installer',
  [`${folder}/build.log`]: 'told',
  revision: `${COMMIT}\n`,
  'source.tgz': 'sources',
});
