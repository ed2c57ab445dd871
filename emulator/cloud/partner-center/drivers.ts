import { WinpvError } from '../../../core/errors.ts';
import { extractCab } from '../../../packaging/formats/cab/extract.ts';
import { isCab } from '../../../packaging/formats/cab/header.ts';
import { parseCab } from '../../../packaging/formats/cab/parse.ts';
import { type OpcPackage, type OpcPart, PACKAGE_SOURCE, partKey } from '../../../packaging/formats/opc/model.ts';
import { parseOpc } from '../../../packaging/formats/opc/parse.ts';
import { verifyOpc } from '../../../packaging/signing/opc-verify.ts';
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

/** One spelling of the namespace is a mistake that stands in real packages. */
const KIT_DATA =
  /\/\/microsoft\.com\/(schemas|shcemas)\/windows\/kits\/hardware\/2010\/(packageinfo|coredata|streamdata)$/i;

const kitPart = (opc: OpcPackage, kind: string): OpcPart | undefined => {
  const rows = opc.relationships.get(PACKAGE_SOURCE) ?? [];
  const target = rows.find(({ type }) => KIT_DATA.exec(type)?.[2]?.toLowerCase() === kind)?.part;
  return target === undefined ? undefined : opc.parts.find(({ name }) => partKey(name) === partKey(target));
};

const signatureComplaints = (opc: OpcPackage, nowMs: number): readonly Complaint[] => {
  const { verdict, signatures } = verifyOpc(opc, nowMs);
  if (verdict === 'unsigned') return [complaint('preparation', 'The package is not signed')];
  // observed: an EC signature passes acceptance and fails here (docs issue 3740)
  const rsa = signatures.every(({ algorithm }) => algorithm?.startsWith('rsa-') === true);
  const fits = rsa && verdict === 'valid' && signatures.every(({ certificateIn }) => certificateIn !== 'xml');
  return fits ? [] : [complaint('preparation', 'Signature validation failed while opening the package')];
};

/**
 * A package of the lab kit. Where the drivers stand in a real one is not documented, so the emulator takes a cabinet in
 * the place of the stream data: rehearsals make their packages so.
 */
const readKitPackage = (bytes: Uint8Array, nowMs: number): ReadUpload => {
  const opc = parseOpc(bytes, 'the package');
  // observed: the words of the service
  if (opc.zip64) {
    return refused('packageInfoValidation', 'Failed to open package: File is using Zip64(4gb+file Size)');
  }
  if (kitPart(opc, 'packageinfo') === undefined) {
    return refused('packageInfoValidation', 'Failed to open package: it is no package of a hardware lab kit');
  }
  const complaints = signatureComplaints(opc, nowMs);
  const data = kitPart(opc, 'streamdata')?.bytes();
  if (data === undefined || !isCab(data)) {
    const message = 'The emulator finds no drivers: it reads a cabinet in the place of stream data';
    return { folders: [], complaints: [...complaints, complaint('preparation', message)] };
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
    return refused('packageInfoValidation', `Failed to open package: ${error.message}`);
  }
};
