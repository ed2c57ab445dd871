import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { readFileTree } from '../../core/file-tree.ts';
import type { Files } from '../../core/ports.ts';
import { chooseGuests, chooseScenarios } from '../../emulator/choose.ts';
import { type FindingGroup, groupFindings, scenarioOf, whereOf } from '../../emulator/finding-groups.ts';
import { guestSpecs } from '../../emulator/guest/windows.ts';
import type { Templates } from '../../emulator/history/historic-package.ts';
import { rehearse } from '../../emulator/rehearse.ts';
import {
  type BundleFiles,
  type FilesRequest,
  type PreparedRehearsal,
  prepareRehearsal,
} from '../../emulator/rehearse-files.ts';
import type { RunResult } from '../../emulator/scenarios/contract.ts';
import { parseCertificates } from '../../packaging/formats/x509/pem.ts';
import { parseZip } from '../../packaging/formats/zip/parse.ts';
import { RECORD_NAME } from '../output.ts';
import { readTemplates } from '../project/known-templates.ts';
import type { LoadPorts } from '../project/load.ts';
import { applyWaivers, type Waiver, waiverOf } from '../project/waivers.ts';
import { type PlayPorts, playRehearsal } from './play.ts';
import { type RehearsalJob, rehearsalStep } from './rehearsals.ts';

/** What came of it, for the record: the same bytes give the same. */
export interface RecordedRehearsal {
  /** `waived`: it fails, and the project accepts each finding. */
  readonly verdict: 'pass' | 'waived';
  readonly guests: readonly string[];
  readonly scenarios: readonly string[];
  /** Releases that the machines had before. */
  readonly before: readonly string[];
  readonly runs: number;
  readonly boots: number;
  /** By scenario and guest, the worst of the runs; those that nothing was tried in are left out. */
  readonly cells: Readonly<Record<string, Readonly<Record<string, RecordedCell>>>>;
  /** Errors and warnings, each kind once. */
  readonly findings: readonly RecordedFinding[];
}

export type RecordedCell = 'pass' | 'warn' | 'fail';

export interface RecordedFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly failureMode?: string;
  readonly message: string;
  readonly runs: number;
  /** The reason that the project gives. */
  readonly waived?: string;
}

export interface BrandRehearsal {
  readonly record: RecordedRehearsal;
  /** Warnings, and what was waived. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What a rehearsal needs of the machine. */
export type RehearsalPorts = PlayPorts & LoadPorts;

const LIMITS = { maxFiles: 65_535, maxDepth: 32, maxFileBytes: 2 ** 31 - 1, tooMany: 'FILE_TOO_LARGE' } as const;

/** The folder of a brand in an earlier release; undefined when that one has no such brand. */
const placeFor = async (files: Files, path: string, brand: string): Promise<string | undefined> => {
  if ((await files.stat(files.join(path, RECORD_NAME))) === undefined) return path;
  const own = files.join(path, brand);
  return (await files.stat(own))?.kind === 'folder' ? own : undefined;
};

/** An earlier release, as one of its machines has it. */
const earlierRelease = async (files: Files, path: string, brand: string): Promise<readonly BundleFiles[]> => {
  const entry = await files.stat(path);
  if (entry === undefined) throw new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path } });
  const place = entry.kind === 'folder' ? await placeFor(files, path, brand) : path;
  if (place === undefined) return [];
  const read =
    entry.kind === 'folder'
      ? (await readFileTree(files, place, LIMITS)).map(({ name, bytes }) => ({ path: name, bytes }))
      : parseZip(await files.read(place), place).map((file) => ({ path: file.name, bytes: file.bytes() }));
  const trust = read
    .filter((file) => /^trust\/[^/]*\.(cer|pem)$/i.test(file.path))
    .flatMap((file) => parseCertificates(file.bytes, files.join(place, file.path)));
  return [{ label: files.basename(path), files: read, trust }];
};

/** The path to show for what will stand below OUT. */
const shownIn =
  ({ join }: Files, { out, brand }: RehearsalJob) =>
  (path: string): string =>
    join(out, brand, path);

/** Whatever guests a release is for, when it is for none of those that stand for most. */
const prepared = (
  job: RehearsalJob,
  { before, templates, shown }: Pick<FilesRequest, 'before' | 'shown'> & { readonly templates: Templates },
): PreparedRehearsal | undefined => {
  const { settings, brand, files, trust, nowMs, whole } = job;
  const common = {
    ...{ before, templates, nowMs, shown, asked: settings.named, known: settings.known },
    bundle: { label: brand, files, trust },
    scenarios: chooseScenarios(settings.scenarios).chosen.filter(({ id: name }) => settings.scenarios.includes(name)),
  };
  const named = chooseGuests(settings.guests).chosen.filter((guest) => settings.guests.includes(guest.id));
  try {
    return prepareRehearsal({ ...common, guests: named });
  } catch (error) {
    if (!(error instanceof WinpvError) || error.code !== 'CHECK_NO_GUEST') throw error;
    if (settings.named && whole) throw error;
    if (settings.named) return undefined;
  }
  const all = prepareRehearsal({ ...common, guests: guestSpecs() });
  return { ...all, guests: all.guests.slice(-1) };
};

const recorded = (group: FindingGroup, waivers: readonly Waiver[]): RecordedFinding => {
  const { code, severity, failureMode, messages, runs } = group;
  const waiver = waiverOf(waivers, { code, severity, ...(failureMode === undefined ? {} : { failureMode }) });
  return {
    code,
    severity: severity === 'error' ? 'error' : 'warning',
    ...(failureMode === undefined ? {} : { failureMode }),
    message: [...messages.keys()][0] ?? '',
    runs,
    ...(waiver === undefined ? {} : { waived: waiver.reason }),
  };
};

/** Findings of runs as those of a release. */
const diagnosticOf = (group: FindingGroup, brand: string, file: string): Diagnostic => {
  const { code, severity, failureMode, hint, messages, event } = group;
  const [first = '', ...more] = messages.keys();
  const also = more.length === 0 ? '' : ` (and ${more.length} like it)`;
  const told = event === undefined ? '' : `\nevent: ${event}`;
  return problem(code, `The rehearsal of ${brand}: ${whereOf(group)}: ${first}${also}${told}`, {
    severity,
    at: { file },
    ...(failureMode === undefined ? {} : { failureMode }),
    ...(hint === undefined ? {} : { hint }),
  });
};

const cellOf = ({ verdict, findings }: RunResult): RecordedCell => {
  if (verdict === 'fail') return 'fail';
  return findings.some(({ severity }) => severity === 'warning') ? 'warn' : 'pass';
};
const BADNESS: Readonly<Record<RecordedCell, number>> = { pass: 0, warn: 1, fail: 2 };

const cellsOf = (results: readonly RunResult[]): RecordedRehearsal['cells'] => {
  const cells: Record<string, Record<string, RecordedCell>> = {};
  for (const result of results) {
    const scenario = scenarioOf(result);
    const row = cells[scenario] ?? {};
    cells[scenario] = row;
    const [before, own] = [row[result.guest] ?? 'pass', cellOf(result)];
    row[result.guest] = BADNESS[own] > BADNESS[before] ? own : before;
  }
  return cells;
};

/**
 * Rehearses a brand's packages as they will be shipped, trusting what its test machines trust.
 * @throws WinpvError with every finding that is not waived, and as `prepareRehearsal`
 */
export const rehearseBrand = async (job: RehearsalJob, ports: RehearsalPorts): Promise<BrandRehearsal> => {
  const { brand, settings, waivers } = job;
  const before: BundleFiles[] = [];
  for (const path of settings.from) before.push(...(await earlierRelease(ports.files, path, brand)));
  const shown = shownIn(ports.files, job);
  const request = prepared(job, { before, templates: await readTemplates(ports), shown });
  if (request === undefined) return NOT_FOR_THEM;
  const step = rehearsalStep(brand);
  const results = await playRehearsal(ports, { step, runs: rehearse(request), request }, () => undefined);
  const groups = groupFindings(results);
  // What the packages show without being run was judged and told before; what is new here counts.
  const own = request.findings.filter(({ severity, code }) => severity === 'error' || /^EMULATOR_/.test(code));
  const found = [
    ...groups.map((group) => diagnosticOf(group, brand, ports.files.join(job.out, brand))),
    ...own.filter(({ severity }) => severity !== 'info'),
  ];
  const accepted = applyWaivers(waivers, found);
  if (accepted.some(({ severity }) => severity === 'error')) throw WinpvError.of(accepted);
  return {
    record: {
      verdict: found.some(({ severity }) => severity === 'error') ? 'waived' : 'pass',
      guests: request.guests.map(({ id }) => id),
      scenarios: request.scenarios.map(({ id }) => id),
      before: request.before.map(({ label }) => label),
      runs: results.length,
      boots: results.reduce((sum, { boots }) => sum + boots, 0),
      cells: cellsOf(results),
      findings: groups.map((group) => recorded(group, waivers)),
    },
    diagnostics: accepted,
  };
};

/** A part of a release that is for none of the guests that the project names. */
const NOT_FOR_THEM: BrandRehearsal = {
  record: { verdict: 'pass', guests: [], scenarios: [], before: [], runs: 0, boots: 0, cells: {}, findings: [] },
  diagnostics: [],
};
