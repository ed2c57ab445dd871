import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isStandIn, STAND_IN_MARK } from '../../packaging/formats/pe/mark.ts';
import { parsePe } from '../../packaging/formats/pe/parse.ts';
import { winpv } from './command-line.ts';
import { makeProject, type TestProject } from './project.ts';

/** A release of binaries that winpv did not make: stand-ins that have lost their mark stand for built drivers. */
export interface OwnRelease extends TestProject {
  readonly out: string;
  /** The same project's release of stand-ins. */
  readonly standIns: string;
}

const unmarked = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(STAND_IN_MARK, 0, 'latin1'); at >= 0; at = copy.indexOf(STAND_IN_MARK, 0, 'latin1'))
    copy.write('x'.repeat(STAND_IN_MARK.length), at, 'latin1');
  if (isStandIn(parsePe(copy, 'unmarked'))) throw new Error('the mark is still there');
  return copy;
};

const made = async (folder: string, out: string, more: readonly string[] = []): Promise<void> => {
  const { exit, stderr } = await winpv(['release', '-C', folder, '--out', out, '--date', '2026-05-04', ...more]);
  if (exit !== 0) throw new Error(stderr);
};

const REHEARSE = 'rehearse: { guests: [windows-11-24h2-x64], scenarios: [fresh-install] }\n';

export const makeOwnRelease = async (): Promise<OwnRelease> => {
  const project = await makeProject({
    'winpv.yaml': `brands: [xenproject]\nsources: { default: stand-in }\ndrivers: [xenbus, xenvbd]\narchitectures: [x64]\n${REHEARSE}`,
  });
  const standIns = project.path('stand-ins');
  await made(project.folder, standIns);
  mkdirSync(project.path('bin', 'x64'), { recursive: true });
  for (const driver of ['xenbus', 'xenvbd']) {
    const folder = project.path('stand-ins', 'xenproject', driver, 'x64');
    for (const name of readdirSync(folder).filter((one) => /\.(sys|exe|dll)$/.test(one)))
      writeFileSync(project.path('bin', 'x64', name), unmarked(readFileSync(`${folder}/${name}`)));
  }
  project.write(
    'own/winpv.yaml',
    `brands: [xenproject]\nsources:\n  xenbus: { binaries: ../bin }\n  xenvbd: { binaries: ../bin }\narchitectures: [x64]\nsigning: { test: true, existing: replace }\n${REHEARSE}`,
  );
  const out = project.path('out');
  await made(project.path('own'), out);
  return { ...project, out, standIns };
};
