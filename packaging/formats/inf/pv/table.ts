import type { ErrorCode } from '../../../../core/error-codes.ts';

/** What winpv looks at to find a failure before it happens. */
export type PvRulePlace = 'INF' | 'package' | 'brand';

/** One of the checks for Xen PV drivers. The title of its code is in core/. */
export interface PvRuleRow {
  readonly code: ErrorCode;
  /** Rows of the failure-mode table (spec xen-pv section 8); none for a note. */
  readonly failureModes: readonly string[];
  /** `both`: an error, or a warning where packages in use are made so. */
  readonly level: 'error' | 'warning' | 'both';
  readonly looksAt: PvRulePlace;
  readonly checks: string;
  readonly fix: string;
}

type Place = readonly [looksAt: PvRulePlace, level: PvRuleRow['level'], ...failureModes: string[]];

const row = (code: ErrorCode, [looksAt, level, ...failureModes]: Place, checks: string, fix: string): PvRuleRow => ({
  ...{ code, failureModes, level, looksAt, checks, fix },
});

/** Every check that names a failure mode, or is for PV drivers alone. */
export const PV_RULE_TABLE: readonly PvRuleRow[] = [
  row(
    'BRAND_ID_LIST_TOO_LONG',
    ['brand', 'both', 'F10'],
    'The ids that the bus makes for a child fit into 1024 bytes: rows of its table times the length of the prefix.',
    'Use a shorter vendor prefix.',
  ),
  row(
    'BRAND_DEVICE_ID_RESERVED',
    ['brand', 'warning', 'F25'],
    'The vendor device id is not in a range that another vendor has drivers in Windows Update for.',
    'Use the device id that the vendor was given.',
  ),
  row(
    'PV_ID_PREFIX',
    ['package', 'both', 'F01'],
    'All child ids of an INF, of the INFs beside it and of the brand of a release carry one vendor prefix, and bus and children have one Provider.',
    'Use the prefix that the bus driver was built with in every id.',
  ),
  row(
    'PV_ID_PLATFORM',
    ['package', 'both', 'F02'],
    'Every Models section, and every INF of a bundle, is for the same platform functions; 0001, 0002 and the one of the brand are among them.',
    'Add the id of the function, so that the device is found on hosts that present it.',
  ),
  row(
    'PV_ID_REVISION',
    ['INF', 'warning', 'F03'],
    'The ids of a Models section name one revision of the bus.',
    'Bind one revision on every platform function.',
  ),
  row(
    'PV_REVISION_UNLISTED',
    ['package', 'both', 'F03', 'F04'],
    'The revision that a child binds is in the table of the bus beside it, as the known releases with such an INF have it. Where xenvif or xenvkbd of later releases list it, it is a warning. A bus that is released without a child lists what the child of the ledger binds, or keeps the names of devices.',
    'Take bus and child from releases that belong together.',
  ),
  row(
    'PV_INTERFACE_RANGE',
    ['package', 'error', 'F05'],
    'The bus answers to the versions of interfaces that drivers with this revision were built with, or those of the ledger when it comes without a child.',
    'Take a driver that was built for this bus.',
  ),
  row(
    'PV_INTERFACE_ROW',
    ['package', 'warning', 'F06'],
    'Drivers with this revision were built with the versions that it stands for.',
    'Nothing has to be done for the bus beside it.',
  ),
  row(
    'PV_REVISION_TWICE',
    ['package', 'error', 'F07'],
    'The revision table that is compiled into xenbus.sys, where it shows, has each number once.',
    'Build the bus with a table that has each number once.',
  ),
  row(
    'PV_REVISION_AMBIGUOUS',
    ['package', 'error', 'F08', 'F09'],
    'The revision has one meaning: none that two branches gave to different interfaces; one of the builds of 2014 and 2015, which numbered anew, only with a bus of the same version.',
    'Bind a revision with one meaning; take builds of that time together.',
  ),
  row(
    'PV_BUS_UNKNOWN',
    ['package', 'warning', 'F03'],
    'A note: the bus is like none of the known releases, so that its table is not known.',
    'Try the release in a guest.',
  ),
  row(
    'PV_ID_LIST_TOO_LONG',
    ['package', 'both', 'F10'],
    'The ids that the bus beside a child makes for it fit into 1024 bytes, with its prefix and the rows of the bus.',
    'Use a shorter vendor prefix, or a bus with fewer revisions.',
  ),
  row(
    'PV_FOREIGN_FUNCTION',
    ['INF', 'error', 'F25'],
    'A bus driver does not match the graphics function of another product.',
    'Take the id out of the INF.',
  ),
  row(
    'PV_FEATURE_SCORE',
    ['package', 'both', 'F27'],
    'Either all install sections have a FeatureScore or none; a bus that matches all functions by one Models line has 0xFE or lower.',
    'Give every install section the same FeatureScore: 0xFE, or what earlier packages had.',
  ),
  row(
    'PV_UNPLUG_RESET',
    ['INF', 'error', 'F13', 'F58'],
    'Current xenbus, xenvbd and xenvif clear their unplug requests in a section that an AddReg names, and set none.',
    'Name the section in AddReg of the service, and write 0.',
  ),
  row(
    'PV_FORCE_UNPLUG',
    ['INF', 'error', 'F14', 'F58'],
    'Emulated devices are only taken away at every start by the package whose driver takes over, when the brand asks for it.',
    'Take the line out, or set forceUnplug for the brand.',
  ),
  row(
    'PV_START_OVERRIDE',
    ['INF', 'error', 'F17'],
    'No INF writes StartOverride.',
    'Leave it to Windows, which sets and clears it.',
  ),
  row(
    'PV_FILTER_SERVICE',
    ['INF', 'both', 'F19', 'F38'],
    'A filter that is registered, or that the bus registers itself, has a boot-start kernel service and its file in the same install section; a package without xendisk removes the filter of an older one.',
    'Add service and file, or take the filter out.',
  ),
  row(
    'PV_FILTER_FOREIGN',
    ['INF', 'error', 'F20'],
    'An INF registers no class filter of another package.',
    'Take the filter out.',
  ),
  row(
    'PV_FILTER_APPEND',
    ['INF', 'both', 'F21'],
    'The class filter is appended, as an upper filter, once, to System and HDC, together with Precedence, and only where the brand forces activation. The filters of a device are named once.',
    'HKLM,class key,"UpperFilters",0x00010008,"xenfilt" for both classes.',
  ),
  row(
    'PV_FILTER_ABOVE_STORPORT',
    ['INF', 'warning'],
    'A filter above the storage port driver is told: no public rule forbids it, and reviewers dislike it.',
    'Nothing has to be done.',
  ),
  row(
    'PV_ACTIVE_DEVICE',
    ['INF', 'error', 'F22'],
    'No INF writes which platform function is active.',
    'Take the line out; the bus driver keeps the value itself.',
  ),
  row(
    'PV_BUILD_MIX',
    ['package', 'error', 'F24', 'F37', 'F39'],
    'xenbus, xen and xenfilt have the same four numbers in every place of their version resources, and so have xenvbd, xencrsh and xendisk.',
    'Take all files of the package from one build.',
  ),
  row(
    'PV_BINARY_PREFIX',
    ['package', 'error', 'F01'],
    'The vendor prefix that a bus driver carries in its text is the one of the INFs of its children, or of the brand.',
    'Build the bus driver with the prefix of the INFs, or take the binaries of the brand.',
  ),
  row(
    'PV_OBJECT_PREFIX',
    ['package', 'error', 'F01'],
    'The WMI classes that binaries name begin with one object prefix, the one of the brand.',
    'Build them with the OBJECT_PREFIX of the brand, or set objectPrefix in the brand file.',
  ),
  row(
    'PV_BINARY_FUNCTION',
    ['package', 'error', 'F02'],
    'The platform functions that binaries of the bus, and drivers below it, name in their text are among those of their INF.',
    'Build the binary with the device id of the brand, or add the id to the INF.',
  ),
  row(
    'PV_VERSION_RESOURCE',
    ['package', 'both'],
    'The version resource of a binary names the Provider and the version of its INF; Microsoft’s files apart. Images that agree with their INF in nothing, and a vendor’s own programs, are warned of.',
    'Build the binary for the brand, or set `rewriteVersions` in the brand file.',
  ),
  row(
    'PV_FILE_MISSING',
    ['INF', 'error', 'F24', 'F37'],
    'xenbus.sys is copied with xen.sys, and xenvbd.sys with xencrsh.sys, which they are linked to.',
    'Copy both in the same install section.',
  ),
  row(
    'BUNDLE_FILE_MISSING',
    ['package', 'error', 'F19', 'F24', 'F35', 'F37', 'F38'],
    'Every file that an INF names is in its folder.',
    'Put the file there, or take the line out.',
  ),
  row(
    'BUNDLE_IMPORT_MISSING',
    ['package', 'error', 'F24', 'F37'],
    'What a binary imports from another one of the package is exported there.',
    'Take both files from one build.',
  ),
  row(
    'BUNDLE_PART_DIFFERS',
    ['package', 'error', 'F37', 'F39'],
    'A package of xendisk or xencrsh alone has the binary of the xenvbd package, to the byte.',
    'Give both the same binaries.',
  ),
  row(
    'BUNDLE_IMPORT_NEWER',
    ['package', 'both', 'F46'],
    'The oldest Windows of the INF and its catalog has every function that a kernel binary imports.',
    'Raise the version in the decoration of [Manufacturer].',
  ),
  row(
    'PV_REQUEST_KEY',
    ['INF', 'warning', 'F29'],
    'Restarts are asked for under the service key of the monitor, and the INF does not make that key.',
    'RequestKey="SYSTEM\\CurrentControlSet\\Services\\xenbus_monitor\\Request".',
  ),
  row(
    'PV_REGISTRY_LINE',
    ['INF', 'error', 'F30'],
    'Registry lines have their commas, a root and a number for flags; values have the types that the drivers read; every install section has a service that drives its device, and Ndi names it; xenbus and xenvbd start at boot.',
    'Write root,"subkey","name",flags,value with a comma for each field that is left out.',
  ),
  row(
    'PV_BOOT_FLAGS',
    ['INF', 'warning', 'F31'],
    'BootFlags of a Windows that has the directive is not set by AddReg.',
    'BootFlags = 0x81 in a service section for NTamd64.10.0...25398 and later.',
  ),
  row(
    'PV_REGISTRY_PLACE',
    ['INF', 'warning', 'F31'],
    'Registry lines stay in the places that InfVerif lets a driver write to.',
    'Write below HKR, or below the services of the package.',
  ),
  row(
    'PV_OLD_PROGRAMME',
    ['INF', 'warning', 'F32'],
    'No co-installer is registered, and [Version] has PnpLockdown=1.',
    'Do the work of the co-installer in the INF or in a service.',
  ),
  row(
    'PV_UNSTAMPED',
    ['INF', 'error', 'F33'],
    'No placeholder and no DriverVer of a template is left.',
    'Render and stamp the template before it is checked or signed.',
  ),
  ...(
    [
      ['BUNDLE_CATALOG_MISSING', 'warning', 'The catalog that the INF names is there.'],
      ['BUNDLE_CATALOG_INCOMPLETE', 'error', 'It lists the INF and all that the INF installs, with their hashes.'],
      ['BUNDLE_CATALOG_OS', 'both', 'It is for every Windows that the INF installs on.'],
      ['BUNDLE_CATALOG_DATE', 'error', 'It does not come from the future.'],
    ] as const
  ).map(([code, level, checks]) =>
    row(code, ['package', level, 'F34'], checks, 'Make the catalog again with `winpv cat create`.'),
  ),
  row(
    'PV_FILE_NAMES',
    ['INF', 'error', 'F35'],
    'CopyFiles, ServiceBinary, event sources and parameters name one file in one folder.',
    'Use the same name and folder in all of them.',
  ),
  row(
    'PV_FILE_VERSION',
    ['INF', 'warning', 'F36'],
    'Programs in System32 have the four numbers of DriverVer in their names.',
    'Put the version into the name: the file of an older package may be in use and stays behind.',
  ),
  row(
    'PV_DEVICE_OPEN',
    ['INF', 'both', 'F43'],
    'The device and the WMI classes of xeniface have security descriptors that let no ordinary user in.',
    'Give the device a Security value in its .HW section, and each WMI class one in the .WMI section.',
  ),
  row(
    'PV_CONSOLE_OPEN',
    ['package', 'error', 'F44'],
    'No security descriptor in the INF of xencons, or in the text of its binaries, lets an ordinary user in.',
    'Give consoles and pipes to SYSTEM and administrators only.',
  ),
  row(
    'PV_MONITOR_SETTINGS',
    ['INF', 'warning', 'F47'],
    'The monitor is told the key that restarts are asked under.',
    'HKR,"Parameters","RequestKey",0x00000000,%RequestKey% in AddReg of its service.',
  ),
  row('PV_PNP_POLICY', ['INF', 'warning', 'F50'], 'No policy keeps new devices waiting for a user.', 'Write 0.'),
  row(
    'PV_DISK_SETTINGS',
    ['INF', 'both', 'F51'],
    'A current xenvbd brings new disks online and gives requests a minute at least.',
    'Write SanPolicy=1 of PartMgr and TimeOutValue=120 of Disk.',
  ),
];
