import type { DriverFile, ModuleImports } from './contract.ts';

/** Version as every binary of the family carries it, for logs and for xenstore. */
export const VERSION_TEXT = '@MAJOR_VERSION@.@MINOR_VERSION@.@MICRO_VERSION@.@BUILD_NUMBER@';

/** Version as it stands in file names. */
export const VERSION_IN_NAMES = '@MAJOR_VERSION@_@MINOR_VERSION@_@MICRO_VERSION@_@BUILD_NUMBER@';

export const BRAND_TEXTS = ['@VENDOR_NAME@', '@PRODUCT_NAME@', VERSION_TEXT] as const;

/** Kernel names that every driver of the family uses; all are in the export lists of Windows 7 and later. */
export const KERNEL_BASICS = [
  'ExAllocatePoolWithTag',
  'ExFreePoolWithTag',
  'IofCallDriver',
  'IofCompleteRequest',
  'KeBugCheckEx',
  'RtlInitUnicodeString',
  'ZwClose',
  'ZwOpenKey',
  'ZwQueryValueKey',
] as const;

/** Imports of a function or filter driver that creates device objects of its own. */
export const kernelImports = (...more: readonly string[]): ModuleImports => ({
  module: 'ntoskrnl.exe',
  names: [...new Set<string>([...KERNEL_BASICS, ...more])].sort(),
});

/** What a device stack driver needs from the kernel. */
export const DEVICE_NAMES = [
  'IoAttachDeviceToDeviceStack',
  'IoCreateDevice',
  'IoDeleteDevice',
  'IoDetachDevice',
  'KeInitializeEvent',
  'KeSetEvent',
  'KeWaitForSingleObject',
  'ObfDereferenceObject',
  'PsCreateSystemThread',
  'PsTerminateSystemThread',
] as const;

/** Imports of a service or of a co-installer library. */
export const programImports = (...modules: readonly ModuleImports[]): readonly ModuleImports[] => [
  {
    module: 'KERNEL32.dll',
    names: ['CloseHandle', 'CreateEventW', 'ExitProcess', 'GetLastError', 'WaitForSingleObject'],
  },
  ...modules,
];

/** A program of the package that stands in System32 under a name with its version, such as a service's. */
export const programOf = (
  name: string,
  modules: readonly ModuleImports[],
  ...strings: readonly string[]
): DriverFile => ({
  name: `${name}.exe`,
  kind: 'program',
  dirid: 11,
  installedName: `${name}_${VERSION_IN_NAMES}.exe`,
  standIn: { imports: programImports(...modules), exports: [], strings: [...BRAND_TEXTS, name, ...strings] },
});

/** The co-installer of an 8.2 package: a library that the device installer calls, which reads the registry. */
export const coInstallerOf = (driver: string, ...strings: readonly string[]): DriverFile => ({
  name: `${driver}_coinst.dll`,
  kind: 'library',
  dirid: 11,
  installedName: `${driver}_coinst_${VERSION_IN_NAMES}.dll`,
  standIn: {
    imports: programImports({
      module: 'SETUPAPI.dll',
      names: ['SetupDiGetDeviceRegistryPropertyA', 'SetupDiOpenDevRegKey'],
    }),
    exports: ['Entry'],
    strings: [VERSION_TEXT, ...strings],
  },
});

/** A library that holds the texts of a service's event log entries. */
export const eventTextsOf = (service: string): DriverFile => ({
  name: `${service}.dll`,
  kind: 'library',
  dirid: 11,
  installedName: `${service}_${VERSION_IN_NAMES}.dll`,
  standIn: { imports: [], exports: [], strings: [VERSION_TEXT, service] },
});
