import type { CheckedFile, PackageView } from '../../packaging/bundle/package-view.ts';
import type { ImageFacts } from './facts.ts';
import { imageFacts, type JudgedImage } from './image-facts.ts';

/** The files of a bundle that packages install, each read once. */
export interface BundleImages {
  readonly of: (file: CheckedFile) => ImageFacts;
  /** Those that were asked for. */
  readonly all: () => readonly ImageFacts[];
}

export const bundleImages = (view: PackageView, judge: (file: CheckedFile) => JudgedImage): BundleImages => {
  const known = new Map<CheckedFile, ImageFacts>();
  return {
    of: (file) => {
      const before = known.get(file);
      if (before !== undefined) return before;
      const facts = imageFacts(view, file, judge(file));
      known.set(file, facts);
      return facts;
    },
    all: () => [...known.values()],
  };
};
