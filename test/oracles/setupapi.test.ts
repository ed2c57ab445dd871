import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { WinpvError } from '../../core/errors.ts';
import { decodeCp1252 } from '../../packaging/formats/inf/cp1252.ts';
import { type InfDocument, parseInf, parseInfText } from '../../packaging/formats/inf/document.ts';
import { encodeInfText, type InfEncoding } from '../../packaging/formats/inf/text.ts';
import { describeCorpus, hasOracle } from '../support/outside.ts';
import { type AnswerLine, askSetupApi, type ReadSection, readSections, setupInf } from '../support/setup-inf.ts';
import {
  compareReadings,
  type Difference,
  directoriesOf,
  directoryNumbers,
  directoryProbe,
  dumpOf,
  withOwnFolder,
} from '../support/setup-inf-compare.ts';
import { wineOracle } from '../support/wine.ts';

const program = setupInf();
const folder = mkdtempSync(join(tmpdir(), 'winpv-setupapi-'));
/** Wine takes its time to make its first folder; no test should pay for that. */
beforeAll(async () => {
  if (hasOracle('wine') && hasOracle('x86_64-w64-mingw32-gcc')) await askSetupApi(program, []);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Subject {
  readonly name: string;
  readonly path: string;
  readonly document: InfDocument;
}

/** Asks SetupAPI to read files, in one process, and tells the differences in each. */
const differences = async (subjects: readonly Subject[]): Promise<ReadonlyMap<string, readonly Difference[]>> => {
  const probe = join(folder, 'directories.inf');
  const numbers = directoryNumbers(subjects.map(({ document }) => document));
  writeFileSync(probe, directoryProbe(numbers));
  const answers = await askSetupApi(program, [...dumpOf(probe), ...subjects.flatMap(({ path }) => dumpOf(path))]);
  const directories = directoriesOf(answers[1] ?? [], numbers);
  return new Map(
    subjects.map(({ name, path, document }, index) => {
      const [open, dump = []] = answers.slice(2 + 2 * index);
      if (open?.[0]?.[1] !== 'ok') throw new Error(`${path}: ${open?.[0]}`);
      return [name, compareReadings(document, readSections(dump), withOwnFolder(directories, path))];
    }),
  );
};

/** How often each kind of difference occurs, and the first that is not explained. */
const summary = (all: Iterable<readonly Difference[]>): Readonly<Record<string, unknown>> => {
  const counts: Record<string, number> = {};
  let unexplained: Difference | undefined;
  for (const difference of [...all].flat()) {
    counts[difference.kind] = (counts[difference.kind] ?? 0) + 1;
    if (difference.kind === 'unexplained') unexplained ??= difference;
  }
  return unexplained === undefined ? counts : { ...counts, unexplained };
};

describeCorpus('the INFs of the corpus', (corpus) => {
  const names = readdirSync(corpus.path(''), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.in[fx](\.in)?$/i.test(name))
    .sort();

  /** Wine reads UTF-8 that does not say so as ANSI, as Windows does; winpv shows what was meant, and warns (inf.md 1). */
  const subject = (name: string): Subject => {
    const bytes = corpus.file(name);
    const document = parseInf(bytes, name);
    const asAnsi = (): InfDocument => parseInfText({ text: decodeCp1252(bytes), encoding: 'ansi' }, name);
    return { name, path: corpus.path(name), document: document.encoding === 'utf-8' ? asAnsi() : document };
  };

  wineOracle('reads as winpv does: sections, lines, keys, values, numbers', async () => {
    const found = await differences(names.map(subject));
    expect(found.size).toBeGreaterThan(250);
    expect(summary(found.values())).toEqual({ dirid: 449, octal: 4 });
    const doubtful = names.filter((name) => parseInf(corpus.file(name), name).encoding === 'utf-8');
    expect(doubtful).toEqual(['CM8738-x64', 'bda', 'machine', 'usbport'].map((name) => `inf/reactos__${name}.inf`));
    const octal = [...found].filter(([, list]) => list.some(({ kind }) => kind === 'octal'));
    expect(octal.map(([name]) => name)).toEqual([
      'inf/DsHidMini__dshidmini.inf',
      'inf/SoftEtherVPN__Neo6_arm64_VPN.inf',
    ]);
  });
});

/** The errors of SetupOpenInfFile. */
const OPEN_ERRORS: Readonly<Record<string, string>> = {
  INF_TEXT_BEFORE_SECTION: 'e0000000',
  INF_SECTION_LINE: 'e0000001',
  INF_SECTION_NAME_LENGTH: 'e0000002',
  INF_WRONG_STYLE: 'e0000100',
};

type Outcome = InfDocument | { readonly error: string; readonly line: number };

const outcomeOf = (text: string): Outcome => {
  try {
    return parseInfText({ text, encoding: 'utf-16le' }, 'generated.inf');
  } catch (error) {
    if (!(error instanceof WinpvError)) throw error;
    return { error: OPEN_ERRORS[error.code] ?? error.code, line: error.at?.line ?? 0 };
  }
};

describe('generated INFs', () => {
  const HEAD = '[Version]\nSignature=$Chicago$\n';
  const STRINGS = `[Strings]\nwho=Xen\nlong=${'v'.repeat(600)}\n"a b"="q ""x"" "\nfoo=%who%\nper%%cent=both\n"12x"=no\n`;
  const LONG = 'L'.repeat(300);

  const separators = [',', '=', ' , ', ' = ', ' ', '\t', '  '];
  const quotes = ['"', '""', '"q"', '"a,b"', '"""', '"a;b"', "'"];
  const continued = [
    '\\',
    '\\\\',
    '\\ ',
    '\\\n',
    ' \\\n  ',
    '\\ ; c\n',
    '\\ \\\n',
    '\\\r\n',
    '"\\\n',
    '\\\\\n',
    ' \\\\ \n',
  ];
  const tokens = [
    '%',
    '%%',
    '%who%',
    '%WHO%',
    '%none%',
    '%12%\\',
    '%24%\\',
    '%long%',
    '%a b%',
    '%f"o"o%',
    '%per%%cent%',
    '%12x%',
  ];
  const words = ['ab', 'Cd', 'x y', '12', '0x10', 'x-1', '010', '4294967295', 'é', 'Ж'];
  const piece = (odd: readonly string[]) =>
    fc.oneof(
      { arbitrary: fc.constantFrom(...words), weight: 10 },
      { arbitrary: fc.constantFrom(...separators), weight: 16 },
      { arbitrary: fc.constantFrom(...quotes), weight: 6 },
      { arbitrary: fc.constantFrom(...continued), weight: 5 },
      { arbitrary: fc.constantFrom(...tokens), weight: 5 },
      { arbitrary: fc.constantFrom(';', ' ; c', '[', ']', LONG, '\r'), weight: 3 },
      ...(odd.length === 0 ? [] : [{ arbitrary: fc.constantFrom(...odd), weight: 2 }]),
    );
  const body = (odd: readonly string[] = []) =>
    fc
      .array(fc.tuple(fc.array(piece(odd), { maxLength: 9 }), fc.constantFrom(['\n'], ['\r\n'])), { maxLength: 10 })
      .map((lines) => lines.flat(2).join(''));

  /** Texts that are read by both; `like` takes out of both readings what is known to differ. */
  const compareAll = async (
    texts: readonly string[],
    encoding: InfEncoding,
    like = (text: string): string => text,
  ): Promise<readonly (readonly Difference[])[]> => {
    const paths = texts.map((_, index) => join(folder, `${index}.inf`));
    for (const [index, path] of paths.entries()) writeFileSync(path, encodeInfText(texts[index] ?? '', encoding));
    const probe = join(folder, 'directories.inf');
    const outcomes = texts.map((text) => outcomeOf(like(text)));
    const numbers = directoryNumbers(outcomes.flatMap((outcome) => ('error' in outcome ? [] : [outcome])));
    writeFileSync(probe, directoryProbe(numbers));
    const answers = await askSetupApi(program, [...dumpOf(probe), ...paths.flatMap(dumpOf)]);
    const directories = directoriesOf(answers[1] ?? [], numbers);
    return outcomes.map((outcome, index) => {
      const [open = [], dump = []] = answers.slice(2 + 2 * index);
      const read = readSections(dump.map(([kind, ...parts]) => [kind, ...parts.map(like)]));
      return compareOutcomes(texts[index] ?? '', outcome, open, read, directories);
    });
  };

  const compareOutcomes = (
    text: string,
    ours: Outcome,
    open: readonly AnswerLine[],
    read: readonly ReadSection[],
    directories: ReadonlyMap<string, string>,
  ): readonly Difference[] => {
    const [, ok = '', code = '', line = ''] = open[0] ?? [];
    if ('error' in ours || ok !== 'ok') {
      const own = 'error' in ours ? ours.error : 'ok';
      // Wine names no line for a wrong style.
      const place = own === OPEN_ERRORS.INF_WRONG_STYLE || !('error' in ours) ? '' : ` ${ours.line}`;
      const other = ok === 'ok' ? 'ok' : `${code}${code === OPEN_ERRORS.INF_WRONG_STYLE ? '' : ` ${line}`}`;
      return `${own}${place}` === other ? [] : [{ kind: 'unexplained', where: text, ours: own + place, theirs: other }];
    }
    return compareReadings(ours, read, directories).map((difference) =>
      difference.kind === 'unexplained'
        ? {
            ...difference,
            where: `${difference.where} in ${JSON.stringify(text.replace(/v{9,}/g, '<v>').replace(/L{9,}/g, '<L>'))}`,
          }
        : difference,
    );
  };

  wineOracle('of separators, quotes, continued lines, comments and tokens read as winpv reads them', async () => {
    const texts = fc.sample(body(), { numRuns: 2000, seed: 1 }).map((text) => `${HEAD}${STRINGS}[T]\n${text}`);
    const kinds = summary(await compareAll(texts, 'utf-16le'));
    expect(kinds).not.toHaveProperty('unexplained');
    const found = [
      'backslash-blank',
      'blank-number',
      'cut',
      'dirid',
      'empty-continued',
      'octal',
      'quote-cr',
      'saturated',
      'strings',
    ];
    expect(Object.keys(kinds).sort()).toEqual(found);
  });

  /** Wine takes every white space of Unicode for a blank, winpv space, tab and CR (inf.md 2.4); here all are spaces. */
  wineOracle(
    'with Ctrl-Z and uncommon white space read as winpv reads them, but for what counts as white space',
    async () => {
      const odd = ['\v', '\f', '\u00a0', '\u3000', '\u001a'];
      const texts = fc.sample(body(odd), { numRuns: 1000, seed: 2 }).map((text) => `${HEAD}${STRINGS}[T]\n${text}`);
      const like = (text: string): string => text.replace(/[\v\f\u00a0\u3000]/g, ' ');
      expect(summary(await compareAll(texts, 'utf-16le', like))).not.toHaveProperty('unexplained');
    },
  );

  /** winpv ends the file at a NUL and warns, as inf.md 1 has it (not measured). */
  wineOracle('with a NUL are read on by Wine', async () => {
    const found = await compareAll([`${HEAD}[T]\nm=ab\0cd\nn=ef\n`], 'ansi');
    expect(found).toMatchObject([
      [
        { where: expect.stringContaining('[T] count'), ours: [1, 2], theirs: [2, 2] },
        { ours: 'ab', theirs: 'ab cd' },
      ],
    ]);
  });

  const section = fc
    .tuple(
      fc.constantFrom(
        'T',
        't',
        ' T ',
        'Strings',
        'STRINGS',
        '',
        'a;b"c\\',
        'Version',
        'n'.repeat(255),
        'n'.repeat(256),
      ),
      body(),
    )
    .map(([name, text]) => `[${name}] rest\r\n${text}\n`);
  const style = fc.constantFrom(
    HEAD,
    '[version]\r\nSIGNATURE = "$Windows NT$"\r\n',
    '[Version]\nSignature=$Nope$\n',
    '[Version]\n',
    '',
  );
  const stray = fc.oneof(
    { arbitrary: fc.constant(''), weight: 6 },
    fc.constantFrom('junk\n', ';\n\n x=y\n', '\n\t\n;junk\n', '[open\n'),
  );
  const whole = fc.tuple(stray, style, fc.array(section, { maxLength: 4 })).map((parts) => parts.flat().join(''));

  /** Of text without any section Wine says that a section is missing; Windows, that the style is wrong (measured). */
  const hasSection = (text: string): boolean => text.includes('[');

  for (const encoding of ['utf-16le', 'utf-8-bom', 'ansi'] as const) {
    wineOracle(`as whole files in ${encoding} are read or refused as winpv does it`, async () => {
      const texts = fc
        .sample(whole, { numRuns: 700, seed: 3 })
        .map((text) => (encoding === 'ansi' ? text.replaceAll('Ж', 'ÿ') : text))
        .filter(hasSection);
      expect(summary(await compareAll(texts, encoding))).not.toHaveProperty('unexplained');
    });
  }
});
