/** What is known of the INFs that come with Windows: their names, and of some the sections that others need. */

const NAMES = `
1394 3ware 61883 acpi acpidev acpipagr acpipmi acpitime acxhdaudiop adp80xx agilevpn amdgpio2 amdi2c amdsata amdsbs
apo apps arcsas atiilhag athw8x audioendpoint avc avmx64c b57nd60a basicdisplay basicrender battery bcmdhd64 bcmwdidhdpcie bda
bridge bth bthaudhid bthhfenum bthlcpen bthleenum bthmtpenum bthoob bthpan bthprint bthspp btampm buttonconverter bxfcoe
bxois camera capimg cdrom cht4sx64 cht4nulx64 circlass cmbatt compositebus composite_battery cpu
c_1394 c_61883 c_apo c_avc c_barcodescanner c_battery c_biometric c_bluetooth c_camera c_cashdrawer c_cdrom c_computeaccelerator
c_computer c_diskdrive c_display c_dot4 c_dot4print c_extension c_fdc c_firmware c_floppydisk c_fsactivitymonitor
c_fsantivirus c_fscfsmetadataserver c_fscompression c_fscontentscreener c_fscontinuousbackup c_fscopyprotection
c_fsencryption c_fshsm c_fsinfrastructure c_fsopenfilebackup c_fsphysicalquotamgmt c_fsquotamgmt c_fsreplication
c_fssecurityenhancer c_fssystem c_fssystemrecovery c_fsundelete c_fsvirtualization c_hdc c_hidclass c_holographic c_image
c_infrared c_keyboard c_linedisplay c_magneticstripereader c_mcx c_media c_mediumchanger c_memory c_modem c_monitor c_mouse
c_mtd c_multifunction c_multiportserial c_net c_netclient c_netdriver c_netservice c_nettrans c_pcmcia c_pnpprinters c_ports c_printer
c_printqueue c_processor c_proximity c_ramdisk c_receiptprinter c_sbp2 c_scmdisk c_scmvolume c_scsiadapter c_sdhost
c_securitydevice c_sensor c_smartcard c_smartcardfilter c_smartcardreader c_smrdisk c_smrvolume c_softwarecomponent
c_sslaccel c_swcomponent c_swdevice c_system c_tapedrive c_ucm c_unknown c_usb c_usbdevice c_usbfn c_volsnap c_volume c_wceusbs c_wpd
dc21x4vm dc1-controller digitalmediadevice disk display displayoverride dot4 dot4prt dwup e2xw10x64 eaphost ehstorcertdrv
ehstorpwddrv ehstortcgdrv errata errdev extregs fdc flpydisk flash fontsetup fusionv2 fidohid gameport gamecontroller gameux genericusbfn
hal halextintclpiodma halextpl080 hdaudbus hdaudio hdaudss helloface hidbatt hidbth hidbthle hidcfu hiddigi hidi2c
hidinterrupt hidir hidirkbd hidkmdf hidscanner hidserv hidspi hidspi_km hidtelephonydriver hidvhf hnetcfg hpsamd
iagpio iai2c ialpss2i_gpio2_skl ialpss2i_i2c_skl ialpssi_gpio ialpssi_i2c iastorav iastorv iavstor ibxhci image input intelpep
intelpmt intelta intelpmax ipmidrv ipoib6x isapnp iscsi itsas35i itsas3i itanium kdnic keyboard ks kscaptur ksfilter kstvtune
layout lltdio lsi_sas lsi_sas2i lsi_sas3i lsi_sss machine mausbhost mbtmdm mchgr mcamp mdm3com mdm5674a mdmadc mdmagm64
mdmags64 mdmairte mdmaiwa mdmaiwa3 mdmaiwa4 mdmaiwa5 mdmaiwat mdmar1 mdmarch mdmarn mdmati mdmatm2a mdmaus mdmboca mdmbr002
mdmbr004 mdmbr005 mdmbr006 mdmbr007 mdmbr008 mdmbr00a mdmbsb mdmbtmdm mdmbug3 mdmbw561 mdmc26a mdmcdp mdmcm28 mdmcodex mdmcom1
mdmcommu mdmcomp mdmcpq mdmcpq2 mdmcpv mdmcrtix mdmcxhv6 mdmcxpv6 mdmdcm5 mdmdcm6 mdmdf56f mdmdgitn mdmdp2 mdmdsi mdmdyna mdmeiger
mdmelsa mdmeric mdmeric2 mdmetech mdmfj2 mdmgatew mdmgcs mdmgen mdmgl001 mdmgl002 mdmgl003 mdmgl004 mdmgl005 mdmgl006 mdmgl007
mdmgl008 mdmgl009 mdmgl010 mdmgsm mdmhaeu mdmhandy mdmhay2 mdmhayes mdminfot mdmintel mdmintpc mdmirmdm mdmisdn mdmjf56e mdmke
mdmkortx mdmlasat mdmlasno mdmlt3 mdmlucnt mdmmc288 mdmmcd mdmmcom mdmmct mdmmega mdmmetri mdmmhrtz mdmmhza mdmminij mdmmod mdmmot64
mdmmoto1 mdmmotou mdmmts mdmneuhs mdmnis1u mdmnis2u mdmnis3t mdmnis5t mdmnokia mdmnova mdmnttd2 mdmnttd6 mdmnttme mdmnttp
mdmnttp2 mdmnttte mdmolic mdmomrn3 mdmoptn mdmosi mdmpace mdmpenr mdmpin mdmpn1 mdmpp mdmpsion mdmracal mdmrock mdmrock3 mdmrock4
mdmrock5 mdmsetup mdmsier mdmsii64 mdmsmart mdmsonyu mdmsun1 mdmsun2 mdmsupr3 mdmsupra mdmsuprv mdmtdkj2 mdmtdkj3 mdmtdkj4
mdmtdkj5 mdmtdkj6 mdmtdkj7 mdmtexas mdmti mdmtkr mdmtron mdmusrf mdmusrg mdmusrgl mdmusrk1 mdmusrsp mdmvdot mdmvv mdmwhql0
mdmx5560 mdmxircmp mdmxirmp mdmxirt mdmxln mdmzoom mdmzyp mdmzyxel mdmzyxlg megasas megasas2i megasas35i megasr memory mf
mgtdyn miradisp modemcsa monitor monitor2 mrvlpcie8897 msclmd msdri msdsm msdv msgpiowin32 mshdc mshidkmdf mshidumdf msmouse
msports msrbrp mssmbios mstape msux64w10 mtconfig multiprt mvumis mwlu97w8x64 ndisimplatform ndisimplatformmp ndiscap ndisuio ndisvirtualbus
net1ic64 net1ix64 net1yx64 net44amd net7400-x64-n650 net7500-x64-n650f net7800-x64-n650f net8185 net8187bv64 net8187se64
net8192se64 net8192su64 net819xp net9500-x64-n650f netathr10x netathrx netavpna netavpnt netax88179_178a netax88772 netb57vx
netbc63a netbc64 netbnad0 netbrdg netbvbda netbxnda nete1e3e nete1g3e netefe3e netelx netg664 netimm netip6 netirda netjme netk57a
netl160a netl1c63x64 netl1e64 netl260a netlldp netloop netmlx4eth63 netmlx5 netmscli netmyk64 netnb netnvm64 netnvma netnwifi
netpacer netpgm netrass netrast netrndis netrtl64 netrtwlane netrtwlane01 netrtwlane_13 netrtwlans netrtwlanu netserv netsstpa netsstpt
nettcpip netteamadapter nettun netux netvchannel netvf63a netvg63a netvmini netvwifibus netvwififlt netvwifimp netvwwanmp
netwbw02 netwew00 netwew01 netwlan netwlv64 netwmbclass netwns64 netwsw00 netwtw02 netwtw04 netwtw06 netwtw08 netxex64
netxix64 npcap npsvctrig nsmmc ntapm ntprint ntprint4 nulhpopr nvdimm nvraid oposdrv pci pcmcia percsas2i percsas3i perceptionsimulationheadset
perceptionsimulationsixdof pmem pnpxinternetgatewaydevices pnpxinternetgatewaydevicescontrolpoint pnpprinters ppdrv printqueue prnms001 prnms002
prnms003 prnms004 prnms005 prnms006 prnms007 prnms008 prnms009 prnms010 prnms011 prnms012 prnms013 prnms014 processor ps5333nu pvscsii puwk
qd3x64 qosrsvp ramdisk rawsilo rdcameradriver rdpbus rdlsbuscbs rdvgwddmdx11 remoteposdrv rhproxy rndiscmp rspndr rt640x64 rtcx21x64
rtux64w10 rtvdevx64 sbp2 scmbus scmvolume scrawpdo scunknown scsidev scsi sceregvl sdbus sdfrd sdstor secrecs sensorsalsdriver
sensorshidclassdriver sensorsservicedriver serial setupapi sisraid2 sisraid4 smartsamd smrdisk smrvolume sppext spaceport srmscan ssdprt
stexstor sti stornvme storufs storfwupdate streamci swenum synth3dvsp sysdevmetadata tape termkbd termmou tpm tpmvsc transfercable
ts_generic ts_wpdmtp tsgenericusbdriver tsprint tsusbhub tsusbhubfilter tunnel uaspstor ucmucsi ucmucsiacpiclient ucmtcpci
ufxchipidea ufxsynopsys uefi uicciso uiccspb umbus umpass umdftpf unifhid unknown urschipidea urssynopsys usb usbaudio usbaudio2 usbcir usbhub3
usbnet usbncm usbport usbprint usbser usbstor usbvideo usbxhci uvcvideo vdrvroot vhdmp vhf virtdisk virtualdisplayadapter vmbusproxy volmgr volsnap volume vpci vrd vsmraid vstxraid
wave wceisvista wdma10k1 wdma_usb wdmaudio wdmaudiocoresystem wdmaudioext wdmjoy wdmvsc wdf01000 wgencounter whyperkbd
wfcvsc windowstrustedrt windowstrustedrtproxy winusb winusbcompat wlanapi wmiacpi wmbclass_wmc_union wnetvsc wnetvsc_vfpp wpdcomp wpdfs wpdmtp wpdmtphw wsdprint wsdscdrv
wstorflt wstorvsc wudfrd wudfusbcciddriver wvid wvkrnlintvsc wvmbus wvmbushid wvmbusvideo wvmgid wvmic wvmic_ext wvmic_guestinterface
wvmic_heartbeat wvmic_kvpexchange wvmic_shutdown wvmic_timesync wvpci wwanmbimclass xboxgip xboxgipsynthetic xinputhid xusb22 xnacc
xcbdav yellowiw zune
`;

const SECTIONS: Readonly<Record<string, readonly string[]>> = {
  'umpass.inf': ['UmPass', 'UmPass.HW', 'UmPass.Interfaces', 'UmPass.Services'],
  'ks.inf': ['KS.Registration'],
  'kscaptur.inf': ['KSCAPTUR.Registration', 'KSCAPTUR.Registration.NT'],
  'ksfilter.inf': ['MSPCLOCK.Installation'],
  'wdmaudio.inf': ['WDMAUDIO.Registration', 'WDMAUDIO.Registration.NT'],
  'winusb.inf': ['WINUSB.NT', 'WINUSB.NT.HW', 'WINUSB.NT.Services'],
  'wudfrd.inf': ['WUDFRD.NT', 'WUDFRD.NT.HW', 'WUDFRD.NT.Services'],
  'mshidkmdf.inf': ['MsHidKmdf.NT', 'MsHidKmdf.NT.HW', 'MsHidKmdf.NT.Services'],
  'mdmcpq.inf': ['FakeModemCopyFileSection', 'LowerFilterAddReg'],
};

const INBOX: ReadonlySet<string> = new Set(
  NAMES.trim()
    .split(/\s+/)
    .map((name) => `${name}.inf`),
);

/** Whether an INF comes with Windows, as far as is known. */
export const isInboxInf = (file: string): boolean => INBOX.has(file.toLowerCase());

/** The inbox INF that is known to have a section; its name in lower case. */
export const inboxInfWith = (section: string): string | undefined => {
  const wanted = section.toLowerCase();
  return Object.keys(SECTIONS).find((file) => SECTIONS[file]?.some((name) => name.toLowerCase() === wanted));
};
