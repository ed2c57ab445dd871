import type { LoadedDriver, Machine } from './behaviour.ts';

/** The drivers' INFs name the key since 2df1736 and its neighbours; before, co-installers looked at a status (spec xen-pv 1.10). */
const REQUEST_KEY_SINCE = '2016-08-09';

/** ff7f011, between the key's move in August 2016 and the release at the end of that year: its day is not known. */
const VOLATILE_SINCE = '2016-09-01';

/** Asks for a restart, once for as long as the driver is in memory. */
export const requestRestart = (driver: LoadedDriver, machine: Machine, because: string): void => {
  const { image, built } = driver.model;
  if (machine.recall(image, 'restart requested') === true) return;
  machine.remember(image, 'restart requested', true);
  const key = machine.value(`${driver.key}\\Parameters`, 'RequestKey');
  if (typeof key === 'string') {
    const request = `${key}\\${image}`;
    if (built >= VOLATILE_SINCE) machine.makeVolatileKey(request);
    machine.setValue(request, 'Reboot', 'REG_DWORD', 1);
  } else if (built < REQUEST_KEY_SINCE) {
    machine.setValue(`${driver.key}\\Status`, 'NeedReboot', 'REG_DWORD', 1);
  } else {
    const message = `It cannot ask for a restart: ${driver.key}\\Parameters has no RequestKey.`;
    machine.note({ kind: 'xen.warning', module: image, message });
    return;
  }
  machine.note({ kind: 'xen.reboot-requested', by: image, because });
};
