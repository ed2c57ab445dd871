/**
 * `Control\ServiceGroupOrder\List` of Windows 10 in its order (spec pnp-install 9, observed in public registry listings).
 * Names compare without case: INFs write `Scsi Miniport`.
 */
export const SERVICE_GROUP_ORDER: readonly string[] = `
System Reserved; EMS; WdfLoadGroup; Boot Bus Extender; System Bus Extender; SCSI miniport; Port; Primary Disk;
SCSI Class; SCSI CDROM Class; FSFilter Infrastructure; FSFilter System; FSFilter Bottom; FSFilter Copy Protection;
FSFilter Security Enhancer; FSFilter Open File; FSFilter Physical Quota Management; FSFilter Virtualization;
FSFilter Encryption; FSFilter Compression; FSFilter Imaging; FSFilter HSM; FSFilter Cluster File System;
FSFilter System Recovery; FSFilter Quota Management; FSFilter Content Screener; FSFilter Continuous Backup;
FSFilter Replication; FSFilter Anti-Virus; FSFilter Undelete; FSFilter Activity Monitor; FSFilter Top; Filter;
Boot File System; Base; Pointer Port; Keyboard Port; Pointer Class; Keyboard Class; Video Init; Video; Video Save;
File System; Streams Drivers; NDIS Wrapper; COM Infrastructure; Event Log; PerceptionGroup; ProfSvc_Group; AudioGroup;
UIGroup; MS_WindowsLocalValidation; PlugPlay; Cryptography; PNP_TDI; NDIS; TDI; iSCSI; NetBIOSGroup; ShellSvcGroup;
SchedulerGroup; SpoolerGroup; SmartCardGroup; NetworkProvider; MS_WindowsRemoteValidation; NetDDEGroup;
Parallel arbitrator; Extended Base; PCI Configuration; MS Transactions`
  .split(';')
  .map((name) => name.trim());

/**
 * Groups outside the list whose drivers start before all others, in their order: what the kernel itself rests on
 * (observed: the kernel has a step of its own for them), and anti-malware (spec pnp-install 9).
 */
export const GROUPS_BEFORE_ALL: readonly string[] = ['Core', 'Early-Launch'];
