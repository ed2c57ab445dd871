import { INBOX_SERVICES, type InboxTarget, inboxServices } from './inbox-services.ts';

/**
 * Kernel modules of Windows that drivers import from or that services of Windows load, beside the images of
 * inbox-services.ts. General knowledge; a name that is missing here makes an import fail, so the list is generous.
 */
const MODULES = new Set(
  `
ntoskrnl.exe ntkrnlpa.exe ntkrnlmp.exe hal.dll halacpi.dll halmacpi.dll ci.dll kdcom.dll kd.dll bootvid.dll pshed.dll
mcupdate_genuineintel.dll mcupdate_authenticamd.dll clipsp.sys cmimcext.sys ntosext.sys werkernel.sys tm.sys clfs.sys
cng.sys ksecdd.sys ksecpkg.sys msrpc.sys fltmgr.sys fileinfo.sys ntfs.sys fastfat.sys fs_rec.sys refs.sys cdfs.sys
udfs.sys npfs.sys msfs.sys mup.sys rdbss.sys mrxsmb.sys dfsc.sys luafv.sys wof.sys volsnap.sys volmgr.sys volmgrx.sys
volume.sys mountmgr.sys partmgr.sys disk.sys cdrom.sys classpnp.sys storport.sys scsiport.sys ataport.sys pciidex.sys
pciide.sys intelide.sys atapi.sys msahci.sys storahci.sys stornvme.sys ehstorclass.sys ehstortcgdrv.sys spaceport.sys
storufs.sys crashdmp.sys diskdump.sys dumpata.sys dumpfve.sys dumpsd.sys dumpstorport.sys fvevol.sys rdyboost.sys
iorate.sys ndis.sys netio.sys tcpip.sys tdi.sys tdx.sys afd.sys fwpkclnt.sys wfplwfs.sys ndiscap.sys ndisuio.sys
ndproxy.sys nwifi.sys vwififlt.sys vwifibus.sys wificlass.sys netadaptercx.sys mbbcx.sys wificx.sys rmcast.sys
http.sys srvnet.sys srv2.sys pacer.sys netbt.sys netbios.sys nsiproxy.sys wanarp.sys
wdf01000.sys wdfldr.sys wudfrd.sys wudfpf.sys wpprecorder.sys wmilib.sys pcw.sys cea.sys
acpi.sys acpiex.sys pci.sys pcmcia.sys msisadrv.sys vdrvroot.sys pdc.sys intelpep.sys isapnp.sys mssmbios.sys
swenum.sys umbus.sys compositebus.sys null.sys beep.sys battc.sys cmbatt.sys compbatt.sys
hidclass.sys hidparse.sys hidusb.sys hidi2c.sys kbdclass.sys kbdhid.sys mouclass.sys mouhid.sys i8042prt.sys sermouse.sys
usbd.sys usbport.sys usbhub.sys usbhub3.sys usbuhci.sys usbehci.sys usbohci.sys usbxhci.sys usbccgp.sys usbstor.sys
ucx01000.sys udecx.sys ucmcx.sys ucmtcpcicx.sys ucmucsicx.sys urscx01000.sys ufx01000.sys winusb.sys
ks.sys ksthunk.sys portcls.sys drmk.sys hdaudbus.sys hdaudio.sys mskssrv.sys stream.sys
videoprt.sys vga.sys vgapnp.sys basicdisplay.sys basicrender.sys dxgkrnl.sys dxgmms1.sys dxgmms2.sys dxapi.sys dxg.sys
watchdog.sys monitor.sys win32k.sys win32kbase.sys win32kfull.sys cdd.dll displib.sys
gpioclx.sys msgpioclx.sys spbcx.sys sercx.sys sercx2.sys sdbus.sys sdport.sys serial.sys serenum.sys parport.sys
sensorscx.dll smbclass.sys scfilter.sys smclib.sys tpm.sys tbs.sys
winhv.sys winhvr.sys vmbus.sys vmbkmcl.sys vmbkmclr.sys hvsocket.sys vid.sys vmstorfl.sys storvsc.sys netvsc.sys
bthport.sys bthusb.sys bthenum.sys rfcomm.sys symcryptk.dll skci.dll ext-ms-win-ntos-werkernel-l1-1-0.dll
`
    .trim()
    .split(/\s+/),
);

/** API sets stand for modules of Windows without being files. */
const isApiSet = (name: string): boolean => name.startsWith('api-ms-') || name.startsWith('ext-ms-');

/** Files of System32 that services and event sources of drivers name. General knowledge, not the whole folder. */
const SYSTEM_FILES = new Set(
  `
svchost.exe services.exe lsass.exe smss.exe csrss.exe wininit.exe winlogon.exe cmd.exe rundll32.exe msiexec.exe
drvinst.exe pnputil.exe spoolsv.exe dllhost.exe taskhostw.exe conhost.exe
netevent.dll iologmsg.dll kernel32.dll kernelbase.dll ntdll.dll user32.dll gdi32.dll advapi32.dll ole32.dll oleaut32.dll
rpcrt4.dll sechost.dll shell32.dll shlwapi.dll setupapi.dll cfgmgr32.dll newdev.dll devobj.dll wtsapi32.dll userenv.dll
version.dll ws2_32.dll iphlpapi.dll powrprof.dll psapi.dll msvcrt.dll ucrtbase.dll crypt32.dll wintrust.dll bcrypt.dll
winmm.dll comctl32.dll comdlg32.dll imm32.dll winspool.drv netapi32.dll dbghelp.dll wevtapi.dll wdmaud.drv
storprop.dll streamci.dll hidserv.dll mswsock.dll netcfgx.dll nettrace.dll
`
    .trim()
    .split(/\s+/),
);

const WINDOWS = 'c:\\windows\\';
const DRIVERS = `${WINDOWS}system32\\drivers\\`;
const SYSTEM32 = `${WINDOWS}system32\\`;

/** Drivers that only some Windows have: known by their service rows. */
const own = new Map<string, ReadonlySet<string>>();

const driversOf = (guest: InboxTarget): ReadonlySet<string> => {
  const key = `${guest.arch} ${guest.windows.build}`;
  const known = own.get(key);
  if (known !== undefined) return known;
  const names = new Set(inboxServices(guest).map(({ image }) => image.toLowerCase()));
  own.set(key, names);
  return names;
};

/** Images of inbox-services.ts: its rows say which Windows has them. */
const TABLED = new Set(INBOX_SERVICES.map(({ image }) => image.toLowerCase()));

/** Whether a kernel module is one of Windows' own, by its file name in any case. */
export const isInboxModule = (name: string, guest: InboxTarget): boolean => {
  const file = name.toLowerCase();
  return TABLED.has(file) ? driversOf(guest).has(file) : MODULES.has(file) || isApiSet(file);
};

/** Whether Windows has something to link to under a name: a kernel module, or a library of user mode. */
export const isWindowsModule = (name: string, guest: InboxTarget): boolean =>
  isInboxModule(name, guest) || SYSTEM_FILES.has(name.toLowerCase());

/**
 * Whether a guest has a file by itself.
 * @param path `C:\Windows\System32\drivers\disk.sys`, in any case
 */
export const isInboxImage = (path: string, guest: InboxTarget): boolean => {
  const file = path.toLowerCase();
  if (file.startsWith(DRIVERS)) return isInboxModule(file.slice(DRIVERS.length), guest);
  if (!file.startsWith(SYSTEM32)) return false;
  const name = file.slice(SYSTEM32.length);
  return SYSTEM_FILES.has(name) || isInboxModule(name, guest);
};
