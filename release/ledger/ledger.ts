import { createHash } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../../core/bytes.ts';
import { compareDates, formatDate, parseDate } from '../../core/date.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { compareVersions, formatVersion, parseVersion } from '../../core/version.ts';

/** The ledger of a project: one line of JSON a release of a brand, each with the hash of the line before it. */
export const LEDGER_PATH = ['.winpv', 'ledger.jsonl'] as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const packageSchema = z.strictObject({
  driver: z.string(),
  architecture: z.string(),
  /** DriverVer, which Windows ranks by: the date first, then the version (spec pnp-install 3). */
  date: z.string().refine((text) => parseDate(text) !== undefined),
  version: z.string().refine((text) => parseVersion(text) !== undefined),
  /** SHA-256 over the INF and the Authenticode hashes of the binaries: the same before and after signing. */
  content: hash,
  /** What the next release has to reckon with: the revision it binds, its score, and what its bus names devices by. */
  binds: z.string().optional(),
  featureScore: z.number().int().optional(),
  names: z.enum(['revision', 'function', 'class']).optional(),
});

const entrySchema = z.strictObject({
  format: z.literal(1),
  previous: hash,
  /** When it was made, ISO 8601 in UTC. */
  time: z.string(),
  brand: z.string(),
  tool: z.string(),
  /** True for releases of stand-ins, which are never published. */
  standIns: z.boolean(),
  /** The version of the brand, and what it was made from, for brands whose version is counted. */
  brandVersion: z.string().optional(),
  inputs: hash.optional(),
  /** Of stand-ins: what the project gives for them. When it is the same, only the day or winpv made them others. */
  given: hash.optional(),
  packages: z.array(packageSchema).min(1),
  /** With whose key the release was signed; the thumbprint is the SHA-1 of the certificate. */
  signer: z.strictObject({ subject: z.string(), thumbprint: z.string().regex(/^[0-9a-f]{40}$/) }).optional(),
  /** Whether a seal was put beside the ledger when this was written. */
  sealed: z.literal(true).optional(),
});

export type LedgerPackage = Readonly<z.output<typeof packageSchema>>;
export type LedgerEntry = Readonly<z.output<typeof entrySchema>>;
/** What a release adds for a brand. */
export type NewEntry = Omit<LedgerEntry, 'format' | 'previous'>;

export interface Ledger {
  readonly file: string;
  /** The text as it is; new lines are added to its end. */
  readonly text: string;
  readonly entries: readonly LedgerEntry[];
  /** There is no file, but a seal of one. */
  readonly lost?: true;
}

const START = '0'.repeat(64);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const broken = (file: string, line: number, message: string): WinpvError =>
  new WinpvError('LEDGER_BROKEN', message, {
    at: { file, line },
    hint: 'Put the file back from version control: it says what machines have been given.',
  });

const readEntry = (file: string, line: number, text: string): LedgerEntry => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(file, line, 'The line is not JSON.');
  }
  const entry = entrySchema.safeParse(value);
  if (entry.success) return entry.data;
  const where = entry.error.issues[0]?.path.join('.') ?? '';
  throw broken(file, line, `The line is no entry of a ledger${where === '' ? '' : ` (${where})`}.`);
};

/**
 * Reads a ledger and its chain.
 * @throws WinpvError LEDGER_BROKEN at the first line that is damaged, or that is not what the next line says
 */
export const parseLedger = (bytes: Uint8Array | undefined, file: string): Ledger => {
  const text = bytes === undefined ? '' : new TextDecoder().decode(bytes);
  const lines = text.split('\n');
  if (lines.pop() !== '') throw broken(file, lines.length + 1, 'The last line has no end.');
  let previous = START;
  const entries = lines.map((line, index) => {
    const entry = readEntry(file, index + 1, line);
    if (entry.previous !== previous) {
      throw broken(
        file,
        index + 1,
        'The line does not follow from the one before it: something was changed or taken out.',
      );
    }
    previous = sha256(line);
    return entry;
  });
  return { file, text, entries };
};

/** The file with more entries. */
export const extendedLedger = ({ text }: Ledger, added: readonly NewEntry[]): Uint8Array => {
  const lines = text === '' ? [] : text.trimEnd().split('\n');
  for (const entry of added) {
    const last = lines.at(-1);
    lines.push(JSON.stringify({ format: 1, previous: last === undefined ? START : sha256(last), ...entry }));
  }
  return utf8(lines.map((line) => `${line}\n`).join(''));
};

const versionOf = (text: string) => parseVersion(text) ?? ([0, 0, 0, 0] as const);
const dateOf = (text: string) => parseDate(text) ?? { year: 0, month: 1, day: 1 };

interface Earlier {
  readonly entry: LedgerEntry;
  readonly pack: LedgerPackage;
}

const earlierOf = ({ entries }: Ledger, brand: string, { driver, architecture }: LedgerPackage): readonly Earlier[] =>
  entries
    .filter((entry) => entry.brand === brand)
    .flatMap((entry) =>
      entry.packages
        .filter((pack) => pack.driver === driver && pack.architecture === architecture)
        .map((pack) => ({ entry, pack })),
    );

const said = ({ entry, pack }: Earlier): string => `${pack.version} of ${pack.date}, made ${entry.time.slice(0, 10)}`;

const HINT = 'Raise the version of the brand; Windows would go on with the earlier driver, or not see the new one.';
/** Nobody has them, so their history may go. */
const STAND_IN_HINT = 'Raise the version of the brand, or remove the ledger: stand-ins are never published.';

const hintFor = (pack: Earlier | undefined, usual: string): string =>
  pack?.entry.standIns === true ? STAND_IN_HINT : usual;

/** A new package of a brand, and all of its kind that the ledger knows. */
interface Comparison {
  readonly file: string;
  readonly added: NewEntry;
  readonly pack: LedgerPackage;
  readonly earlier: readonly Earlier[];
}

const subject = ({ added, pack }: Comparison): string => `${added.brand}: ${pack.driver} for ${pack.architecture}`;

const backward = (comparison: Comparison, than: Earlier, words: string): Diagnostic =>
  problem('LEDGER_BACKWARD', `${subject(comparison)} ${words}.`, {
    failureMode: 'F55',
    at: { file: comparison.file },
    hint: hintFor(than, HINT),
  });

const greatest = (
  [first, ...others]: readonly Earlier[],
  compare: (a: LedgerPackage, b: LedgerPackage) => number,
): Earlier | undefined =>
  first && others.reduce((best, one) => (compare(best.pack, one.pack) >= 0 ? best : one), first);

const byVersion = (a: LedgerPackage, b: LedgerPackage): number =>
  compareVersions(versionOf(a.version), versionOf(b.version));
const byDate = (a: LedgerPackage, b: LedgerPackage): number => compareDates(dateOf(a.date), dateOf(b.date));

const checkPackage = (comparison: Comparison): readonly Diagnostic[] => {
  const { file, added, pack, earlier } = comparison;
  const newest = greatest(earlier, byVersion);
  const latest = greatest(earlier, byDate);
  if (newest === undefined || latest === undefined) return [];
  if (byVersion(pack, newest.pack) < 0) {
    return [backward(comparison, newest, `would go back to ${pack.version}; there is ${said(newest)}`)];
  }
  const same = earlier.filter((one) => byVersion(one.pack, pack) === 0);
  if (same.some((one) => one.pack.content === pack.content)) return [];
  if (byDate(pack, latest.pack) < 0) {
    const words = `would be dated ${pack.date}, before ${said(latest)}: the date counts before the version`;
    return [backward(comparison, latest, words)];
  }
  const [first] = same;
  if (first === undefined || (added.standIns && same.some(({ entry }) => isSameWork(entry, added)))) return [];
  const message = `${subject(comparison)} has other content than ${said(first)}.`;
  const hint = hintFor(first, 'Raise the version of the brand.');
  return [problem('LEDGER_SAME_VERSION', message, { at: { file }, hint })];
};

/** Stand-ins of one input, made on another day or by another winpv. */
const isSameWork = (entry: LedgerEntry, { given }: NewEntry): boolean =>
  entry.standIns && given !== undefined && entry.given === given;

const hasPackage = ({ packages }: LedgerEntry, pack: LedgerPackage): boolean =>
  packages.some(
    ({ driver, architecture, content }) =>
      driver === pack.driver && architecture === pack.architecture && content === pack.content,
  );

/** Whether a release is one of the ledger's, or a part of one, made again. */
const isMadeAgain = ({ entries }: Ledger, { brand, packages }: NewEntry): boolean =>
  entries.some((entry) => entry.brand === brand && packages.every((pack) => hasPackage(entry, pack)));

/**
 * Versions and dates only go forward: within a brand, for each driver and architecture. A release that was made may be
 * made again; anything else has no lower version than the newest there is, and no earlier date, and other content has a
 * higher version. An older package in a newer release goes back as well (spec xen-pv section 8, F55).
 */
export const checkLedger = (ledger: Ledger, added: readonly NewEntry[]): readonly Diagnostic[] =>
  added
    .filter((entry) => !isMadeAgain(ledger, entry))
    .flatMap((entry) =>
      entry.packages.flatMap((pack) =>
        checkPackage({ file: ledger.file, added: entry, pack, earlier: earlierOf(ledger, entry.brand, pack) }),
      ),
    );

/** Releases that are made again although there are newer ones: nothing is wrong with them, but hardly meant to ship. */
export const supersededNotes = (ledger: Ledger, added: readonly NewEntry[]): readonly Diagnostic[] =>
  added
    .filter((entry) => isMadeAgain(ledger, entry))
    .flatMap((entry) => {
      const newer = entry.packages
        .map((pack) => ({ pack, newest: greatest(earlierOf(ledger, entry.brand, pack), byVersion) }))
        .find(({ pack, newest }) => newest !== undefined && byVersion(newest.pack, pack) > 0);
      if (newer?.newest === undefined) return [];
      const { driver, architecture, version } = newer.pack;
      const message = `${entry.brand}: an earlier release is made again: ${driver} for ${architecture} is ${version}, and there is ${said(newer.newest)}.`;
      const hint =
        'Machines with the newer one keep it. Raise the version of the brand for a release that replaces it.';
      return [problem('LEDGER_SUPERSEDED', message, { severity: 'warning', at: { file: ledger.file }, hint })];
    });

/** The same for what the ledger says itself: each entry against those before it. */
export const checkHistory = (ledger: Ledger): readonly Diagnostic[] =>
  ledger.entries.flatMap((entry, index) =>
    checkLedger({ ...ledger, entries: ledger.entries.slice(0, index) }, [entry]),
  );

/** Entries that say something new: a release that was made before adds none. */
export const newsOf = (ledger: Ledger, added: readonly NewEntry[]): readonly NewEntry[] =>
  added.filter((entry) =>
    entry.packages.some(
      (pack) => !earlierOf(ledger, entry.brand, pack).some((one) => one.pack.content === pack.content),
    ),
  );

/** A package's line in a ledger. */
export const ledgerPackage = (
  pack: {
    readonly driver: string;
    readonly architecture: string;
    readonly version: Parameters<typeof formatVersion>[0];
  },
  date: Parameters<typeof formatDate>[0],
  content: readonly { readonly name: string; readonly hash: string }[],
): LedgerPackage => ({
  driver: pack.driver,
  architecture: pack.architecture,
  date: formatDate(date),
  version: formatVersion(pack.version),
  content: sha256(
    content
      .map(({ name, hash: of }) => `${of} ${name.toLowerCase()}\n`)
      .sort()
      .join(''),
  ),
});
