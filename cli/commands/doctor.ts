import { Command } from 'commander';
import type { Check } from '../../packaging/signing/health.ts';
import type { Io } from '../io.ts';
import type { Bind } from '../main.ts';
import type { Context, Outcome } from '../outcome.ts';
import { examples } from '../render/examples.ts';
import { paintFor } from '../render/style.ts';

interface DoctorOptions {
  readonly project: string;
  readonly out: string;
  readonly online?: true;
}

/** What an account of Partner Center is read from, by its name; a part of it alone is a mistake. */
const OWN = /^WINPV_(?:([A-Z0-9_]+?)_)?(?:TENANT|CLIENT_ID|CLIENT_SECRET|CLIENT_CERTIFICATE|OIDC_TOKEN_FILE|OIDC)$/;
const SDCM = /^SDCM_CREDS_(?:TENANTID|CLIENTID|KEY)$/;

/** Only whether they are there and can be read: nobody is asked. */
const checkAccount = async (io: Io): Promise<readonly Check[]> => {
  const { failed, passed, skipped } = await import('../../packaging/signing/health.ts');
  const named = Object.keys(io.env).filter((name) => (OWN.test(name) || SDCM.test(name)) && io.env[name]);
  if (named.length === 0)
    return [skipped('partner-center', 'no credentials in the environment; only `winpv submit` needs them')];
  const { partnerAccount } = await import('../inputs/partner-account.ts');
  const accounts = new Set(named.map((name) => OWN.exec(name)?.[1]));
  try {
    for (const account of accounts) await partnerAccount(io, account === undefined ? {} : { account });
    return [passed('partner-center', 'credentials are there; they were not tried')];
  } catch (error) {
    return failed('partner-center', error).map((check) => ({ ...check, status: 'warning' }));
  }
};

const STYLES = { ok: 'green', warning: 'yellow', error: 'red', skipped: 'dim' } as const;
const WORDS = { ok: 'ok', warning: 'warning', error: 'error', skipped: 'not tried' } as const;
const WORD_WIDTH = 9;

const lines = (io: Io, checks: readonly Check[]): readonly string[] => {
  const paint = paintFor(io, io.stdout);
  const width = Math.max(...checks.map(({ check }) => check.length));
  return checks.map(({ check, status, message, code, hint }) => {
    const what = code === undefined ? message : `${code}  ${message}`;
    const todo = hint === undefined ? '' : ` ${hint}`;
    return `${paint(STYLES[status], WORDS[status].padEnd(WORD_WIDTH))}  ${check.padEnd(width)}  ${what}${todo}`;
  });
};

const doctor = async ({ io }: Context, options: DoctorOptions): Promise<Outcome> => {
  const { examine, failureOf, findingsOf } = await import('../../release/health/doctor.ts');
  const { project, out, online = false } = options;
  const checks = [...(await examine({ project, out, online }, io)), ...(await checkAccount(io))];
  const failure = failureOf(checks);
  const warned = checks.some(({ status }) => status === 'warning');
  const verdict = failure !== undefined ? 'failed' : warned ? 'warnings' : 'healthy';
  return {
    result: { verdict, checks },
    text: lines(io, checks),
    textTells: 'findings',
    diagnostics: findingsOf(checks).filter(({ message }) => message !== failure?.message),
    ...(failure === undefined ? {} : { failure }),
  };
};

export const doctorCommand = (bind: Bind): Command =>
  new Command('doctor')
    .description(
      'Has the key of a project sign a nonce, checks it with the certificate, and says whether Windows and Partner Center take\n' +
        'the key, its certificate and its chain. Looks at time stamps, clock, output folder, git and credentials too.\n' +
        'Exit 6 for a key that fails. A key in a cloud is asked; time-stamp servers only with --online.',
    )
    .option('-C, --project <folder>', 'the folder with winpv.yaml', '.')
    .option('--out <folder>', 'where a release would go', 'dist')
    .option('--online', 'ask the time-stamp servers for a time stamp')
    .addHelpText('after', examples('winpv doctor -C examples/quickstart', 'winpv doctor --online --json'))
    .action(bind(doctor));
