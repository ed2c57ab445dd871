import type { LoadedDriver, Machine } from './behaviour.ts';

/** With the store and suspend interfaces that the children of the network bus got for it (7f88c19). */
const SINCE = '2015-11-24';
const LAST_INDEX = 255;
const NOT_ALPHANUMERIC = /[^A-Za-z0-9]/g;

const vendorWord = ({ model }: LoadedDriver): string =>
  (model.vendorName ?? 'Xen Project').replace(NOT_ALPHANUMERIC, '_');

/**
 * Tells the host which driver this is: the first free `drivers/<n>` becomes vendor, product and version, and a blank that in
 * checked builds attributes follow (spec xen-pv 4.3).
 * @param versionParts xenvbd leaves the build number out
 */
export const announceDriver = (driver: LoadedDriver, machine: Machine, versionParts: 3 | 4 = 4): void => {
  if (driver.model.built < SINCE) return;
  const version = (driver.model.version ?? [0, 0, 0, 0]).slice(0, versionParts).join('.');
  for (let index = 0; index <= LAST_INDEX; index += 1) {
    if (machine.storeRead(`drivers/${index}`) !== undefined) continue;
    machine.storeWrite(`drivers/${index}`, `${vendorWord(driver)} ${driver.model.image.toUpperCase()} ${version} `);
    return;
  }
};

/** Takes back what the driver told: every entry of its vendor and product. */
export const withdrawDriver = (driver: LoadedDriver, machine: Machine): void => {
  const product = driver.model.image.toUpperCase();
  for (const name of machine.storeList('drivers')) {
    const [vendor, entry] = (machine.storeRead(`drivers/${name}`) ?? '').split(' ');
    if (vendor === vendorWord(driver) && entry?.toUpperCase() === product) machine.storeRemove(`drivers/${name}`);
  }
};

/** That devices of a class may come and go while the guest runs. */
export const announceHotplug = (machine: Machine, name: 'vbd' | 'vif' | 'vkbd'): void =>
  machine.storeWrite(`feature/hotplug/${name}`, '1');

export const withdrawHotplug = (machine: Machine, name: 'vbd' | 'vif' | 'vkbd'): void =>
  machine.storeRemove(`feature/hotplug/${name}`);
