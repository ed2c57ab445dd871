import { type Diagnostic, problem, stopOnErrors } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { pathComplaint } from './path.ts';

/** A line of `series`: a patch file, below the folder of the queue, and how its paths are read. */
export interface SeriesEntry {
  readonly name: string;
  /** Leading parts taken off each path: quilt's `-p1`, the default, or `-p0`. */
  readonly strip: 0 | 1;
  readonly line: number;
}

const MAX_PATCHES = 2000;

/**
 * Reads `series`, quilt's form: one file name a line, `#` comments, `-p0` or `-p1` after a name.
 * @throws WinpvError PATCH_SERIES, PATCH_PATH_REFUSED with every complaint
 */
export const parseSeries = (text: string, file: string): readonly SeriesEntry[] => {
  const entries: SeriesEntry[] = [];
  const found: Diagnostic[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    const at = { file, line };
    const bare = raw.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '') continue;
    const [, name = bare, option] = /^(.*\S)\s+(-\S+)$/.exec(bare) ?? [];
    const complaint = pathComplaint(name);
    const earlier = lineOf.get(name.toLowerCase());
    if (complaint !== undefined) {
      found.push(problem('PATCH_PATH_REFUSED', `The name "${shownText(name)}" ${complaint}.`, { at }));
    } else if (earlier !== undefined) {
      found.push(problem('PATCH_SERIES', `"${shownText(name)}" stands in line ${earlier} already.`, { at }));
    } else if (option !== undefined && option !== '-p0' && option !== '-p1') {
      const hint = 'A name may be followed by -p0 or -p1 (the default).';
      found.push(problem('PATCH_SERIES', `"${shownText(option)}" is not known here.`, { at, hint }));
    }
    lineOf.set(name.toLowerCase(), line);
    entries.push({ name, strip: option === '-p0' ? 0 : 1, line });
  }
  if (entries.length > MAX_PATCHES) {
    found.push(problem('PATCH_SERIES', `The series names more than ${MAX_PATCHES} patches.`, { at: { file } }));
  }
  stopOnErrors(found);
  return entries;
};
