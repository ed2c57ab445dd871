import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { type InfDocument, parseInf, printInf, sectionOf } from '../../../../packaging/formats/inf/document.ts';
import { describeData } from '../../../support/outside.ts';

const HEAD = '[Version]\nSignature="$Windows NT$"\n';

const parse = (text: string, language?: number): InfDocument =>
  parseInf(utf8(text), 'test.inf', language === undefined ? {} : { language });

/** The lines of a section [T] with these contents, in a file with these strings. */
const linesOf = (contents: string, strings: Readonly<Record<string, string>> = {}) => {
  const rows = Object.entries(strings).map(([name, value]) => `"${name}"="${value}"\n`);
  const document = parse(`${HEAD}[Strings]\n${rows.join('')}[T]\n${contents}\n`);
  return (sectionOf(document, 'T')?.lines ?? []).map(({ key, fields }) => ({ key, fields }));
};

const errorOf = (text: string): WinpvError => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('expected an error');
};

describe('key and values', () => {
  test.each<[string, string | null, readonly string[], string]>([
    ['Alpha = one', 'Alpha', ['one'], 'blanks around key and value are trimmed'],
    ['lonely', 'lonely', ['lonely'], 'a value alone is its own key'],
    ['first, second', null, ['first', 'second'], 'several values without = have no key'],
    ['x,y=z', null, ['x', 'y=z'], 'after a comma = is text'],
    ['=only', '', ['only'], 'an empty key'],
    ['=', '', [''], 'an empty key with one empty value'],
    ['name=', 'name', [''], 'one empty value'],
    ['p=q,,,r', 'p', ['q', '', '', 'r'], 'empty values are kept'],
    ['p=q,', 'p', ['q', ''], 'a comma at the end makes a value'],
    [',=a,b', null, ['', '=a', 'b'], 'a comma first: = is text'],
    ['a=b=c', 'a', ['b=c'], 'the second = is text'],
    ['\tspaced key\t=  in ner , x  ', 'spaced key', ['in ner', 'x'], 'inner blanks are kept'],
    ['a b\r = c', 'a b', ['c'], 'a CR inside a line is white space'],
  ])('%j', (line, key, fields, why) => {
    expect(linesOf(line), why).toEqual([{ key, fields }]);
  });
});

describe('quotation marks', () => {
  test.each<[string, string | null, readonly string[], string]>([
    ['Pa"rt"ed=ok', 'Parted', ['ok'], 'may stand inside a key'],
    ['"k,1=z"=v', 'k,1=z', ['v'], 'make separators text, in a key'],
    ['m="a,b;c=d"', 'm', ['a,b;c=d'], 'make separators and the comment sign text'],
    ['m="say ""hi"" now"', 'm', ['say "hi" now'], 'doubled inside quotes are one'],
    ['m=ab""cd', 'm', ['abcd'], 'an empty quoted run vanishes'],
    ['m="""a b"""', 'm', ['"a b"'], 'three keep one pair'],
    ['m=ab",cd', 'm', ['ab,cd'], 'left open, they end with the line'],
    ['m="ab  ', 'm', ['ab  '], 'left open, they keep the blanks at the end'],
    ["m=it's,'q'", 'm', ["it's", "'q'"], 'single ones are text'],
    ['m="a"," b",""', 'm', ['a', ' b', ''], 'keep blanks, and make an empty value'],
    ['m=  "x "  ', 'm', ['x '], 'blanks outside are trimmed, inside kept'],
    ['m="a" "b"', 'm', ['a b'], 'blanks between two runs are inner ones'],
  ])('%j', (line, key, fields, why) => {
    expect(linesOf(line), why).toEqual([{ key, fields }]);
  });

  test('left open are reported with their line', () => {
    const { warnings } = parse(`${HEAD}[T]\na="b\n`);
    expect(warnings).toMatchObject([
      { code: 'INF_QUOTE_OPEN', severity: 'warning', at: { file: 'test.inf', line: 4 } },
    ]);
  });
});

describe('comments and continued lines', () => {
  test.each<[string, string | null, readonly string[], string]>([
    ['m=v ; note', 'm', ['v'], 'a semicolon ends the line'],
    ['m=v\\\n,w', 'm', ['v', 'w'], 'a backslash at the end continues the line'],
    ['m=v\\\r\n,w', 'm', ['v', 'w'], 'also before CR LF'],
    ['m=v \\ ; remark\n   ,w', 'm', ['v', 'w'], 'a comment may follow the backslash'],
    ['ab  \\ ;note\ncd=ef', 'abcd', ['ef'], 'blanks around the break are dropped'],
    ['lo\\\nng=1', 'long', ['1'], 'a key may span lines'],
    ['m=a \\ \\ \\\nb', 'm', ['ab'], 'repeated backslashes count as one'],
    ['m=dir\\\\\nx', 'm', ['dirx'], 'of two side by side the first is ignored, the second continues'],
    ['m=dir \\\\ \nx', 'm', ['dirx'], 'also after a blank'],
    ['m=dir\\\\\\ ; c\n,x', 'm', ['dir', 'x'], 'and any more of them, before a comment'],
    ['m=one \\ \n \\ two', 'm', ['one\\ two'], 'one that begins the next line is text'],
    ['m="dir\\"\\\\\nx', 'm', ['dir\\x'], 'quoted ones stay'],
    ['m=a\\\\b', 'm', ['a\\\\b'], 'backslashes elsewhere are text'],
    ['m=a \\ b', 'm', ['a \\ b'], 'a backslash with text after it is text'],
    ['m="dir\\"\\\n,f', 'm', ['dir\\', 'f'], 'a quoted one is text, the next one continues'],
    ['m=v ; c \\', 'm', ['v'], 'a backslash in a comment continues nothing'],
    ['m=v,\\', 'm', ['v', ''], 'at the end of the file it disappears'],
    ['m=v\\\n[no section]', 'm', ['v[no section]'], 'a continued line is no section line'],
    ['m=v\\\n; c', 'm', ['v'], 'a comment may be the continuation'],
  ])('%j', (line, key, fields, why) => {
    expect(linesOf(line), why).toEqual([{ key, fields }]);
  });

  test('a backslash inside quotes does not continue the line', () => {
    expect(linesOf('m="x\\\nn=1')).toEqual([
      { key: 'm', fields: ['x\\'] },
      { key: 'n', fields: ['1'] },
    ]);
  });

  test('a continued entry knows its first line and how many it takes', () => {
    const document = parse(`${HEAD}[T]\n; c\n\na=b,\\\n c,\\\n d\ne=f\n`);
    expect(sectionOf(document, 't')?.lines).toMatchObject([
      { key: 'a', fields: ['b', 'c', 'd'], line: 6, lineCount: 3 },
      { key: 'e', fields: ['f'], line: 9, lineCount: 1 },
    ]);
  });

  test('a lone backslash is no entry', () => {
    expect(linesOf('\\')).toEqual([]);
  });
});

describe('the end of a file', () => {
  test('Ctrl-Z ends it where it stands', () => {
    expect(linesOf('m=v\u001atail\nn=1')).toEqual([{ key: 'm', fields: ['v'] }]);
  });

  test('Ctrl-Z in a section line leaves the bracket open', () => {
    expect(errorOf(`${HEAD}[T\u001a]\n`)).toMatchObject({ code: 'INF_SECTION_LINE', at: { line: 3 } });
  });

  test('NUL ends it too, with a warning', () => {
    const document = parse(`${HEAD}[T]\na=b\0c\nd=e\n`);
    expect(sectionOf(document, 'T')?.lines).toMatchObject([{ key: 'a', fields: ['b'] }]);
    expect(document.warnings).toMatchObject([{ code: 'INF_NUL', at: { line: 4 } }]);
  });

  test('NUL in a section line is no error, as Windows takes such a file', () => {
    const document = parse(`${HEAD}[T]\na=b\n[U\0V]\nc=d\n`);
    expect(document.sections.map(({ name }) => name)).toEqual(['Version', 'T']);
    expect(document.warnings).toMatchObject([{ code: 'INF_NUL', at: { line: 5 } }]);
  });

  test('a file without LF has lines that end with CR', () => {
    const document = parse('[Version]\rSignature="$Chicago$"\r[T]\ra=1\r');
    expect(sectionOf(document, 'T')?.lines).toMatchObject([{ key: 'a', fields: ['1'], line: 4 }]);
    const open = parse('[Version]\rSignature="$Chicago$"\r[T]\ra="1\rb=2');
    expect(sectionOf(open, 'T')?.lines.map(({ fields }) => fields)).toEqual([['1'], ['2']]);
  });
});

describe('strings', () => {
  test.each<[string, Readonly<Record<string, string>>, readonly string[], string]>([
    ['m=%who%', { who: 'Xen' }, ['Xen'], 'a token'],
    ['m=%WHO%', { who: 'Xen' }, ['Xen'], 'case does not matter'],
    ['m="%who%"', { who: 'Xen' }, ['Xen'], 'also in quotes'],
    ['m=%none%', { who: 'Xen' }, ['%none%'], 'an unknown one stays'],
    ['m=%%SystemRoot%%\\x', {}, ['%SystemRoot%\\x'], 'two percent signs are one'],
    ['m=100%', {}, ['100%'], 'a single one is text'],
    ['m=%a%', { a: '%b%', b: 'no' }, ['%b%'], 'substitution is one pass'],
    ['m=%w"h"o%', { who: 'Xen' }, ['Xen'], 'quotes in a name are stripped'],
    ['m=%ab;cd%', { 'ab;cd': 'no' }, ['%ab'], 'the comment sign wins'],
    ['m=%12%\\x.sys', {}, ['%12%\\x.sys'], 'a directory id stays as written'],
    ['m=%12%\\x.sys', { 12: 'dir' }, ['dir\\x.sys'], 'unless a string has its name'],
    ['m=%a%%b%', { a: '1', b: '2' }, ['12'], 'tokens may touch'],
    ['m=%50%%off%', { '50%%off': 'half' }, ['half'], 'a percent sign in a name is written twice'],
    ['m=%list%', { list: 'a,b' }, ['a,b'], 'a comma from a string separates nothing'],
  ])('%j with %j', (line, strings, fields, why) => {
    expect(linesOf(line, strings)[0]?.fields, why).toEqual(fields);
  });

  test('a key is substituted too, and stays readable as written', () => {
    const document = parse(`${HEAD}[T]\n%who%-%what%=1\n[Strings]\nwho=Xen\nwhat=bus\n`);
    expect(sectionOf(document, 'T')?.lines[0]).toMatchObject({ key: 'Xen-bus', rawKey: '%who%-%what%' });
  });

  test('of two with one name the first counts', () => {
    const document = parse(`${HEAD}[T]\nm=%a%\n[Strings]\na=first\nA=second\n`);
    expect(sectionOf(document, 'T')?.lines[0]?.fields).toEqual(['first']);
  });

  test('a value is the first field: a comma needs quotes', () => {
    const document = parse(`${HEAD}[T]\nm=%a%\n[Strings]\na=Acme, Inc.\n`);
    expect(sectionOf(document, 'T')?.lines[0]?.fields).toEqual(['Acme']);
  });

  test('raw values keep their tokens', () => {
    const document = parse(`${HEAD}Provider="%Vendor%"\n[Strings]\nVendor="Acme"\n`);
    expect(sectionOf(document, 'Version')?.lines[1]).toMatchObject({ fields: ['Acme'], raw: ['%Vendor%'] });
  });

  test('strings are not substituted in one another', () => {
    const document = parse(`${HEAD}[Strings]\na=x\nb=%a% of %12%\n`);
    expect(sectionOf(document, 'Strings')?.lines[1]?.fields).toEqual(['%a% of %12%']);
  });

  describe('the section for a language is chosen for the whole file', () => {
    const file = (...sections: readonly string[]): string =>
      `${HEAD}[T]\nm=%a%\n${sections.map((name) => `[${name}]\na=${name}\n`).join('')}`;
    const value = (language: number, ...sections: readonly string[]): string | undefined =>
      sectionOf(parse(file(...sections), language), 'T')?.lines[0]?.fields[0];

    test('the exact language first', () => {
      expect(value(0x0407, 'Strings', 'Strings.0007', 'Strings.0C07', 'Strings.0407')).toBe('Strings.0407');
    });
    test('then its neutral form', () => {
      expect(value(0x0407, 'Strings', 'Strings.0C07', 'Strings.0007')).toBe('Strings.0007');
    });
    test('then any form of it', () => {
      expect(value(0x0407, 'Strings', 'Strings.0C07')).toBe('Strings.0C07');
    });
    test('then the undecorated section', () => {
      expect(value(0x0407, 'Strings.0409', 'Strings')).toBe('Strings');
    });
    test('English (United States) unless said otherwise', () => {
      expect(sectionOf(parse(file('Strings', 'Strings.0409')), 'T')?.lines[0]?.fields).toEqual(['Strings.0409']);
    });
    test('and a string that only the undecorated section has is not found', () => {
      const document = parse(`${HEAD}[T]\nm=%b%\n[Strings]\nb=1\n[Strings.0409]\na=2\n`);
      expect(sectionOf(document, 'T')?.lines[0]?.fields).toEqual(['%b%']);
    });
  });

  test('a value is cut at 4095 characters, before and after substitution', () => {
    const document = parse(`${HEAD}[T]\na=${'x'.repeat(5000)}\nb=%s%%s%\n[Strings]\ns=${'y'.repeat(3000)}\n`);
    expect(sectionOf(document, 'T')?.lines.map(({ fields }) => fields[0]?.length)).toEqual([4095, 4095]);
    expect(document.warnings).toMatchObject([{ code: 'INF_FIELD_LENGTH', at: { line: 4 } }]);
  });
});

describe('sections', () => {
  test('of one name are merged, in the order of the file, whatever the case', () => {
    const document = parse(`${HEAD}[A]\nx=1\n[B]\ny=2\n[a]\nz=3\n`);
    expect(document.sections.map(({ name }) => name)).toEqual(['Version', 'A', 'B']);
    expect(sectionOf(document, 'A')).toMatchObject({ headers: [3, 7], lines: [{ key: 'x' }, { key: 'z' }] });
  });

  test.each([
    ['  [ A b ] rest [c]', ' A b ', 'blanks in the brackets are kept, the rest of the line is ignored'],
    ['[a;b"c\\]', 'a;b"c\\', 'nothing is special in the brackets'],
    ['[a[b]c]', 'a[b', 'the first closing bracket ends the name'],
    ['[]', '', 'an empty name is allowed'],
    ['[%x%]', '%x%', 'no strings are substituted'],
    [`[${'n'.repeat(255)}]`, 'n'.repeat(255), '255 characters are allowed'],
  ])('%j', (line, name, why) => {
    expect(parse(`${HEAD}${line}\nk=v\n`).sections.at(-1), why).toMatchObject({ name, lines: [{ key: 'k' }] });
  });

  test('without a closing bracket are an error with line and column', () => {
    expect(errorOf(`${HEAD}  [open\n`)).toMatchObject({
      code: 'INF_SECTION_LINE',
      at: { line: 3, column: 3 },
      exit: 4,
    });
  });

  test('with a name of 256 characters are an error', () => {
    expect(errorOf(`${HEAD}[${'n'.repeat(256)}]\n`)).toMatchObject({
      code: 'INF_SECTION_NAME_LENGTH',
      at: { line: 3 },
    });
  });

  test('text before the first one is an error', () => {
    expect(errorOf(`; c\n\njunk\n${HEAD}`)).toMatchObject({ code: 'INF_TEXT_BEFORE_SECTION', at: { line: 3 } });
  });

  test('text before the first one is tolerated in a file with [Strings]', () => {
    const document = parse(`junk\n${HEAD}[Strings]\na=b\n`);
    expect(document.sections.map(({ name }) => name)).toEqual(['Version', 'Strings']);
  });
});

describe('the style of the file', () => {
  test.each([
    ['', 1, 'an empty file'],
    ['[Other]\na=b\n', 1, 'no [Version]'],
    ['junk\n', 1, 'text without any section'],
    ['; c\n[Version]\nClass=Net\n', 2, 'no signature'],
    ['[Version]\nClass=Net\nSignature=abc\n', 3, 'an unknown signature'],
  ])('%j is wrong at line %d', (text, line) => {
    expect(errorOf(text)).toMatchObject({ code: 'INF_WRONG_STYLE', at: { file: 'test.inf', line }, exit: 4 });
  });

  test('[Version] may come last, in parts, with either signature in any case', () => {
    expect(parse('[Other]\na=b\n[VERSION]\nClass=Net\n[version]\nSIGNATURE=$chicago$\n').sections).toHaveLength(2);
  });

  test('the signature may come from a string', () => {
    expect(parse('[Version]\nSignature=%s%\n[Strings]\ns="$Windows NT$"\n').sections).toHaveLength(2);
  });
});

describe('printing', () => {
  test('gives the same bytes, whatever the line ends, comments and blanks', () => {
    const bytes = utf8('; c\r\n[Version] x\n\tSignature = "$Windows NT$" ; d\r\n\r\n[T]\na=b,\\\n c\u001a junk');
    expect(printInf(parseInf(bytes, 'x.inf'))).toEqual(bytes);
  });

  test('gives the same bytes for any text that is an INF', () => {
    const piece = fc.constantFrom(
      ...'[]=,;"\\% \t\r\n',
      '\r\n',
      'a',
      'B',
      '%a%',
      '""',
      '[T]\n',
      '\u001a',
      '\0',
      'é',
      'я',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, wide) => {
        const text = `${HEAD}[Strings]\na=1\n${pieces.join('')}`;
        const bytes = wide ? Uint8Array.of(0xff, 0xfe, ...Buffer.from(text, 'utf16le')) : utf8(text);
        try {
          expect(printInf(parseInf(bytes, 'x.inf'))).toEqual(bytes);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(error.code).toBe('INF_SECTION_LINE');
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('any input', () => {
  test('gives a document or an error of the INF with its position', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          parseInf(bytes, 'x.inf');
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(error.code).toMatch(/^INF_/);
          expect(error.at).toMatchObject({ file: 'x.inf' });
          expect(error.at?.line ?? error.at?.offset).toBeDefined();
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each<[string, string]>([
    ['quotation marks', '"'],
    ['quoted pieces', '"a" '],
    ['backslashes and blanks', '\\ '],
    ['backslashes', '\\'],
    ['continued lines', 'a\\\n'],
    ['commas', 'a,'],
    ['equals signs', '='],
    ['percent signs', '%'],
    ['unknown tokens', '%zz%%b%'],
    ['blanks', ' '],
    ['semicolons', ';'],
    ['section lines', '[a]\n'],
    ['open quotes', 'a="b\n'],
  ])(
    'a megabyte of %s is read in one go',
    (_name, piece) => {
      const bytes = utf8(`${HEAD}[Strings]\nb=1\n[T]\nk=${piece.repeat(1_000_000 / piece.length)}x`);
      const document = parseInf(bytes, 'x.inf');
      expect(document.sections.length).toBeGreaterThan(2);
    },
    5000,
  );

  test('strings that grow without bound are refused', () => {
    const text = `${HEAD}[T]\n${'m=x%a%\n'.repeat(30_000)}[Strings]\na=${'y'.repeat(4000)}\n`;
    expect(errorOf(text)).toMatchObject({ code: 'INF_TOO_LARGE', exit: 4 });
  });
});

interface Vectors {
  readonly lines: readonly {
    readonly line: string;
    readonly strings: Readonly<Record<string, string>>;
    readonly key: string | null;
    readonly fields: readonly string[];
    readonly why: string;
  }[];
  readonly files: readonly {
    readonly text: string;
    readonly ok: boolean;
    readonly error?: string;
    readonly line?: number;
    readonly section?: string;
  }[];
}

describeData('the shared parser vectors', 'inf-parser-vectors.json', (data) => {
  const { lines, files } = data as Vectors;
  const codes: Readonly<Record<string, string>> = {
    'wrong-style': 'INF_WRONG_STYLE',
    'expected-section-name': 'INF_TEXT_BEFORE_SECTION',
    'bad-section-line': 'INF_SECTION_LINE',
    'section-name-too-long': 'INF_SECTION_NAME_LENGTH',
  };

  test('are all there', () => {
    expect(lines.length + files.length).toBe(52);
  });

  test.each(lines)('$line: $why', ({ line, strings, key, fields }) => {
    expect(linesOf(line, strings)).toEqual([{ key, fields }]);
  });

  test.each(files)('file $text', ({ text, ok, error, line, section }) => {
    if (ok) {
      const names = parse(text).sections.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(section === undefined ? [] : [section]));
      return;
    }
    const found = errorOf(text);
    expect(found.code).toBe(codes[error ?? '']);
    if (line !== undefined) expect(found.at?.line).toBe(line);
  });
});
