/** A fenced block of a page. */
export interface Fence {
  /** What stands behind the fence: `sh`, `yaml`, or nothing. */
  readonly language: string;
  /** The first line inside, counted from 1. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** The fenced blocks of a page, in order. */
export const fencesOf = (text: string): readonly Fence[] => {
  const found: Fence[] = [];
  let open: { fence: string; language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const mark = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line);
    if (open === undefined) {
      if (mark !== null) open = { fence: mark[1] ?? '', language: mark[2] ?? '', line: index + 2, lines: [] };
    } else if (mark !== null && mark[2] === '' && (mark[1] ?? '').startsWith(open.fence)) {
      found.push(open);
      open = undefined;
    } else open.lines.push(line);
  }
  return found;
};

/** A page without its fenced blocks; their lines are empty, so that the others keep their numbers. */
export const withoutFences = (text: string): string => {
  const inside = new Set(
    fencesOf(text).flatMap(({ line, lines }) => Array.from({ length: lines.length + 2 }, (_, i) => line - 2 + i)),
  );
  return text
    .split('\n')
    .map((line, index) => (inside.has(index) ? '' : line))
    .join('\n');
};

/** The anchors of a page's headings, as GitHub makes them. */
export const anchorsOf = (text: string): ReadonlySet<string> => {
  const taken = new Map<string, number>();
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const times = taken.get(slug) ?? 0;
    taken.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
};

/** The targets of a page's links and pictures, outside code. */
export const linksOf = (text: string): readonly string[] => {
  const prose = withoutFences(text).replace(/`[^`\n]*`/g, '');
  return [
    ...[...prose.matchAll(/\]\((?:<([^>]*)>|([^)\s]+))(?:\s+"[^"]*")?\)/g)].map((match) => match[1] ?? match[2] ?? ''),
    ...[...prose.matchAll(/^\[[^\]]+\]:\s+(\S+)/gm)].map((match) => match[1] ?? ''),
    ...[...prose.matchAll(/<(?:img|a|source)\b[^>]*?\b(?:src|href|srcset)="([^"]+)"/g)].map((match) => match[1] ?? ''),
  ];
};

/** A line of a page that calls winpv. */
export interface CommandLine {
  readonly line: number;
  readonly text: string;
  /** What the shell would hand to winpv. */
  readonly words: readonly string[];
  /** Whether it stands in a sentence: there a command may be named without its arguments. */
  readonly inSentence: boolean;
}

const CALL = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(?:winpv|node cli\/winpv\.js)(?= |$)/;

/** The words of a line up to where the command ends, as a shell reads them. Variables and patterns stay as they are. */
export const shellWords = (line: string): readonly string[] => {
  const words: string[] = [];
  for (const [, single, double, bare, end] of line.matchAll(
    /'([^']*)'|"((?:[^"\\]|\\.)*)"|((?:[^\s'"|&;<>()#]|(?<=\S)[#()])+)|([|&;<>#])/g,
  )) {
    if (end !== undefined) break;
    words.push(single ?? double?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  }
  return words;
};

/** What may be left out stands in brackets; it is read as given. */
const withOptional = (text: string): string => text.replace(/\[(--[^\]]*)\]/g, '$1');

const calledIn = (text: string, line: number, inSentence: boolean): readonly CommandLine[] => {
  const call = CALL.exec(text);
  if (call === null || /…|\.\.\.|\bCOMMAND\b|\[options\]/.test(text)) return [];
  return [{ line, text, words: shellWords(withOptional(text.slice(call[0].length))), inSentence }];
};

/** Every line of a page that calls winpv: in fenced blocks, and in code within sentences. */
export const commandLinesOf = (text: string): readonly CommandLine[] => [
  ...fencesOf(text).flatMap(({ line, lines }) =>
    lines
      .join('\n')
      .replace(/ *\\\n\s*/g, (gap) => gap.replaceAll(/[^\n]/g, ' ').replaceAll('\n', ' '))
      .split('\n')
      .flatMap((one, index) => calledIn(one.trim(), line + index, false)),
  ),
  ...withoutFences(text)
    .split('\n')
    .flatMap((one, index) =>
      [...one.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) =>
        calledIn(code.replaceAll('\\|', '|'), index + 1, true),
      ),
    ),
];
