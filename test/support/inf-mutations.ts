import fc from 'fast-check';

/** Changes bytes of an INF that another may lend some to. */
export type Mutation = (bytes: Buffer, other: Buffer) => Buffer;

/** Where in something, from 0 (its beginning) to 1 (its end). */
const place = fc.double({ min: 0, max: 1, noNaN: true });

const at = (where: number, length: number): number => Math.min(length, Math.floor(where * (length + 1)));

/** Text of a file of either width, with what makes its bytes again. */
const asText = (bytes: Buffer): { readonly text: string; readonly back: (text: string) => Buffer } => {
  const wide = bytes.length % 2 === 0 && bytes[0] === 0xff && bytes[1] === 0xfe;
  const coding = wide ? 'utf16le' : 'latin1';
  return { text: bytes.toString(coding), back: (text) => Buffer.from(text, coding) };
};

const onLines =
  (change: (lines: string[], other: readonly string[]) => readonly string[]): Mutation =>
  (bytes, other) => {
    const { text, back } = asText(bytes);
    const ends = text.includes('\n') ? '\n' : '\r';
    return back(change(text.split(ends), asText(other).text.split(/\r?\n/)).join(ends));
  };

/** Lines from one header to the next, the lines before the first header first. */
const sectionsOf = (lines: readonly string[]): string[][] => {
  const parts: string[][] = [[]];
  for (const line of lines) {
    if (line.trimStart().startsWith('[')) parts.push([]);
    parts.at(-1)?.push(line);
  }
  return parts;
};

const moved = <T>(items: T[], from: number, to: number, keep: boolean): T[] => {
  const [index, target] = [at(from, items.length - 1), at(to, items.length - 1)];
  const item = items[index];
  if (item === undefined) return items;
  const rest = keep ? items : items.filter((_, other) => other !== index);
  return [...rest.slice(0, target), item, ...rest.slice(target)];
};

const flips = fc.array(fc.tuple(place, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 }).map(
  (changes): Mutation =>
    (bytes) => {
      const copy = Buffer.from(bytes);
      for (const [where, mask] of changes) {
        const offset = at(where, copy.length - 1);
        copy[offset] = (copy[offset] ?? 0) ^ mask;
      }
      return copy;
    },
);

const cuts = fc.tuple(place, place).map(
  ([from, length]): Mutation =>
    (bytes) => {
      const start = at(from, bytes.length);
      const rest = at(length * length, bytes.length - start);
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + rest)]);
    },
);

const tails = place.map(
  (where): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(where, bytes.length)),
);

const lineMoves = fc
  .tuple(place, place, fc.boolean())
  .map(([from, to, keep]): Mutation => onLines((lines) => moved(lines, from, to, keep)));

const sectionMoves = fc
  .tuple(place, place, fc.boolean())
  .map(([from, to, keep]): Mutation => onLines((lines) => moved(sectionsOf(lines), from, to, keep).flat()));

const lineDrops = place.map(
  (where): Mutation => onLines((lines) => lines.filter((_, i) => i !== at(where, lines.length - 1))),
);

const splices = fc
  .tuple(place, place)
  .map(
    ([here, there]): Mutation =>
      onLines((lines, other) => [...lines.slice(0, at(here, lines.length)), ...other.slice(at(there, other.length))]),
  );

const lent = fc.tuple(place, place).map(
  ([here, there]): Mutation =>
    onLines((lines, other) => {
      const parts = sectionsOf(other);
      return [
        ...lines.slice(0, at(here, lines.length)),
        ...(parts[at(there, parts.length - 1)] ?? []),
        ...lines.slice(at(here, lines.length)),
      ];
    }),
);

const ODD = [
  '"',
  '\\',
  '%',
  '%%',
  ';',
  '[',
  ']',
  '=',
  ',',
  '\0',
  '\u001a',
  '\r',
  '@',
  '{',
  '$ARCH$',
  '%13%',
  '%-1%',
  '\\\r\n',
  '-1',
  '0x',
  '4294967296',
  '.NT',
  '.NTamd64',
  'é'.repeat(9),
  ','.repeat(300),
  'A'.repeat(5000),
];

const odd = fc.tuple(place, fc.constantFrom(...ODD)).map(
  ([where, text]): Mutation =>
    (bytes) => {
      const { text: all, back } = asText(bytes);
      const offset = at(where, all.length);
      return back(all.slice(0, offset) + text + all.slice(offset));
    },
);

/** One value of a line becomes another one: of another file, or an odd one. */
const values = fc.tuple(place, place, fc.option(fc.constantFrom('', ...ODD))).map(
  ([where, source, text]): Mutation =>
    onLines((lines, other) => {
      const index = at(where, lines.length - 1);
      const fields = (lines[index] ?? '').split(/(?<=[=,])/);
      const field = at((where * 7919) % 1, fields.length - 1);
      const lender = (other[at(source, other.length - 1)] ?? '').split(/[=,]/);
      const value = text ?? lender.at(-1) ?? '';
      const end = /[=,]$/.exec(fields[field] ?? '')?.[0] ?? '';
      const changed = fields.map((old, i) => (i === field ? `${value}${end}` : old)).join('');
      return lines.map((line, i) => (i === index ? changed : line));
    }),
);

const CODINGS: readonly ((text: string) => Buffer)[] = [
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').subarray(0, -1),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  (text) => Buffer.from(`\ufeff${text}`, 'utf8'),
  (text) => Buffer.from(text, 'utf8'),
  (text) => Buffer.from(text.replaceAll('\r\n', '\r'), 'latin1'),
  (text) => Buffer.from(text.replaceAll(/\r?\n/g, '\n\r'), 'latin1'),
];

const codings = fc.constantFrom(...CODINGS).map(
  (encode): Mutation =>
    (bytes) =>
      encode(asText(bytes).text.replace(/^\ufeff/, '')),
);

/** Some changes one after the other: of bytes, lines, sections, values, encodings, and splices of two files. */
export const infMutation = (): fc.Arbitrary<Mutation> =>
  fc
    .array(
      fc.oneof(flips, cuts, tails, lineMoves, lineDrops, sectionMoves, splices, lent, odd, values, values, codings),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map(
      (steps): Mutation =>
        (bytes, other) =>
          steps.reduce((current, step) => (current.length === 0 ? current : step(current, other)), bytes),
    );
