import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { type InfDocument, lineOf, parseInf, printInf, sectionOf } from '../../../../packaging/formats/inf/document.ts';
import { applyInfEdits, type InfEdit, quoteInfValue } from '../../../../packaging/formats/inf/edit.ts';

const TEXT = [
  '; a comment that stays',
  '[Version]',
  '\tSignature = "$Windows NT$"   ; why not',
  'DriverVer=01/01/1900,0.0.0.0 ; stamped later',
  'Provider = %Vendor% ',
  '',
  '[Strings]',
  'Vendor = "Xen \\',
  ' Project"',
  'Empty=',
  'Long=a,\\',
  '  b ; two lines',
  'Alone',
].join('\r\n');

const parse = (text: string): InfDocument => parseInf(utf8(text), 'x.inf');
const edited = (...edits: readonly InfEdit[]): string =>
  Buffer.from(printInf(applyInfEdits(parse(TEXT), edits))).toString('utf8');
const failing = (...edits: readonly InfEdit[]): (() => string) => {
  return () => edited(...edits);
};

const setValue = (section: string, key: string, value: string): InfEdit => ({
  kind: 'inf.set-value',
  section,
  key,
  value,
});
const drop = (line: number): InfEdit => ({ kind: 'inf.drop-line', line, because: 'test' });
const insert = (line: number, text: string): InfEdit => ({ kind: 'inf.insert-line-after', line, text });
const replace = (line: number, text: string): InfEdit => ({ kind: 'inf.replace-line', line, text });

describe('setting a value', () => {
  test('keeps the key, the blanks, the comment and every other line', () => {
    const out = edited(setValue('version', 'driverver', '05/29/2026,9.1.0.31'));
    expect(out).toBe(TEXT.replace('01/01/1900,0.0.0.0', '05/29/2026,9.1.0.31'));
  });

  test('keeps blanks after the equals sign and at the end of the line', () => {
    expect(edited(setValue('Version', 'Provider', '"Acme"'))).toBe(TEXT.replace('%Vendor%', '"Acme"'));
  });

  test('fills an empty value', () => {
    expect(edited(setValue('Strings', 'Empty', 'x'))).toBe(TEXT.replace('Empty=', 'Empty=x'));
  });

  test('replaces a continued value as a whole, and keeps its comment', () => {
    expect(edited(setValue('Strings', 'Long', 'c'))).toContain('Long=c ; two lines\r\nAlone');
  });

  test('turns a value that stands alone into the key', () => {
    expect(edited(setValue('Strings', 'Alone', '1'))).toMatch(/\r\nAlone=1$/);
  });

  test('of an entry that is not there is an error', () => {
    expect(failing(setValue('Version', 'Nothing', 'x'))).toThrowError(
      expect.objectContaining({ code: 'INF_EDIT_INVALID', exit: 4 }),
    );
  });

  test('to a text with a line end is an error: it would become two lines', () => {
    expect(failing(setValue('Version', 'Provider', 'x\nHack=1'))).toThrow('line end');
  });
});

describe('a value in quotation marks', () => {
  test.each([
    ['plain text', 'plain text'],
    ['Acme, Inc.', '"Acme, Inc."'],
    ['5" disks', '"5"" disks"'],
    [' padded ', '" padded "'],
    ['a;b', '"a;b"'],
    ['C:\\', '"C:\\"'],
    ['', '""'],
  ])('%j is written %s', (value, written) => {
    expect(quoteInfValue(value)).toBe(written);
  });

  test('is read back as it was, whatever it holds', () => {
    const special = ['\r', '\n', '\0', '\u001a', '%'];
    const text = fc
      .array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), { maxLength: 40 })
      .map((characters) => characters.filter((character) => !special.includes(character)).join(''));
    fc.assert(
      fc.property(text, (value) => {
        const document = applyInfEdits(parse(TEXT), [
          { kind: 'inf.set-encoding', encoding: 'utf-16le' },
          setValue('Version', 'Provider', quoteInfValue(value)),
        ]);
        const again = parseInf(printInf(document), 'x.inf');
        expect(lineOf(sectionOf(again, 'Version'), 'Provider')?.fields).toEqual([value]);
      }),
    );
  });
});

describe('lines', () => {
  const lines = TEXT.split('\r\n');

  test('are dropped with their line end', () => {
    expect(edited(drop(1), drop(6))).toBe(lines.filter((_, index) => index !== 0 && index !== 5).join('\r\n'));
  });

  test('are replaced, and the line end stays', () => {
    expect(edited(replace(5, 'Provider=Acme'))).toBe(TEXT.replace(lines[4] ?? '', 'Provider=Acme'));
  });

  test('are inserted in order, with the line end of their place', () => {
    expect(edited(insert(5, 'A=1'), insert(5, 'B=2'))).toBe(
      [...lines.slice(0, 5), 'A=1', 'B=2', ...lines.slice(5)].join('\r\n'),
    );
    expect(edited(insert(0, '; first'))).toBe(`; first\r\n${TEXT}`);
  });

  test('are inserted after a last line without a line end', () => {
    expect(edited(insert(13, 'A=1'), insert(13, 'B=2'))).toBe(`${TEXT}\r\nA=1\r\nB=2`);
  });

  test('are inserted before a line that is changed too', () => {
    expect(edited(replace(6, '; here'), insert(5, 'A=1'))).toBe(
      [...lines.slice(0, 5), 'A=1', '; here', ...lines.slice(6)].join('\r\n'),
    );
  });

  test('cannot be changed twice, nor when they are not there', () => {
    expect(failing(drop(5), replace(5, 'x'))).toThrow('same line');
    expect(failing(replace(6, 'x'), replace(6, 'y'))).toThrow('same line');
    expect(failing(setValue('Version', 'Provider', 'x'), drop(5))).toThrow('same line');
    expect(failing(drop(14))).toThrow('13 lines');
    expect(failing(drop(0))).toThrow('line 0');
    expect(failing(insert(-1, 'x'))).toThrow('line -1');
  });

  test('are an INF afterwards, or the change is refused', () => {
    expect(failing(drop(3))).toThrowError(expect.objectContaining({ code: 'INF_WRONG_STYLE' }));
    expect(failing(replace(7, '[Strings'))).toThrowError(
      expect.objectContaining({ code: 'INF_SECTION_LINE', at: expect.objectContaining({ line: 7 }) }),
    );
  });
});

describe('the encoding', () => {
  test('can be changed with the same text', () => {
    const wide = applyInfEdits(parse(TEXT), [{ kind: 'inf.set-encoding', encoding: 'utf-16le' }]);
    expect(Buffer.from(printInf(wide))).toEqual(Buffer.from(`\ufeff${TEXT}`, 'utf16le'));
  });

  test('stays when a value is set', () => {
    const bytes = new Uint8Array(Buffer.from(`\ufeff${TEXT}`, 'utf16le'));
    const document = applyInfEdits(parseInf(bytes, 'x.inf'), [setValue('Version', 'Provider', 'Ačme')]);
    expect(Buffer.from(printInf(document))).toEqual(
      Buffer.from(`\ufeff${TEXT.replace('%Vendor%', 'Ačme')}`, 'utf16le'),
    );
  });
});

test('no edits give the same bytes', () => {
  expect(printInf(applyInfEdits(parse(TEXT), []))).toEqual(utf8(TEXT));
});
