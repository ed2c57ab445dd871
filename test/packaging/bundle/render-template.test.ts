import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import { renderTemplate, renderText, type TemplateToken } from '../../../packaging/bundle/render-template.ts';
import { parseInf, sectionOf } from '../../../packaging/formats/inf/document.ts';
import { stampInf } from '../../../packaging/formats/inf/stamp.ts';
import { encodeInfText } from '../../../packaging/formats/inf/text.ts';

const table = (values: Readonly<Record<string, string>>): readonly TemplateToken[] =>
  Object.entries(values).map(([name, value]) => ({ name, value }));

const render = (text: string, values: Readonly<Record<string, string>>): string =>
  renderText(text, 'x.inf', table(values)).text;

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const errorOf = (body: () => unknown): WinpvError => {
  try {
    body();
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

describe('tokens', () => {
  test('are replaced wherever they stand, by any case', () => {
    expect(render('a=@NAME@-@name@-@Name@\n', { NAME: 'x' })).toBe('a=x-x-x\n');
  });

  test('that stand wall to wall are each replaced', () => {
    expect(render('VEN_@PREFIX@@DEVICE@&DEV', { PREFIX: 'XP', DEVICE: 'C000' })).toBe('VEN_XPC000&DEV');
  });

  test('are replaced in the order of the table, so that a later one may come out of an earlier value', () => {
    expect(render('@A@', { A: '@B@', B: 'done' })).toBe('done');
    expect(errorOf(() => render('@A@', { B: 'done', A: '@B@' })).code).toBe('TOKEN_UNRESOLVED');
  });

  test.each(['$1', '$&', '$$', '$`', '\\1', '\\0', 'A & B', "it's", '100.0'])(
    'take the value %s literally',
    (value) => {
      expect(render('[@V@]', { V: value })).toBe(`[${value}]`);
    },
  );

  test('take any value literally', () => {
    const value = fc.string().filter((text) => !text.includes('@') && text !== '');
    fc.assert(
      fc.property(value, (text) => {
        expect(renderText('<@VENDOR_NAME@>', 'x.inf', table({ VENDOR_NAME: text })).text).toBe(`<${text}>`);
      }),
    );
  });
});

describe('a line that names a token with an empty value', () => {
  const empty = { FORCE: '', ID: '' };

  test('is dropped, with its line end, and its number is told', () => {
    const result = renderText('a\r\nb @FORCE@\r\nc\r\n', 'x.inf', table(empty));
    expect(result).toEqual({ text: 'a\r\nc\r\n', dropped: [2] });
  });

  test('is dropped when only its trailing comment names the token', () => {
    expect(render('AddReg = Filters ; @FORCE@\nAddReg = Rest\n', empty)).toBe('AddReg = Rest\n');
  });

  test('is dropped by exact case only; by another case the token becomes nothing', () => {
    expect(render('a=@force@;\nb=@FORCE@\n', empty)).toBe('a=;\n');
  });

  test('is dropped when another token of the line has a value', () => {
    expect(render('x,@SET@,@ID@\ny\n', { ...empty, SET: '1' })).toBe('y\n');
  });

  test('may be the last one, without a line end', () => {
    expect(render('a\nb @ID@', empty)).toBe('a\n');
  });

  test('takes only itself out of a continued line, and the rest is read as before', () => {
    const text = '[Version]\nSignature="$Windows NT$"\n[M]\nname=inst,\\\nID1_@ID@,\\\nID2,\\\nID3\n';
    const inf = parseInf(ascii(render(text, empty)), 'x.inf');
    expect(sectionOf(inf, 'M')?.lines.map(({ key, fields }) => [key, fields])).toEqual([
      ['name', ['inst', 'ID2', 'ID3']],
    ]);
  });

  test('at the end of a continued line leaves the backslash before it, as upstream does: the next line joins', () => {
    const text = '[Version]\nSignature="$Windows NT$"\n[M]\nname=inst,ID1,\\\nID2_@ID@\nother=inst,ID3\n';
    const inf = parseInf(ascii(render(text, empty)), 'x.inf');
    expect(sectionOf(inf, 'M')?.lines.map(({ fields }) => fields)).toEqual([['inst', 'ID1', 'other=inst', 'ID3']]);
  });
});

describe('what is left', () => {
  test('is an error at its place in the template, with the line', () => {
    const error = errorOf(() =>
      render('[Version]\nProvider="@PRODUCT@ and @VENDER_NAME@"\n', { PRODUCT: 'longer than' }),
    );
    expect(error.code).toBe('TOKEN_UNRESOLVED');
    expect(error.diagnostics[0]).toMatchObject({
      message: 'The token @VENDER_NAME@ has no value.',
      at: { file: 'x.inf', line: 2, column: 25 },
      excerpt: 'Provider="@PRODUCT@ and @VENDER_NAME@"',
    });
  });

  test('is listed completely', () => {
    const error = errorOf(() => render('@ONE@ @TWO@\n@THREE@\n', {}));
    expect(error.diagnostics.map(({ at }) => [at?.line, at?.column])).toEqual([
      [1, 1],
      [1, 7],
      [2, 1],
    ]);
  });

  test('is found again where it stands again, and not endlessly often', () => {
    const twice = errorOf(() => render('@A@ and @A@\n', {}));
    expect(twice.diagnostics.map(({ at }) => at?.column)).toEqual([1, 9]);
    expect(errorOf(() => render('@A@'.repeat(200_000), {})).diagnostics).toHaveLength(100);
  });

  test('is no error in a line that is dropped', () => {
    expect(render('@UNKNOWN@ ; @OFF@\n', { OFF: '' })).toBe('');
  });

  test.each(['someone@example.org', '@lower@', '@A1@', '$ARCH$', 'a @ b @ c'])(
    'may be %s, which is no token',
    (text) => {
      expect(render(text, {})).toBe(text);
    },
  );
});

describe('the file', () => {
  test.each(['\n', '\r\n', '\r'])('keeps its line ends %j', (end) => {
    const { bytes } = renderTemplate(ascii(`a@X@${end}b${end}`), 'x.inf', table({ X: '1' }));
    expect(bytes).toEqual(ascii(`a1${end}b${end}`));
  });

  test('gets the line ends of Windows when asked, whatever it had', () => {
    const { bytes } = renderTemplate(ascii('a\nb\r\nc\rd'), 'x.inf', [], { lineEnds: 'crlf' });
    expect(bytes).toEqual(ascii('a\r\nb\r\nc\r\nd'));
  });

  test.each(['utf-16le', 'utf-8-bom'] as const)('keeps its encoding %s', (encoding) => {
    const { bytes } = renderTemplate(encodeInfText('v=@X@\r\n', encoding), 'x.inf', table({ X: 'Ünïcode – 日本' }));
    expect(bytes).toEqual(encodeInfText('v=Ünïcode – 日本\r\n', encoding));
  });

  test('keeps ANSI bytes that are not ASCII', () => {
    const { bytes } = renderTemplate(ascii('; \xa9 1999\r\nv=@X@\r\n'), 'x.inf', table({ X: 'é' }));
    expect(bytes).toEqual(ascii('; \xa9 1999\r\nv=\xe9\r\n'));
  });

  test('becomes UTF-16 when an ASCII template receives other characters, because ANSI means another thing elsewhere', () => {
    const { bytes } = renderTemplate(ascii('v=@X@\r\n'), 'x.inf', table({ X: 'Société' }));
    expect(bytes).toEqual(encodeInfText('v=Société\r\n', 'utf-16le'));
  });

  test('is what it was when nothing in it is a token', () => {
    fc.assert(
      fc.property(
        fc.string().filter((text) => !/@[A-Z_]+@/.test(text)),
        (text) => {
          expect(renderText(text, 'x.inf', table({ VENDOR_NAME: 'v' })).text).toBe(
            text.replace(/@vendor_name@/gi, 'v'),
          );
        },
      ),
    );
  });
});

test('any bytes give a file or an error with a code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        renderTemplate(bytes, 'x.inf', table({ VENDOR_NAME: 'Ünïcode', FORCE: '' }), { lineEnds: 'crlf' });
      } catch (error) {
        expect(error).toBeInstanceOf(WinpvError);
      }
    }),
  );
});

describe('templates of 2013 to 2019', () => {
  const old = '[X.NT$ARCH$]\na=@VENDOR_DEVICE_ID@\nb=@PRODUCT_NAME@\n';

  test('drop lines for the vendor device id only; another empty token becomes nothing', () => {
    expect(render(old, { VENDOR_DEVICE_ID: '', PRODUCT_NAME: '' })).toBe('[X.NT$ARCH$]\nb=\n');
  });

  test('are stamped with date, version and architecture, and nothing else changes', () => {
    const before = `[A]\r\nDriverVer=keep\r\n[version]\r\nSignature=$CHICAGO$\r\n DriverVer = 01/01/1900,0.0.0.0 ; later\r\n[X.NT$ARCH$]\r\n`;
    const stamp = { date: { year: 2018, month: 4, day: 23 }, version: [8, 2, 1, 17], arch: 'amd64' } as const;
    expect(stampInf(ascii(before), 'x.inf', stamp).bytes).toEqual(
      ascii(before.replace('01/01/1900,0.0.0.0', '04/23/2018,8.2.1.17').replace('$ARCH$', 'amd64')),
    );
  });
});
