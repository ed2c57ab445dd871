const CONTROL_SET = 'SYSTEM\\CurrentControlSet';
const SERVICES = `${CONTROL_SET}\\Services`;

/** The keys that the drivers of the package know by name. */
export const Keys = {
  unplug: `${SERVICES}\\XEN\\Unplug`,
  forceUnplug: `${SERVICES}\\XEN\\ForceUnplug`,
  /** Before the counters. */
  filterUnplug: `${SERVICES}\\XENFILT\\Unplug`,
  filterParameters: `${SERVICES}\\XENFILT\\Parameters`,
  precedence: `${SERVICES}\\XENFILT\\Parameters\\Precedence`,
  services: SERVICES,
  enumerator: `${CONTROL_SET}\\Enum`,
  systemClass: `${CONTROL_SET}\\Control\\Class\\{4d36e97d-e325-11ce-bfc1-08002be10318}`,
  controllerClass: `${CONTROL_SET}\\Control\\Class\\{4d36e96a-e325-11ce-bfc1-08002be10318}`,
  scsiAdapterClassGuid: '{4d36e97b-e325-11ce-bfc1-08002be10318}',
  /** There while Windows Installer installs. */
  installerBusy: 'SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress',
} as const;
