import { type InfForm, replaced, withoutLines } from './template-edits.ts';

/** Days on which the INF of xenbus changed what it sets (spec xen-pv 1.2, 1.6, 1.10, 3.2). */
const Since = {
  /** 963765d */
  unplugCounters: '2015-07-17',
  /** 012264d */
  monitor: '2016-07-08',
  /** c38e3f5 */
  monitorParameters: '2016-08-22',
  /** edffb14, not on 8.2 */
  dialogText: '2016-12-09',
  /** bf40618 */
  console: '2017-04-26',
  /** d8cbe9f */
  keyboard: '2017-12-20',
  /** 8f38448 and a052ea5 */
  filterIds: '2019-10-02',
  /** e54bbd5 */
  dialogQuestion: '2020-12-09',
  /** 7566e51 */
  unplugReset: '2023-10-18',
  /** e76d03e */
  namedApart: '2024-10-28',
  /** e8fcae5; forced activation: 0e81657, e6951ae */
  oneLine: '2025-08-18',
} as const;

const withClasses = (text: string, { day }: InfForm): string => {
  if (day < Since.console) return text;
  const classes = day < Since.keyboard ? '"VIF","VBD","IFACE","CONS"' : '"VIF","VBD","VKBD","IFACE","CONS"';
  const supported = replaced(text, '"VIF","VBD","IFACE"', () => classes);
  return replaced(supported, '"SyntheticClasses",0x00010000,"IFACE"', (before) => `${before},"CONS"`);
};

const withFilterIds = (text: string, { day }: InfForm): string => {
  if (day < Since.filterIds) return text;
  const pci = replaced(text, '"ACPI\\PNP0A03",0x00000000,"DEVICE"', () => '"*PNP0A03",0x00000000,"PCI"');
  return replaced(pci, '"PCIIDE\\IDEChannel",0x00000000,"DISK"', () => '"Internal_IDE_Channel",0x00000000,"IDE"');
};

/** Where co-installers of children wrote who asks to unplug (7c66224), until xen counted requests (963765d). */
const withUnplugKey = (text: string, { day }: InfForm): string =>
  day < Since.unplugCounters
    ? replaced(text, 'HKR,"Parameters","PCIIDE\\IDEChannel"', (line) => `HKR,"Unplug",,0x00000010\n${line}`)
    : text;

const withMonitor = (text: string, { day, line }: InfForm): string => {
  if (day < Since.monitor) {
    return replaced(withoutLines(text, 'AddService = xenbus_monitor'), 'KernelFiles,MonitorFiles', () => 'KernelFiles');
  }
  if (day < Since.monitorParameters) return withoutLines(text, /^HKR,"Parameters","Dialog/);
  if (day < Since.dialogText || line === '8.2') return text;
  const named = replaced(text, '"DialogMessage"', () => '"DialogText"');
  return day < Since.dialogQuestion
    ? named
    : replaced(named, /^HKR,"Parameters","DialogText".*\n/m, (before) => `${before}${QUESTION}\n`);
};
const QUESTION = 'HKR,"Parameters","DialogQuestion",0x00000000,"Choose \'Yes\' to restart it now."';

/** The INF of xenbus as it was, but for its Models lines. */
export const busForm = (text: string, form: InfForm, generation: '8.2' | '9.1'): string => {
  if (generation === '8.2') return withMonitor(withFilterIds(withClasses(withUnplugKey(text, form), form), form), form);
  const unforced = form.day < Since.oneLine ? withoutLines(text, '@FORCE_ACTIVATE@') : text;
  return form.day < Since.unplugReset
    ? replaced(unforced, 'BusParameters,UnplugReset', () => 'BusParameters')
    : unforced;
};

const NAMED = /^%BusName% = Bus,PCI\\VEN_5853&DEV_(@VENDOR_DEVICE_ID@|\d{4})/gm;

/** For some months, each platform function had a name of its own. */
export const busNames = (text: string, { day }: InfForm): string =>
  day >= Since.namedApart && day < Since.oneLine
    ? replaced(text, NAMED, (line) =>
        line.replace(
          '%BusName%',
          `"@PRODUCT_NAME@ PV Bus (${line.slice(line.lastIndexOf('_', line.length - 2) + 1)})"`,
        ),
      )
    : text;
