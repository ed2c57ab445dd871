import { X509Certificate } from 'node:crypto';
import { WinpvError } from '../../../core/errors.ts';
import { extractCab } from '../../../packaging/formats/cab/extract.ts';
import { isCab } from '../../../packaging/formats/cab/header.ts';
import { parseCab } from '../../../packaging/formats/cab/parse.ts';
import { parseZip } from '../../../packaging/formats/zip/parse.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import type { Complaint } from './state.ts';

/** What was uploaded, as ingestion reads it. */
export interface DriverFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface DriverFolder {
  readonly name: string;
  readonly files: readonly DriverFile[];
}

export interface ReadUpload {
  readonly folders: readonly DriverFolder[];
  readonly complaints: readonly Complaint[];
}

const MAX_UNPACKED = 2 ** 30;

const complaint = (step: Complaint['step'], message: string): Complaint => ({ step, message });
const refused = (step: Complaint['step'], message: string): ReadUpload => ({
  folders: [],
  complaints: [complaint(step, message)],
});

const foldersOf = (files: readonly DriverFile[]): readonly DriverFolder[] => {
  const folders = new Map<string, DriverFile[]>();
  for (const { name, bytes } of files) {
    const slash = name.indexOf('/');
    if (slash < 0) continue;
    const folder = name.slice(0, slash);
    const before = folders.get(folder) ?? [];
    before.push({ name: name.slice(slash + 1), bytes });
    folders.set(folder, before);
  }
  return [...folders].map(([name, content]) => ({ name, files: content }));
};

const MAX_FOLDER_NAME = 39;

const layoutComplaints = (files: readonly DriverFile[], folders: readonly DriverFolder[]): readonly Complaint[] => {
  const found: Complaint[] = [];
  const wrong = (message: string): void => {
    found.push(complaint('packageInfoValidation', message));
  };
  if (files.some(({ name }) => !name.includes('/'))) wrong('There are files at the root of the cabinet');
  const bare = folders.filter((folder) => !folder.files.some(({ name }) => /^[^/]+\.inf$/i.test(name)));
  if (bare.length > 0 || folders.length === 0) {
    wrong(`No .inf files found in driver directory/directories: ${bare.map(({ name }) => name).join(', ')}`);
  }
  for (const { name } of folders) {
    if (name.length > MAX_FOLDER_NAME || !/^[A-Za-z0-9._-]+$/.test(name)) {
      wrong(`The directory name is too long or has special characters: ${name}`);
    }
  }
  return found;
};

/** A cabinet of driver folders. `signed`: whether it has to be, which a cabinet within a package has not. */
const readCabinet = (bytes: Uint8Array, nowMs: number, signed: boolean): ReadUpload => {
  const cabinet = parseCab(bytes, 'the cabinet');
  const files = extractCab(cabinet, { maxBytes: MAX_UNPACKED });
  const folders = foldersOf(files);
  const complaints = [...layoutComplaints(files, folders)];
  if (cabinet.folders.some(({ compression }) => compression !== 'mszip' && compression !== 'none')) {
    complaints.push(complaint('packageInfoValidation', 'The compression of the cabinet is not supported'));
  }
  if (signed) {
    const { verdict } = verifyFile({ path: 'upload.cab', bytes, catalogs: [], trust: [], atMs: nowMs });
    // whose signature it is, is another question: there is no list of registered certificates here
    const text = verdict === 'unsigned' ? 'The package is not signed' : 'The signature of the package is not valid';
    if (verdict !== 'valid' && verdict !== 'untrusted') {
      complaints.push(complaint('preparation', `SignatureValidationFailed: ${text}`));
    }
  }
  return { folders, complaints };
};

const RELATIONSHIP = /<Relationship\b[^>]*>/g;
const STREAM_DATA = /Type="[^"]*\/kits\/hardware\/2010\/streamdata"/i;

/**
 * A package of the lab kit. Where the drivers stand in a real one is not documented, so the emulator takes a cabinet in
 * the place of the stream data: rehearsals make their packages so.
 */
const readKitPackage = (bytes: Uint8Array, nowMs: number): ReadUpload => {
  const entries = parseZip(bytes, 'the package', { maxBytes: MAX_UNPACKED });
  const find = (name: string) => entries.find((entry) => entry.name.toLowerCase() === name.toLowerCase());
  const relationships = find('_rels/.rels');
  if (
    relationships === undefined ||
    find('hck/data/PackageInfo.xml') === undefined ||
    find('[Content_Types].xml') === undefined
  ) {
    return refused('packageInfoValidation', 'Failed to open package: it is no package of a hardware lab kit');
  }
  const complaints: Complaint[] = [];
  const certificates = entries.filter(({ name }) => /^package\/services\/digital-signature\/certificate\//i.test(name));
  const signed = entries.some(({ name }) => /\/xml-signature\/[^/]+\.psdsxs$/i.test(name)) && certificates.length > 0;
  const weak = certificates.some((entry) => new X509Certificate(entry.bytes()).publicKey.asymmetricKeyType !== 'rsa');
  if (!signed) complaints.push(complaint('preparation', 'The package is not signed'));
  else if (weak) complaints.push(complaint('preparation', 'Signature validation failed while opening the package'));
  const text = new TextDecoder().decode(relationships.bytes());
  const stream = [...text.matchAll(RELATIONSHIP)].map(([tag]) => tag).find((tag) => STREAM_DATA.test(tag));
  const target = /\bTarget="\/?([^"]+)"/.exec(stream ?? '')?.[1] ?? '';
  const data = find(target)?.bytes();
  if (data === undefined || !isCab(data)) {
    complaints.push(
      complaint('preparation', 'The emulator finds no drivers: it reads a cabinet in the place of stream data'),
    );
    return { folders: [], complaints };
  }
  const drivers = readCabinet(data, nowMs, false);
  return { folders: drivers.folders, complaints: [...complaints, ...drivers.complaints] };
};

/** Reads an upload; everything that is wrong with it is a complaint. */
export const readUpload = (bytes: Uint8Array, harness: string, nowMs: number): ReadUpload => {
  try {
    if (harness === 'attestation') {
      if (!isCab(bytes)) return refused('packageInfoValidation', 'The package is not a cabinet');
      return readCabinet(bytes, nowMs, true);
    }
    return readKitPackage(bytes, nowMs);
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const zip64 = /zip64/i.test(error.message) ? 'File is using Zip64(4gb+file Size)' : error.message;
    return refused('packageInfoValidation', `Failed to open package: ${zip64}`);
  }
};
