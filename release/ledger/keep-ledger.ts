import { createHash } from 'node:crypto';
import { toHex } from '../../core/bytes.ts';
import { type Diagnostic, problem, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { Files, Timer } from '../../core/ports.ts';
import { type FourPartVersion, formatVersion } from '../../core/version.ts';
import { type Bundle, type DriverPackage, infOf, packageFolder } from '../../packaging/bundle/bundle.ts';
import { checkUpgrade, upgradeFacts } from '../../packaging/bundle/check-upgrade.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { peDigest } from '../../packaging/formats/pe/digest.ts';
import { isPe, parsePe } from '../../packaging/formats/pe/parse.ts';
import type { Signer } from '../../packaging/signing/signer.ts';
import { signEnvelope } from '../../packaging/statements/dsse.ts';
import {
  checkLedger,
  extendedLedger,
  LEDGER_PATH,
  type Ledger,
  type LedgerPackage,
  ledgerPackage,
  type NewEntry,
  newsOf,
  parseLedger,
  supersededNotes,
} from './ledger.ts';
import { holdToSeal, readSeal, SEAL_NAME, SEAL_TYPE, sealPayload } from './ledger-seal.ts';
import { lockPatiently } from './lock.ts';

export interface LedgerPorts {
  readonly files: Files;
  readonly timer: Timer;
  /** Whose release it is, and the key to seal the ledger with; asked only when there is something to write. */
  readonly key?: () => Promise<LedgerKey>;
}

export interface LedgerKey {
  readonly signer: { readonly subject: string; readonly thumbprint: string };
  /** Undefined when the key signs files only. */
  readonly seal: Signer | undefined;
}

const MAX_LEDGER_BYTES = 256 * 1024 * 1024;

const readLedgerFile = async (files: Files, file: string): Promise<Ledger> => {
  const there = (await files.stat(file)) !== undefined;
  const ledger = parseLedger(there ? await files.read(file, { maxBytes: MAX_LEDGER_BYTES }) : undefined, file);
  const seal = await readSeal(files, file);
  if (!there) return seal === undefined ? ledger : { ...ledger, lost: true };
  holdToSeal(ledger, seal);
  return ledger;
};

/** The ledger of a project's folder; empty when it has none. @throws WinpvError LEDGER_BROKEN, LEDGER_SEAL_BROKEN, FILE_* */
export const readLedger = (files: Files, folder: string): Promise<Ledger> =>
  readLedgerFile(files, files.join(folder, ...LEDGER_PATH));

/** A binary by its Authenticode hash, which signing does not change; anything else by its bytes. */
const contentHash = (name: string, bytes: Uint8Array): string =>
  isPe(bytes) ? toHex(peDigest(parsePe(bytes, name), 'sha256')) : createHash('sha256').update(bytes).digest('hex');

const packageEntry = (pack: DriverPackage): LedgerPackage | undefined => {
  const inf = infOf(pack);
  const { driverVer } = infModel(parseInf(inf.bytes, `${packageFolder(pack)}/${inf.name}`)).version;
  if (driverVer?.date === undefined) return undefined;
  const shipped = pack.files.filter(({ role }) => role !== 'catalog');
  const content = shipped.map(({ name, bytes }) => ({ name, hash: contentHash(name, bytes) }));
  const { driver, architecture, version } = pack;
  const { binds, featureScore, names } = upgradeFacts(pack) ?? {};
  return {
    ...ledgerPackage({ driver, architecture, version }, driverVer.date, content),
    ...(binds === undefined ? {} : { binds }),
    ...(featureScore === undefined ? {} : { featureScore }),
    ...(names === undefined ? {} : { names }),
  };
};

/** A version that was counted, and the hash of what it is for. */
export interface CountedVersion {
  readonly version: FourPartVersion;
  readonly inputs: string;
}

export interface EntryFacts {
  readonly bundle: Bundle<'catalogued'>;
  readonly toolVersion: string;
  readonly nowMs: number;
  /** Of a brand whose version is counted. */
  readonly counted?: CountedVersion | undefined;
  /** Hash of what the project gives for the brand; noted for stand-ins. */
  readonly given: string;
}

/** What the release of a brand would add to the ledger. */
export const entryOf = ({ bundle, toolVersion, nowMs, counted, given }: EntryFacts): NewEntry => {
  const standIns = bundle.packages.some((pack) => pack.files.some(({ standIn }) => standIn));
  return {
    time: new Date(nowMs).toISOString(),
    brand: bundle.brandId,
    tool: toolVersion,
    standIns,
    ...(counted === undefined ? {} : { brandVersion: formatVersion(counted.version), inputs: counted.inputs }),
    ...(standIns ? { given } : {}),
    packages: bundle.packages.flatMap((pack) => packageEntry(pack) ?? []),
  };
};

/** A ledger that is gone as a whole is begun anew, as that of a fresh checkout; that there was one is told. */
const lostNote = ({ file, lost }: Ledger): readonly Diagnostic[] =>
  lost === undefined
    ? []
    : [
        problem('LEDGER_SEAL_BROKEN', 'There was a ledger, and only its seal is left: a new one is begun.', {
          ...{ severity: 'warning', at: { file } },
          hint: 'Put it back from version control, if there is one: without it nothing keeps versions from going backward.',
        }),
      ];

/** Warnings about releases that are made again. @throws WinpvError LEDGER_* before anything is signed */
export const checkAgainstLedger = (ledger: Ledger, added: readonly NewEntry[]): readonly Diagnostic[] => {
  stopOnErrors(checkLedger(ledger, added));
  return [...lostNote(ledger), ...supersededNotes(ledger, added)];
};

/**
 * What machines with earlier releases of the ledger would make of these bundles. A release that was made before is
 * not judged again; releases of stand-ins count among themselves only.
 * @throws WinpvError PV_*
 */
export const checkUpgrades = (
  ledger: Ledger,
  made: readonly { readonly entry: NewEntry; readonly bundle: Bundle<'catalogued'> }[],
): void => {
  const fresh = new Set(
    newsOf(
      ledger,
      made.map(({ entry }) => entry),
    ),
  );
  stopOnErrors(
    made
      .filter(({ entry }) => fresh.has(entry))
      .flatMap(({ entry: { brand, standIns }, bundle }) =>
        checkUpgrade({
          brand,
          before: ledger.entries
            .filter((one) => one.brand === brand && one.standIns === standIns)
            .flatMap(({ packages }) => packages),
          now: bundle.packages.flatMap((pack) => upgradeFacts(pack) ?? []),
          file: ledger.file,
        }),
      ),
  );
};

/** The ledger first, then the seal: after a crash between the two the old seal still holds for the entries that it is of. */
const writeEntries = async ({ files, key }: LedgerPorts, ledger: Ledger, added: readonly NewEntry[]): Promise<void> => {
  const owner = await key?.();
  const marks = {
    ...(owner === undefined ? {} : { signer: owner.signer }),
    ...(owner?.seal === undefined ? {} : { sealed: true as const }),
  };
  const bytes = extendedLedger(
    ledger,
    added.map((entry) => ({ ...entry, ...marks })),
  );
  const seal =
    owner?.seal === undefined
      ? undefined
      : await signEnvelope(SEAL_TYPE, sealPayload(new TextDecoder().decode(bytes)), owner.seal);
  await files.write(ledger.file, bytes);
  if (seal !== undefined) await files.write(files.join(files.dirname(ledger.file), SEAL_NAME), seal);
};

const cannotBeWritten = (error: unknown): error is WinpvError =>
  error instanceof WinpvError && error.code === 'FILE_UNWRITABLE';

/**
 * Brings a release to its place and notes it in the ledger, so that no other release of the project comes between. A
 * project that cannot be written keeps no ledger: that is said, and the release is made.
 *
 * @param known the ledger as it was when the release was planned; it is read again once nobody else can write it
 * @param commit brings the release to its place
 * @throws WinpvError LEDGER_* when another release was faster; what `commit` throws
 */
export const commitWithLedger = async (
  ports: LedgerPorts,
  known: Ledger,
  added: readonly NewEntry[],
  commit: () => Promise<void>,
): Promise<readonly Diagnostic[]> => {
  const { files } = ports;
  const { file } = known;
  if (newsOf(known, added).length === 0) {
    await commit();
    return [];
  }
  let unlock: () => Promise<void>;
  try {
    unlock = await lockPatiently(ports, files.join(files.dirname(file), 'ledger'));
  } catch (error) {
    if (!cannotBeWritten(error)) throw error;
    await commit();
    const hint = 'The next release cannot tell whether its versions go forward.';
    return [problem('LEDGER_NOT_KEPT', `${file} cannot be written.`, { severity: 'warning', at: { file }, hint })];
  }
  try {
    const ledger = await readLedgerFile(files, file);
    stopOnErrors(checkLedger(ledger, added));
    await commit();
    await writeEntries(ports, ledger, newsOf(ledger, added));
    return [];
  } finally {
    await unlock();
  }
};
