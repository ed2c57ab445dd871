import { utf8 } from '../../core/bytes.ts';
import type { Diagnostic } from '../../core/errors.ts';
import { xenbus } from '../../drivers/xenbus/definition.ts';
import { xenvbd } from '../../drivers/xenvbd/definition.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { checkPvInf } from '../../packaging/formats/inf/pv-rules.ts';
import { renderDriver, type TestBrand, WITH_EVERYTHING } from '../drivers/render.ts';

const child = (name: string, id: string, rest: string): string =>
  `[Version]
Signature="$Windows NT$"
Class=${name === 'xennet' ? 'Net' : 'System'}
ClassGuid=${name === 'xennet' ? '{4d36e972-e325-11ce-bfc1-08002be10318}' : '{4d36e97d-e325-11ce-bfc1-08002be10318}'}
Provider=%Vendor%
CatalogFile=${name}.cat
DriverVer=05/29/2026,9.1.0.31
PnpLockdown=1
[Manufacturer]
%Vendor%=Models,NTamd64,NTamd64.10.0...25398
[Models.NTamd64]
%Name%=Install,${id.replace('#', 'XZC1F0')},${id.replace('#', 'XZ0001')},${id.replace('#', 'XZ0002')}
[Models.NTamd64.10.0...25398]
%Name%=Current,${id.replace('#', 'XZC1F0')},${id.replace('#', 'XZ0001')},${id.replace('#', 'XZ0002')}
[DestinationDirs]
DefaultDestDir=12
Programs=11
[SourceDisksNames]
0=%Name%
[SourceDisksFiles]
${name}.sys=0
[Drivers]
${name}.sys
[Install]
CopyFiles=Drivers
FeatureScore=0xFE
[Current]
CopyFiles=Drivers
FeatureScore=0xFE
${rest}
[Strings]
Vendor="Example Vendor"
Name="Example device"
UnplugKey="SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug"
ForceKey="SYSTEM\\CurrentControlSet\\Services\\XEN\\ForceUnplug"
`;

const kernelService = (name: string, section: string, more: string): string =>
  `[${section}]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%12%\\${name}.sys
LoadOrderGroup="NDIS"
${more}`;

const XENVIF = child(
  'xenvif',
  'XENBUS\\VEN_#&DEV_VIF&REV_0900000B',
  `[Install.Services]
AddService=xenvif,2,Service
[Current.Services]
AddService=xenvif,2,ServiceCurrent
${kernelService('xenvif', 'Service', 'AddReg=BootFlags,Parameters,Reset')}
${kernelService('xenvif', 'ServiceCurrent', 'AddReg=Parameters,Reset\nBootFlags=0x81')}
[BootFlags]
HKR,,"BootFlags",0x00010003,0x81
[Parameters]
HKR,"Parameters",,0x00000010
HKR,"Parameters","FrontendMaxQueues",0x00010001,8
[Reset]
HKLM,%UnplugKey%,"NICS",0x00010001,0`,
);

const XENNET = child(
  'xennet',
  'XENVIF\\VEN_#&DEV_NET&REV_09000005',
  `[Install.Services]
AddService=xennet,2,Service,EventLog
[Current.Services]
AddService=xennet,2,ServiceCurrent,EventLog
${kernelService('xennet', 'Service', 'AddReg=BootFlags')}
${kernelService('xennet', 'ServiceCurrent', 'BootFlags=0x81')}
[BootFlags]
HKR,,"BootFlags",0x00010003,0x81
[EventLog]
AddReg=EventValues
[EventValues]
HKR,,EventMessageFile,0x00020000,"%%SystemRoot%%\\System32\\netevent.dll"
HKR,,TypesSupported,0x00010001,7`,
);

const XENIFACE = child(
  'xeniface',
  'XENBUS\\VEN_#&DEV_IFACE&REV_0900000B',
  `[Install.Services]
AddService=xeniface,2,Service
AddService=xenagent,0x800,Agent,EventLog
[Current.Services]
AddService=xeniface,2,Service
AddService=xenagent,0x800,Agent,EventLog
[Install.HW]
AddReg=Descriptor
[Current.HW]
AddReg=Descriptor
[Descriptor]
HKR,,Security,,"D:P(A;;GA;;;SY)(A;;GA;;;BA)" ; administrators only
[Install.WMI]
WMIInterface={1D80EB99-A1D6-4492-B62F-8B4549FF0B5E},,Guard
WMIInterface={12138A69-97B2-49DD-B9DE-54749AABC789},,Guard
WMIInterface={AB8136BF-8EA7-420D-ADAD-89C83E587925},,Guard
[Current.WMI]
WMIInterface={1D80EB99-A1D6-4492-B62F-8B4549FF0B5E},,Guard
WMIInterface={12138A69-97B2-49DD-B9DE-54749AABC789},,Guard
WMIInterface={AB8136BF-8EA7-420D-ADAD-89C83E587925},,Guard
[Guard]
Security="O:BAG:BAD:(A;;GA;;;BA)(A;;GA;;;SY)"
${kernelService('xeniface', 'Service', '')}
[Agent]
ServiceType=0x10
StartType=2
ErrorControl=1
ServiceBinary=%11%\\xenagent_9_1_0_31.exe
[EventLog]
AddReg=EventValues
[EventValues]
HKR,,EventMessageFile,0x00020000,"%%SystemRoot%%\\System32\\xenagent_9_1_0_31.dll"
HKR,,TypesSupported,0x00010001,7
[Programs]
xenagent_9_1_0_31.exe,xenagent.exe
xenagent_9_1_0_31.dll,xenagent.dll`,
)
  .replaceAll('CopyFiles=Drivers', 'CopyFiles=Drivers,Programs')
  .replace('xeniface.sys=0', 'xeniface.sys=0\nxenagent.exe=0\nxenagent.dll=0');

export const PV_SAMPLES = ['xenbus', 'xenvbd', 'xenvif', 'xennet', 'xeniface'] as const;
export type PvSample = (typeof PV_SAMPLES)[number];

/** The text of a sound INF: winpv's own of the 9.1 line where there is one, else one written for tests. */
export const pvText = (sample: PvSample, brand: TestBrand = WITH_EVERYTHING): string => {
  const texts = { xenvif: XENVIF, xennet: XENNET, xeniface: XENIFACE } as const;
  if (sample !== 'xenbus' && sample !== 'xenvbd') return texts[sample];
  const driver = sample === 'xenbus' ? xenbus : xenvbd;
  return Buffer.from(renderDriver(driver, driver.generations[0], brand).bytes)
    .toString('latin1')
    .replaceAll('\r', '');
};

/** A change of the text: what is replaced (it must be there) and by what. */
export type Change = readonly [from: string | RegExp, to: string];

/** An INF's text with some changes, each of which must change something. */
export const changed = (text: string, changes: readonly Change[]): string =>
  changes.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to);
    if (after === before) throw new Error(`nothing to change: ${String(from)}`);
    return after;
  }, text);

export const pvFindings = (text: string, file = 'sample.inf'): readonly Diagnostic[] => {
  const document = parseInf(utf8(text), file);
  return checkPvInf(document, infModel(document));
};
