import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { WinpvError } from '../../../../core/errors.ts';
import { decodeCp1252, encodeCp1252 } from '../../../../packaging/formats/inf/cp1252.ts';
import { parseInf } from '../../../../packaging/formats/inf/document.ts';
import { decodeInfText, encodeInfText, type InfEncoding } from '../../../../packaging/formats/inf/text.ts';
import { hex } from '../../../support/hex.ts';

const utf16le = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le'));
const utf16be = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'utf16le').swap16());
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

const errorOf = (bytes: Uint8Array): WinpvError => {
  try {
    decodeInfText(bytes, 'x.inf');
  } catch (error) {
    if (error instanceof WinpvError) return error;
    throw error;
  }
  throw new Error('expected an error');
};

describe('the ANSI code page', () => {
  test('has a character for each of the 256 bytes, and gives each back', () => {
    const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const text = decodeCp1252(all);
    expect(new Set(text).size).toBe(256);
    expect(encodeCp1252(text)).toEqual(all);
  });

  test('has the euro sign at 80 and curly quotes at 91 to 94', () => {
    expect(decodeCp1252(hex`80 91 92 93 94 99 9f e9`)).toBe('€‘’“”™Ÿé');
  });

  test('has no place for the control characters whose bytes are taken', () => {
    expect(encodeCp1252('a\u0080')).toEqual({ unencodableAt: 1 });
    expect(encodeCp1252('a\u0081')).toEqual(hex`61 81`);
  });

  test('keeps the five bytes without a character as control characters', () => {
    expect(decodeCp1252(hex`81 8d 8f 90 9d`)).toBe('\u0081\u008d\u008f\u0090\u009d');
  });
});

describe('the encoding of an INF', () => {
  const text = '[Version]\r\nSignature="$Windows NT$"\r\n';
  test.each<[InfEncoding, Uint8Array, string]>([
    ['ansi', utf8(text), 'ASCII only'],
    ['ansi', joined(utf8(text), hex`3b e9 0a`), 'bytes above 7F that are no UTF-8'],
    ['utf-8', joined(utf8(text), utf8('; é\n')), 'UTF-8 without a mark'],
    ['utf-8-bom', joined(hex`ef bb bf`, utf8(text)), 'UTF-8 with its mark'],
    ['utf-16le', joined(hex`ff fe`, utf16le(text)), 'UTF-16 with its mark'],
    ['utf-16le-no-bom', utf16le(text), 'UTF-16 without a mark: every second byte is zero'],
  ])('is %s', (encoding, bytes, why) => {
    const decoded = decodeInfText(bytes, 'x.inf');
    expect(decoded.encoding, why).toBe(encoding);
    expect(decoded.text.startsWith(text)).toBe(true);
    expect(encodeInfText(decoded.text, encoding)).toEqual(bytes);
  });

  test('that Windows may read otherwise is reported', () => {
    const warnings = (bytes: Uint8Array): readonly string[] =>
      parseInf(bytes, 'x.inf').warnings.map(({ code }) => code);
    expect(warnings(utf8(text))).toEqual([]);
    expect(warnings(joined(hex`ff fe`, utf16le(text)))).toEqual([]);
    expect(warnings(joined(hex`ef bb bf`, utf8(text)))).toEqual(['INF_ENCODING_DOUBTFUL']);
    expect(warnings(joined(utf8(text), utf8('; é\n')))).toEqual(['INF_ENCODING_DOUBTFUL']);
    expect(warnings(utf16le(text))).toEqual(['INF_ENCODING_DOUBTFUL']);
  });

  test.each<[string, Uint8Array]>([
    ['with its mark', joined(hex`fe ff`, utf16be(text))],
    ['without one', utf16be(text)],
  ])('may not be UTF-16 big-endian, %s', (_name, bytes) => {
    expect(errorOf(bytes)).toMatchObject({ code: 'INF_UTF16BE', exit: 4, at: { file: 'x.inf', offset: 0 } });
  });

  test('UTF-16 may not end within a character', () => {
    expect(errorOf(hex`ff fe 41 00 42`)).toMatchObject({ code: 'INF_TEXT_BROKEN', at: { offset: 4 } });
  });

  test('announced as UTF-8 must be UTF-8; the first wrong byte is named', () => {
    expect(errorOf(hex`ef bb bf 41 c3 28`)).toMatchObject({ code: 'INF_TEXT_BROKEN', at: { offset: 4 } });
  });

  test('an ANSI file has no place for other characters; the first is named', () => {
    const make = (): Uint8Array => encodeInfText('a\nb я', 'ansi', 'x.inf');
    expect(make).toThrowError(expect.objectContaining({ code: 'INF_TEXT_UNENCODABLE', at: expect.anything() }));
    expect(make).toThrow('я');
  });

  test('gives every byte back that it can read', () => {
    const mark = fc.constantFrom([], [0xff, 0xfe], [0xef, 0xbb, 0xbf], [0xfe, 0xff]);
    fc.assert(
      fc.property(mark, fc.uint8Array({ maxLength: 100 }), (start, rest) => {
        const bytes = Uint8Array.of(...start, ...rest);
        try {
          const { text: decoded, encoding } = decodeInfText(bytes, 'x.inf');
          expect(encodeInfText(decoded, encoding)).toEqual(bytes);
        } catch (error) {
          if (!(error instanceof WinpvError)) throw error;
          expect(['INF_UTF16BE', 'INF_TEXT_BROKEN']).toContain(error.code);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
