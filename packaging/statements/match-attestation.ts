import { createHash } from 'node:crypto';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { stripPeSignature } from '../formats/pe/attach.ts';
import { isPe, parsePe } from '../formats/pe/parse.ts';
import { authenticodeDigest, type DigestedFile, flatDigest } from './digests.ts';
import type { Subject } from './in-toto.ts';

/**
 * How a file is the one that was attested: byte for byte; but for its signature (by Authenticode hash, or because it is the
 * attested bytes once its signature is taken off); or because it was made from an attested input of the release.
 */
export type AttestedAs = 'same' | 're-signed' | 'signed-since' | 'input';

export interface AttestedFile {
  readonly path: string;
  /** Undefined when no subject is this file. */
  readonly as?: Exclude<AttestedAs, 'input'>;
  /** The subject's name. */
  readonly subject?: string;
}

export interface AttestedInput {
  readonly path: string;
  readonly sha256: string;
}

export interface MatchedAttestation {
  /** Images, and whatever else a subject is about. */
  readonly files: readonly AttestedFile[];
  /** Inputs of the release that a subject is about. */
  readonly inputs: readonly (AttestedInput & { readonly subject: string })[];
  /** Names of subjects that nothing here is. */
  readonly unmatched: readonly string[];
  readonly findings: readonly Diagnostic[];
}

/** SHA-256 of an image as it was before it was signed: with its checksum, or without one, as linkers leave it. */
const unsignedDigests = ({ path, bytes }: DigestedFile): readonly string[] => {
  try {
    if (!isPe(bytes) || parsePe(bytes, path).certificateTable === undefined) return [];
    const stripped = stripPeSignature(bytes, path);
    const { checksumOffset } = parsePe(stripped, path);
    const bare = stripped.slice();
    bare.fill(0, checksumOffset, checksumOffset + 4);
    return [stripped, bare].map((one) => createHash('sha256').update(one).digest('hex'));
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return [];
  }
};

/** What a subject may be known by: SHA-256, or our name for an Authenticode hash. Weaker and stronger ones are extra. */
const indexOf = (subjects: readonly Subject[], name: string): ReadonlyMap<string, Subject> =>
  new Map(
    subjects.flatMap((subject) =>
      subject.digest[name] === undefined ? [] : [[subject.digest[name], subject] as const],
    ),
  );

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1).toLowerCase();

/**
 * Compares files, and the inputs that a release was made from, with what is attested. A subject with the name of a file that
 * is not that file is an error; images that nothing attests are a warning, for an attestation seldom is about all.
 */
export const matchAttestation = (
  files: readonly DigestedFile[],
  inputs: readonly AttestedInput[],
  subjects: readonly Subject[],
): MatchedAttestation => {
  const [flat, wide, authenticode] = ['sha256', 'sha512', 'authenticodeSha256'].map((name) => indexOf(subjects, name));
  const used = new Set<Subject>();
  const find = (index: ReadonlyMap<string, Subject> | undefined, digest: string | undefined): Subject | undefined => {
    const subject = digest === undefined ? undefined : index?.get(digest);
    if (subject !== undefined) used.add(subject);
    return subject;
  };
  const attested = files.flatMap((file): readonly AttestedFile[] => {
    const { path, bytes } = file;
    const image = isPe(bytes);
    const same = find(flat, flatDigest(bytes)) ?? (wide?.size ? find(wide, flatDigest(bytes, 'sha512')) : undefined);
    if (same !== undefined) return [{ path, as: 'same', subject: same.name }];
    const resigned = find(authenticode, authenticodeDigest(file));
    if (resigned !== undefined) return [{ path, as: 're-signed', subject: resigned.name }];
    const before = unsignedDigests(file).flatMap((digest) => find(flat, digest) ?? [])[0];
    if (before !== undefined) return [{ path, as: 'signed-since', subject: before.name }];
    return image ? [{ path }] : [];
  });
  const known = inputs.flatMap((input) => {
    const subject = find(flat, input.sha256);
    return subject === undefined ? [] : [{ ...input, subject: subject.name }];
  });
  // Equal subjects under several names are all found when one is.
  const usedDigests = new Set([...used].map(({ digest }) => JSON.stringify(digest)));
  const left = subjects.filter((subject) => !used.has(subject) && !usedDigests.has(JSON.stringify(subject.digest)));
  return {
    files: attested,
    inputs: known,
    unmatched: left.map(({ name }) => name),
    findings: mismatches(files, attested, left),
  };
};

const mismatches = (
  files: readonly DigestedFile[],
  attested: readonly AttestedFile[],
  left: readonly Subject[],
): readonly Diagnostic[] => {
  const good = new Set(attested.flatMap(({ path, as }) => (as === undefined ? [] : [path])));
  const open = new Map<string, string[]>();
  for (const { path } of files) {
    if (good.has(path)) continue;
    open.set(baseName(path), [...(open.get(baseName(path)) ?? []), path]);
  }
  return left.flatMap(({ name }) => {
    const candidates = open.get(baseName(name)) ?? [];
    // Of several with the name, the one whose path ends as the subject's does is meant.
    const exact = candidates.filter((path) => path === name || path.endsWith(`/${name}`) || name.endsWith(`/${path}`));
    return (exact.length > 0 ? exact : candidates).slice(0, 8).map((path) =>
      problem('ATTESTATION_MISMATCH', `${path} is not the file that was attested as ${name}.`, {
        at: { file: path },
        hint: 'It differs in more than its signature from what the attested build made.',
      }),
    );
  });
};
