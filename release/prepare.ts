import { expiredPatches } from '../branding/patches/queue.ts';
import { checkPrograms } from '../branding/rules.ts';
import type { CalendarDate } from '../core/date.ts';
import { type Diagnostic, stopOnErrors } from '../core/errors.ts';
import type { Clock, FileMarks, Reporter } from '../core/ports.ts';
import { isAddress } from '../packaging/bundle/import/address.ts';
import type { Part } from './kept/parts.ts';
import { type CountedVersion, readLedger } from './ledger/keep-ledger.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { SignatureFileReport } from './making/signature-report.ts';
import { plannedSigning, type SigningPorts } from './making/signing.ts';
import type { OutputFile } from './output.ts';
import { type Plan, planRelease } from './plan.ts';
import { inputsHash, type VersionPorts, versionedBrands } from './project/brand-versions.ts';
import { releaseDate } from './project/date.ts';
import { type Loaded, type LoadPorts, loadRelease, OWN_FILES, type Selection } from './project/load.ts';
import type { RehearsalSettings } from './project/rehearsal.ts';
import type { RecordedPackage, ReleaseRecord } from './record.ts';
import type { Rehearsals } from './rehearsal/rehearsals.ts';

export interface ReleaseRequest extends Selection {
  readonly project: string;
  readonly out: string;
  readonly clean: boolean;
  /** Go on where a killed run stopped. */
  readonly resume?: boolean | undefined;
  /** Make every brand, also those that an earlier release has. */
  readonly fresh?: boolean | undefined;
  /** `2/3`: only this part of the release. */
  readonly part?: string | undefined;
  /** Folders of parts: nothing is made, they are joined. */
  readonly parts?: readonly string[] | undefined;
  readonly date?: string | undefined;
  readonly sourceDateEpoch?: string | undefined;
  /** Seconds since 1970 of the project's commit, where git knows one. */
  readonly commit: () => Promise<string | undefined>;
  readonly toolVersion: string;
}

export interface ReleasePorts extends LoadPorts, SigningPorts, VersionPorts {
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly elapsedMs: () => number;
  readonly rehearsals: Rehearsals;
  /** Without it, files are read to tell whether a release is what it was. */
  readonly marks?: FileMarks;
  /** Told of each brand that is made, as it will be shipped, while it is rehearsed. */
  readonly signed?: (brand: SignedBrand, prepared: Prepared) => void;
  /** Waits for what `signed` began with the rehearsals, which end when the release is made. */
  readonly settled?: () => Promise<void>;
  /** Draws the release for people; without it there is no page. */
  readonly page?: (facts: {
    readonly record: ReleaseRecord;
    readonly signatures: SignatureFileReport;
  }) => Promise<Uint8Array>;
}

/** A brand whose packages are signed and verified. */
export interface SignedBrand {
  readonly id: string;
  readonly packages: readonly RecordedPackage[];
  /** Of the packages; paths below the brand. */
  readonly files: readonly OutputFile[];
}

/** A release that is planned: the plan, and what it was planned from. */
export interface Prepared {
  readonly plan: Plan;
  readonly loaded: Loaded;
  readonly date: CalendarDate;
  /** The project's ledger, as it was when the release was planned. */
  readonly ledger: Ledger;
  /** By brand whose version is counted. */
  readonly counted: ReadonlyMap<string, CountedVersion>;
  /** Which part of the whole release it is, where it is one. */
  readonly part?: Part;
  readonly diagnostics: readonly Diagnostic[];
}

/** Adds the name and the time to a stage; it holds no logic. */
export const step = async <T>(ports: ReleasePorts, name: string, body: () => Promise<T> | T): Promise<T> => {
  const start = ports.elapsedMs();
  ports.reporter.emit({ kind: 'step.started', step: name });
  const result = await body();
  ports.reporter.emit({ kind: 'step.finished', step: name, elapsedMs: ports.elapsedMs() - start });
  return result;
};

/** How a plan tells of the rehearsal. */
const plannedRehearsal = (settings: RehearsalSettings, shownPath: (path: string) => string): Plan['rehearsal'] => {
  if (settings.kind === 'off') return 'switched off';
  const { guests, scenarios, from } = settings;
  return { guests, scenarios, ...(from.length === 0 ? {} : { from: from.map(shownPath) }) };
};

/** Reads and checks everything and works out the plan; makes nothing. @throws WinpvError with every finding */
export const prepareRelease = async (request: ReleaseRequest, ports: ReleasePorts): Promise<Prepared> => {
  const option = request.date;
  const commit = option === undefined ? await request.commit() : undefined;
  const dated = releaseDate({ option, sourceDateEpoch: request.sourceDateEpoch, commit, now: ports.clock.now() });
  const read = await step(ports, 'load', () => loadRelease(ports, request.project, request));
  const { project } = read;
  const ledger = await readLedger(ports.files, project.folder);
  const facts = { folder: project.folder, drivers: read.drivers, date: dated.date, ledger };
  const loaded = { ...read, brands: await versionedBrands(read.brands, facts, ports) };
  // Names of programs carry versions, which are known only now.
  stopOnErrors(checkPrograms(loaded.brands.map((brand) => brand.loaded)));
  stopOnErrors(loaded.brands.flatMap(({ queue }) => (queue === undefined ? [] : expiredPatches(queue, dated.date))));
  const shownPath = (path: string): string =>
    path.startsWith(OWN_FILES) || isAddress(path) ? path : ports.files.relative(project.folder, path);
  const plan = planRelease({
    shownPath,
    date: dated.date,
    signing: plannedSigning(project),
    rehearsal: plannedRehearsal(project.rehearsal, shownPath),
    brands: loaded.brands,
    drivers: loaded.drivers,
    architectures: loaded.architectures,
    ...(project.windows === undefined ? {} : { windows: project.windows }),
    ...(project.submission === undefined ? {} : { submission: project.submission }),
  });
  const counted = new Map(
    loaded.brands
      .filter(({ loaded: { versionRule } }) => versionRule !== undefined && 'counter' in versionRule)
      .map((one) => [one.loaded.brand.id, { version: one.loaded.brand.version, inputs: inputsHash(one, facts) }]),
  );
  return {
    plan,
    loaded,
    ledger,
    counted,
    date: dated.date,
    diagnostics: [...dated.diagnostics, ...loaded.diagnostics],
  };
};
