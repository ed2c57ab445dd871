import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { fileNameOf } from './catalog-scope.ts';
import { placedFiles } from './check-files.ts';
import type { PvInf } from './check-release.ts';
import type { PackageView } from './package-view.ts';

/**
 * The WMI classes of xeniface, which programs that talk to it name too (spec xen-pv section 9). What stands before is
 * the object prefix: `XenProjectXenStoreBase`.
 */
const CLASS_NAME =
  /(?<![A-Za-z0-9_])([A-Z][A-Za-z0-9_]*?)XenStore(?:Base|Session|WatchEvent|UnsuspendedEvent)(?![A-Za-z0-9_])/g;

const MARK = 'XenStore';
/** Longest prefix that a brand may have, and the longest end of a class name. */
const [BEFORE, AFTER] = [64, 20];
/** No binary of the family names more than a few; a hostile file could be full of them. */
const MAX_HITS = 1000;

const WIDE = { encoding: 'utf16le', width: 2 } as const;
const NARROW = { encoding: 'latin1', width: 1 } as const;

/**
 * The object prefixes that a file names in class names, as UTF-16, which WMI takes; in a driver as bytes too. In a
 * program those may be names of its own, such as GetXenStoreSession. Linear in the size of the file.
 */
export const objectPrefixesIn = (bytes: Uint8Array, isDriver: boolean): readonly string[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const found = new Map<string, string>();
  for (const { encoding, width } of isDriver ? [WIDE, NARROW] : [WIDE]) {
    const mark = Buffer.from(MARK, encoding);
    let at = buffer.indexOf(mark);
    for (let hits = 0; at >= 0 && hits < MAX_HITS; hits += 1) {
      // As far before the mark as there are whole characters.
      const start = at - Math.min(BEFORE, Math.floor(at / width)) * width;
      const text = buffer.toString(encoding, start, at + mark.length + AFTER * width);
      for (const [, prefix = ''] of text.matchAll(CLASS_NAME)) found.set(prefix.toLowerCase(), prefix);
      at = buffer.indexOf(mark, at + mark.length);
    }
  }
  return [...found.values()];
};

interface NamedPrefix {
  readonly prefix: string;
  /** As a message names it: `the brand has`. */
  readonly source: string;
}

/**
 * F01: an agent finds its driver by the names of the WMI classes, which begin with the object prefix of the brand. All
 * files that name them, and the brand where it has one, have the same.
 */
export const checkObjectPrefix = (
  view: PackageView,
  infs: readonly PvInf[],
  objectPrefix: string | undefined,
): readonly Diagnostic[] => {
  const files = new Set(infs.flatMap((inf) => placedFiles(view, inf).map(({ file }) => file)));
  let expected: NamedPrefix | undefined =
    objectPrefix === undefined ? undefined : { prefix: objectPrefix, source: 'the brand has' };
  const found: Diagnostic[] = [];
  for (const file of files) {
    const name = shownText(fileNameOf(file.path));
    const prefixes = prefixesOf(view, file);
    const [prefix] = prefixes;
    if (prefix === undefined) continue;
    expected ??= { prefix, source: `${name} has` };
    const wanted = expected.prefix.toLowerCase();
    // An agent may know the classes of several vendors.
    if (prefixes.some((one) => one.toLowerCase() === wanted)) continue;
    const message = `${name} is built with the object prefix "${shownText(prefix)}", and ${expected.source} "${shownText(expected.prefix)}".`;
    const hint = `Build ${name} with OBJECT_PREFIX=${shownText(expected.prefix)}, or set objectPrefix of the brand.`;
    found.push(problem('PV_OBJECT_PREFIX', message, { at: { file: view.shown(file.path) }, failureMode: 'F01', hint }));
  }
  return found;
};

type File = Parameters<PackageView['imageOf']>[0];

const prefixesOf = (view: PackageView, file: File): readonly string[] => {
  try {
    return view.imageOf(file) === undefined ? [] : objectPrefixesIn(file.bytes, /\.sys$/i.test(file.path));
  } catch (error) {
    // A damaged image is told where files are checked.
    if (error instanceof WinpvError) return [];
    throw error;
  }
};
