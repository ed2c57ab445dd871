import { WinpvError } from '../../core/errors.ts';
import { parseCertificates } from '../../packaging/formats/x509/pem.ts';
import { type AttachedItem, fileSha256 } from '../../packaging/signing/two-halves.ts';
import type { Io } from '../io.ts';
import type { NamedFile } from './named-files.ts';

/** What both halves of signing need beside what all signing needs. */

/** @throws WinpvError USAGE, FILE_*, SIGN_CERTIFICATE_UNREADABLE */
export const certificatesOf = async (io: Io, paths: readonly string[] | undefined): Promise<readonly Uint8Array[]> => {
  if (paths === undefined) {
    throw new WinpvError('USAGE', 'Signing in two halves needs --cert.', {
      hint: 'The certificate of the key first, then its issuers.',
    });
  }
  const read = await Promise.all(paths.map(async (path) => parseCertificates(await io.files.read(path), path)));
  return read.flat();
};

/** The item of each file; every file and every item has its counterpart, and no file changed in between. */
export const matchItems = <S extends NamedFile>(
  subjects: readonly S[],
  items: readonly AttachedItem[],
): readonly { readonly subject: S; readonly item: AttachedItem }[] => {
  const refuse = (message: string, file: string): never => {
    throw new WinpvError('SIGN_PREPARED_DIFFERS', message, {
      at: { file },
      hint: 'Prepare again with the files as they are now.',
    });
  };
  for (const { path } of items) {
    if (!subjects.some((subject) => subject.path === path)) refuse(`${path} was prepared and is not named now.`, path);
  }
  return subjects.map((subject) => {
    const item = items.find(({ path }) => path === subject.path);
    if (item === undefined) return refuse(`${subject.path} was not prepared.`, subject.path);
    if (item.sha256 !== fileSha256(subject.bytes))
      refuse(`${subject.path} changed after it was prepared.`, subject.path);
    return { subject, item };
  });
};
