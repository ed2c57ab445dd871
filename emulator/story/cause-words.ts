import type { DriverFailure } from '../../drivers/behaviour.ts';
import { dumpFailureWords } from '../guest/dump-words.ts';
import type { Cause } from '../guest/events.ts';

type Of<Kind extends Cause['kind']> = Extract<Cause, { kind: Kind }>;

const MOST = 2;

const listed = (names: readonly string[]): string =>
  names.length <= MOST ? names.join(', ') : `${names.slice(0, MOST).join(', ')} and ${names.length - MOST} more`;

const noDriver = ({ wanted, nearest }: Of<'no-driver'>): readonly string[] => [
  wanted.length === 0 ? 'The device has no id that Windows takes.' : `No package matches ${listed(wanted)}.`,
  ...(nearest.length === 0 ? [] : [`Packages for its kind are for ${listed(nearest)}.`]),
];

const failureWords = (failure: DriverFailure): string => {
  switch (failure.kind) {
    case 'interface': {
      const { name, wanted, range } = failure;
      const has = range === undefined ? 'does not offer it' : `offers ${range[0]} to ${range[1]}`;
      return `it asks for ${name} version ${wanted}, and the bus ${has}`;
    }
    case 'module':
      return `it was built with ${failure.module} ${failure.wanted}, and ${failure.found} is in memory`;
    case 'backend':
    case 'restart':
    case 'other':
      return failure.reason;
    default:
      return (failure as { readonly kind: string }).kind;
  }
};

const driverFailed = ({ service, device, failure }: Of<'driver'>): string =>
  `${service}${device === '' ? '' : ` on ${device}`} does not start: ${failureWords(failure)}`;

const importMissing = ({ image, module, names }: Of<'import-missing'>): string =>
  `${image} imports ${names.length === 0 ? `from ${module}, which is not there` : `${listed(names)} from ${module}, which does not export it`}.`;

/** The emulated disk is `present` or `unplugged`; `pv` names devices on the way to the other, if there are any. */
const diskGone = ({ emulated, pv }: Of<'disk-gone'>): string =>
  `The emulated disk is ${emulated}, and ${pv === '' ? 'no device leads to a PV disk' : `${pv} does not work`}.`;

const OVERRIDE = { start: 'its start type', override: 'StartOverride' } as const;

/** Why something is as it is, link after link of the chain: what is told first follows from what is told next. */
export const causeLines = (cause: Cause): readonly string[] => {
  switch (cause.kind) {
    case 'none':
      return [];
    case 'no-driver':
      return noDriver(cause);
    case 'service-missing':
      return [`${cause.device} names ${cause.service} as its ${cause.role}, and there is no such service.`];
    case 'service-disabled':
      return [`The service ${cause.service} is kept from starting by ${OVERRIDE[cause.by]}.`];
    case 'starts-later':
      return [`${cause.service} does not start at boot (${OVERRIDE[cause.by]}), and ${cause.device} needs it to.`];
    case 'file-missing':
      return [`${cause.path}, the file of the service ${cause.service}, is missing.`];
    case 'import-missing':
      return [importMissing(cause)];
    case 'wrong-machine':
      return [`${cause.image} is built for ${cause.machine}.`];
    case 'needs-windows':
      return [`${cause.image} needs ${cause.because}.`];
    case 'signature':
      return [`Windows does not load ${cause.image}: ${cause.reason}`];
    case 'driver':
      return [driverFailed(cause)];
    case 'install-section-missing':
      return [`The INF of ${cause.package} has no section ${cause.section}.`];
    case 'include':
      return [`${cause.package} includes ${cause.name}, which is not there.`];
    case 'restart-pending':
      return [`${cause.device} waits for a restart: ${cause.because}`];
    case 'disk-gone':
      return [diskGone(cause), ...causeLines(cause.because)];
    case 'dump':
      return [dumpFailureWords(cause.failure)];
    case 'deliberate':
      return [`${cause.by} stops the machine on purpose: ${cause.reason}`];
    case 'text':
      return [cause.text];
    default:
      return [];
  }
};
