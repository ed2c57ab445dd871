import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { brandSchemaJson } from '../../branding/brand.ts';
import { load, refusal, refusals, withKeys } from '../support/brand-file.ts';

const TEXT_KEYS = ['vendorName', 'productName', 'copyright'] as const;

describe.each(TEXT_KEYS)('the text %s', (key) => {
  test.each([
    'a',
    'x'.repeat(255),
    "D'Artagnan & Söhne",
    'cost $1 or \\1',
    'a;b,c=d',
    'me@example',
    '50 @ 20 @ 10',
    'a  b',
    '[x] <y> {z} | ~ ^ # ! ? *',
    '()$',
    '日本語',
    'עברית',
    'شرکت\u200cها',
  ])('may be %j', (text) => {
    expect(load({ [key]: text }).brand[key]).toBe(text);
  });

  test.each([
    ['an empty text', '', 'CONFIG_INVALID', 'has to be at least 1 character'],
    ['256 characters', 'x'.repeat(256), 'CONFIG_INVALID', 'has to be at most 255 characters'],
    ['5,000 characters', 'x'.repeat(5000), 'CONFIG_INVALID', 'has to be at most 255 characters'],
    ['blanks only', '   ', 'BRAND_TEXT_REFUSED', 'is blank'],
    ['a quotation mark', 'a"b', 'BRAND_TEXT_REFUSED', 'at character 2'],
    ['a percent sign', '100%', 'BRAND_TEXT_REFUSED', '"%" at character 4'],
    ['a back-tick', 'a`id`', 'BRAND_TEXT_REFUSED', '"`" at character 2'],
    ['a command substitution', 'a $(id)', 'BRAND_TEXT_REFUSED', '"$(" at character 3'],
    ['a token', 'x@VENDOR_NAME@', 'BRAND_TEXT_REFUSED', '"@VENDOR_NAME@" at character 2'],
    [
      'a token in lower case, which a renderer would replace too',
      '@vendor_name@',
      'BRAND_TEXT_REFUSED',
      'a template token',
    ],
    ['a line break', 'a\nb', 'BRAND_TEXT_REFUSED', '"\\u{a}" at character 2'],
    ['a line break at the end', 'a\n', 'BRAND_TEXT_REFUSED', 'a line break'],
    ['a carriage return', 'a\rb', 'BRAND_TEXT_REFUSED', 'a line break'],
    ['a tab', 'a\tb', 'BRAND_TEXT_REFUSED', 'a control character'],
    ['a NUL', 'a\0b', 'BRAND_TEXT_REFUSED', 'a control character'],
    ['DEL', 'a\u007fb', 'BRAND_TEXT_REFUSED', 'a control character'],
    ['a C1 control', 'a\u0085b', 'BRAND_TEXT_REFUSED', 'a control character'],
    ['a line separator', 'a\u2028b', 'BRAND_TEXT_REFUSED', 'a line break'],
    ['a zero-width blank', 'a\u200bb', 'BRAND_TEXT_REFUSED', 'nobody can see'],
    ['a soft hyphen', 'a\u00adb', 'BRAND_TEXT_REFUSED', 'nobody can see'],
    ['a Hangul filler', '\u3164', 'BRAND_TEXT_REFUSED', 'nobody can see'],
    ['a byte order mark', '\ufeffa', 'BRAND_TEXT_REFUSED', 'nobody can see'],
    ['an invisible tag', 'a\u{e0041}b', 'BRAND_TEXT_REFUSED', 'nobody can see'],
    ['joiners only', '\u200c\u200d', 'BRAND_TEXT_REFUSED', 'is blank'],
    ['half of a surrogate pair', 'a\ud83d', 'BRAND_TEXT_REFUSED', 'no text'],
    ...['\u061c', '\u200e', '\u200f', '\u202a', '\u202e', '\u2066', '\u2069'].map((mark) => [
      `the bidirectional control U+${mark.charCodeAt(0).toString(16)}`,
      `a${mark}b`,
      'BRAND_TEXT_REFUSED',
      'writing direction',
    ]),
  ])('may not hold %s', (_, text, code, words) => {
    const found = refusal(key, text);
    expect(found.code).toBe(code);
    expect(found.message).toContain(`"${key}" `);
    expect(found.message).toContain(words);
  });
});

describe('any text that is accepted', () => {
  test('holds nothing that an INF string, a template or a shell would act on', () => {
    const risky = fc.constantFrom('"', '%', '`', '$', '(', '@', 'A', '_', '\n', '\u202e', '\\', ' ', 'é', '\u0000');
    const text = fc.array(risky, { minLength: 1, maxLength: 8 }).map((all) => all.join(''));
    fc.assert(
      fc.property(text, (productName) => {
        const accepted = refusals(withKeys({ productName })).length === 0;
        const harmless = !/["%`\n\0\u202e]|\$\(|@[A_]+@/.test(productName) && productName.trim() !== '';
        expect(accepted).toBe(harmless);
      }),
      { numRuns: 1000 },
    );
  });

  test('is accepted by the pattern that editors use, and the other way round', () => {
    const properties = brandSchemaJson().properties as Readonly<Record<string, { readonly pattern: string }>>;
    const pattern = new RegExp(properties.productName?.pattern ?? expect.fail('there is no pattern'), 'u');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), (productName) => {
        fc.pre(/[^\s\p{Default_Ignorable_Code_Point}]/u.test(productName) && !/\p{Cs}/u.test(productName));
        expect(pattern.test(productName)).toBe(refusals(withKeys({ productName })).length === 0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the vendor', () => {
  test.each(['Microsoft', 'microsoft corporation', '  MICROSOFT', 'Ｍicrosoft'])('may not be %j', (vendorName) => {
    expect(refusal('vendorName', vendorName).code).toBe('BRAND_VENDOR_RESERVED');
  });

  test('may not be Microsoft with a joiner inside, nor with letters of another script that look alike', () => {
    expect(refusal('vendorName', 'Micro\u200dsoft').code).toBe('BRAND_VENDOR_RESERVED');
    for (const vendorName of ['Micr\u043esoft', 'Citri\u0445', '\u0391cme']) {
      expect(refusal('vendorName', vendorName)).toMatchObject({ code: 'BRAND_TEXT_REFUSED' });
      expect(refusal('vendorName', vendorName).message).toContain('two scripts');
    }
    for (const vendorName of ['kΩ Labs', 'πCorp', 'Δelta & Ωmega']) expect(load({ vendorName }).brand.id).toBe('acme');
    expect(load({ vendorName: 'Яндекс Cloud' }).brand.vendorName).toBe('Яндекс Cloud');
  });

  test('may mention Microsoft further on, and a product may too', () => {
    expect(load({ vendorName: 'Not Microsoft', productName: 'Microsoft Hyper-V not' }).brand.id).toBe('acme');
  });
});

// What the range `,-_` of a known sanitiser lets through by mistake (peers X4), and line ends that `$` may overlook.
const SLIPS = ['/', ':', ';', '<', '>', '\\', '@', '[', ']', '^', '=', '?', '.', ' ', '"', '\n', '\u00e9', '\u212a'];

describe('the character rules of names', () => {
  test.each([
    ['id', 'a', ['a', 'acme', 'a-1', 'x'.repeat(64)]],
    ['vendorPrefix', 'A', ['A', 'XP', 'x1', 'XCPng', 'XP2', 'a'.repeat(255)]],
    ['objectPrefix', 'A', ['A', 'XenProject', 'X_1']],
  ] as const)('%s is letters and digits of ASCII', (key, stem, good) => {
    for (const value of good) expect(load({ [key]: value }).brand[key]).toBe(value);
    const bad = [
      ...SLIPS.flatMap((slip) => [`${stem}${slip}`, `${stem}${slip}b`]),
      `1${stem}`,
      `-${stem}`,
      `_${stem}`,
      '',
    ];
    for (const value of bad) expect(refusal(key, value).code, JSON.stringify(value)).toBe('CONFIG_INVALID');
  });

  test('an id is lower case and no device name of Windows', () => {
    for (const id of ['Acme', 'a_b', 'con', 'nul', 'com1', 'sha256sums', 'x'.repeat(65)]) refusal('id', id);
  });

  test('a prefix has no hyphen or underscore, and is not empty', () => {
    for (const prefix of ['X-P', 'X_P', '']) {
      expect(refusal('vendorPrefix', prefix).message).toContain('a letter, then letters or digits, for example XP');
    }
  });

  test('driver names, service programs and locales follow their own rules', () => {
    const service = { name: 'agent', displayName: 'Agent', program: 'agent.exe', package: 'xeniface' };
    for (const slip of SLIPS.filter((one) => one !== '.')) {
      const found = refusals(
        withKeys({
          drivers: [`xen${slip}vbd`],
          versions: { [`xen${slip}`]: '1.0.0.0' },
          services: [{ ...service, program: `a${slip}.exe` }],
          strings: { [`de${slip}DE`]: {} },
        }),
      );
      expect(found, JSON.stringify(slip)).toHaveLength(4);
    }
    for (const program of ['..', '../a.exe', '.hidden', '']) {
      expect(refusals(withKeys({ services: [{ ...service, program }] }))).toHaveLength(1);
    }
  });

  test('a service inside a driver package names the package', () => {
    const [found] = refusals(withKeys({ services: [{ name: 'a', displayName: 'A', program: 'a.exe' }] }));
    expect(found?.message).toBe('"services[0].package" is missing.');
  });
});
