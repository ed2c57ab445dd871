import { type FileHandle, open } from 'node:fs/promises';
import type { AppendLog } from '../../core/ports.ts';
import { writing } from './file-errors.ts';

const writeAll = async (file: FileHandle, bytes: Uint8Array, position: number): Promise<void> => {
  let done = 0;
  while (done < bytes.length) {
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
};

/** Adds at the end of a file; what could not be written whole is taken back. */
export const openAppendLog = async (path: string, keepBytes: number): Promise<AppendLog> => {
  let size = keepBytes;
  const file = await writing(path, () => open(path, keepBytes === 0 ? 'w' : 'r+', 0o600));
  await writing(path, () => file.truncate(size));
  return {
    append: (text) =>
      writing(path, async () => {
        const bytes = Buffer.from(text);
        try {
          await writeAll(file, bytes, size);
        } catch (error) {
          await file.truncate(size);
          throw error;
        }
        size += bytes.length;
      }),
  };
};
