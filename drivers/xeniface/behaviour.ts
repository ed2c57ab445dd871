import {
  type DeviceView,
  type DriverBehaviour,
  type LoadedDriver,
  type Machine,
  OK,
  type Outcome,
} from '../behaviour.ts';
import { announceDriver, withdrawDriver } from '../distribution.ts';
import { askForInterfaces } from '../interface-needs.ts';
import { takingTurns } from '../started-devices.ts';

const ASKED = ['XENBUS_SUSPEND', 'XENBUS_SHARED_INFO', 'XENBUS_STORE', 'XENBUS_EVTCHN', 'XENBUS_GNTTAB'];

/** Told to the host since the 9.0 line; XCP-ng took it over into its 8.2 (f125079; spec xen-pv 7.4), which begins on this day. */
const ON_8_2_SINCE = '2018-08-11';
const announces = ({ model }: LoadedDriver): boolean => model.line === 'master' || model.built >= ON_8_2_SINCE;

const start = (driver: LoadedDriver, device: DeviceView, machine: Machine): Outcome => {
  const asked = askForInterfaces(driver, device, machine, ASKED);
  if (asked.ok && announces(driver)) announceDriver(driver, machine);
  return asked;
};

const remove = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => withdrawDriver(driver, machine);

/** Its agent offers what it can do once more. */
const resume = (driver: LoadedDriver, _device: DeviceView, machine: Machine): void => {
  if (announces(driver)) announceDriver(driver, machine);
  machine.remember('xenagent', 'offered', null);
};

/** What programs reach Xen through. It lists no devices. */
export const xeniface: DriverBehaviour = takingTurns({ image: 'xeniface', start, resume, remove });

/** Ways to end or to rest that the agent offers its host (win-xeniface `src/xenagent/xenifacedevice.cpp`). */
const OFFERED = ['poweroff', 'reboot', 's3', 's4'];

const run = (_driver: LoadedDriver, machine: Machine): Outcome => {
  const hasDevice = machine
    .devices()
    .some(({ started, service }) => started && imageOf(machine, service) === 'xeniface');
  if (!hasDevice || machine.recall('xenagent', 'offered') === true) return OK;
  machine.remember('xenagent', 'offered', true);
  for (const feature of OFFERED) machine.storeWrite(`control/feature-${feature}`, '1');
  return OK;
};

const imageOf = (machine: Machine, service: string | undefined): string | undefined =>
  service === undefined ? undefined : machine.loaded(service)?.model.image;

/** The agent: it waits until a device of xeniface's is there, and then for `control/shutdown` (spec xen-pv 9). */
export const xenagent: DriverBehaviour = { image: 'xenagent', run };
