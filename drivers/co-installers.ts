import { type CoInstaller, forbiddenUpdate } from './co-installer.ts';
import { xenbusCoInstaller } from './xenbus/coinstaller.ts';
import { xennetCoInstaller } from './xennet/coinstaller.ts';
import { xenvbdCoInstaller } from './xenvbd/coinstaller.ts';
import { xenvifCoInstaller } from './xenvif/coinstaller.ts';

/** Those that only asked whether they may (win-xeniface `src/coinst/coinst.c` at 21a2908; the others by analogy). */
const asking = (driver: string): CoInstaller => ({
  driver,
  before: (call, machine) => forbiddenUpdate(call, machine, [driver.toUpperCase()]),
});

const CO_INSTALLERS: ReadonlyMap<string, CoInstaller> = new Map(
  [
    ...[xenbusCoInstaller, xenvbdCoInstaller, xenvifCoInstaller, xennetCoInstaller],
    ...['xeniface', 'xenvkbd', 'xenhid', 'xencons'].map(asking),
  ].map((one) => [one.driver, one]),
);

const MODULE = /^([a-z]+)_coinst(?:_\d+)*\.dll$/i;

/** What a registered library does, by its file name `xenbus_coinst_8_2_0_1.dll`; undefined for one of somebody else's. */
export const coInstallerNamed = (file: string): CoInstaller | undefined =>
  CO_INSTALLERS.get(MODULE.exec(file.trim())?.[1]?.toLowerCase() ?? '');
