/** Other ways to write the same INF: Windows reads the same from each, so each must be judged the same. */
export interface InfVariant {
  /** To complete "written …". */
  readonly name: string;
  /** Comments stay on the first line of their entry. */
  readonly apply: (text: string) => string;
  readonly bytes: (text: string) => Uint8Array;
  /** Rules that are about the way of writing itself. */
  readonly not: readonly number[];
}

interface Entry {
  /** Leading blanks, and the key with its `=`; empty when the line has no key. */
  readonly head: string;
  /** Values as written, quotes and blanks included. */
  readonly fields: readonly string[];
  /** From the `;` on; empty without one. */
  readonly comment: string;
}

/** Where a character first stands outside quotes; -1 when nowhere. */
const unquoted = (text: string, wanted: string): number => {
  let quoted = false;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && text[i] === wanted) return i;
  }
  return -1;
};

const splitFields = (text: string): readonly string[] => {
  const comma = unquoted(text, ',');
  return comma < 0 ? [text] : [text.slice(0, comma), ...splitFields(text.slice(comma + 1))];
};

/** The entry of a line; undefined for headers, empty lines, comments and lines that go on in the next one. */
const entryOf = (line: string): Entry | undefined => {
  const end = unquoted(line, ';');
  const [body, comment] = end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end)];
  const trimmed = body.trim();
  if (trimmed === '' || trimmed.startsWith('[') || trimmed.endsWith('\\')) return undefined;
  const [equals, comma] = [unquoted(body, '='), unquoted(body, ',')];
  const hasKey = equals >= 0 && (comma < 0 || equals < comma);
  const head = hasKey ? body.slice(0, equals + 1) : '';
  return { head, fields: splitFields(body.slice(head.length)), comment };
};

const sectionOfLine = (line: string): string | undefined => /^\s*\[([^\]]*)\]/.exec(line)?.[1];

/** Rewrites each entry; `after` comes behind everything. */
const rewritten = (text: string, write: (entry: Entry, section: string) => string): string => {
  let section = '';
  return text
    .split('\n')
    .map((line) => {
      section = sectionOfLine(line)?.toLowerCase() ?? section;
      const entry = entryOf(line);
      return entry === undefined ? line : write(entry, section);
    })
    .join('\n');
};

const joined = ({ head, fields, comment }: Entry): string => `${head}${fields.join(',')}${comment}`;

const mapFields = (entry: Entry, change: (field: string, index: number) => string): Entry => ({
  ...entry,
  fields: entry.fields.map(change),
});

/** The tokens of the stamping tool (`$ARCH$`) and of build systems (`@NAME@`) stay: case counts in them. */
const swapCase = (text: string): string =>
  text.replaceAll(/\$\w+\$|@\w+@|./g, (part) =>
    part.length > 1 ? part : part === part.toLowerCase() ? part.toUpperCase() : part.toLowerCase(),
  );

/** Headers, keys, and the roots of the registry in the other case. */
const otherCase = (text: string): string =>
  rewritten(text, (entry) => {
    const head = entry.head.replaceAll(/%[^%]*%|[^%]+/g, (part) => (part.startsWith('%') ? part : swapCase(part)));
    const root = (field: string, index: number): string =>
      index === 0 && /^\s*hk(r|lm|cr|cu|u)\s*$/i.test(field) ? swapCase(field) : field;
    return joined(mapFields({ ...entry, head }, root));
  }).replaceAll(/^\s*\[[^\]\n]*\]/gm, swapCase);

/** Blanks around everything, and a comment behind every entry. */
const spaced = (text: string): string =>
  rewritten(text, (entry) => {
    const { head, fields, comment } = entry;
    const values = fields.map((field) => (field === '' ? field : `\t${field} `)).join(',');
    return ` ${head.replace(/=$/, '\t=')}${values}${comment === '' ? ' ; note, "more" = less' : comment}`;
  });

/** Everything after `=`, or after the first comma, on the next lines. */
const continued = (text: string): string =>
  rewritten(text, (entry) => {
    const { head, fields, comment } = entry;
    const [first = '', ...rest] = fields;
    if (head !== '') return [`${head} \\ ${comment}`, ...breakFields(fields)].join('\n');
    if (rest.length === 0) return joined(entry);
    return [`${first}, \\ ${comment}`, ...breakFields(rest)].join('\n');
  });

/** A value a line, but the last two together. */
const breakFields = (fields: readonly string[]): readonly string[] => {
  const last = fields.slice(-2).join(',');
  return [...fields.slice(0, -2).map((field) => `    ${field},\\`), `    ${last}`];
};

const isPlain = (field: string): boolean => /^\s*[^"%\s;=\\][^"%;=]*$/.test(field) && !field.trimEnd().endsWith('\\');

const quoted = (text: string): string =>
  rewritten(text, (entry) =>
    joined(
      mapFields(entry, (field) => (isPlain(field) && !field.trim().startsWith('@') ? ` "${field.trim()}"` : field)),
    ),
  );

/** Values by way of [Strings]. */
const tokens = (text: string): string => {
  const strings: string[] = [];
  const body = rewritten(text, (entry, section) => {
    if (/^strings/.test(section) || entry.head.trim().toLowerCase().startsWith('signature')) return joined(entry);
    return joined(
      mapFields(entry, (field) => {
        if (!isPlain(field)) return field;
        strings.push(`Variant${strings.length} = "${field.trim()}"`);
        return `%Variant${strings.length - 1}%`;
      }),
    );
  });
  return `${body}\n[Strings]\n${strings.join('\n')}\n`;
};

/** [Version] behind everything else. */
const versionLast = (text: string): string => {
  const parts = text.split(/^(?=\s*\[)/m);
  const isVersion = (part: string): boolean => sectionOfLine(part)?.toLowerCase() === 'version';
  const ended = parts.map((part) => (part.endsWith('\n') ? part : `${part}\n`));
  return [...ended.filter((part) => !isVersion(part)), ...ended.filter(isVersion)].join('');
};

/** The install sections with another decoration that the same Windows uses; left alone where several use them. */
const decorated =
  (decoration: string) =>
  (text: string): string =>
    /nt(x86|arm|arm64|ia64)\b/i.test(text)
      ? text
      : text.replaceAll(
          /\b(Disk|Install)(?:\.NT)?(?=[\].]|\.Services|\.HW)(?!\.NT|\.Service\b|\.Files)/g,
          `$1${decoration}`,
        );

/** What the install sections say, in sections that they need. */
const needed = (text: string): string =>
  text.replaceAll(
    /^\[(Disk|Install)((?:\.NT)?)((?:\.(?:Services|HW))?)\]/gm,
    '[$1$2$3]\nNeeds = $1.Needed$3\n[$1.Needed$3]',
  );

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const wide = (text: string): Uint8Array => new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
const same = (text: string): string => text;

/** Rules about the text of the file, its sections' count, or tokens. */
const TEXT_RULES = [1002, 1003, 1209];
/** Rules about what needs what, and about the first section alone. */
const NEEDS_RULES = [1296, 1310, 1311, 1312, 1313];
const TOKEN_RULES = [1235, 1274, 1292, 1294, 1295];

export const INF_VARIANTS: readonly InfVariant[] = [
  { name: 'in UTF-16', apply: same, bytes: wide, not: TEXT_RULES },
  { name: 'with CR LF', apply: (text) => text.replaceAll('\n', '\r\n'), bytes: ascii, not: TEXT_RULES },
  { name: 'in other letters', apply: otherCase, bytes: ascii, not: TEXT_RULES },
  { name: 'with blanks and comments', apply: spaced, bytes: ascii, not: TEXT_RULES },
  { name: 'on several lines', apply: continued, bytes: ascii, not: TEXT_RULES },
  { name: 'with quotes', apply: quoted, bytes: ascii, not: TEXT_RULES },
  { name: 'with tokens', apply: tokens, bytes: ascii, not: [...TEXT_RULES, ...TOKEN_RULES] },
  { name: 'with [Version] last', apply: versionLast, bytes: ascii, not: TEXT_RULES },
  { name: 'with NTamd64 sections', apply: decorated('.NTamd64'), bytes: ascii, not: TEXT_RULES },
  { name: 'in needed sections', apply: needed, bytes: ascii, not: [...TEXT_RULES, ...NEEDS_RULES] },
  { name: 'with undecorated sections', apply: decorated(''), bytes: ascii, not: TEXT_RULES },
];
