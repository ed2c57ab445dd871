import { Command, Option } from 'commander';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { PlayPorts } from '../../release/rehearsal/play.ts';
import { checkPage, storiesFor } from '../check-page.ts';
import { type ReadBundle, readBundle } from '../inputs/bundle-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import type { StoryRecorder } from '../render/check-html/stories.ts';
import type { CheckReport } from '../render/check-report.ts';
import { examples } from '../render/examples.ts';

const FORMATS = ['text', 'json', 'junit', 'html', 'github'] as const;

interface CheckOptions {
  readonly guest?: readonly string[];
  readonly scenario?: readonly string[];
  readonly from?: readonly string[];
  readonly ca?: readonly string[];
  readonly format: (typeof FORMATS)[number];
  readonly html?: string;
  readonly save?: string;
  readonly replay?: string;
  readonly list?: true;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Names may be listed with commas. */
const collectNames = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value.split(',').filter((one) => one !== ''),
];

const list = async (): Promise<Outcome> => {
  const { guestSpecs } = await import('../../emulator/guest/windows.ts');
  const { SCENARIOS } = await import('../../emulator/scenarios/index.ts');
  const guests = guestSpecs().map(({ id, windows, arch }) => ({ id, windows: windows.title, arch }));
  const scenarios = SCENARIOS.map(({ id, summary }) => ({ id, summary }));
  const width = Math.max(...guests.map(({ id }) => id.length), ...scenarios.map(({ id }) => id.length));
  return {
    result: { guests, scenarios },
    text: [
      'Guests:',
      ...guests.map(({ id, windows, arch }) => `  ${id.padEnd(width)}  ${windows}, ${arch}`),
      'Scenarios:',
      ...scenarios.map(({ id, summary }) => `  ${id.padEnd(width)}  ${summary}`),
    ],
  };
};

const MAX_CERTIFICATE_BYTES = 1024 * 1024;

/** Certificates that the guests trust: those beside the packages, and those given. */
const trusted = async (
  io: Io,
  { path, files }: ReadBundle,
  given: readonly string[],
): Promise<readonly Uint8Array[]> => {
  const { parseCertificates } = await import('../../packaging/formats/x509/pem.ts');
  const beside = files
    .filter((file) => /^trust\/[^/]*\.(cer|pem)$/i.test(file.path))
    .flatMap((file) => parseCertificates(file.bytes, io.files.join(path, file.path)));
  const others = given.map(async (file) =>
    parseCertificates(await io.files.read(file, { maxBytes: MAX_CERTIFICATE_BYTES }), file),
  );
  return [...beside, ...(await Promise.all(others)).flat()];
};

const isError = ({ severity }: Pick<Diagnostic, 'severity'>): boolean => severity === 'error';

const CHECK_EXIT = 5;

/** The finding that decides: the first static one, else the first of a run. A bundle that fails ends with 5, whatever it is. */
const failureOf = ({ runs, findings }: CheckReport): Diagnostic => {
  const first = findings.find(isError);
  if (first !== undefined)
    return ERROR_CODES[first.code].exit === CHECK_EXIT ? first : { ...first, code: 'CHECK_FAILED' };
  for (const { scenario, guest, findings: own } of runs) {
    const worst = own.find(isError);
    if (worst === undefined) continue;
    const { code, message, failureMode, hint } = worst;
    return problem(code, `${scenario} on ${guest}: ${message}`, {
      ...(failureMode === undefined ? {} : { failureMode }),
      ...(hint === undefined ? {} : { hint }),
    });
  }
  return problem('EMULATOR_NO_BOOT', 'A run failed.');
};

type Text = Pick<Outcome, 'text' | 'textTells'>;

interface Told {
  readonly report: CheckReport;
  /** Lines of the report as a page, when it was asked for. */
  readonly page: readonly string[] | undefined;
}

const textOf = async (
  { io, output }: Context,
  { report, page }: Told,
  format: CheckOptions['format'],
): Promise<Text> => {
  switch (format) {
    case 'text': {
      const { checkLines } = await import('../render/check.ts');
      const { paintFor } = await import('../render/style.ts');
      const notes = output.verbose ? 'shown' : 'hidden';
      return { text: checkLines(report, { paint: paintFor(io, io.stdout), notes }), textTells: 'findings' };
    }
    case 'junit': {
      const { checkJunitLines } = await import('../render/check-junit.ts');
      return { text: checkJunitLines(report), textTells: 'document' };
    }
    case 'html':
      return { text: page ?? [], textTells: 'document' };
    case 'github': {
      const { checkAnnotations } = await import('../render/check-github.ts');
      return { text: checkAnnotations(report), textTells: 'document' };
    }
    case 'json':
      return { text: [], textTells: 'document' };
  }
};

interface Answered {
  readonly options: CheckOptions;
  readonly stories: StoryRecorder | undefined;
  readonly more: Readonly<Record<string, unknown>>;
}

/** What is asked for beside the runs: a page in a file, and the form of the answer. */
const answer = async (
  context: Context,
  report: CheckReport,
  { options, stories, more }: Answered,
): Promise<Outcome> => {
  const { io, output } = context;
  const { verdict, runs, findings } = report;
  const page = await checkPage(io, report, stories);
  if (options.html !== undefined && page !== undefined) {
    await io.files.write(options.html, new TextEncoder().encode(`${page.join('\n')}\n`));
  }
  const result = { verdict, runs, findings, ...more };
  const failure = verdict === 'fail' ? failureOf(report) : undefined;
  const diagnostics = findings.filter((finding) => finding !== failure);
  const outcome: Outcome = { result, text: [], diagnostics, ...(failure === undefined ? {} : { failure }) };
  if (output.json) return outcome;
  if (options.format !== 'json') return { ...outcome, ...(await textOf(context, { report, page }, options.format)) };
  // The same as `--json` prints.
  const told = [...(failure === undefined ? [] : [failure]), ...diagnostics];
  const head = { ok: failure === undefined, command: 'check', result, ...(failure && { error: failure }) };
  return { ...outcome, text: [JSON.stringify({ ...head, diagnostics: told })], textTells: 'document' };
};

const verdictOf = ({ runs, findings }: Pick<CheckReport, 'runs' | 'findings'>): 'pass' | 'fail' =>
  findings.some(isError) || runs.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass';

const rehearseBundle = async (context: Context, path: string, options: CheckOptions): Promise<Outcome> => {
  const { io } = context;
  const { chooseGuests, chooseScenarios } = await import('../../emulator/choose.ts');
  const { chosenOf, playRehearsal } = await import('../../release/rehearsal/play.ts');
  const guests = chosenOf(chooseGuests(options.guest ?? ['all']));
  const scenarios = chosenOf(chooseScenarios(options.scenario ?? ['all']));
  const bundle = await readBundle(io, path);
  const before = [];
  for (const label of options.from ?? []) {
    const own = await readBundle(io, label);
    before.push({ label, files: own.files, trust: await trusted(io, own, []) });
  }
  const { prepareRehearsal } = await import('../../emulator/rehearse-files.ts');
  const { rehearse } = await import('../../emulator/rehearse.ts');
  const { readTemplates } = await import('../../release/project/known-templates.ts');
  const request = prepareRehearsal({
    ...{ templates: await readTemplates(io), before, guests, scenarios, nowMs: io.clock.now() },
    bundle: { label: path, files: bundle.files, trust: await trusted(io, bundle, options.ca ?? []) },
    shown: (name) => io.files.join(bundle.path, name),
    asked: options.guest !== undefined && !options.guest.includes('all'),
  });
  const { findings } = request;
  const { recordTranscript } = await import('../../emulator/transcript.ts');
  const head = { tool: io.version, release: path, rehearsal: request, findings };
  const recorder = options.save === undefined ? undefined : recordTranscript(head);
  const stories = await storiesFor(options);
  const runs = await playRehearsal(
    portsOf(context),
    { step: 'rehearse', runs: rehearse(request), request },
    (played) => {
      recorder?.add(played);
      stories?.add(played);
    },
  );
  if (options.save !== undefined && recorder !== undefined) await io.files.write(options.save, recorder.parts());
  const report = { title: path, verdict: verdictOf({ runs, findings }), runs, findings };
  const more = {
    guests: request.guests.map(({ id }) => id),
    scenarios: scenarios.map(({ id }) => id),
    before: request.before.map(({ label }) => label),
  };
  return answer(context, report, { options, stories, more });
};

const portsOf = ({ io, reporter }: Context): PlayPorts => ({ reporter, timer: io.timer, elapsedMs: io.elapsedMs });

const replayTranscript = async (context: Context, file: string, options: CheckOptions): Promise<Outcome> => {
  const { io } = context;
  const { parseTranscript, MAX_TRANSCRIPT_BYTES } = await import('../../emulator/transcript-read.ts');
  const { replay } = await import('../../emulator/replay.ts');
  const { playAll } = await import('../../release/rehearsal/play.ts');
  const transcript = parseTranscript(await io.files.read(file, { maxBytes: MAX_TRANSCRIPT_BYTES }), file);
  const runs: CheckReport['runs'][number][] = [];
  const stories = await storiesFor(options);
  const differences: unknown[] = [];
  const findings: Diagnostic[] = [];
  const total = transcript.runs.length;
  await playAll(
    portsOf(context),
    { step: 'rehearse', runs: replay(transcript, file), total, unit: 'runs' },
    (played, index) => {
      runs.push(played.result);
      stories?.add(played);
      differences.push(...played.differences);
      findings.push(...played.differences.map((one) => differs(one, file)));
      return index;
    },
  );
  const same = differences.length === 0;
  const { tool, release } = transcript;
  const all = [...transcript.findings, ...findings];
  const note = `${total} runs were played again: ${same ? 'nothing differs' : `${differences.length} differences`}.`;
  const report = { title: release, verdict: verdictOf({ runs, findings: all }), runs, findings: all, note };
  return answer(context, report, { options, stories, more: { replay: { same, savedBy: tool, differences } } });
};

/** A difference as a finding: where, and the first thing that is another. */
const differs = (
  { guest, scenario, what, step, stage, event, saved, now }: import('../../emulator/replay.ts').Difference,
  file: string,
): Diagnostic => {
  const place = step === undefined ? '' : ` at step ${step} (${stage}: ${event})`;
  const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 300));
  const message = `${scenario} on ${guest} differs in its ${what}${place}.\nsaved: ${shown(saved)}\nnow:   ${shown(now)}`;
  return problem('CHECK_REPLAY_DIFFERS', message, { at: { file } });
};

const run = async (context: Context, path: string | undefined, options: CheckOptions): Promise<Outcome> => {
  if (options.list === true) return list();
  if (options.replay !== undefined) {
    const others = [path, options.guest, options.scenario, options.from, options.ca, options.save];
    if (others.some((one) => one !== undefined)) {
      throw new WinpvError('USAGE', '--replay plays what was saved: nothing else can be chosen.', {
        hint: 'Leave the bundle and the options that choose away.',
      });
    }
    return replayTranscript(context, options.replay, options);
  }
  if (path === undefined) {
    throw new WinpvError('USAGE', 'There is no bundle to rehearse.', { hint: 'Name OUT/<brand>, or give --list.' });
  }
  return rehearseBundle(context, path, options);
};

export const checkCommand = (bind: Bind): Command =>
  new Command('check')
    .description(
      'Installs the packages of a release in emulated Windows guests on an emulated Xen host, upgrades, restarts and removes them, and tells which machines lose a disk, a network card or do not start, by which event, and what to do. Changes nothing but the files that --html and --save name; exit 5 when a run fails.',
    )
    .argument('[bundle]', 'OUT/<brand>, the folder of one package, or the ZIP of a brand')
    .option(
      '--guest <id>',
      'a guest to try it in, or the words that several begin with: windows-10; all that the packages are for when not given (repeatable)',
      collectNames,
    )
    .option('--scenario <id>', 'a scenario, or the words that several begin with: upgrade (repeatable)', collectNames)
    .option(
      '--from <bundle>',
      'a release that machines may have now, beside those that winpv knows (repeatable)',
      collect,
    )
    .option('--ca <pem>', 'a certificate that the guests trust, beside those in the bundle (repeatable)', collect)
    .addOption(new Option('--format <format>', 'how stdout says it').choices([...FORMATS]).default('text'))
    .option('--html <file>', 'write the report as one page: each run with device trees, boots and events')
    .option('--save <file>', 'write everything that happened as a transcript, for --replay')
    .option('--replay <file>', 'play a transcript again, judge it again, and tell whether anything differs')
    .option('--list', 'name all guests and scenarios')
    .addHelpText(
      'after',
      examples(
        'winpv check dist/quickstart/xenproject',
        'winpv check dist/quickstart/xenproject --guest windows-11-24h2-x64 --scenario fresh-install',
        'winpv check dist/acme --from releases/9.0/acme --format junit > rehearsal.xml',
        'winpv check dist/acme --guest windows-11 --html rehearsal.html',
        'winpv check --list --json',
      ),
    )
    .action(bind(run));
