import { createHash } from 'node:crypto';
import { WinpvError } from '../../core/errors.ts';
import type { DriverModel } from '../../drivers/model.ts';
import type { CheckedFile, PackageView } from '../../packaging/bundle/package-view.ts';
import { peExports, peImports } from '../../packaging/formats/pe/imports.ts';
import type { ImageFacts } from './facts.ts';
import { neededWindows } from './needed-windows.ts';

type ReadFacts = Omit<ImageFacts, 'key' | 'loads' | 'model'>;

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

const readImage = (view: PackageView, file: CheckedFile): ReadFacts => {
  const name = nameOf(file.path);
  try {
    const image = view.imageOf(file);
    if (image === undefined) return { name, machine: 'none', imports: [], exports: [] };
    const imports = peImports(image);
    const needsWindows = neededWindows(image.machine, imports);
    return {
      name,
      machine: image.machine,
      imports,
      exports: peExports(image),
      ...(needsWindows === undefined ? {} : { needsWindows }),
    };
  } catch (error) {
    if (error instanceof WinpvError) return { name, machine: 'broken', imports: [], exports: [] };
    throw error;
  }
};

export interface JudgedImage {
  readonly loads: ImageFacts['loads'];
  readonly model: DriverModel | undefined;
}

const CONTEXT_DIGITS = 8;

/**
 * What is known of a file. Its key is the hash of the bytes and, as far as more is known of it than they tell, a hash of
 * that: bytes that are signed by one bundle's catalog and not by another's are two images.
 */
export const imageFacts = (view: PackageView, file: CheckedFile, { loads, model }: JudgedImage): ImageFacts => {
  const hash = createHash('sha256').update(file.bytes).digest('hex');
  const context = model === undefined && Object.keys(loads).length === 0 ? undefined : JSON.stringify([model, loads]);
  const suffix =
    context === undefined ? '' : `-${createHash('sha256').update(context).digest('hex').slice(0, CONTEXT_DIGITS)}`;
  return {
    key: `${hash}${suffix}`,
    ...readImage(view, file),
    loads,
    ...(model === undefined ? {} : { model }),
  };
};
