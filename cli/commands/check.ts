import { Command } from 'commander';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { closestName } from '../../core/spelling.ts';
import type { GuestSpec } from '../../emulator/guest/guest.ts';
import type { Scenario } from '../../emulator/scenarios/contract.ts';
import { readBundle } from '../bundle-files.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';

interface CheckOptions {
  readonly guest?: readonly string[];
  readonly scenario?: readonly string[];
  readonly from?: readonly string[];
  readonly ca?: readonly string[];
  readonly list?: true;
}

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  ...value.split(',').filter((one) => one !== ''),
];

const unknown = (
  code: 'CHECK_GUEST_UNKNOWN' | 'CHECK_SCENARIO_UNKNOWN',
  what: string,
  name: string,
  known: readonly string[],
): WinpvError => {
  const nearest = closestName(name, known);
  return new WinpvError(code, `There is no ${what} "${name}".`, {
    hint: nearest === undefined ? 'winpv check --list names all of them.' : `Did you mean \`${nearest}\`?`,
  });
};

/** The guests that were named, or all. */
const namedGuests = (names: readonly string[] | undefined, all: readonly GuestSpec[]): readonly GuestSpec[] => {
  if (names === undefined) return all;
  return names.map((name) => {
    const found = all.find(({ id }) => id === name.toLowerCase());
    if (found !== undefined) return found;
    throw unknown(
      'CHECK_GUEST_UNKNOWN',
      'guest',
      name,
      all.map(({ id }) => id),
    );
  });
};

/** A scenario is named whole, or by the word that its kind begins with. */
const namedScenarios = (names: readonly string[] | undefined, all: readonly Scenario[]): readonly Scenario[] => {
  if (names === undefined) return all;
  return names.flatMap((name) => {
    const found = all.filter(({ id }) => id === name || id.startsWith(`${name}-`));
    if (found.length > 0) return found;
    throw unknown(
      'CHECK_SCENARIO_UNKNOWN',
      'scenario',
      name,
      all.map(({ id }) => id),
    );
  });
};

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

/** Certificates that the guests trust: those beside the packages, and those given. */
const trusted = async (
  io: Io,
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
  paths: readonly string[],
): Promise<readonly Uint8Array[]> => {
  const { parseCertificates } = await import('../../packaging/formats/x509/pem.ts');
  const beside = files
    .filter(({ path }) => /^trust\/[^/]*\.(cer|pem)$/i.test(path))
    .flatMap(({ path, bytes }) => parseCertificates(bytes, path));
  const given = await Promise.all(paths.map(async (path) => parseCertificates(await io.files.read(path), path)));
  return [...beside, ...given.flat()];
};

const isError = ({ severity }: Diagnostic): boolean => severity === 'error';

const run = async ({ io }: Context, path: string | undefined, options: CheckOptions): Promise<Outcome> => {
  if (options.list === true) return list();
  if (path === undefined) {
    throw new WinpvError('USAGE', 'There is no bundle to rehearse.', { hint: 'Name OUT/<brand>, or give --list.' });
  }
  const { rehearseFiles } = await import('../../emulator/rehearse-files.ts');
  const { guestSpecs } = await import('../../emulator/guest/windows.ts');
  const { SCENARIOS } = await import('../../emulator/scenarios/index.ts');
  const { checkLines } = await import('../render/check.ts');
  const { paintFor } = await import('../render/style.ts');
  const files = await readBundle(io, path);
  const before = await Promise.all(
    (options.from ?? []).map(async (one) => {
      const own = await readBundle(io, one);
      return { label: one, files: own, trust: await trusted(io, own, []) };
    }),
  );
  const { readTemplates } = await import('../templates.ts');
  const { runs, findings } = rehearseFiles({
    templates: await readTemplates(io),
    bundle: { label: path, files, trust: await trusted(io, files, options.ca ?? []) },
    before,
    guests: namedGuests(options.guest, guestSpecs()),
    scenarios: namedScenarios(options.scenario, SCENARIOS),
    nowMs: io.clock.now(),
    shown: (name) => io.files.join(path, name),
    asked: options.guest !== undefined,
  });
  const failed = findings.some(isError) || runs.some(({ verdict }) => verdict === 'fail');
  const verdict = failed ? 'fail' : 'pass';
  const result = { verdict, runs, findings };
  const text = checkLines(runs, verdict, paintFor(io, io.stdout));
  if (!failed) return { result, text, diagnostics: findings };
  const first = findings.find(isError);
  const broken = runs.flatMap((one) =>
    one.findings.filter(({ severity }) => severity === 'error').map((f) => ({ one, f })),
  );
  const [worst] = broken;
  const failure =
    first ??
    problem(worst?.f.code ?? 'EMULATOR_NO_BOOT', `${worst?.one.scenario} on ${worst?.one.guest}: ${worst?.f.message}`, {
      ...(worst?.f.failureMode === undefined ? {} : { failureMode: worst.f.failureMode }),
      ...(worst?.f.hint === undefined ? {} : { hint: worst.f.hint }),
    });
  return { result, text, failure, diagnostics: findings.filter((finding) => finding !== first) };
};

export const checkCommand = (bind: Bind): Command =>
  new Command('check')
    .summary('rehearse a release in emulated guests')
    .description(
      'Installs the packages of a release in emulated Windows guests on an emulated Xen host, upgrades, restarts and removes them, and tells which machines lose a disk, a network card or do not start. Changes nothing; exit 5 when one does.',
    )
    .argument('[bundle]', 'OUT/<brand>, the folder of one package, or the ZIP of a brand')
    .option('--guest <id>', 'a guest to try it in; all that the INFs are for when not given (repeatable)', collect)
    .option('--scenario <id>', 'a scenario, or the word that several begin with (repeatable)', collect)
    .option('--from <bundle>', 'a release that machines may have now (repeatable)', collect)
    .option('--ca <pem>', 'a certificate that the guests trust, beside those in the bundle (repeatable)', collect)
    .option('--list', 'name all guests and scenarios')
    .addHelpText(
      'after',
      examples(
        'winpv check dist/quickstart/xenproject',
        'winpv check dist/quickstart/xenproject --guest windows-11-24h2-x64 --scenario fresh-install',
        'winpv check --list --json',
      ),
    )
    .action(bind(run));
