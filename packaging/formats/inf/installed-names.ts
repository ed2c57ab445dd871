import { type InfDocument, lineOf, sectionOf } from './document.ts';
import type { InfService, InstallTarget, RegistryWrite } from './model.ts';

/** A file on the target. */
export interface InstalledPlace {
  readonly name: string;
  /** The folder's number; 11 is System32, 12 its drivers folder, 13 the driver store. */
  readonly dirid: number;
}

/** A name that the INF uses for a file, and does not copy. */
export interface NameFault {
  /** What uses it: `The binary of the service xenagent`. */
  readonly what: string;
  readonly place: InstalledPlace;
  readonly line: number;
  /** Text on the line, for the column. */
  readonly token: string;
  /** The service whose binary it is. */
  readonly service?: string;
}

/** Where `%12%\file.sys` is; undefined for a path below a folder or of another form. */
export const installedBinary = (binary: string): InstalledPlace | undefined => {
  const match = /^"?%(\d+)%\\+([^\\/"]+)"?(?:\s|$)/.exec(binary.trim());
  return match === null ? undefined : { dirid: Number(match[1]), name: (match[2] ?? '').trim() };
};

const SYSTEM32 = 11;
/** `%SystemRoot%\System32\drivers\x.sys`, `%11%\x.dll` and `\SystemRoot\System32\x.dll`. */
const systemFile = (text: string): InstalledPlace | undefined => {
  const path = text.trim().toLowerCase();
  const match = /^(?:%systemroot%|\\systemroot|%windir%|%10%)\\system32\\(drivers\\)?([^\\;]+)$/.exec(path);
  if (match !== null) return { dirid: match[1] === undefined ? SYSTEM32 : 12, name: match[2] ?? '' };
  return installedBinary(path);
};

/** Libraries of Windows that hold texts for the event log. */
const MESSAGES_OF_WINDOWS = /^(netevent|iologmsg|ntdll|kernel32|advapi32|netmsg|ole32|pcwum|wdfres|mofcompiler)\.dll$/i;

const placeKey = ({ name, dirid }: { readonly name: string; readonly dirid: number | undefined }): string =>
  `${dirid} ${name.toLowerCase()}`;

/** What each install section puts where, worked out once. */
const placesOf = new WeakMap<InstallTarget, ReadonlySet<string>>();

/** Whether an install section copies a file of this name to this folder. */
export const isCopied = (install: InstallTarget, place: InstalledPlace): boolean => {
  const known = placesOf.get(install);
  if (known !== undefined) return known.has(placeKey(place));
  const places = new Set(install.files.map(placeKey));
  placesOf.set(install, places);
  return places.has(placeKey(place));
};

/**
 * Names that disagree inside one INF (failure mode F35): a service binary, an event message file, a co-installer or a
 * program named in a parameter that no CopyFiles puts there. What another INF may copy (Include, Needs) is not asked for.
 */
export const nameFaults = (document: InfDocument, install: InstallTarget): readonly NameFault[] => {
  const includes = install.sections.some((name) =>
    [name, `${name}.Services`, `${name}.CoInstallers`].some(
      (one) => lineOf(sectionOf(document, one), 'Include') !== undefined,
    ),
  );
  if (includes) return [];
  const writes = [...install.registry, ...install.services.flatMap(({ registry }) => registry)];
  return [
    ...install.services.flatMap((service) => binaryFault(document, service)),
    ...writes.flatMap(writeFaults).filter(({ what, place }) => what !== CO_INSTALLER || copiesAnother(install, place)),
    ...install.services.flatMap(({ registry }) => registry.flatMap((write) => programFault(install, write))),
  ].filter(({ place }) => !isCopied(install, place));
};

/** Programs of two versions are one program: `xenagent_9_1_0_30.exe` and `xenagent.exe`. */
export const programStem = (name: string): string => name.toLowerCase().replace(/(?:_\d+)+(?=\.[a-z]+$)/, '');

/** Whether a section copies the file of a place under another name, or to another folder. */
const copiesAnother = ({ files }: InstallTarget, { name }: InstalledPlace): boolean =>
  files.some((file) => programStem(file.name) === programStem(name));

const CO_INSTALLER = 'The co-installer';

/** A parameter that names a program which the section copies under another name. */
const programFault = (install: InstallTarget, { name, value, line }: RegistryWrite): readonly NameFault[] => {
  if (typeof value !== 'string' || !/^[\w.-]+\.(?:exe|dll)$/i.test(value)) return [];
  const place = { name: value, dirid: SYSTEM32 };
  if (!copiesAnother(install, place) || install.files.some((file) => file.name.toLowerCase() === value.toLowerCase()))
    return [];
  return [{ what: `The program of the parameter ${name}`, place, line, token: value }];
};

const binaryFault = (document: InfDocument, { name, binary, section, line }: InfService): readonly NameFault[] => {
  const place = installedBinary(binary);
  if (place === undefined || ![SYSTEM32, 12, 13].includes(place.dirid)) return [];
  const own = lineOf(sectionOf(document, section), 'ServiceBinary')?.line ?? line;
  return [{ what: `The binary of the service ${name}`, place, line: own, token: place.name, service: name }];
};

const writeFaults = (write: RegistryWrite): readonly NameFault[] => {
  const { name, value, line, scope } = write;
  if (scope === 'event-log' && name.toLowerCase() === 'eventmessagefile' && typeof value === 'string') {
    return value.split(';').flatMap((path) => {
      const place = systemFile(path);
      if (place === undefined || MESSAGES_OF_WINDOWS.test(place.name)) return [];
      return [{ what: 'The event message file', place, line, token: place.name }];
    });
  }
  if (name.toLowerCase() === 'coinstallers32' && Array.isArray(value)) {
    return (value as readonly string[]).flatMap((text) => {
      const file = text.split(',')[0]?.trim() ?? '';
      // The framework's own co-installers may have been installed before.
      if (!/^[^\\/%]+\.dll$/i.test(file) || /^wdfcoinstaller/i.test(file)) return [];
      return [{ what: CO_INSTALLER, place: { name: file, dirid: SYSTEM32 }, line, token: file }];
    });
  }
  return [];
};
