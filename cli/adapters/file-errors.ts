import type { ErrorCode } from '../../core/error-codes.ts';
import { WinpvError } from '../../core/errors.ts';
import { change } from './held.ts';

export const errnoOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'no space left on the disk',
  EROFS: 'the disk is read-only',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  EEXIST: 'it exists already',
};

/** What the system said, in words. */
export const systemReason = (cause: unknown): string => reasons[errnoOf(cause)] ?? errnoOf(cause);

export const fileError = (otherwise: ErrorCode, doing: string, path: string, cause: unknown): WinpvError => {
  const errno = errnoOf(cause);
  if (errno === 'ENOENT')
    return new WinpvError('FILE_NOT_FOUND', `${path} does not exist.`, { at: { file: path }, cause });
  return new WinpvError(otherwise, `${path} cannot be ${doing}: ${systemReason(cause)}.`, {
    at: { file: path },
    cause,
  });
};

/** A step of writing a file, which an end lets finish. */
export const writing = <T>(path: string, step: () => Promise<T>): Promise<T> =>
  change(async () => {
    try {
      return await step();
    } catch (error) {
      throw fileError('FILE_UNWRITABLE', 'written', path, error);
    }
  });
