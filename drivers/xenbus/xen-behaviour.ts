import { type DriverBehaviour, OK } from '../behaviour.ts';
import { readRequests } from './unplug.ts';

/** xen.sys, the library of hypercalls: at each boot it reads what shall be unplugged (spec xen-pv 1.7). */
export const xen: DriverBehaviour = {
  image: 'xen',
  load: (driver, machine) => {
    readRequests(driver, machine);
    return OK;
  },
};
