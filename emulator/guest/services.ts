import { behaviourOf } from '../../drivers/behaviours.ts';
import { isInboxImage } from './inbox.ts';
import { StartType, servicesInOrder } from './load-order.ts';
import { imagePath, loadService } from './loader.ts';
import { type GuestMachine, SERVICES } from './machine.ts';
import { dataOf } from './registry.ts';

const OWN_PROCESS = 0x10;
const SHARED_PROCESS = 0x20;

const isProgram = (type: number): boolean => (type & (OWN_PROCESS | SHARED_PROCESS)) !== 0;

/** A user-mode service: its program has to be there (F35). */
export const startService = (machine: GuestMachine, service: string): void => {
  const id = service.toLowerCase();
  if (machine.session.services.includes(id)) return;
  if (dataOf(machine.service(service), 'start') === StartType.disabled) {
    machine.say({ kind: 'service.failed', service, cause: { kind: 'service-disabled', service, by: 'start' } });
    return;
  }
  const path = imagePath(machine, service);
  const file = machine.file(path);
  if (file === undefined && !isInboxImage(path, machine.guest)) {
    machine.say({ kind: 'service.failed', service, cause: { kind: 'file-missing', path, service } });
    return;
  }
  machine.change({ services: [...machine.session.services, id] });
  machine.say({ kind: 'service.started', service });
};

/** What starts after the devices: drivers of system start, then programs and drivers of automatic start (spec pnp-install 9). */
export const startAutomaticServices = (machine: GuestMachine): void => {
  if (!machine.safeMode) {
    for (const start of [StartType.system, StartType.automatic]) {
      for (const service of servicesInOrder(machine, start)) {
        const type = dataOf(machine.service(service), 'type');
        if (typeof type === 'number' && isProgram(type)) startService(machine, service);
        else if (machine.module(service) === undefined) loadService(machine, service, 'function', '');
      }
    }
  }
  runServices(machine);
};

/** Lets every program of the family that runs do what it does. */
export const runServices = (machine: GuestMachine): void => {
  for (const service of machine.session.services) {
    const file = machine.file(imagePath(machine, service));
    const model = file === undefined ? undefined : machine.image(file.image)?.model;
    const run = model === undefined ? undefined : behaviourOf(model.image)?.run;
    if (model === undefined || run === undefined) continue;
    const outcome = run({ service, key: `${SERVICES}\\${service}`, model }, machine);
    if (outcome.ok) continue;
    const { failure } = outcome;
    machine.say({ kind: 'service.failed', service, cause: { kind: 'driver', service, device: '', failure } });
  }
};
