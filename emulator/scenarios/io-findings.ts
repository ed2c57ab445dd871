import type { DriverModel } from '../../drivers/model.ts';
import { speaksCommonUnmap } from '../../drivers/xenvbd/unmap-list.ts';
import type { GuestOutput } from '../guest/events.ts';
import type { IoOutput } from '../guest/io-events.ts';
import { servingBackend } from '../xen/block-backend.ts';
import { backendPath } from '../xen/device-directories.ts';
import { readNode } from '../xen/tree.ts';
import type { Attribution } from './attribute.ts';
import type { Finding } from './contract.ts';
import { mismatches } from './io-shadow.ts';
import type { Run } from './run.ts';
import { finding, outputsOf } from './transcript.ts';

type Failed = Extract<IoOutput, { kind: 'io.failed' }>;
type Trimmed = Extract<IoOutput, { kind: 'io.trimmed' }>;

const loadedModel = ({ world, input }: Run, module: string): DriverModel | undefined => {
  const image = world.session?.loaded[module]?.image;
  return image === undefined ? undefined : input.library.images[image]?.model;
};

/** F39: the two write and read UNMAP in two ways. */
const twoSides = (run: Run): Attribution | undefined => {
  const [filter, port] = [loadedModel(run, 'xendisk'), loadedModel(run, 'xenvbd')];
  if (filter === undefined || port === undefined || speaksCommonUnmap(filter) === speaksCommonUnmap(port))
    return undefined;
  const message = 'xendisk.sys and xenvbd.sys are of builds that write UNMAP in two ways.';
  return { failureMode: 'F39', message, hint: 'Ship xendisk.sys and xenvbd.sys of one build.' };
};

/** F41: both sides count sectors, and not the same ones (spec xen-pv 4.5). */
const twoUnits = ({ world: { host } }: Run, vbd: number): Attribution | undefined => {
  const backend = servingBackend(host, vbd);
  const size = Number(readNode(host.store, `${backendPath({ type: 'vbd', id: vbd })}/sector-size`) ?? 512);
  if (backend === undefined || backend.unit === size) return undefined;
  const message = `The drivers count in sectors of ${size} bytes, and the backend in such of ${backend.unit}.`;
  return { failureMode: 'F41', message, hint: 'Give guests with these drivers disks with sectors of 512 bytes.' };
};

const OTHERWISE: Attribution = { message: 'No cause is known.' };

const explained = (what: string, why: Attribution = OTHERWISE, event?: GuestOutput): Finding =>
  finding('EMULATOR_DISK_IO', 'error', { ...why, message: `${what} ${why.message}` }, event);

/** What whoever asks has to answer for: blocks that the disk does not have, or a disk that is not there. */
const isAskersFault = ({ srbStatus, because, op }: Failed): boolean =>
  op !== 'trim' &&
  (srbStatus !== 'SRB_STATUS_ERROR' || because.includes('past the end') || because.includes('may not'));

const failure = (run: Run, output: Failed): readonly Finding[] => {
  if (isAskersFault(output)) return [];
  const why = output.op === 'trim' ? twoSides(run) : twoUnits(run, output.vbd);
  const what = `Disk ${output.vbd} fails a ${output.op} with ${output.srbStatus}: ${output.because}`;
  return [explained(what, why ?? { message: 'See what its backend says.' }, output)];
};

/** F40, and volumes that do not shrink where they could. */
const trim = (run: Run, output: Trimmed): readonly Finding[] => {
  const { vbd, by, pagesBefore, pagesAfter } = output;
  const backend = servingBackend(run.world.host, vbd);
  if (backend === undefined || pagesAfter < pagesBefore) return [];
  if (!backend.discard) {
    if (run.checkpoints.some(({ expected }) => expected.noDiscard === true)) return [];
    const message = `${by} tells Windows that disk ${vbd} is trimmed; its backend has no discard, and the volume stays as large.`;
    const hint = 'Give the guest a backend with feature-discard; docs/guide/trim.md says who asks for what.';
    return [finding('EMULATOR_DISK_IO', 'warning', { failureMode: 'F40', message, hint }, output)];
  }
  const why = twoSides(run);
  return why === undefined ? [] : [explained(`Disk ${vbd} is trimmed, and its volume does not shrink.`, why, output)];
};

/** What disks did with what they were asked for. */
export const ioFindings = (run: Run): readonly Finding[] => {
  if (!run.steps.some(({ event }) => event.kind.startsWith('io.'))) return [];
  const answers = outputsOf(run.steps).flatMap((output) => {
    if (output.kind === 'io.failed') return failure(run, output);
    return output.kind === 'io.trimmed' ? trim(run, output) : [];
  });
  const changed = mismatches(run.steps).map(({ vbd, output }) =>
    explained(
      `Disk ${vbd} gives back other bytes than were written to it.`,
      twoUnits(run, vbd) ?? twoSides(run),
      output,
    ),
  );
  return [...changed, ...answers];
};
