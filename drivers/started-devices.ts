import type { DriverBehaviour } from './behaviour.ts';

/**
 * The same behaviour, with a start and a removal that take turns for each device: a device that went away without its driver
 * being asked is cleaned up before it starts again, and what never started has nothing to clean up.
 */
export const takingTurns = (behaviour: DriverBehaviour): DriverBehaviour => {
  const { image, start, remove } = behaviour;
  if (start === undefined || remove === undefined) return behaviour;
  return {
    ...behaviour,
    start: (driver, device, machine) => {
      const flag = `runs ${device.path}`;
      if (machine.recall(image, flag) === true) remove(driver, device, machine);
      const outcome = start(driver, device, machine);
      machine.remember(image, flag, outcome.ok);
      return outcome;
    },
    remove: (driver, device, machine) => {
      const flag = `runs ${device.path}`;
      if (machine.recall(image, flag) !== true) return;
      machine.remember(image, flag, false);
      remove(driver, device, machine);
    },
  };
};
