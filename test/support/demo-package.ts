import { utf8 } from '../../core/bytes.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { checked, image, withCatalogs } from './pv-package.ts';

/** Findings in a line each: `error BUNDLE_FILE_MISSING demo.inf:12`. */
export const briefly = (files: readonly CheckedFile[]): readonly string[] =>
  checked(files).map(
    ({ code, severity, at }) => `${severity} ${code} ${at?.file}${at?.line === undefined ? '' : `:${at.line}`}`,
  );

/** A small package of another vendor: a driver with a program and its event source. */
export const demoInf = (changes: { readonly decoration?: string; readonly more?: string } = {}): Uint8Array => {
  const { decoration = 'NTamd64.10.0...17763', more = '' } = changes;
  return utf8(`[Version]
Signature="$Windows NT$"
Class=System
ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
Provider="Example"
CatalogFile=demo.cat
DriverVer=05/29/2026,1.2.3.4
PnpLockdown=1
[Manufacturer]
"Example"=Models,${decoration}
[Models.${decoration}]
"Demo"=Install,ROOT\\DEMO
[Install]
CopyFiles=Drivers,Programs
[Install.Services]
AddService=demo,2,Service
AddService=demoagent,0,Agent,EventLog
[Service]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\\demo.sys
[Agent]
ServiceType=0x10
StartType=2
ErrorControl=1
ServiceBinary=%11%\\demoagent_1_2_3_4.exe
[EventLog]
AddReg=Messages
[Messages]
HKR,,EventMessageFile,0x00020000,"%%SystemRoot%%\\System32\\demoagent_1_2_3_4.exe"
[Drivers]
demo.sys
[Programs]
demoagent_1_2_3_4.exe,demoagent.exe
[DestinationDirs]
DefaultDestDir=12
Programs=11
[SourceDisksNames]
1="disk"
[SourceDisksFiles]
demo.sys=1
demoagent.exe=1
${more}
`);
};

export const KERNEL = { module: 'ntoskrnl.exe', names: ['IofCompleteRequest'] };
/** Its files, the catalog last. */
export const demo = (driver: Parameters<typeof image>[0] = {}, inf: Parameters<typeof demoInf>[0] = {}) =>
  withCatalogs(
    [
      { path: 'demo.inf', bytes: demoInf(inf) },
      { path: 'demo.sys', bytes: image({ imports: [KERNEL], ...driver }) },
      {
        path: 'demoagent.exe',
        bytes: image({ kind: 'program', imports: [{ module: 'KERNEL32.dll', names: ['ExitProcess'] }] }),
      },
    ],
    'ServerRS5_X64,10_VB_X64',
  );
