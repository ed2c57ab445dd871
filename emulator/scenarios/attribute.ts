import { type PvId, parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import type { Cause } from '../guest/events.ts';
import type { Run } from './run.ts';

/** What a cause means to a release engineer. */
export interface Attribution {
  /** A row of spec xen-pv 8. */
  readonly failureMode?: string;
  readonly message: string;
  readonly hint?: string;
}

const listed = (names: readonly string[]): string => names.join(', ');

/** The family's export drivers and filters, and what it means when one of them is not there. */
const MODULE_MODES: Readonly<Record<string, string>> = { 'xencrsh.sys': 'F37', 'xen.sys': 'F24' };
const FILTER_MODES: Readonly<Record<string, string>> = { xenfilt: 'F19', scsifilt: 'F20', xendisk: 'F38' };

const mode = (failureMode: string | undefined): Pick<Attribution, 'failureMode'> =>
  failureMode === undefined ? {} : { failureMode };

/** Why nothing drives a device: what its ids have in common with those of the packages (spec xen-pv 8, F01 to F04, F10). */
const withoutDriver = (cause: Extract<Cause, { kind: 'no-driver' }>, run: Run): Attribution => {
  const wanted = cause.wanted
    .map(parsePvId)
    .filter((id) => id !== undefined && id.deviceClass !== '') as readonly PvId[];
  const near = cause.nearest.map(parsePvId).filter((id) => id !== undefined) as readonly PvId[];
  const [first] = wanted;
  const nothing = `Nothing in the release drives ${cause.device}.`;
  if (first === undefined || near.length === 0) return { message: nothing };
  const samePrefix = near.filter(({ prefix }) => prefix === first.prefix);
  if (samePrefix.length === 0) {
    const message = `The bus lists ${first.deviceClass} with the vendor prefix ${first.prefix ?? 'of 2013'}, and the packages for it have ${listed([...new Set(near.map(({ prefix }) => prefix ?? 'none'))])}.`;
    return { failureMode: 'F01', message, hint: 'Build all drivers of a release for one vendor prefix.' };
  }
  const revisions = new Set(wanted.map(({ revision }) => revision));
  const listedHere = samePrefix.filter(({ revision }) => revisions.has(revision));
  if (listedHere.length > 0) {
    const message = `The machine has the platform function ${first.platform}, and the package for ${first.deviceClass} has no id for it: it has ${listed([...new Set(samePrefix.map(({ platform }) => platform ?? ''))])}.`;
    return { failureMode: 'F02', message, hint: 'Give every INF the ids of the same functions.' };
  }
  return unlisted(first, samePrefix, wanted, run);
};

const unlisted = (first: PvId, near: readonly PvId[], wanted: readonly PvId[], run: Run): Attribution => {
  const bound = run.steps.some(({ outputs }) =>
    outputs.some((output) => output.kind === 'device.bound' && parsePvId(output.id)?.deviceClass === first.deviceClass),
  );
  const numbers = wanted.map(({ revision }) => revision ?? '').sort();
  const has = [...new Set(near.map(({ revision }) => revision ?? ''))];
  const older = has.every((revision) => revision < (numbers[0] ?? ''));
  const message = `The bus lists the revisions ${numbers[0]} to ${numbers.at(-1)} of ${first.deviceClass}, and the packages for it bind ${listed(has)}.`;
  return older && bound
    ? { failureMode: 'F04', message, hint: 'Release the child with its bus, or keep the revision in the table.' }
    : { failureMode: 'F03', message, hint: 'Take bus and child from releases that belong together.' };
};

/** The meaning of a cause, independent of the scenario that it appeared in. */
export const attribute = (cause: Cause, run: Run): Attribution => {
  switch (cause.kind) {
    case 'none':
      return { message: 'No cause is known.' };
    case 'no-driver':
      return withoutDriver(cause, run);
    case 'service-missing':
      return {
        ...mode(cause.role === 'filter' ? (FILTER_MODES[cause.service.toLowerCase()] ?? 'F20') : undefined),
        message: `${cause.device} names the ${cause.role === 'filter' ? 'filter' : 'service'} ${cause.service}, and there is no such service.`,
        hint: 'Register a filter only in the package that installs its service and file, and take it out with them.',
      };
    case 'service-disabled':
      return {
        ...mode(cause.by === 'override' ? 'F17' : undefined),
        message:
          cause.by === 'override'
            ? `${cause.service} is switched off by StartOverride.`
            : `The service ${cause.service} is disabled.`,
        hint: 'Reset Start and StartOverride of the services that are needed to start the machine.',
      };
    case 'file-missing':
      return {
        ...mode(FILTER_MODES[cause.service.toLowerCase()] ?? (/\.(exe|dll)$/i.test(cause.path) ? 'F35' : undefined)),
        message: `${cause.path} is missing, which the service ${cause.service} needs.`,
        hint: 'Copy the file under the name that the service has.',
      };
    case 'import-missing':
      return importMissing(cause);
    case 'wrong-machine':
      return {
        message: `${cause.image} is built for ${cause.machine}.`,
        hint: 'Take the binaries of the architecture that the INF is for.',
      };
    case 'needs-windows':
      return {
        failureMode: 'F46',
        message: `${cause.image} needs ${cause.because}, which this Windows lacks.`,
        hint: 'Offer the package only to Windows versions that have it, by the decoration of [Manufacturer].',
      };
    case 'signature':
      return {
        message: `Windows does not load ${cause.image}: ${cause.reason}`,
        hint: 'winpv verify --policy shows which Windows load it.',
      };
    case 'driver':
      return driverFailed(cause);
    case 'install-section-missing':
      return {
        failureMode: 'F30',
        message: `The INF of ${cause.package} has no section ${cause.section} for this Windows.`,
      };
    case 'include':
      return { message: `${cause.package} includes ${cause.name}, which is not there.` };
    case 'restart-pending':
      return { message: `${cause.device} waits for a restart: ${cause.because}.` };
    case 'disk-gone':
      return attribute(cause.because, run);
    case 'deliberate':
      return { failureMode: 'F23', message: `A driver stops the machine on purpose: ${cause.reason}` };
    case 'text':
      return { message: cause.text };
  }
};

const importMissing = ({ image, module, names }: Extract<Cause, { kind: 'import-missing' }>): Attribution => {
  const what = names.length === 0 ? 'which is not there' : `which does not export ${listed(names)}`;
  return {
    ...mode(MODULE_MODES[module.toLowerCase()]),
    message: `${image} imports from ${module}, ${what}: it cannot be loaded.`,
    hint: `Ship ${module} from the same build.`,
  };
};

const driverFailed = ({ service, device, failure }: Extract<Cause, { kind: 'driver' }>): Attribution => {
  const who = device === '' ? service : `${service} on ${device}`;
  if (failure.kind === 'interface') {
    const { name, wanted, range } = failure;
    const has =
      range === undefined ? 'has none' : range[0] === range[1] ? `has ${range[0]}` : `has ${range[0]} to ${range[1]}`;
    return {
      failureMode: 'F05',
      message: `${who} asks for ${name} ${wanted}, and the bus ${has}: it does not start.`,
      hint: 'Take a child that was built for this bus.',
    };
  }
  if (failure.kind === 'module') {
    return {
      failureMode: 'F24',
      message: `${who} was built with ${failure.module} ${failure.wanted}, and ${failure.found} is in memory: it does nothing.`,
      hint: 'Ship xen.sys, xenbus.sys and xenfilt.sys of one build.',
    };
  }
  return { message: `${who} fails: ${failure.reason}` };
};
