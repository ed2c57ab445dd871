import { WinpvError } from '../../core/errors.ts';
import type { ReturnedDrivers } from '../../release/reading/publishable.ts';
import type { Io } from '../io.ts';

/** Certificates of files that `--ca` names. */
export const namedRoots = async (io: Io, paths: readonly string[]): Promise<readonly Uint8Array[]> => {
  const { parseCertificates } = await import('../../packaging/formats/x509/pem.ts');
  const read = paths.map(async (path) => parseCertificates(await io.files.read(path, { maxBytes: 1024 * 1024 }), path));
  return (await Promise.all(read)).flat();
};

/** All of a release's folder. @throws WinpvError FILE_NOT_FOUND, FILE_* */
export const readRelease = async (io: Io, out: string) => {
  if ((await io.files.stat(out))?.kind !== 'folder') {
    throw new WinpvError('FILE_NOT_FOUND', `There is no folder ${out}.`, {
      at: { file: out },
      hint: 'Name what was made with `winpv release`.',
    });
  }
  const { readFolderFiles } = await import('./named-files.ts');
  return (await readFolderFiles(io, out)).map(({ name, bytes }) => ({ path: name, bytes }));
};

/** What Partner Center itself signed of a brand; what an emulator signed is trusted nowhere and is left aside. */
export const returnedDrivers = async (io: Io, out: string, brand: string): Promise<readonly ReturnedDrivers[]> => {
  const { listSubmissions, openStore } = await import('../../publishing/submission/state.ts');
  const { endpointOf } = await import('../../publishing/partner-center/account.ts');
  const keys = (await listSubmissions(io.files, out)).filter((key) => key.brand === brand);
  const found = await Promise.all(
    keys.map(async (key): Promise<readonly ReturnedDrivers[]> => {
      const state = await openStore(io, key).load();
      const { ARCHITECTURES } = await import('../../core/architecture.ts');
      const architecture = ARCHITECTURES.find((one) => one === key.architecture);
      if (state?.outcome !== 'signed' || architecture === undefined) return [];
      if (endpointOf(state.account.tenant, state.account.base).emulated) return [];
      return [{ architecture, folder: state.plan.signedFolder, roots: [] }];
    }),
  );
  return found.flat();
};
