import { AMBIGUOUS_REVISIONS } from '../../drivers/revision-register.ts';
import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import type { Cause } from '../guest/events.ts';
import { targetKey } from '../guest/guest.ts';
import { inboxServices } from '../guest/inbox-services.ts';
import { CLASSES, ENUM } from '../guest/machine.ts';
import { valueAt } from '../guest/registry.ts';
import { UnplugMask } from '../xen/ports.ts';
import { packagesFor } from './input.ts';
import type { Run } from './run.ts';
import { withoutDriver } from './unmatched.ts';
import { withoutDump } from './without-dump.ts';

/** What a cause means to a release engineer. */
export interface Attribution {
  /** A row of spec xen-pv 8. */
  readonly failureMode?: string;
  readonly message: string;
  readonly hint?: string;
  /** No release can help it: told, and no reason to stop one. */
  readonly helpless?: true;
}

const listed = (names: readonly string[]): string => names.join(', ');

/** The family's export drivers and filters, and what it means when one of them is not there. */
const MODULE_MODES: Readonly<Record<string, string>> = { 'xencrsh.sys': 'F37', 'xen.sys': 'F24' };
const FILTER_MODES: Readonly<Record<string, string>> = { xenfilt: 'F19', scsifilt: 'F20', xendisk: 'F38' };

const mode = (failureMode: string | undefined): Pick<Attribution, 'failureMode'> =>
  failureMode === undefined ? {} : { failureMode };

type Disabled = Extract<Cause, { kind: 'service-disabled' }>;
type Late = Extract<Cause, { kind: 'starts-later' }>;

const BY_OVERRIDE = 'Delete StartOverride of the services that are needed to start the machine.';

/** Whether the release itself installs a service as one that does not start. */
const isMadeDisabled = ({ input }: Run, name: string): boolean =>
  packagesFor(input, input.bundle).some(({ targets }) =>
    Object.values(targets[targetKey(input.guest)]?.installs ?? {}).some(({ services }) =>
      services.some((service) => service.name.toLowerCase() === name.toLowerCase() && service.start === DISABLED),
    ),
  );
const DISABLED = 4;

/** Without it nobody restarts the machine when a driver needs it. */
const isMonitor = (service: string): boolean => service.toLowerCase() === 'xenbus_monitor';

/** A driver of the family that the release itself switches off. */
const disabledMode = (service: string): string =>
  isMonitor(service) ? 'F47' : (FILTER_MODES[service.toLowerCase()] ?? 'F30');

const disabled = ({ service, by }: Disabled, run: Run): Attribution =>
  by === 'override'
    ? { failureMode: 'F17', message: `${service} is switched off by StartOverride.`, hint: BY_OVERRIDE }
    : {
        ...mode(isMadeDisabled(run, service) ? disabledMode(service) : undefined),
        message: `The service ${service} is disabled.`,
        hint: 'Reset Start of the services that are needed to start the machine.',
      };

const late = ({ service, role, device, by }: Late, run: Run): Attribution => {
  if (by === 'override') {
    const message = `${device} waits for ${service}, which StartOverride keeps from starting at boot.`;
    return { failureMode: 'F17', message, hint: BY_OVERRIDE };
  }
  return {
    ...mode(isOfWindows(run, service) ? undefined : role === 'function' ? 'F30' : filterMode(service)),
    message: `${device} waits for ${service}, which does not start at boot.`,
    hint: `StartType = 0 for ${service}.`,
  };
};

/** A service that Windows came with, and no package makes. */
const isOfWindows = ({ world }: Run, service: string): boolean =>
  inboxServices(world.guest).some(({ name }) => name.toLowerCase() === service.toLowerCase());

const filterMode = (service: string): string => FILTER_MODES[service.toLowerCase()] ?? 'F20';

/** The meaning of a cause, independent of the scenario that it appeared in. */
export const attribute = (cause: Cause, run: Run): Attribution => {
  switch (cause.kind) {
    case 'none':
      return { message: 'No cause is known.' };
    case 'no-driver':
      return withoutDriver(cause, run);
    case 'service-missing':
      return {
        ...mode(cause.role === 'filter' ? filterMode(cause.service) : undefined),
        message: `${cause.device} names the ${cause.role === 'filter' ? 'filter' : 'service'} ${cause.service}, and there is no such service.`,
        hint: 'Register a filter only in the package that installs its service and file, and take it out with them.',
      };
    case 'service-disabled':
      return disabled(cause, run);
    case 'starts-later':
      return late(cause, run);
    case 'file-missing':
      return fileMissing(cause, run);
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
      return driverFailed(cause, run);
    case 'install-section-missing':
      return {
        failureMode: 'F30',
        message: `The INF of ${cause.package} has no section ${cause.section} for this Windows.`,
      };
    case 'include':
      return { message: `${cause.package} includes or needs ${cause.name}, which is not there.` };
    case 'restart-pending':
      return { message: `${cause.device} waits for a restart: ${cause.because}.` };
    case 'disk-gone':
      return attribute(cause.because, run);
    case 'dump':
      return withoutDump(cause.failure);
    case 'deliberate':
      return { failureMode: 'F23', message: `A driver stops the machine on purpose: ${cause.reason}` };
    case 'text':
      return { message: cause.text };
  }
};

/** Whether the release makes a service of a file that it puts nowhere. */
const isMisnamed = ({ input }: Run, path: string): boolean => {
  const wanted = path.toLowerCase();
  const installs = packagesFor(input, input.bundle).flatMap(({ targets }) =>
    Object.values(targets[targetKey(input.guest)]?.installs ?? {}),
  );
  const copied = installs.some(({ copyFiles }) =>
    copyFiles.some(({ folder, name }) => `${folder}\\${name}`.toLowerCase() === wanted),
  );
  return !copied && installs.some(({ services }) => services.some(({ binary }) => binary?.toLowerCase() === wanted));
};

/** Whether a class names a service as its filter. */
const isClassFilter = ({ survey }: Run, service: string): boolean =>
  survey.classFilters.some(({ names }) => names.some((name) => name.toLowerCase() === service.toLowerCase()));

const fileMissing = ({ path, service }: Extract<Cause, { kind: 'file-missing' }>, run: Run): Attribution => {
  const isMisused = /\.(exe|dll)$/i.test(path) || isMisnamed(run, path);
  const filter = isClassFilter(run, service) ? 'F20' : undefined;
  return {
    ...mode(FILTER_MODES[service.toLowerCase()] ?? (isMisused ? 'F35' : filter)),
    message: `${path} is missing, which the service ${service} needs.`,
    hint: 'Copy the file under the name that the service has.',
  };
};

const importMissing = ({ image, module, names }: Extract<Cause, { kind: 'import-missing' }>): Attribution => {
  const what = names.length === 0 ? 'which is not there' : `which does not export ${listed(names)}`;
  return {
    ...mode(MODULE_MODES[module.toLowerCase()]),
    message: `${image} imports from ${module}, ${what}: it cannot be loaded.`,
    hint: `Ship ${module} from the same build.`,
  };
};

/** F08, F09: a number that means different interfaces in different builds, by which a device was bound. */
const ambiguity = ({ world }: Run, device: string): string | undefined => {
  const driver = valueAt(world.disk.registry, `${ENUM}\\${device}`, 'Driver')?.data;
  const matching =
    typeof driver === 'string' ? valueAt(world.disk.registry, `${CLASSES}\\${driver}`, 'MatchingDeviceId') : undefined;
  const id = parsePvId(String(matching?.data ?? ''));
  const found = AMBIGUOUS_REVISIONS.find(
    (one) => one.bus.toUpperCase() === id?.bus && one.revision === id.revision && one.from !== 'one table',
  );
  return found === undefined ? undefined : found.from === 'builds' ? 'F09' : 'F08';
};

const driverFailed = ({ service, device, failure }: Extract<Cause, { kind: 'driver' }>, run: Run): Attribution => {
  const who = device === '' ? service : `${service} on ${device}`;
  if (failure.kind === 'interface') {
    const { name, wanted, range } = failure;
    const has =
      range === undefined ? 'has none' : range[0] === range[1] ? `has ${range[0]}` : `has ${range[0]} to ${range[1]}`;
    return {
      failureMode: ambiguity(run, device) ?? 'F05',
      message: `${who} asks for ${name} ${wanted}, and the bus ${has}: it does not start.`,
      hint: 'Take a child that was built for this bus.',
    };
  }
  if (failure.kind === 'backend-keys') {
    return { failureMode: 'F42', message: failure.reason, hint: 'Repair what the backend says of its disk.' };
  }
  if (failure.kind === 'module') {
    return {
      failureMode: 'F24',
      message: `${who} was built with ${failure.module} ${failure.wanted}, and ${failure.found} is in memory: it does nothing.`,
      hint: 'Ship xen.sys, xenbus.sys and xenfilt.sys of one build.',
    };
  }
  if (failure.kind === 'backend') {
    return {
      ...mode((run.world.host.unplug.mask & UnplugMask.nics) !== 0 ? 'F58' : undefined),
      message: `${who} has no network: the backend on this host does not connect. ${failure.reason}`,
      hint: 'See what the host says of this backend.',
    };
  }
  if (isMonitor(service)) {
    return {
      failureMode: 'F47',
      message: `${who} fails: ${failure.reason} Nobody restarts the machine when a driver needs it.`,
      hint: 'Give the monitor RequestKey, DialogTitle, DialogText and DialogQuestion below its parameters.',
    };
  }
  return { message: `${who} fails: ${failure.reason}` };
};
