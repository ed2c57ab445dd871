import { compareDates, dateOfEpochMs, formatDate } from '../../core/date.ts';
import { type Diagnostic, problem, type SourcePosition, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { CATALOG_OSES, type CatalogOs } from '../formats/cat/os.ts';
import { lineOf, sectionOf } from '../formats/inf/document.ts';
import { type InfArch, type InstalledFile, installTarget } from '../formats/inf/model.ts';
import type { CatalogRequest, SubjectRequest } from './catalog.ts';
import { subjectsOf } from './catalog.ts';
import { type CatalogInf, catalogNameFor, fileNameOf, reachesInf, windowsTargets } from './catalog-scope.ts';

/**
 * What stands against cataloguing a folder: Inf2Cat's signability test in our own words (spec signing-formats 2.7), every
 * finding of every INF. Findings of severity error mean that no catalog should be made.
 */
export const checkCatalogs = ({ files, shown, ...request }: CatalogRequest): readonly Diagnostic[] =>
  checkCatalogsOf({ ...request, subjects: subjectsOf(files, shown) });

/** `checkCatalogs` for files of which only the hashes are at hand. */
export const checkCatalogsOf = (request: SubjectRequest): readonly Diagnostic[] => {
  if (request.infs.length === 0) {
    return [problem('CAT_NO_INF', 'The folder holds no INF, so there is nothing to make a catalog for.')];
  }
  const oses = CATALOG_OSES.filter((os) => request.osList.includes(os));
  return request.infs.flatMap((inf) => [
    ...checkDriverVer(inf, oses, request.thisUpdate),
    ...checkCatalogNames(inf, oses),
    ...checkModels(inf, oses),
    ...checkFiles(inf, oses, request.subjects),
  ]);
};

/** Where [Version] says something, or where the section begins. */
const versionAt = ({ document }: CatalogInf, key: string): SourcePosition => {
  const section = sectionOf(document, 'Version');
  const line = lineOf(section, key)?.line ?? section?.headers[0];
  return { file: document.file, ...(line === undefined ? {} : { line }) };
};

const DRIVER_VER = /^\d\d([/-])\d\d\1\d{4}$/;
/** The oldest date that a driver for Windows 7 or later may have (22.9.7). */
const OLDEST_DATE = { year: 2009, month: 4, day: 21 } as const;

/** 22.9.6: missing or of another form. 22.9.7: after today in UTC, or before the oldest date for the newest system. */
const checkDriverVer = (inf: CatalogInf, oses: readonly CatalogOs[], now: number): readonly Diagnostic[] => {
  const at = versionAt(inf, 'DriverVer');
  const { driverVer } = inf.model.version;
  const hint = 'Write DriverVer = mm/dd/yyyy,w.x.y.z with two digits for month and day.';
  if (driverVer === undefined) return [problem('CAT_DRIVERVER', '[Version] has no DriverVer.', { at, hint })];
  const [dateText = '', versionText = ''] = driverVer.text.split(',');
  const { date, version } = driverVer;
  if (date === undefined || !DRIVER_VER.test(dateText) || (versionText !== '' && version === undefined)) {
    const message = `DriverVer "${shownText(driverVer.text)}" is not a date and a version in the expected form.`;
    return [problem('CAT_DRIVERVER', message, { at, hint })];
  }
  const today = dateOfEpochMs(now);
  if (compareDates(date, today) > 0) {
    const message = `The date in DriverVer, ${formatDate(date)}, is after the catalog's own, ${formatDate(today)} (UTC).`;
    return [problem('CAT_DRIVERVER_DATE', message, { at })];
  }
  const newest = oses.some((os) => os.major > 6 || (os.major === 6 && os.minor >= 1));
  if (newest && compareDates(date, OLDEST_DATE) < 0) {
    const message = `The date in DriverVer, ${formatDate(date)}, is before ${formatDate(OLDEST_DATE)}, the oldest that Windows 7 and later take.`;
    return [problem('CAT_DRIVERVER_DATE', message, { at })];
  }
  return dateText.includes('-')
    ? [
        problem('CAT_DRIVERVER', 'The date in DriverVer has dashes, which some tools refuse.', {
          at,
          severity: 'warning',
          hint,
        }),
      ]
    : [];
};

const architecturesOf = (oses: readonly CatalogOs[]): readonly InfArch[] => [...new Set(oses.map(({ arch }) => arch))];

/** 22.9.4: an architecture of the list without a catalog. A name that leaves the folder is refused as well. */
const checkCatalogNames = (inf: CatalogInf, oses: readonly CatalogOs[]): readonly Diagnostic[] =>
  architecturesOf(oses).flatMap((arch) => {
    const name = catalogNameFor(inf, arch);
    if (name === undefined) {
      return problem('CAT_NO_CATALOG_ENTRY', `[Version] names no catalog for ${arch}.`, {
        at: versionAt(inf, 'CatalogFile'),
        hint: `Add CatalogFile = NAME.cat, or CatalogFile.nt${arch} for this architecture alone.`,
      });
    }
    if (/^[^\\/:*?"<>|]+\.cat$/i.test(name)) return [];
    return problem(
      'CAT_NAME_REFUSED',
      `The catalog name "${shownText(name)}" is not a plain file name that ends in .cat.`,
      {
        at: versionAt(inf, 'CatalogFile'),
      },
    );
  });

/** A system of the list for which the INF installs nothing. */
const checkModels = (inf: CatalogInf, oses: readonly CatalogOs[]): readonly Diagnostic[] =>
  oses
    .filter((os) => !reachesInf(os, inf))
    .map((os) => {
      const line = sectionOf(inf.document, 'Manufacturer')?.headers[0];
      return problem('CAT_NO_MODELS', `The INF has no models and no install section for ${os.name ?? os.code}.`, {
        at: { file: inf.document.file, ...(line === undefined ? {} : { line }) },
        hint: `Take it off the list, or decorate a Models section for NT${os.arch}.`,
      });
    });

/** Files that belong to Windows itself; a package that ships one is refused by Windows or by the portal. */
const FILES_OF_WINDOWS = new Set(
  (
    'acpi.sys atapi.sys classpnp.sys disk.sys dumpata.sys dump_diskdump.sys hal.dll hidclass.sys hidparse.sys ' +
    'kernel32.dll ks.sys msvcrt.dll ndis.sys ntdll.dll ntoskrnl.exe partmgr.sys pci.sys portcls.sys scsiport.sys ' +
    'storport.sys tcpip.sys usbccgp.sys usbd.sys usbhub.sys usbport.sys usbser.sys user32.dll volmgr.sys ' +
    'wdf01000.sys wdfldr.sys winusb.sys wmilib.sys'
  ).split(' '),
);

/** Whether the INF takes files from Windows' own: `LayoutFile` in [Version], or an `Include`. */
const takesFromWindows = ({ document }: CatalogInf): boolean =>
  lineOf(sectionOf(document, 'Version'), 'LayoutFile') !== undefined ||
  document.sections.some((section) => lineOf(section, 'Include') !== undefined);

/** 22.9.1: a source that is not there. 22.9.10: no place in SourceDisksFiles. 22.9.8: named like a file of Windows. */
const checkFiles = (
  inf: CatalogInf,
  oses: readonly CatalogOs[],
  subjects: SubjectRequest['subjects'],
): readonly Diagnostic[] => {
  const found = new Map<string, Diagnostic>();
  for (const { name, source, sourcePath, list, line } of installedFiles(inf, oses)) {
    const at = { file: inf.document.file, line };
    const where = list === '@' ? 'CopyFiles' : `[${shownText(list)}]`;
    const add = (diagnostic: Diagnostic): unknown => found.set(`${diagnostic.code} ${line} ${sourcePath}`, diagnostic);
    if (FILES_OF_WINDOWS.has(name.toLowerCase()) && sourcePath !== undefined) {
      const message = `"${shownText(name)}" in ${where} is named like a file of Windows.`;
      add(problem('CAT_OS_FILE', message, { at, severity: 'warning' }));
    }
    if (sourcePath === undefined) {
      add(
        problem('CAT_NO_SOURCE_ENTRY', `"${shownText(source)}" in ${where} is not in a SourceDisksFiles section.`, {
          at,
          severity: takesFromWindows(inf) ? 'warning' : 'error',
          hint: 'Add it there, or name LayoutFile in [Version] when Windows has the file.',
        }),
      );
    } else for (const diagnostic of checkFile(sourcePath, where, at, subjects)) add(diagnostic);
  }
  return [...found.values()];
};

const installedFiles = ({ document, model }: CatalogInf, oses: readonly CatalogOs[]): readonly InstalledFile[] =>
  oses.flatMap((os) => windowsTargets(os, model).flatMap((target) => installTarget(document, model, target).files));

const checkFile = (
  sourcePath: string,
  where: string,
  at: SourcePosition,
  subjects: SubjectRequest['subjects'],
): readonly Diagnostic[] => {
  try {
    if (subjects(sourcePath) !== undefined) return [];
  } catch (error) {
    if (error instanceof WinpvError) return error.diagnostics;
    throw error;
  }
  return [
    problem('CAT_FILE_MISSING', `"${shownText(sourcePath)}" in ${where} is not in the package.`, {
      at,
      hint: `Put ${shownText(fileNameOf(sourcePath))} there, or take the line out.`,
    }),
  ];
};
