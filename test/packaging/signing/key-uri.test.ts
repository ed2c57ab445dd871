import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import { parseKeyUri } from '../../../packaging/signing/key-uri.ts';

describe('a pkcs11: address', () => {
  test('names token and key, with octets in percent form (RFC 7512, section 3)', () => {
    const uri =
      'pkcs11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil;object=my-key;type=private;id=%69%95a';
    expect(parseKeyUri(uri)).toEqual({
      texts: { token: 'The Software PKCS#11', manufacturer: 'Snake Oil', object: 'my-key' },
      id: Uint8Array.of(0x69, 0x95, 0x61),
    });
  });

  test('may name the slot, the library and where the PIN is', () => {
    const uri =
      'pkcs11:slot-id=327;slot-description=R;library-version=3.1?pin-source=file:/etc/pin&module-path=/lib/p.so';
    expect(parseKeyUri(uri)).toEqual({
      texts: { 'slot-description': 'R', 'library-version': '3.1' },
      slotId: 327,
      pinSource: 'file:/etc/pin',
      modulePath: '/lib/p.so',
    });
    expect(parseKeyUri('pkcs11:?pin-source=/etc/pin').pinSource).toBe('file:/etc/pin');
    expect(parseKeyUri('pkcs11:?pin-source=file:///etc/pin').pinSource).toBe('file:/etc/pin');
  });

  test('may be empty: any token, any key, when there is one', () => {
    expect(parseKeyUri('pkcs11:')).toEqual({ texts: {} });
  });

  test.each([
    ['no scheme', 'token=a'],
    ['another scheme', 'https://token'],
    ['a name it does not know', 'pkcs11:tokn=a'],
    ['a name of the query in the path', 'pkcs11:pin-source=a'],
    ['a part without a value', 'pkcs11:token'],
    ['the same name twice', 'pkcs11:token=a;token=b'],
    ['a certificate’s opposite', 'pkcs11:type=secret-key'],
    ['half an octet', 'pkcs11:id=%1'],
    ['text that is not UTF-8', 'pkcs11:token=%ff'],
    ['a slot that is no number', 'pkcs11:slot-id=0x1'],
    ['a PIN from a program', 'pkcs11:?pin-source=|pinentry'],
    ['a module by name', 'pkcs11:?module-name=softhsm'],
  ])('with %s is refused', (_name, uri) => {
    expect(() => parseKeyUri(uri)).toThrow(expect.objectContaining({ code: 'SIGN_KEY_URI', exit: 2 }));
  });

  test.each(['pkcs11:?pin-value=648219', 'pkcs11:pin-value=648219', 'pkcs11:648219'])(
    '%s has a PIN where everybody reads it: refused, and not repeated',
    (uri) => {
      try {
        parseKeyUri(uri);
      } catch (error) {
        expect(error).toBeInstanceOf(WinpvError);
        expect(JSON.stringify((error as WinpvError).diagnostics)).not.toContain('648219');
        return;
      }
      throw new Error('it was taken');
    },
  );

  test('of any text is read or refused with its code', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          parseKeyUri(`pkcs11:${text}`);
        } catch (error) {
          expect(error).toMatchObject({ code: 'SIGN_KEY_URI' });
        }
      }),
    );
  });

  test('gives back any text and octets that were put in', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.uint8Array({ minLength: 1 }), (object, id) => {
        const octets = [...id].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
        expect(parseKeyUri(`pkcs11:object=${encodeURIComponent(object)};id=${octets}`)).toEqual({
          texts: { object },
          id,
        });
      }),
    );
  });
});
