import { directivesOf, firstTarget, type RuleContext, type RuleFinding, type RuleGroup } from './contract.ts';

type Found = readonly RuleFinding[];

const names = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Services of the samples of the kit. The list that Microsoft's checker has is not published. */
const SAMPLES = names(`
  echo toaster toastmon busenum firefly osrusbfx2 osrusbfilter hidusbfx2 kbfiltr moufiltr nonpnp pcidrv portio ramdisk
  sioctl wdfserial sysvad simbatt vhidmini passthrough nullfilter avscamera avshws
`);

/** Services of Windows that no other INF has a reason to make. */
const WINDOWS = names(`
  acpi acpiex afd atapi beep cdrom cng compbatt disk fastfat fltmgr fs_rec hidclass hidusb i8042prt intelide intelppm isapnp
  kbdclass kbdhid ksecdd monitor mouclass mouhid mountmgr msahci msisadrv mssmbios mup ndis ndisuio netbios netbt npfs
  ntfs null partmgr pci pciide pcw rdbss sermouse spaceport stornvme storahci storport swenum tcpip tdx termdd udfs
  umbus usbccgp usbehci usbhub usbhub3 usbohci usbstor usbuhci usbxhci vdrvroot vga volmgr volmgrx volsnap volume wanarp
  wdf01000 wfplwfs
`);

const services = (context: RuleContext): Found =>
  context.of('services').flatMap((role) =>
    directivesOf(role.section, 'AddService').flatMap(({ fields, line }): Found => {
      const [name = '', , section = ''] = fields;
      const key = name.toLowerCase();
      const sample = SAMPLES.has(key);
      // Without a section the service is one that is there already.
      if (section === '' || (!sample && !WINDOWS.has(key))) return [];
      const message = `The service name "${name}" is that of ${sample ? 'a sample of the kit' : 'a service of Windows'}.`;
      const at = { line, section: role.section.name, token: name, ...firstTarget(role) };
      return [{ code: sample ? 1017 : 1293, message, atMost: 'W', ...at }];
    }),
  );

/** Rules about names that are taken. No list is published, so they are warnings. */
export const reservedRules: RuleGroup = (context) => services(context);
