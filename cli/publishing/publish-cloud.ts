import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { Http } from '../../core/ports.ts';
import type { Destination } from '../../publishing/refusals/contract.ts';
import type { Io } from '../io.ts';
import type { Context, Outcome } from '../outcome.ts';
import type { EmulatedCloud } from './emulated-cloud.ts';

export interface CloudOptions {
  readonly brand: string;
  readonly endpoint?: string;
  readonly account?: string;
  readonly credentials?: string;
  readonly server?: string;
  readonly destination?: Destination;
  readonly labels?: string;
  readonly fleet?: string;
  readonly yes?: true;
  readonly dryRun?: true;
}

/** In this process nobody is called, so that any address on this machine will do. */
const ORIGIN = 'http://127.0.0.1:7070';
const WAIT_HOURS = '168';

/** Architectures of a brand that have something to submit. @throws WinpvError PROJECT_UNKNOWN_NAME, PUBLISH_PACKAGE_MISSING */
const submittedArchitectures = async (io: Io, out: string, brandId: string): Promise<readonly string[]> => {
  const { parseJson } = await import('../../core/json.ts');
  const { publishedRecord } = await import('../../release/reading/published-record.ts');
  const { RECORD_NAME } = await import('../../release/output.ts');
  const file = io.files.join(out, RECORD_NAME);
  const { brands } = parseJson(await io.files.read(file), file, publishedRecord);
  const brand = brands.find(({ id }) => id === brandId);
  if (brand === undefined) {
    const hint = `It has ${brands.map(({ id }) => id).join(', ')}.`;
    throw new WinpvError('PROJECT_UNKNOWN_NAME', `The release has no brand "${brandId}".`, { at: { file }, hint });
  }
  const found = brand.cabinets.flatMap(({ path }) => /-([a-z0-9]+)-submission\.cab$/.exec(path)?.[1] ?? []);
  if (found.length > 0) return found;
  throw new WinpvError('PUBLISH_PACKAGE_MISSING', `${brandId} has no submission cabinet.`, { at: { file } });
};

interface Submitting {
  readonly context: Context;
  readonly out: string;
  readonly options: CloudOptions;
}

const submitAll = async ({ context, out, options }: Submitting, more: { readonly dryRun?: true }) => {
  const { submit } = await import('../commands/submit.ts');
  const outcomes: (Outcome & { readonly architecture: string })[] = [];
  for (const architecture of await submittedArchitectures(context.io, out, options.brand)) {
    const { brand, endpoint, account, credentials, server, destination } = options;
    const given = Object.fromEntries(
      Object.entries({ endpoint, account, credentials, server, destination }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const outcome = await submit(context, out, { brand, arch: architecture, waitLimit: WAIT_HOURS, ...given, ...more });
    outcomes.push({ ...outcome, architecture });
  }
  return outcomes;
};

const joined = (options: CloudOptions, to: string, outcomes: readonly Outcome[]): Outcome => {
  const failure = outcomes.find((outcome) => outcome.failure !== undefined)?.failure;
  return {
    result: { brand: options.brand, to, submissions: outcomes.map(({ result }) => result) },
    text: outcomes.flatMap(({ text }) => text),
    diagnostics: outcomes.flatMap(({ diagnostics = [] }) => diagnostics),
    ...(failure === undefined ? {} : { failure }),
  };
};

/** What the labels would do, when both files are named. */
const forecast = async (io: Io, out: string, { labels, fleet }: CloudOptions) => {
  if (labels === undefined || fleet === undefined) return { text: [], diagnostics: [] };
  const { rehearsePublication } = await import('../../release/publication/publication.ts');
  const { forecastLines } = await import('../render/publication.ts');
  const project = { publication: { kind: 'on' as const, fleet, labels }, folder: '.' };
  const done = await rehearsePublication(project, out, io);
  if (done === undefined) return { text: [], diagnostics: [] };
  return { text: forecastLines(done.forecast), diagnostics: done.diagnostics, forecast: done.forecast };
};

/** What is written stays in memory, and what a real submission left is out of sight. */
const emulatedIo = async (io: Io, out: string, options: CloudOptions, cloud: EmulatedCloud): Promise<Io> => {
  const { overlayFiles } = await import('../../core/overlay-files.ts');
  const { credentialsOf } = await import('../../emulator/cloud/partner-center/service.ts');
  const { cloudRequest } = await import('../../emulator/http/requests.ts');
  const { tenant, clientId, clientSecret } = credentialsOf(cloud.service.state());
  const { join } = io.files;
  const state = join(out, '.winpv');
  const returned = (await submittedArchitectures(io, out, options.brand)).map((one) =>
    join(out, `${options.brand}-${one}-signed`),
  );
  const hidden = (path: string): boolean => [state, ...returned].some((one) => path === one || path.startsWith(one));
  // No fault is on, so that no connection is cut.
  const http: Http = {
    send: async (request) => {
      const { status, headers, body } = await cloud.service.handle(cloudRequest(request));
      return { status, headers, body };
    },
  };
  return {
    ...io,
    files: overlayFiles(io.files, hidden),
    http: async () => http,
    timer: { wait: async () => undefined },
    env: { ...io.env, WINPV_TENANT: tenant, WINPV_CLIENT_ID: clientId, WINPV_CLIENT_SECRET: clientSecret },
  };
};

/**
 * Publishes to an emulated Partner Center within winpv: submits, has it signed, takes it back, compares it; makes the labels, puts
 * time ahead until they are live, and asks the fleet. Nothing leaves this machine, and nothing is left behind: what would be
 * written stays in memory.
 */
export const publishToEmulator = async (context: Context, out: string, options: CloudOptions): Promise<Outcome> => {
  const { emulatedCloudInMemory } = await import('./emulated-cloud.ts');
  const cloud = await emulatedCloudInMemory(context.io);
  const emulated = { ...context, io: await emulatedIo(context.io, out, options, cloud) };
  const { account: _account, credentials: _credentials, server: _server, labels, fleet, ...rest } = options;
  const given = { ...rest, endpoint: ORIGIN };
  const outcome = joined(options, 'emulator', await submitAll({ context: emulated, out, options: given }, {}));
  const text = [...outcome.text, 'Rehearsed within winpv: nothing was sent anywhere, and nothing was written.'];
  if (labels === undefined || outcome.failure !== undefined) return { ...outcome, text };
  const { emulatedLabels } = await import('./publish-emulated.ts');
  const { emulatedLines, emulatedResult } = await import('../render/publication.ts');
  const { brand } = options;
  const done = await emulatedLabels(emulated, { out, brand, labels, fleet, endpoint: ORIGIN }, cloud);
  return {
    ...outcome,
    result: { ...(outcome.result as object), publication: emulatedResult(done) },
    text: [...text, ...emulatedLines(done, { labels, fleet })],
    diagnostics: [...(outcome.diagnostics ?? []), ...done.diagnostics],
  };
};

const notConfirmed = (): Diagnostic =>
  problem('PUBLISH_NOT_CONFIRMED', 'Publishing through Partner Center reaches the world; it was not confirmed.', {
    hint: 'Look at the plan above, then add --yes.',
  });

/** What is next, for labels are made only of what was signed. */
const nextLabel = (out: string, labels: string | undefined): readonly string[] =>
  labels === undefined
    ? []
    : [`Next: winpv label plan --labels ${labels} --release ${out}, then winpv label apply with the plan.`];

/** Publishes through Partner Center: the plan alone without `--yes`. */
export const publishToPartnerCenter = async (
  context: Context,
  out: string,
  options: CloudOptions,
): Promise<Outcome> => {
  const sure = options.yes === true && options.dryRun !== true;
  const outcomes = await submitAll({ context, out, options }, sure ? {} : { dryRun: true });
  const outcome = joined(options, 'partner-center', outcomes);
  const told = await forecast(context.io, out, options);
  const text = [...outcome.text, ...told.text, ...nextLabel(out, options.labels)];
  const diagnostics = [...(outcome.diagnostics ?? []), ...told.diagnostics];
  if (sure || options.dryRun === true || outcome.failure !== undefined) return { ...outcome, text, diagnostics };
  return { ...outcome, text, diagnostics, failure: notConfirmed() };
};
