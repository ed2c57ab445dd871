import { traitOf } from '../../drivers/xenbus/traits.ts';
import { replacesLostPages } from '../../drivers/xencrsh/traits.ts';
import type { GuestOutput } from '../guest/events.ts';
import { servingBackend } from '../xen/block-backend.ts';
import { backendPath } from '../xen/device-directories.ts';
import { readNode } from '../xen/tree.ts';
import { type Attribution, attribute } from './attribute.ts';
import type { Finding } from './contract.ts';
import { imageModel } from './input.ts';
import type { Run } from './run.ts';
import { finding, outputsOf } from './transcript.ts';

type Failed = Extract<GuestOutput, { kind: 'dump.failed' }>;
type Written = Extract<GuestOutput, { kind: 'dump.written' }>;

/**
 * Whether every release of the library's day does so, and nothing but a newer one helps: before the grants were left alone, and
 * before pages that are no memory were replaced.
 */
const isOfAge = ({ input }: Run, { cause }: Failed): boolean => {
  const model = imageModel(input, input.bundle, 'xencrsh');
  if (model === undefined || cause.kind !== 'dump') return false;
  if (cause.failure.kind === 'grants') return model.built < traitOf('crashReserve').since;
  return cause.failure.kind === 'page' && replacesLostPages(model) === 'no';
};

const lostIn = ({ mode, hangs }: Failed): string => {
  const end = hangs ? ', and stands without an end' : '';
  return mode === 'dump'
    ? `The machine crashes without leaving a dump${end}.`
    : `The machine does not hibernate${end}.`;
};

const failure = (run: Run, output: Failed): Finding => {
  const why = attribute(output.cause, run);
  const told: Attribution = { ...why, message: `${lostIn(output)} ${why.message}` };
  return finding('EMULATOR_NO_DUMP', isOfAge(run, output) ? 'warning' : 'error', told, output);
};

/** Both sides count sectors, and not the same ones (spec xen-pv 4.5). */
const otherUnits = ({ world: { host } }: Run, { vbd }: Written): Attribution | undefined => {
  const backend = servingBackend(host, vbd);
  const size = Number(readNode(host.store, `${backendPath({ type: 'vbd', id: vbd })}/sector-size`) ?? 512);
  if (backend === undefined || backend.unit === size) return undefined;
  const message = `The drivers count in sectors of ${size} bytes, and the backend in such of ${backend.unit}.`;
  return { message, hint: 'Give guests with these drivers disks with sectors of 512 bytes.' };
};

/** A dump that was written has to be found, byte for byte, in the start that follows. */
const unread = (run: Run, outputs: readonly GuestOutput[], written: Written): readonly Finding[] => {
  const rest = outputs.slice(outputs.indexOf(written));
  if (!rest.some(({ kind }) => kind === 'boot.running')) return [];
  const found = rest.find((output) => output.kind === 'dump.found');
  if (found?.kind === 'dump.found' && found.sha256 === written.sha256) return [];
  const what = found === undefined ? 'is not found' : 'is found with other bytes';
  const message = `The dump of ${written.bytes} bytes that went to ${written.file} on disk ${written.vbd} ${what} after the next start.`;
  const units = otherUnits(run, written);
  if (units !== undefined) {
    const failureMode = 'F41';
    return [
      finding('EMULATOR_NO_DUMP', 'error', { ...units, failureMode, message: `${message} ${units.message}` }, written),
    ];
  }
  const hint = 'See what the backend did with the requests of the dump.';
  return [finding('EMULATOR_NO_DUMP', 'error', { message, hint }, written)];
};

/** Crashes without a dump, and machines that do not come back from hibernation as they were. */
export const dumpFindings = (run: Run): readonly Finding[] => {
  const outputs = outputsOf(run.steps);
  return outputs.flatMap((output): readonly Finding[] => {
    if (output.kind === 'dump.failed') return [failure(run, output)];
    if (output.kind === 'dump.written' && output.mode === 'dump') return unread(run, outputs, output);
    if (output.kind !== 'resume.failed') return [];
    const message = `The machine does not go on after hibernation. ${output.because}`;
    return [finding('EMULATOR_NO_DUMP', 'error', { message }, output)];
  });
};
