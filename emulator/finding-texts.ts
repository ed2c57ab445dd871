import type { ErrorCode } from '../core/error-codes.ts';

/** What a finding of a rehearsal says, and what to do. */
export interface FindingText {
  readonly means: string;
  readonly advice: string;
}

/** By code: every one that begins with EMULATOR_. */
export const FINDING_TEXTS: Readonly<Partial<Record<ErrorCode, FindingText>>> = {
  EMULATOR_NO_BOOT: {
    means:
      'The machine stopped while it started: with 0x7B when its disk is not there, with the code of the driver that stopped it else.',
    advice: "Look at the event that is named, and at the step before it; --html shows the way of the disk's requests.",
  },
  EMULATOR_DISK_LOST: {
    means: 'A disk that the host gives to the machine is on neither its emulated nor its PV path.',
    advice: 'Find out which package drives it, and why the emulated one was unplugged.',
  },
  EMULATOR_NIC_LOST: {
    means: 'A network card that the host gives to the machine is on neither path.',
    advice: 'Find out which package drives it, and why the emulated one was unplugged.',
  },
  EMULATOR_NOT_PV: {
    means: 'The machine works, and a disk or card that the release has drivers for stays emulated after all restarts.',
    advice:
      'See whether the bus is active, lists the device and asks for it to be unplugged: the finding says which of them fails.',
  },
  EMULATOR_NOT_STABLE: {
    means: 'After three restarts the machine still wants one, or a driver asks for one and nobody hears it.',
    advice: 'Give the drivers and the monitor one RequestKey, and see that the monitor runs.',
  },
  EMULATOR_DEVICE_PROBLEM: {
    means:
      'A device that the release is for has a problem code: 10 does not start, 28 has no driver, 32 its service is disabled, 39 its driver is not loaded, 52 its signature is refused.',
    advice: 'The finding says what the driver asked for, or how its ids differ from those that the bus lists.',
  },
  EMULATOR_DISK_SIZE: {
    means: 'Windows has another size for a disk than its host says, after it grew.',
    advice: 'Take drivers that tell of a new size.',
  },
  EMULATOR_DEVICE_RENAMED: {
    means:
      'The device has another instance path than before: Windows sets it up anew, with a new connection or disk letter.',
    advice: 'Tell customers before the upgrade; static addresses have to be set again.',
  },
  EMULATOR_PACKAGE_REFUSED: {
    means:
      'Windows does not take the package into its driver store: its catalog is unsigned, altered, or not for this Windows.',
    advice:
      'Make the catalog again after the last change, and sign it: winpv verify shows which file it does not list.',
  },
  EMULATOR_OUTRANKED: {
    means: 'The device keeps another driver: by its score, the place of the matching id, the date or the version.',
    advice: 'Compare both ranks in the finding: signature and feature score first, then the id, then date and version.',
  },
  EMULATOR_BRAND_FLIP: {
    means:
      "Windows took another brand's bus for a machine: the devices below it have ids with another prefix, and the drivers of before bind none of them.",
    advice:
      'Label ids that belong to one brand alone, and switch off the device on the host that brings drivers of another one.',
  },
  EMULATOR_TIE: {
    means: 'Both drivers have the same rank, date and version, and which one Windows takes is not documented.',
    advice: 'Give each release a version of its own.',
  },
  EMULATOR_SERVICE_FAILED: {
    means: 'A program or driver of the release was started and ended, or was not found.',
    advice: 'Correct its file name or its parameters, as the finding says.',
  },
  EMULATOR_DISK_IO: {
    means: 'What was written is not what is read, or a request was refused, on a disk of this host.',
    advice: 'See which build and which backend the finding names: docs/guide/trim.md.',
  },
  EMULATOR_NO_DUMP: {
    means: 'The machine crashed and its memory was not written, or it did not go on after hibernation.',
    advice: 'See at which place of the way it ended: docs/guide/crash-dumps.md.',
  },
  EMULATOR_REGISTRY: {
    means: 'A value or a filter list is not as drivers or customers need it.',
    advice: 'Correct the line of the INF that writes it, or add it.',
  },
  EMULATOR_LEFTOVER: {
    means: 'A file or service of the release stays where it was to be replaced or removed.',
    advice: 'Give programs names with their version, and services the names that cleaners know.',
  },
  EMULATOR_INCOMPLETE: {
    means: 'A driver has no devices without its bus, so that a known release lent one: what lies in that is a note.',
    advice: 'Rehearse the whole release.',
  },
  EMULATOR_UNDECIDED: {
    means:
      'A build, a signature or a policy does not show in the files, and the rehearsal went on under the assumption that is named.',
    advice: 'Nothing, if the assumption holds; a pass says nothing of what it leaves out.',
  },
  EMULATOR_UNMODELLED: {
    means: 'The machine did something that has no counterpart in the emulator, and what follows from it is not judged.',
    advice: 'Try it on a real machine where it matters.',
  },
};
