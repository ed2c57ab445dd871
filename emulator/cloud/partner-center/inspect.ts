import { WinpvError } from '../../../core/errors.ts';
import type { InfDocument } from '../../../packaging/formats/inf/document.ts';
import { parseInf } from '../../../packaging/formats/inf/document.ts';
import { type InfModel, infModel } from '../../../packaging/formats/inf/model.ts';
import { verifyInfModes } from '../../../packaging/formats/inf/rules/verify.ts';
import { isPe, parsePe } from '../../../packaging/formats/pe/parse.ts';
import { type DriverFolder, readUpload } from './drivers.ts';
import type { Complaint, Inspection } from './state.ts';

/** What ingestion finds in a package before anybody signs it. */

export interface FolderInf {
  readonly name: string;
  readonly document: InfDocument;
  readonly model: InfModel;
}

/** The INFs at the top of a driver's folder. @throws WinpvError INF_* */
export const infsOf = (folder: DriverFolder): readonly FolderInf[] =>
  folder.files
    .filter(({ name }) => /^[^/]+\.inf$/i.test(name))
    .map(({ name, bytes }) => {
      const document = parseInf(bytes, name);
      return { name, document, model: infModel(document) };
    });

const MAX_TOLD = 20;

/** The rules of `infverif /h`, which submissions have to pass since April 2025. */
const infComplaints = (folder: DriverFolder): readonly Complaint[] =>
  folder.files
    .filter(({ name }) => /^[^/]+\.inf$/i.test(name))
    .flatMap(
      ({ name, bytes }) => verifyInfModes(bytes, ['h'], { file: `${folder.name}/${name}` }).get('h')?.findings ?? [],
    )
    .filter(({ severity }) => severity === 'error')
    .slice(0, MAX_TOLD)
    .map(({ code, rule, message, at }) => ({
      step: 'validation',
      message: `${at?.file ?? folder.name}(${at?.line ?? 0}): ERROR(${rule ?? code}) ${message}`,
    }));

const machinesOf = (folder: DriverFolder): string => {
  const machines = folder.files.flatMap(({ name, bytes }) =>
    /\.sys$/i.test(name) && isPe(bytes) ? [parsePe(bytes, name).machine] : [],
  );
  return [...new Set(machines)].sort().join(' ');
};

const architectureComplaints = (folders: readonly DriverFolder[]): readonly Complaint[] => {
  const sets = new Set(folders.map(machinesOf).filter((set) => set !== ''));
  if (sets.size <= 1) return [];
  const message = 'The directories of the package serve different sets of architectures';
  return [{ step: 'packageInfoValidation', message }];
};

interface Manners {
  readonly isExtensionInf: boolean;
  readonly isUniversal: boolean;
  readonly isDeclarativeInf: boolean;
}

const EXTENSION_CLASS = '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}';

const mannersOf = (folders: readonly DriverFolder[]): Manners => {
  const files = folders.flatMap((folder) => folder.files.filter(({ name }) => /^[^/]+\.inf$/i.test(name)));
  const passes = (mode: 'u' | 'w'): boolean =>
    files.every(({ bytes, name }) => verifyInfModes(bytes, [mode], { file: name }).get(mode)?.verdict === 'valid');
  const models = folders.flatMap(infsOf).map(({ model }) => model);
  const universal = passes('u');
  return {
    isExtensionInf: models.some(({ version }) => version.classGuid.toLowerCase() === EXTENSION_CLASS),
    isUniversal: universal,
    isDeclarativeInf: universal,
  };
};

export const inspectUpload = (bytes: Uint8Array, harness: string, nowMs: number): Inspection => {
  const { folders, complaints } = readUpload(bytes, harness, nowMs);
  const found = [...complaints, ...architectureComplaints(folders), ...folders.flatMap(infComplaints)];
  try {
    return { complaints: found, ...mannersOf(folders) };
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    const unread: Complaint = { step: 'validation', message: error.message };
    return { complaints: [...found, unread], isExtensionInf: false, isUniversal: false, isDeclarativeInf: false };
  }
};
