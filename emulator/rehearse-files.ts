import { type Diagnostic, problem, WinpvError } from '../core/errors.ts';
import { judgeFolder } from '../packaging/bundle/judge-folder.ts';
import { type CheckedFile, packageView } from '../packaging/bundle/package-view.ts';
import { type Completion, completionOf, type Stocked, vendorOf } from './completion.ts';
import type { GuestSpec } from './guest/guest.ts';
import type { Templates } from './history/historic-package.ts';
import { type History, historicReleases } from './history/historic-releases.ts';
import { type CompiledBundle, compileBundle } from './package/compile.ts';
import type { PackageLibrary } from './package/facts.ts';
import { asIfSigned, guestsFor, guestVariants, missingDrivers, type RehearsalRequest, rehearse } from './rehearse.ts';
import type { RehearsedBundle, RunResult, Scenario } from './scenarios/contract.ts';
import { TURNING_POINTS } from './scenarios/upgrade.ts';

/** A release as files. */
export interface BundleFiles {
  /** For people. */
  readonly label: string;
  readonly files: readonly CheckedFile[];
  /** DER of the certificates that its guests trust. */
  readonly trust: readonly Uint8Array[];
}

export interface FilesRequest {
  readonly bundle: BundleFiles;
  readonly before: readonly BundleFiles[];
  readonly guests: readonly GuestSpec[];
  readonly scenarios: readonly Scenario[];
  readonly nowMs: number;
  readonly shown: (path: string) => string;
  /** The guests were named: one that the release is not for is an error. */
  readonly asked: boolean;
  /** winpv's own INF templates, which the releases that it knows are made from; without them there are none of these. */
  readonly templates?: Templates;
  /** Of the releases that winpv knows: all, or only those at which something changed for upgrades. */
  readonly known?: 'all' | 'turning-points';
}

export interface FilesRehearsal {
  readonly runs: readonly RunResult[];
  /** What can be told without running anything, and what has to be known of the rehearsal. */
  readonly findings: readonly Diagnostic[];
}

/** A rehearsal that is ready to be played. */
export interface PreparedRehearsal extends RehearsalRequest {
  readonly findings: readonly Diagnostic[];
}

interface Compiled {
  readonly bundle: RehearsedBundle;
  readonly library: PackageLibrary;
  readonly compiled: CompiledBundle;
}

const NEW = 'new';

const compiledFrom = ({ files, trust }: BundleFiles, label: string, request: FilesRequest): Compiled => {
  const { guests, nowMs, shown } = request;
  const compiled = compileBundle({ files, trust, label, guests: guestVariants(guests), nowMs, shown });
  const library = compiled.nothingSigned ? asIfSigned(compiled.library) : compiled.library;
  return { bundle: { label, packages: compiled.packages }, library, compiled };
};

const merged = (libraries: readonly PackageLibrary[]): PackageLibrary => ({
  packages: Object.assign({}, ...libraries.map(({ packages }) => packages)),
  images: Object.assign({}, ...libraries.map(({ images }) => images)),
});

/** What keeps a folder from being rehearsed at all. */
const isBlocking = ({ code, severity }: Diagnostic): boolean => severity === 'error' && BLOCKING.has(code);
const BLOCKING: ReadonlySet<string> = new Set(['CAT_NO_INF', 'BUNDLE_ARCHITECTURE']);

/** Rehearses a release from its files, all in one go. @throws WinpvError as `prepareRehearsal` */
export const rehearseFiles = (request: FilesRequest): FilesRehearsal => {
  const prepared = prepareRehearsal(request);
  const runs: RunResult[] = [];
  for (const { result } of rehearse(prepared)) runs.push(result);
  return { runs, findings: prepared.findings };
};

/**
 * Reads and judges the files of a release, and finds out in which guests and from which earlier releases it is to be tried.
 * @throws WinpvError CHECK_NOT_A_BUNDLE, CHECK_NO_GUEST, and what keeps its packages from being read
 */
export const prepareRehearsal = (request: FilesRequest): PreparedRehearsal => {
  const { bundle, before, guests, scenarios, nowMs, shown, asked } = request;
  const view = packageView(bundle.files, shown);
  if (view.infs.length === 0 && view.unreadable.length === 0) {
    throw new WinpvError('CHECK_NOT_A_BUNDLE', `${bundle.label} holds no INF.`, {
      at: { file: bundle.label },
      hint: 'Name OUT/<brand>, the folder of one package, or the ZIP of a brand.',
    });
  }
  const judged = judgeFolder(view, nowMs);
  const blocking = judged.filter(isBlocking);
  if (blocking.length > 0) throw WinpvError.of(blocking);
  const own = compiledFrom(bundle, NEW, request);
  const others = before.map((one, index) => compiledFrom(one, one.label === '' ? `from ${index}` : one.label, request));
  const chosen = guestsFor(own.library, own.bundle, guests);
  if (chosen.guests.length === 0) throw noGuest(bundle, guests, asked);
  const completion = completionOf(own, chosen.guests, request.templates);
  const whole = completed(own, completion);
  const known = knownReleases(whole, chosen.guests, request);
  const library = merged([known.library, whole.library, ...others.map((one) => one.library)]);
  const findings = [
    ...judged,
    ...own.compiled.diagnostics.filter((finding) => !judged.some(({ message }) => message === finding.message)),
    ...missingDrivers(library, own.bundle, completion),
    ...conditions(own.compiled, chosen.testSigning),
  ];
  return {
    ...{ library, bundle: whole.bundle, scenarios, findings },
    before: [...known.bundles, ...others.map((one) => ({ ...one.bundle, given: true }))],
    guests: chosen.guests,
  };
};

/** A part of a release with the buses that it lacks before it. */
const completed = ({ bundle, library }: Stocked, completion: Completion | undefined): Stocked =>
  completion === undefined
    ? { bundle, library }
    : {
        bundle: {
          ...bundle,
          packages: [...completion.packages, ...bundle.packages],
          lent: completion.packages,
        },
        library: merged([completion.library, library]),
      };

const NOTHING: History = { bundles: [], library: { packages: {}, images: {} } };

/** Earlier releases of the same vendor, as far as winpv knows what they do: an upgrade is within a brand. */
const knownReleases = (
  { bundle, library }: Stocked,
  guests: readonly GuestSpec[],
  { templates, known }: Pick<FilesRequest, 'templates' | 'known'>,
): History => {
  const hasBus = bundle.packages.some((key) => library.packages[key]?.driver === 'xenbus');
  const vendor = vendorOf({ bundle, library });
  if (templates === undefined || vendor === undefined || !hasBus) return NOTHING;
  const history = historicReleases({
    ...{ guests, vendor, templates },
    ...(known === 'turning-points' ? { only: TURNING_POINTS } : {}),
  });
  return {
    library: history.library,
    bundles: history.bundles.map((one) => withDriversOf(one, bundle, [library, history.library])),
  };
};

/**
 * An earlier release with the drivers that this one has too: who ships some drivers of the family ships them to machines that have
 * no others. What another one there would lose, a release that is given tells.
 */
const withDriversOf = (
  before: RehearsedBundle,
  { packages }: RehearsedBundle,
  [library, history]: readonly [own: PackageLibrary, history: PackageLibrary],
): RehearsedBundle => {
  const drivers = new Set(packages.map((key) => library.packages[key]?.driver));
  return { ...before, packages: before.packages.filter((key) => drivers.has(history.packages[key]?.driver)) };
};

/** Under which conditions it was rehearsed. */
const conditions = ({ nothingSigned }: CompiledBundle, testSigning: boolean): readonly Diagnostic[] => [
  ...(nothingSigned
    ? [
        problem('EMULATOR_UNDECIDED', 'No catalog of the release is signed: it was rehearsed as if they were.', {
          severity: 'warning' as const,
        }),
      ]
    : []),
  ...(testSigning
    ? [
        problem(
          'EMULATOR_UNDECIDED',
          'The release is signed for test machines: its guests have test signing switched on.',
          { severity: 'info' as const },
        ),
      ]
    : []),
];

const noGuest = ({ label }: BundleFiles, guests: readonly GuestSpec[], asked: boolean): WinpvError =>
  new WinpvError(
    'CHECK_NO_GUEST',
    asked
      ? `The INFs of ${label} install on none of ${guests.map(({ id }) => id).join(', ')}.`
      : `The INFs of ${label} install on no Windows that winpv knows.`,
    { at: { file: label }, hint: 'winpv inf show FILE tells what an INF is for.' },
  );
