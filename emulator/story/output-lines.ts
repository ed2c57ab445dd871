import type { DriverNote } from '../../drivers/behaviour.ts';
import { dumpNoteWords } from '../guest/dump-words.ts';
import type { Cause, GuestOutput } from '../guest/events.ts';
import { outputWords, packageName } from '../words.ts';
import { hostNoteWords } from '../xen/host-words.ts';
import { causeLines } from './cause-words.ts';

/** How something that happened is to be taken: `step` is what was meant to happen, `fault` what was not. */
export type Tone = 'step' | 'good' | 'notice' | 'fault';

/** One thing that happened, for people. */
export interface StoryLine {
  readonly tone: Tone;
  readonly text: string;
  /** Why, link after link. */
  readonly because?: readonly string[];
}

type Of<Kind extends GuestOutput['kind']> = Extract<GuestOutput, { kind: Kind }>;

const line = (tone: Tone, text: string, because: readonly string[] = []): StoryLine =>
  because.length === 0 ? { tone, text } : { tone, text, because };

const bound = ({ device, package: key, id, rank, instead }: Of<'device.bound'>): StoryLine => {
  const before = instead === undefined ? '' : `, in place of ${packageName(instead)}`;
  return line('step', `${device} gets ${packageName(key)} by ${id} (rank ${rank})${before}`);
};

const bootLine = (output: Of<'boot.started' | 'boot.running' | 'boot.stopped'>): StoryLine => {
  switch (output.kind) {
    case 'boot.started':
      return line('step', `Boot ${output.boot} begins${output.mode === 'safe' ? ' in safe mode' : ''}`);
    case 'boot.running':
      return line('good', `Boot ${output.boot} is up`);
    case 'boot.stopped':
      return line('fault', `Boot ${output.boot} stops with ${output.code}`, [
        output.reason,
        ...causeLines(output.cause),
      ]);
  }
};

/** What happened, as people say it. Whatever has no words of its own here has those of findings. */
export const storyLine = (output: GuestOutput): StoryLine => {
  switch (output.kind) {
    case 'boot.started':
    case 'boot.running':
    case 'boot.stopped':
      return bootLine(output);
    case 'package.staged':
      return line('step', `${packageName(output.package)} is in the driver store as ${output.published}`);
    case 'package.refused':
      return line('fault', `${packageName(output.package)} is refused (${output.because})`, [output.reason]);
    case 'package.deleted':
      return line('step', `${output.published} is gone from the driver store`);
    case 'device.arrived':
      return line('step', `${output.device} is there${output.known ? '' : ', for the first time'}`);
    case 'device.gone':
      return line('notice', `${output.device} is gone`);
    case 'device.bound':
      return bound(output);
    case 'device.started':
      return line('good', `${output.device} works${output.service === undefined ? '' : ` with ${output.service}`}`);
    default:
      return otherLine(output);
  }
};

const otherLine = (output: GuestOutput): StoryLine => {
  switch (output.kind) {
    case 'device.refused':
      return line('notice', outputWords(output), [output.reason]);
    case 'device.outranked':
      return line('notice', outputWords(output));
    case 'device.problem':
      return line('fault', `${output.device} has problem ${output.code}`, causeLines(output.cause));
    case 'module.loaded':
      return line('step', `${output.module} is loaded`);
    case 'module.failed':
      return line('fault', `${output.module} is not loaded`, causeLines(output.cause));
    case 'service.started':
      return line('step', `The service ${output.service} runs`);
    case 'service.failed':
      return line('fault', `The service ${output.service} fails`, causeLines(output.cause));
    case 'restart.wanted':
      return line('notice', `${output.by} wants a restart`, [output.because]);
    case 'restart.automatic':
      return line('notice', `${output.by} restarts the machine`);
    case 'driver.note':
      return noteLine(output.note);
    case 'emulator.unmodelled':
      return line('notice', 'Not modelled', [output.what]);
    default:
      return line(toneOf(output.kind), outputWords(output), 'cause' in output ? causeLines(output.cause as Cause) : []);
  }
};

/** Kinds say by their last word how they ended: `dump.failed`, `io.done`. */
const toneOf = (kind: string): Tone => {
  if (/[.-](failed|refused|lost|not-connected|blocked)$/.test(kind)) return 'fault';
  return /[.-](done|written|found|resumed|connected)$/.test(kind) ? 'good' : 'step';
};

const noteLine = (note: DriverNote): StoryLine => {
  switch (note.kind) {
    case 'xen.unplug':
      return line(
        'step',
        `Emulated devices are unplugged: ${[note.disks ? 'disks' : '', note.nics ? 'network cards' : ''].filter((part) => part !== '').join(' and ') || 'none'}`,
      );
    case 'xen.unplug-vetoed':
      return line('notice', `Emulated ${note.type === 'DISKS' ? 'disks' : 'network cards'} are not unplugged: vetoed`);
    case 'xen.active':
      return line('step', `${note.device} is ${note.active ? 'the active function' : 'not the active function'}`, [
        note.because,
      ]);
    case 'xen.connected':
      return line('good', `${note.device} is connected to ${note.path}`);
    case 'xen.target-hidden':
      return line('notice', `Target ${note.target} (disk ${note.vbd}) is hidden`, [note.because]);
    case 'xen.reboot-requested':
      return line('notice', `${note.by} asks for a restart`, [note.because]);
    default:
      return otherNote(note);
  }
};

const otherNote = (note: DriverNote): StoryLine => {
  switch (note.kind) {
    case 'xen.blocked':
      return line('fault', 'The host refuses these drivers', [note.reason]);
    case 'xen.inert':
      return line('fault', `${note.module} does nothing`, [note.reason]);
    case 'xen.id-list':
      return line('step', `The list of ids of ${note.device} has ${note.bytes} bytes`);
    case 'xen.restart-prompt':
      return line(
        'notice',
        `The user is asked to restart, for ${note.by}${note.afterSeconds === undefined ? '' : `; without an answer after ${note.afterSeconds} s`}`,
      );
    case 'xen.restart-automatic':
      return line('notice', `The monitor restarts for ${note.by}: ${note.count} of ${note.limit} in a row`);
    case 'xen.start-override-removed':
      return line('good', `${note.service} starts at boot again: StartOverride is removed`);
    case 'xen.undecided':
      return line('notice', `${note.module} on ${note.device}: taken to go well`, [note.reason]);
    case 'xen.warning':
      return line('notice', note.module, [note.message]);
    case 'xen.dump-target':
    case 'xen.dump-connected':
      return line(toneOf(note.kind), dumpNoteWords(note));
    default:
      return line(toneOf(note.kind), hostNoteWords(note) ?? note.kind);
  }
};
