import { dumpEventWords, dumpOutputWords } from './guest/dump-words.ts';
import type { Cause, GuestEvent, GuestOutput } from './guest/events.ts';
import { ioEventWords, ioOutputWords } from './guest/io-words.ts';
import { hostEventWords } from './xen/host-words.ts';

/** `new:xenbus/x64` is the release's own `xenbus/x64`. */
export const packageName = (key: string): string => key.replace(/^new:/, '');

/** What was done to a machine, as people say it. */
export const eventWords = (event: GuestEvent): string => {
  switch (event.kind) {
    case 'power.on':
      return 'switched on';
    case 'power.off':
      return 'switched off';
    case 'restart':
      return event.mode === 'safe' ? 'restarted in safe mode' : 'restarted';
    case 'time':
      return `left alone for ${Math.round(event.ms / 1000)} s`;
    case 'package.stage':
    case 'package.install':
    case 'package.force':
      return `${DONE[event.kind]} ${packageName(event.package)}`;
    case 'package.delete':
      return `deleted ${event.published} from the driver store`;
    case 'device.uninstall':
    case 'device.disable':
    case 'device.rollback':
      return `${DONE[event.kind]} ${event.path}`;
    case 'device.rescan':
      return 'searched for hardware changes';
    case 'registry.set':
      return `set ${event.key}\\${event.name}`;
    case 'registry.delete':
      return `deleted ${event.key}${event.name === undefined ? '' : `\\${event.name}`}`;
    case 'file.delete':
    case 'file.write':
      return `${DONE[event.kind]} ${event.path}`;
    case 'service.stop':
      return `stopped the service ${event.service}`;
    case 'sysprep':
      return 'generalised the machine';
    case 'host':
      return 'changed the host';
    case 'nic.address':
      return `gave network card ${event.vif} the address ${event.address}`;
    case 'guest':
      return 'changed the firmware';
    case 'crash':
    case 'memory.balloon':
    case 'hibernate':
    case 'resume':
      return dumpEventWords(event);
    case 'io.write':
    case 'io.read':
    case 'io.flush':
    case 'io.delete':
    case 'io.retrim':
    case 'io.power-loss':
      return ioEventWords(event);
    default:
      return hostEventWords(event);
  }
};

const DONE = {
  'package.stage': 'staged',
  'package.install': 'installed',
  'package.force': 'forced',
  'device.uninstall': 'uninstalled',
  'device.disable': 'disabled',
  'device.rollback': 'rolled back',
  'file.delete': 'deleted',
  'file.write': 'wrote',
} as const;

/** What happened then: the link of the chain that broke. */
export const outputWords = (output: GuestOutput): string => {
  switch (output.kind) {
    case 'boot.stopped':
      return `boot ${output.boot} stopped with ${output.code}: ${output.reason}`;
    case 'device.problem':
      return `${output.device} got problem ${output.code}${causeWords(output.cause)}`;
    case 'device.outranked':
      return `${output.device} kept ${packageName(output.by)} (rank ${output.byRank}) over ${packageName(output.package)} (rank ${output.rank})`;
    case 'device.refused':
      return `${output.by} refused ${packageName(output.package)} for ${output.device}`;
    case 'package.refused':
      return `${packageName(output.package)} was refused (${output.because})`;
    case 'service.failed':
      return `the service ${output.service} failed${causeWords(output.cause)}`;
    case 'module.failed':
      return `${output.module} was not loaded${causeWords(output.cause)}`;
    case 'restart.wanted':
      return `${output.by} wanted a restart`;
    case 'disk.timed-out':
      return `requests on ${output.device} were given up after ${output.timeoutSeconds} s`;
    case 'crash.started':
    case 'dump.stack':
    case 'dump.stack-failed':
    case 'dump.written':
    case 'dump.failed':
    case 'dump.found':
    case 'hibernate.refused':
    case 'hibernate.done':
    case 'resume.done':
    case 'resume.failed':
      return dumpOutputWords(output);
    case 'io.done':
    case 'io.failed':
    case 'io.trimmed':
    case 'io.not-trimmed':
      return ioOutputWords(output);
    default:
      return output.kind;
  }
};

const causeWords = (cause: Cause): string => (cause.kind === 'none' || cause.kind === 'text' ? '' : ` (${cause.kind})`);
