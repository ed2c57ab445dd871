import { createHash } from 'node:crypto';
import { isPe } from '../formats/pe/parse.ts';
import type { SignFile } from '../signing/sign-file.ts';
import { type Bundle, type DriverPackage, packageFolder, type ShippedFile } from './bundle.ts';

/** Signatures made so far, by content: the same binary in two packages is signed once and stays the same bytes. */
export type SignatureCache = Map<string, Promise<Uint8Array>>;

const keyOf = (file: ShippedFile): string => `${file.role} ${createHash('sha256').update(file.bytes).digest('hex')}`;

const signShipped = async (file: ShippedFile, path: string, sign: SignFile): Promise<Uint8Array> => {
  if (file.role === 'catalog') return sign('cat', file.bytes, path);
  return isPe(file.bytes) ? sign('pe', file.bytes, path) : file.bytes;
};

/** What came signed keeps the signature it came with. */
const isToSign = (file: ShippedFile): boolean =>
  file.prebuilt === undefined && ['binary', 'extra', 'catalog'].includes(file.role);

const signPackage = async (pack: DriverPackage, sign: SignFile, cache: SignatureCache): Promise<DriverPackage> => {
  const files = await Promise.all(
    pack.files.map(async (file) => {
      if (!isToSign(file)) return file;
      const key = keyOf(file);
      const signed = cache.get(key) ?? signShipped(file, `${packageFolder(pack)}/${file.name}`, sign);
      cache.set(key, signed);
      return { ...file, bytes: await signed };
    }),
  );
  return { ...pack, files };
};

/**
 * Signs every PE image and every catalog of a bundle but those that came signed. Signing an image after it was catalogued is right: the catalog
 * lists its Authenticode hash, which a signature does not change (spec signing-formats 1.5).
 * @throws WinpvError SIGN_*, TS_*, PE_*, CAT_*
 */
export const signBundle = async (
  bundle: Bundle<'catalogued'>,
  sign: SignFile,
  cache: SignatureCache,
): Promise<Bundle<'signed'>> => ({
  stage: 'signed',
  brandId: bundle.brandId,
  packages: await Promise.all(bundle.packages.map((pack) => signPackage(pack, sign, cache))),
});
