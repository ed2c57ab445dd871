import { WinpvError } from '../../core/errors.ts';
import type { LiveLabel } from '../../publishing/labels/contract.ts';
import type { PartnerCenter } from '../../publishing/partner-center/client.ts';
import type { Audience } from '../../publishing/partner-center/other-contract.ts';
import type { ReleaseInput, RunOptions } from '../inputs/label-input.ts';
import type { AccountOptions } from '../inputs/partner-account.ts';
import type { Context } from '../outcome.ts';

/** What the service says of a release's labels, and the way to work on them. */
export interface LabelSession {
  readonly center: PartnerCenter;
  readonly live: readonly LiveLabel[];
  readonly audiences: readonly Audience[];
}

/** Asks as the account that the submissions were made with. @throws WinpvError PUBLISH_* */
export const openSession = async (
  { io, reporter }: Context,
  { journals }: ReleaseInput,
  options: AccountOptions,
): Promise<LabelSession> => {
  const { partnerAccount } = await import('../inputs/partner-account.ts');
  const { accountLabel } = await import('../../publishing/partner-center/account.ts');
  const { openPartnerCenter } = await import('../../publishing/partner-center/client.ts');
  const { checkState } = await import('../../publishing/submission/apply.ts');
  const { readLive } = await import('../../publishing/labels/live.ts');
  const account = await partnerAccount(io, options);
  for (const { state, store } of journals) checkState(state, { account, file: store.statePath });
  const ports = { http: await io.http(), clock: io.clock, timer: io.timer, random: io.random };
  const center = openPartnerCenter(account, ports);
  reporter.emit({ kind: 'note', message: `As ${accountLabel(account)}; correlation id ${center.correlationId}.` });
  const live = await readLive(
    center,
    journals.map(({ submitted }) => submitted.ids.p),
  );
  const audiences: Audience[] = [];
  for await (const audience of center.audiences()) audiences.push(audience);
  return { center, live, audiences };
};

/** Holds the journals of a release while something is changed. */
export const withJournals = async <T>(context: Context, out: string, work: () => Promise<T>): Promise<T> => {
  const { listSubmissions, submissionPath } = await import('../../publishing/submission/state.ts');
  const { files } = context.io;
  const held: (() => Promise<void>)[] = [];
  try {
    for (const key of await listSubmissions(files, out)) held.push(await files.lock(submissionPath(files, key, '')));
    return await work();
  } finally {
    for (const release of held.reverse()) await release();
  }
};

const HOUR_MS = 3_600_000;

/** @throws WinpvError USAGE */
export const patienceOf = ({ wait, waitLimit }: { readonly wait?: true; readonly waitLimit: string }): RunOptions => {
  if (!/^\d{1,4}(\.\d+)?$/.test(waitLimit)) throw new WinpvError('USAGE', '--wait-limit takes a number of hours.');
  return { wait: wait === true, maxWaitMs: Number(waitLimit) * HOUR_MS };
};

/** The one label that is meant, by its id or name. @throws WinpvError USAGE */
export const labelMeant = (live: readonly LiveLabel[], meant: string): LiveLabel => {
  const found = live.filter(
    ({ id, name }) => id === meant || name === meant || name.replace(/ \([0-9a-f]{8}\)$/, '') === meant,
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const there = (found.length === 0 ? live : found).map(({ id, name }) => `${id} ${name}`).join(', ');
  throw new WinpvError('USAGE', found.length === 0 ? 'There is no such label.' : 'Several labels have that name.', {
    hint: there === '' ? 'The submissions of this release have no labels.' : `There is ${there}. Name one by its id.`,
  });
};
