import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import { parseWireJson, printWireJson } from '../../../publishing/partner-center/json.ts';

const ID = 1152921504621465124n;

describe('JSON as Partner Center writes it', () => {
  test('an id above 2^53 keeps every digit, where JSON.parse rounds it', () => {
    expect(JSON.parse(`{"id":${ID}}`)).toEqual({ id: 1152921504621465000 });
    expect(parseWireJson(`{"id":${ID}}`, 'x')).toEqual({ id: ID });
    expect(printWireJson({ id: ID })).toBe(`{"id":${ID}}`);
  });

  test('integers that a double holds are numbers, and so are fractions and exponents', () => {
    expect(parseWireJson('[0,-1,9007199254740991,9007199254740992,1.5,1e3,-0]', 'x')).toEqual([
      0,
      -1,
      9007199254740991,
      9007199254740992n,
      1.5,
      1000,
      -0,
    ]);
  });

  test('reads what JSON.stringify writes, and prints what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        // a double such as 1e25 is printed by JSON.stringify with an exponent or more than 15 digits: compare what is printed
        expect(JSON.parse(printWireJson(parseWireJson(text, 'x')))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('every 64-bit number comes back as it went', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), (id) => {
        const read = parseWireJson(printWireJson({ id }), 'x') as { readonly id: number | bigint };
        expect(BigInt(read.id)).toBe(id);
      }),
    );
  });

  test('tells a page of HTML from a broken answer, and who may have sent it', () => {
    const page = '\n <!doctype html><title>Sign in</title>';
    const failure = (() => {
      try {
        return parseWireJson(page, 'the answer to GET /products');
      } catch (error) {
        return error;
      }
    })() as WinpvError;
    expect(failure.code).toBe('PUBLISH_ANSWER_SYNTAX');
    expect(failure.message).toContain('a page of HTML');
    expect(failure.diagnostics[0]?.hint).toContain('in the place of Partner Center');
  });

  test.each([
    ['an HTML page', '<html>', 'line 1 column 1'],
    ['half an answer', '{"value":[{"id":1', ''],
    ['a name twice', '{"a":1,"a":2}', ''],
    ['something behind', '{} {}', ''],
    ['an open string', '"abc', ''],
    ['a line break in a string', '"a\nb"', ''],
    ['a wrong escape', '"\\x"', ''],
    ['a lone escape', '"\\', ''],
    ['a leading zero', '[01]', ''],
    ['a comma at the end', '[1,]', ''],
    ['no name', '{1:2}', ''],
    ['a number without end', `[${'9'.repeat(60)}]`, ''],
    ['too large a double', '1e999', ''],
    ['nothing', '', ''],
  ])('refuses %s, and says where', (_what, text) => {
    const caught = (() => {
      try {
        return parseWireJson(text, 'answer');
      } catch (error) {
        return error;
      }
    })();
    expect(caught).toBeInstanceOf(WinpvError);
    expect((caught as WinpvError).code).toBe('PUBLISH_ANSWER_SYNTAX');
    expect((caught as WinpvError).at).toMatchObject({
      file: 'answer',
      line: expect.any(Number),
      column: expect.any(Number),
    });
  });

  test('never goes deeper than it can come back', () => {
    expect(() => parseWireJson('['.repeat(100_000), 'x')).toThrow(/nested deeper/);
  });

  test('given any text, gives a value or names the fault', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'{}[]",:\\0123eE.-tn ') })), (text) => {
        let ours: unknown;
        try {
          ours = parseWireJson(text, 'x');
        } catch (error) {
          expect(error).toBeInstanceOf(WinpvError);
          return;
        }
        expect(ours).toBeDefined();
        expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  test('a name such as __proto__ is a name like any other', () => {
    const read = parseWireJson('{"__proto__":{"a":1}}', 'x') as object;
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test('bytes that are no UTF-8 are refused', () => {
    expect(() => parseWireJson(new Uint8Array([0x22, 0xff, 0x22]), 'x')).toThrow(/UTF-8/);
  });
});
