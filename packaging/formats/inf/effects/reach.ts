import { WinpvError } from '../../../../core/errors.ts';
import { type InfDocument, type InfLine, type InfSection, sectionOf } from '../document.ts';

/** A section and those that are processed with it (spec inf.md section 8, Include and Needs). */
export interface ReachedSections {
  /** The section itself first, then those that it and they need, as far as they are in this file. */
  readonly sections: readonly InfSection[];
  /** INFs that are included. */
  readonly includes: readonly string[];
  /** Needed sections that are not in this file. */
  readonly elsewhere: readonly string[];
}

/** An INF may name one section many times over; so many lines are read for all its install sections. */
const MAX_LINES = 2_000_000;

/** Counts the lines that are read, so that a small file cannot ask for endless work. */
export class ReadLines {
  private count = 0;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  /** @throws WinpvError INF_TOO_LARGE */
  read(section: InfSection | undefined): readonly InfLine[] {
    if (section === undefined) return [];
    this.count += 1 + section.lines.length;
    if (this.count > MAX_LINES) {
      throw new WinpvError('INF_TOO_LARGE', 'The install sections do more in total than winpv reads.', {
        at: { file: this.file, line: section.headers[0] ?? 1 },
      });
    }
    return section.lines;
  }
}

/** The fields of the lines with a key, empty ones left out. */
export const fieldsOf = (lines: readonly InfLine[], key: string): readonly string[] =>
  lines.flatMap((line) => (line.key?.toLowerCase() === key ? line.fields.filter((field) => field !== '') : []));

/** Follows Needs from a section on; a section that is needed twice is processed once. */
export const reachedSections = (document: InfDocument, name: string, lines: ReadLines): ReachedSections => {
  const found = new Set<InfSection>();
  const includes: string[] = [];
  const elsewhere: string[] = [];
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const section = sectionOf(document, next);
    if (section === undefined) {
      if (found.size > 0) elsewhere.push(next);
      continue;
    }
    if (found.has(section)) continue;
    found.add(section);
    const own = lines.read(section);
    includes.push(...fieldsOf(own, 'include'));
    open.push(...[...fieldsOf(own, 'needs')].reverse());
  }
  return { sections: [...found], includes, elsewhere };
};
