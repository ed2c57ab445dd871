import { createHash } from 'node:crypto';
import { z } from 'zod';
import { utf8 } from '../core/bytes.ts';
import { compareDates, formatDate, parseDate } from '../core/date.ts';
import { type Diagnostic, problem, WinpvError } from '../core/errors.ts';
import { compareVersions, formatVersion, parseVersion } from '../core/version.ts';

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
  packages: z.array(packageSchema).min(1),
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

const backward = (pack: LedgerPackage, { brand }: NewEntry, { file }: Ledger, words: string): Diagnostic =>
  problem('LEDGER_BACKWARD', `${brand}: ${pack.driver} for ${pack.architecture} ${words}.`, {
    failureMode: 'F55',
    at: { file },
    hint: HINT,
  });

const checkPackage = (ledger: Ledger, added: NewEntry, pack: LedgerPackage): readonly Diagnostic[] => {
  const earlier = earlierOf(ledger, added.brand, pack);
  // What was made before may be made again.
  if (earlier.some((one) => one.pack.content === pack.content)) return [];
  const version = versionOf(pack.version);
  const newest = earlier.reduce<Earlier | undefined>(
    (best, one) =>
      best && compareVersions(versionOf(best.pack.version), versionOf(one.pack.version)) >= 0 ? best : one,
    undefined,
  );
  const latest = earlier.reduce<Earlier | undefined>(
    (best, one) => (best && compareDates(dateOf(best.pack.date), dateOf(one.pack.date)) >= 0 ? best : one),
    undefined,
  );
  if (newest === undefined || latest === undefined) return [];
  const order = compareVersions(version, versionOf(newest.pack.version));
  if (order < 0) return [backward(pack, added, ledger, `would go back to ${pack.version}; there is ${said(newest)}`)];
  // Stand-ins are made anew as often as somebody tries something.
  if (order === 0 && added.standIns) return [];
  if (compareDates(dateOf(pack.date), dateOf(latest.pack.date)) < 0) {
    return [
      backward(
        pack,
        added,
        ledger,
        `would be dated ${pack.date}, before ${said(latest)}: the date counts before the version`,
      ),
    ];
  }
  const same = earlier.find((one) => one.pack.version === pack.version);
  if (same === undefined) return [];
  const message = `${added.brand}: ${pack.driver} for ${pack.architecture} has other content than ${said(same)}.`;
  return [
    problem('LEDGER_SAME_VERSION', message, { at: { file: ledger.file }, hint: 'Raise the version of the brand.' }),
  ];
};

/**
 * Versions and dates only go forward: within a brand, for each driver and architecture. The same content may be made
 * again; other content needs a higher version, and no earlier date.
 */
export const checkLedger = (ledger: Ledger, added: readonly NewEntry[]): readonly Diagnostic[] =>
  added.flatMap((entry) => entry.packages.flatMap((pack) => checkPackage(ledger, entry, pack)));

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
