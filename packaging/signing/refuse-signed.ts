import { WinpvError } from '../../core/errors.ts';
import { embeddedSignatures } from './read-signatures.ts';

/** Stops when the file has a signature. @throws WinpvError SIGN_ALREADY_SIGNED, and what reading the file throws */
export const refuseSigned = (bytes: Uint8Array, file: string): void => {
  const [signature] = embeddedSignatures(bytes, file);
  if (signature === undefined) return;
  throw new WinpvError('SIGN_ALREADY_SIGNED', `${file} has a signature already.`, {
    at: { file, offset: signature.offset },
    hint: 'Use --append or --replace if the tool does that, or --if-unsigned to leave it as it is.',
  });
};
