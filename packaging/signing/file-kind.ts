import { isCab } from '../formats/cab/header.ts';
import { isPe } from '../formats/pe/parse.ts';
import type { FileKind } from './verdict.ts';

const IMAGE_EXTENSIONS = /\.(sys|dll|exe|efi|ocx|cpl|scr|drv)$/i;

/** By content; where the content is damaged, by what the name claims. */
export const fileKind = (path: string, bytes: Uint8Array): FileKind => {
  if (isPe(bytes)) return 'pe';
  if (isCab(bytes)) return 'cab';
  if (/\.inf$/i.test(path)) return 'inf';
  if (/\.cat$/i.test(path)) return 'cat';
  if (/\.cab$/i.test(path)) return 'cab';
  return IMAGE_EXTENSIONS.test(path) ? 'pe' : 'flat';
};
