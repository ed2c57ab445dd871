import { dateToEpochMs, formatDate } from '../../core/date.ts';
import { type Diagnostic, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { checkPackageFiles } from '../../packaging/bundle/check-files.ts';
import { checkPackageCatalogs } from '../../packaging/bundle/check-package-catalogs.ts';
import type { PackageInf } from '../../packaging/bundle/package-view.ts';
import { sectionOf } from '../../packaging/formats/inf/document.ts';
import { verifyInf } from '../../packaging/formats/inf/rules/verify.ts';
import { isStandIn } from '../../packaging/formats/pe/mark.ts';
import { verifyFile } from '../../packaging/signing/verify.ts';
import { parseOsCode } from '../partner-center/os-codes.ts';
import type { UploadRequest } from './contract.ts';
import { imagesOf, topFolder, type Upload } from './read-upload.ts';
import { refusal } from './table.ts';

/** The drivers: INFs by the portal's rules, dates, images, catalogs. */
export const checkDrivers = (request: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const { view } = upload;
  return [
    ...view.infs.flatMap((inf) => [...checkInf(inf), ...checkDate(inf, request.nowMs)]),
    ...checkPackageFiles(view).filter(({ severity }) => severity === 'error'),
    ...checkArchitectures(request, upload),
    ...checkImages(request, upload),
    ...checkCatalogs(request, upload),
  ];
};

const checkInf = ({ document }: PackageInf): readonly Diagnostic[] =>
  verifyInf(document, { mode: 'h' }).findings.filter(({ severity }) => severity === 'error');

/** Clocks differ; days are those of UTC, as for Inf2Cat. */
const CLOCK_TOLERANCE_MS = 3_600_000;
/** Windows 7's own drivers are of this day, and a driver has to be newer than those (Inf2Cat, signability test 22.9.7). */
const FIRST_DATE_MS = Date.UTC(2009, 3, 21);

const checkDate = ({ document, model }: PackageInf, nowMs: number): readonly Diagnostic[] => {
  const date = model.version.driverVer?.date;
  if (date === undefined) return [];
  const line = sectionOf(document, 'Version')?.lines.find(({ key }) => key?.toLowerCase() === 'driverver')?.line;
  const at = { file: document.file, ...(line === undefined ? {} : { line }) };
  const dayMs = dateToEpochMs(date);
  const shown = formatDate(date);
  if (dayMs > nowMs) {
    const severity = dayMs > nowMs + CLOCK_TOLERANCE_MS ? 'error' : 'warning';
    return [refusal('REFUSAL_DRIVERVER_FUTURE', `DriverVer is of ${shown}, which is still to come.`, { at, severity })];
  }
  if (dayMs >= FIRST_DATE_MS) return [];
  return [refusal('REFUSAL_DRIVERVER_OLD', `DriverVer is of ${shown}, before 2009-04-21.`, { at })];
};

const ARCH_OF_MACHINE: Readonly<Record<string, string>> = { x86: 'x86', x64: 'amd64', arm: 'arm', arm64: 'arm64' };

/** The processors of a folder: those of its drivers, or of its INFs when it has none. */
const architecturesOf = (upload: Upload, folder: string): string => {
  const own = imagesOf(upload).filter(({ path }) => topFolder(path) === folder && /\.sys$/i.test(path));
  const machines = own.map(({ image }) => ARCH_OF_MACHINE[image.machine] ?? image.machine);
  const decorated = upload.view.infs
    .filter(({ path }) => topFolder(path) === folder)
    .flatMap(({ installs }) => installs.map(({ arch }) => arch));
  return [...new Set(machines.length > 0 ? machines : decorated)].sort().join(' and ');
};

const checkArchitectures = ({ file }: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  if (upload.programme !== 'attestation') return [];
  const folders = [...new Set(upload.view.infs.map(({ path }) => topFolder(path)))];
  const sets = new Map<string, string[]>();
  for (const folder of folders) {
    const set = architecturesOf(upload, folder);
    if (set !== '') sets.set(set, [...(sets.get(set) ?? []), folder]);
  }
  if (sets.size < 2) return [];
  const told = [...sets].map(([set, names]) => `${shownText(names.join(', '))} ${set}`).join('; ');
  const message = `The folders of the cabinet serve different processors: ${told}.`;
  return [refusal('REFUSAL_ARCHITECTURES', message, { at: { file } })];
};

const checkImages = ({ emulated, known, nowMs }: UploadRequest, upload: Upload): readonly Diagnostic[] =>
  imagesOf(upload).flatMap(({ path, image }) => {
    const at = { file: upload.view.shown(path) };
    const { verdict, signatures, diagnostics } = verifyFile({
      path,
      bytes: image.bytes,
      catalogs: [],
      trust: [],
      atMs: nowMs,
    });
    const broken = signatures.length > 0 && verdict === 'invalid';
    const why = diagnostics.find(({ severity, code }) => severity === 'error' && code !== 'VERIFY_UNSIGNED')?.message;
    return [
      ...(isStandIn(image) && !emulated && known?.standIns !== true
        ? [refusal('REFUSAL_STAND_IN', 'The image is a stand-in: there is no driver in it.', { at })]
        : []),
      ...(broken
        ? [
            refusal('REFUSAL_IMAGE_SIGNATURE', `The signature in the image does not hold. ${why ?? ''}`.trim(), {
              at,
              severity: upload.programme === 'attestation' ? 'warning' : 'error',
            }),
          ]
        : []),
    ];
  });

/** Those that are there: Microsoft makes catalogs anew, so that each of them tells of the build only. */
const checkCatalogs = ({ nowMs, product }: UploadRequest, { view, programme }: Upload): readonly Diagnostic[] => {
  const stale =
    programme === 'attestation'
      ? checkPackageCatalogs(view, nowMs)
          .filter(({ code, severity }) => severity === 'error' && code !== 'BUNDLE_CATALOG_MISSING')
          .map(({ message, at }) =>
            refusal('REFUSAL_CATALOG', message, at === undefined ? {} : { at: { file: at.file } }),
          )
      : [];
  // Windows 7 and older read no others
  const forOlder = product === undefined || product.requestedSignatures.some((code) => parseOsCode(code) === undefined);
  const old = view.files
    .filter(({ path }) => !forOlder && /\.cat$/i.test(path))
    .flatMap((file) => {
      try {
        if (view.catalogOf(file).content.version !== 1) return [];
        const message = 'The catalog lists files by SHA-1 hashes.';
        return [refusal('REFUSAL_CATALOG_SHA1', message, { at: { file: view.shown(file.path) } })];
      } catch (error) {
        if (error instanceof WinpvError) return [];
        throw error;
      }
    });
  return [...new Map([...stale, ...old].map((one) => [`${one.code} ${one.at?.file} ${one.message}`, one])).values()];
};
