/** Where a failure mode is seen, and how: the last two columns of docs/failure-modes.md, without its quotes. */
export interface FailureEvidence {
  /** `static`, `emulated`, both, or `documented`. */
  readonly caught: string;
  readonly how: string;
}

/** By row of the failure-mode table (spec xen-pv section 8). */
export const FAILURE_EVIDENCE: Readonly<Record<string, FailureEvidence>> = {
  F01: {
    caught: 'static, emulated',
    how: 'PV_ID_PREFIX, PV_BINARY_PREFIX, PV_OBJECT_PREFIX; every installation: the device has no driver, and the ids of its package differ in the prefix.',
  },
  F02: {
    caught: 'static, emulated',
    how: 'PV_ID_PLATFORM, PV_BINARY_FUNCTION; fresh-install-second-platform, fresh-install-vendor-function: the function is there, and a package, or the bus itself, has no id for it.',
  },
  F03: {
    caught: 'static, emulated',
    how: 'PV_REVISION_UNLISTED, PV_ID_REVISION; every installation: the release binds a revision that the bus does not list.',
  },
  F04: {
    caught: 'static, emulated',
    how: 'PV_REVISION_UNLISTED with a ledger; upgrade-* with --from: a driver that is not in the release binds what the new bus no longer lists.',
  },
  F05: {
    caught: 'static, emulated',
    how: 'PV_INTERFACE_RANGE; every installation: the driver asks for a version that the bus does not answer to, problem 10.',
  },
  F06: {
    caught: 'static',
    how: 'PV_INTERFACE_ROW, a warning: the driver works on every bus that this may be, so that no machine shows it. Where one of them may refuse it, that is F05 and nothing else is told.',
  },
  F07: {
    caught: 'static',
    how: 'PV_REVISION_TWICE, from the table that is compiled into the bus driver.',
  },
  F08: {
    caught: 'static, emulated',
    how: 'PV_REVISION_AMBIGUOUS; where the driver then does not start, installations name it too.',
  },
  F09: {
    caught: 'static, emulated',
    how: 'PV_REVISION_AMBIGUOUS; where the driver then does not start, installations name it too.',
  },
  F10: {
    caught: 'static, emulated',
    how: 'BRAND_ID_LIST_TOO_LONG, PV_ID_LIST_TOO_LONG; every installation: Windows takes none of the ids.',
  },
  F11: {
    caught: 'emulated',
    how: 'EMULATOR_OUTRANKED in upgrade-* with --from: the older package matches an earlier id of a list that begins with the oldest.',
  },
  F12: {
    caught: 'emulated',
    how: 'EMULATOR_DEVICE_RENAMED in upgrade-in-place with --from, a warning: PV disks and cards have other instance paths than before, and other connections. An error where a static address is lost: fresh-install-static-address, migrate*.',
  },
  F13: {
    caught: 'static, emulated',
    how: 'PV_UNPLUG_RESET; upgrade-windows-update: the emulated disk is taken away while the bus that was installed left the request.',
  },
  F14: {
    caught: 'static, emulated',
    how: 'PV_FORCE_UNPLUG; fresh-install-failing-boots, fresh-install-windows-update: ForceUnplug is on, and no PV disk comes. What a brand forces on purpose in the package that takes over is not demanded back.',
  },
  F15: {
    caught: 'emulated',
    how: 'EMULATOR_NO_BOOT after a removal: a driver is gone, and its request to unplug was left. uninstall and uninstall-devices-only prove that the ways winpv knows leave none.',
  },
  F16: {
    caught: 'emulated',
    how: 'EMULATOR_NOT_PV: the request was turned down because Windows had forgotten the devices. sysprep allows the restarts that mend it.',
  },
  F17: {
    caught: 'static, emulated',
    how: 'PV_START_OVERRIDE; any scenario: a driver that the disk needs is kept from starting by StartOverride.',
  },
  F18: {
    caught: 'emulated',
    how: 'fresh-install-pass-through-nvme, a warning: all buses of 2019 to 2025 do it, to machines with such a controller only.',
  },
  F19: {
    caught: 'static, emulated',
    how: 'PV_FILTER_SERVICE, BUNDLE_FILE_MISSING; every installation: a class names xenfilt, and its service, its file or its start is missing.',
  },
  F20: {
    caught: 'static, emulated',
    how: 'PV_FILTER_FOREIGN; any scenario: a class names a filter of other tools whose service is missing.',
  },
  F21: {
    caught: 'static, emulated',
    how: 'PV_FILTER_APPEND; EMULATOR_REGISTRY after every installation: a class, or the stack of a device, has one filter twice.',
  },
  F22: {
    caught: 'static, emulated',
    how: "PV_ACTIVE_DEVICE; every installation and platform-switch: no function is the active one. Without Precedence a machine that was moved may stay emulated. A preference that another vendor's package left in rebrand-without-cleaner is a warning without a number: no INF takes it away.",
  },
  F23: {
    caught: 'emulated',
    how: 'EMULATOR_NOT_PV, EMULATOR_NO_BOOT when xenfilt in memory chooses the active function and an older xenbus does not ask it, or the bus stops the machine on purpose. A package replaces both at once, so that only a half-made update shows it.',
  },
  F24: {
    caught: 'static, emulated',
    how: 'PV_BUILD_MIX, PV_FILE_MISSING, BUNDLE_FILE_MISSING, BUNDLE_IMPORT_MISSING; every installation: xenbus or xenfilt does nothing, or is not loaded.',
  },
  F25: {
    caught: 'static, emulated',
    how: 'BRAND_DEVICE_ID_RESERVED, PV_FOREIGN_FUNCTION; foreign-stack with --from of another vendor: its package or its function stays. rebrand proves the way that works.',
  },
  F26: {
    caught: 'emulated',
    how: 'EMULATOR_OUTRANKED where AllowUpdate is 0 and the release installs itself all the same; what co-installers looked for besides is what upgrade-* rehearses (F04, F05).',
  },
  F27: {
    caught: 'static, emulated',
    how: 'PV_FEATURE_SCORE; EMULATOR_OUTRANKED in upgrade-*: the package before has a better score.',
  },
  F28: {
    caught: 'documented',
    how: 'A host presents function 0001 or 0002 and never both (xl.cfg, spec of the platform device), so that no machine can show which of them wins.',
  },
  F29: {
    caught: 'static, emulated',
    how: 'PV_REQUEST_KEY; EMULATOR_NOT_STABLE, a warning: a driver asks for a restart and the monitor does not hear of it, or a request outlives restarts.',
  },
  F30: {
    caught: 'static, emulated',
    how: 'PV_REGISTRY_LINE: commas, types, names, directives, sections without a service; every installation: what the bus or its filter read is not in the registry, a device gets no service, or a driver does not start at boot.',
  },
  F31: {
    caught: 'static',
    how: 'PV_BOOT_FLAGS, PV_REGISTRY_PLACE, warnings: AddReg sets BootFlags for a Windows that has the directive, or a line writes where InfVerif lets no driver write. winpv inf verify judges all other lines.',
  },
  F32: {
    caught: 'static',
    how: 'PV_OLD_PROGRAMME, a warning, as packages in this form were signed in their time.',
  },
  F33: {
    caught: 'static',
    how: 'PV_UNSTAMPED: a token, $ARCH$, or the date or version that templates have.',
  },
  F34: {
    caught: 'static, emulated',
    how: 'BUNDLE_CATALOG_MISSING, BUNDLE_CATALOG_INCOMPLETE, BUNDLE_CATALOG_OS, BUNDLE_CATALOG_DATE; with signed catalogs EMULATOR_PACKAGE_REFUSED: Windows takes no package whose files or whose version its catalog does not list.',
  },
  F35: {
    caught: 'static, emulated',
    how: 'PV_FILE_NAMES: services, event sources, co-installers and parameters; BUNDLE_FILE_MISSING for programs; every installation: a service has no file, and the release copies none to that place.',
  },
  F36: {
    caught: 'static, emulated',
    how: 'PV_FILE_VERSION; EMULATOR_LEFTOVER in upgrade-* with --from, a warning: a program that runs is in the way of the new one. upgrade-stale-files leaves one driver file as it was, and proves that a second installation mends it.',
  },
  F37: {
    caught: 'static, emulated',
    how: 'PV_FILE_MISSING, BUNDLE_FILE_MISSING, BUNDLE_IMPORT_MISSING, PV_BUILD_MIX; every installation: xenvbd.sys is not loaded, for what it imports from xencrsh.sys is not there; crash-dump: a library of another build does not say that it has one queue, and has a ring that nobody serves.',
  },
  F38: {
    caught: 'static, emulated',
    how: 'PV_FILTER_SERVICE, BUNDLE_FILE_MISSING; installations and upgrade-*: the adapter names xendisk, whose service or file is gone.',
  },
  F39: {
    caught: 'static, emulated',
    how: 'PV_BUILD_MIX, BUNDLE_PART_DIFFERS: both have the same four numbers. EMULATOR_DISK_IO in trim: what one of them writes is no UNMAP to the other. docs/guide/trim.md',
  },
  F40: {
    caught: 'emulated',
    how: 'EMULATOR_DISK_IO, a warning, on a host without discards. Every release with xendisk does so there, and no release can help it: trim-without-discard looks at the rest only. docs/guide/trim.md',
  },
  F41: {
    caught: 'emulated',
    how: 'EMULATOR_DISK_IO: what is read is not what was written. flush-order-large-sectors shows sectors of 4096 bytes on a backend that counts in them as the drivers do; on one that counts in 512 bytes every release fails, so that no scenario gives a guest such a disk.',
  },
  F42: {
    caught: 'emulated',
    how: 'A sector size of 0 stops the machine (EMULATOR_NO_BOOT, 0x7F), for the drivers divide by it; without sectors the disk does not come (EMULATOR_DISK_LOST). Shown on hosts whose backends say so.',
  },
  F43: {
    caught: 'static',
    how: 'PV_DEVICE_OPEN: the device and each WMI class have a descriptor, and it lets no ordinary user in.',
  },
  F44: {
    caught: 'static',
    how: 'PV_CONSOLE_OPEN: a descriptor in the INF of xencons or in its binaries lets ordinary users in. That a binary has none is not told: builds of upstream have none, and no number says which is repaired.',
  },
  F45: {
    caught: 'static',
    how: 'VERIFY_KEY_PUBLIC in check and verify, SIGN_KEY_PUBLIC before a key is used: keys whose private half is published, by the hash of the key or the name of the certificate.',
  },
  F46: {
    caught: 'static, emulated',
    how: 'BUNDLE_IMPORT_NEWER; every installation on such a Windows: an image needs a function that it lacks, and is not loaded.',
  },
  F47: {
    caught: 'static, emulated',
    how: 'PV_MONITOR_SETTINGS; EMULATOR_SERVICE_FAILED, EMULATOR_NOT_STABLE: the monitor ends at once, a driver asks for a restart and no monitor runs, or three restarts are not enough.',
  },
  F48: {
    caught: 'emulated',
    how: 'EMULATOR_NOT_STABLE in fresh-install-busy: the INF sets AutoReboot, and the monitor is of a build that does not wait for installers.',
  },
  F49: {
    caught: 'documented',
    how: 'Staying emulated in safe mode is right, and no package of the family can change it: safe-mode shows that good releases do, and come back.',
  },
  F50: {
    caught: 'static, emulated',
    how: 'PV_PNP_POLICY; every installation on Windows 7 and Server 2008 R2: the PV disk is new, and a policy keeps Windows from binding it while it starts. Later ones take it from the driver store.',
  },
  F51: {
    caught: 'static, emulated',
    how: "PV_DISK_SETTINGS; EMULATOR_REGISTRY after installations, with fresh-install-several-devices and hot-plug-disk on servers: data disks stay offline; in migrate-slow-backends: requests are given up before the new host's backends answer.",
  },
  F52: {
    caught: 'emulated',
    how: 'EMULATOR_NO_DUMP in crash-dump and hibernation: the disk is a target above 127, another device holds grants 8 to 31, the backend does not connect again, or the disk is not marked. What a binary keeps back is not read from it: it follows from the day of its build. docs/guide/crash-dumps.md',
  },
  F53: {
    caught: 'emulated',
    how: 'EMULATOR_NO_DUMP in crash-dump:ballooned, a warning: the library is of before 01a1170, and hands such a page to the backend.',
  },
  F54: {
    caught: 'documented',
    how: 'It is a fault of a setup program, whose tables winpv neither makes nor reads. What its removal would leave, uninstall shows.',
  },
  F55: {
    caught: 'emulated',
    how: 'EMULATOR_OUTRANKED in upgrade-* with --from: Windows keeps the driver of the earlier release, which ranks equal and is newer. winpv release refuses it by its ledger before that.',
  },
  F56: {
    caught: 'documented',
    how: 'It shows in sources, which a release does not hold; what comes of it, other versions of interfaces, are F05 and F06.',
  },
  F57: {
    caught: 'emulated',
    how: 'EMULATOR_NO_BOOT: the PV disk is listed, and nothing makes a disk of it as the drivers of its class start later. Where the PV driver itself is the reason it is F03 or F14.',
  },
  F58: {
    caught: 'static, emulated',
    how: "PV_UNPLUG_RESET and PV_FORCE_UNPLUG for NICS; EMULATOR_NIC_LOST, in fresh-install-windows-update above all: the emulated card is taken away, and nothing takes its place; in any scenario where a host's backend does not connect the card.",
  },
  F59: {
    caught: 'emulated',
    how: 'EMULATOR_REGISTRY in any scenario: a filter of neither Windows nor this family is in the stack of the PV storage adapter; an error between xenvbd and xendisk, else a warning. foreign-storage-filter: one that was there before is gone, or has come between.',
  },
  F60: {
    caught: 'emulated',
    how: 'EMULATOR_LEFTOVER in uninstall, a warning: the release makes a service that cleaners do not know.',
  },
};
