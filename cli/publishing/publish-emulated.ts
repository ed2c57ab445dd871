import { type Diagnostic, stopOnErrors, WinpvError } from '../../core/errors.ts';
import type { PublicationRehearsal } from '../../emulator/cloud/windows-update/rehearse.ts';
import type { Machine } from '../../emulator/fleet/machines/machine.ts';
import type { ResolvedLabel } from '../../publishing/labels/contract.ts';
import type { HeldFleet } from '../../release/publication/fleet.ts';
import type { Context } from '../outcome.ts';
import type { EmulatedCloud } from './emulated-cloud.ts';

/** Labels made on an emulated Partner Center within winpv, time put ahead until they are live, and machines asked. */

export interface EmulatedLabelsRequest {
  readonly out: string;
  readonly brand: string;
  readonly labels: string;
  readonly fleet?: string | undefined;
  readonly endpoint: string;
}

export interface EmulatedLabels {
  readonly rehearsal: PublicationRehearsal;
  /** Labels were for more machines than attested drivers go to: the drivers were taken as tested. */
  readonly asTested: boolean;
  /** What stands in the file for other brands. */
  readonly leftOut: readonly string[];
  readonly held?: HeldFleet;
  /** Machines of the fleet that were asked one by one; of larger ones the first. */
  readonly asked: number;
  readonly diagnostics: readonly Diagnostic[];
}

const MAX_FLEET_BYTES = 64 * 1024 * 1024;
/** Each machine is asked each time that something changes. */
const MAX_ASKED = 500;

const isAttested = ({ submission, label }: ResolvedLabel): boolean =>
  (submission?.signature ?? label.signature) === 'attestation';

const isForAll = ({ label, audienceNames }: ResolvedLabel): boolean =>
  audienceNames.length === 0 && (label.targeting.restrictedToAudiences ?? []).length === 0;

const planned = async (context: Context, { out, brand, labels, endpoint }: EmulatedLabelsRequest) => {
  const { readLabels, readRelease } = await import('../inputs/label-input.ts');
  const { openSession } = await import('./label-session.ts');
  const { resolveLabels } = await import('../../publishing/labels/resolve.ts');
  const { checkLabels } = await import('../../publishing/labels/check.ts');
  const { withAudiences } = await import('../../publishing/labels/live.ts');
  const { planChanges } = await import('../../publishing/labels/diff.ts');
  const file = await readLabels(context.io, labels);
  const own = file.labels.flatMap((one, index) => (one.brand === brand ? [index] : []));
  const leftOut = [...new Set(file.labels.map((one) => one.brand).filter((one) => one !== brand))].sort();
  const ofBrand = {
    ...file,
    labels: own.flatMap((index) => file.labels[index] ?? []),
    place: (index: number) => file.place(own[index] ?? index),
  };
  const input = await readRelease(context.io, out);
  const first = resolveLabels(ofBrand, input.release);
  const asTested = first.labels.some((one) => isAttested(one) && isForAll(one));
  const submissions = input.release.submissions.map((one) => (asTested ? { ...one, signature: 'whql' as const } : one));
  const release = { ...input.release, submissions };
  const resolved = asTested ? resolveLabels(ofBrand, release) : first;
  const session = await openSession(context, input, { endpoint });
  const meant = resolved.labels.map((one) => withAudiences(one, session.audiences));
  const facts = { release, nowMs: context.io.clock.now(), live: session.live, audiences: session.audiences };
  const found = [...resolved.diagnostics, ...checkLabels(meant, { ...facts, busInstalled: false })];
  stopOnErrors(found);
  return { input, session, changes: planChanges(meant, session.live), found, asTested, leftOut };
};

const applied = async (context: Context, request: EmulatedLabelsRequest) => {
  const { withJournals } = await import('./label-session.ts');
  const { runsFor } = await import('../inputs/label-input.ts');
  const { applyLabels } = await import('../../publishing/labels/apply.ts');
  return withJournals(context, request.out, async () => {
    const all = await planned(context, request);
    const runOf = await runsFor(context, all.session.center, all.input.journals, { wait: false, maxWaitMs: 0 });
    await applyLabels(all.changes, runOf);
    return all;
  });
};

/** The machines of a fleet that are asked themselves; lines that are none are told by whoever counts them. */
const machinesOf = async (bytes: Uint8Array): Promise<readonly Machine[]> => {
  const { machineOf, NoMachine } = await import('../../emulator/fleet/machines/machine.ts');
  const machines = new Map<string, Machine>();
  for (const text of new TextDecoder().decode(bytes).split(/\r?\n/)) {
    if (machines.size >= MAX_ASKED) break;
    if (text.trim() === '') continue;
    try {
      const machine = machineOf(JSON.parse(text));
      if (!machines.has(machine.id)) machines.set(machine.id, machine);
    } catch (error) {
      if (!(error instanceof NoMachine) && !(error instanceof SyntaxError)) throw error;
    }
  }
  return [...machines.values()];
};

interface Fleet {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const held = async ({ io }: Context, cloud: EmulatedCloud, { out, brand }: EmulatedLabelsRequest, fleet: Fleet) => {
  const { labelsNow } = await import('../../emulator/cloud/windows-update/in-time.ts');
  const { holdFleet } = await import('../../release/publication/fleet.ts');
  const { fleetWarnings } = await import('../../release/publication/forecast.ts');
  const { readTemplates } = await import('../../release/project/known-templates.ts');
  const { brandFiles } = await import('../../release/publication/publication.ts');
  const at = cloud.service.now();
  const labels = labelsNow(cloud.service.state(), at).map(({ label, rollout }) => ({
    label: { ...label, brand },
    rollout,
  }));
  const [brands, templates] = [[await brandFiles(io.files, out, brand)], await readTemplates(io)];
  const nowMs = io.clock.now();
  const { held: fleetHeld, bad } = await holdFleet({ labels, at, brands, fleet, nowMs, templates });
  return { held: fleetHeld, diagnostics: [...bad, ...fleetWarnings(fleetHeld, fleet.path)] };
};

/**
 * Plans the labels of a brand and makes them, as `winpv label apply` does, on a service that has its submissions; lets time go by
 * until each has come to everyone or never will; and asks the machines of a fleet.
 * @throws WinpvError with every error of the labels, PUBLISH_*, FLEET_*
 */
export const emulatedLabels = async (
  context: Context,
  request: EmulatedLabelsRequest,
  cloud: EmulatedCloud,
): Promise<EmulatedLabels> => {
  const { rehearsePublication } = await import('../../emulator/cloud/windows-update/rehearse.ts');
  cloud.stopRunningAhead();
  const path = request.fleet;
  const bytes = path === undefined ? undefined : await context.io.files.read(path, { maxBytes: MAX_FLEET_BYTES });
  const { found, asTested, leftOut, changes } = await applied(context, request);
  if (changes.length === 0) {
    throw new WinpvError('LABEL_ROWS_EMPTY', `The file has no label for ${request.brand}.`, {
      at: { file: request.labels },
      hint:
        leftOut.length === 0 ? 'docs/guide/labels.md says what a file of labels has.' : `It has ${leftOut.join(', ')}.`,
    });
  }
  if (asTested) cloud.takeAsTested();
  const machines = bytes === undefined ? [] : await machinesOf(bytes);
  const rehearsal = await rehearsePublication(cloud.service, { machines });
  const fleet =
    bytes === undefined || path === undefined ? undefined : await held(context, cloud, request, { path, bytes });
  return {
    ...{ rehearsal, asTested, leftOut, asked: machines.length },
    ...(fleet === undefined ? {} : { held: fleet.held }),
    diagnostics: [...found, ...(fleet?.diagnostics ?? [])],
  };
};
