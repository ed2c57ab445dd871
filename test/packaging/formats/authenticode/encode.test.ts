import { describe, expect, test } from 'vitest';
import { authenticodeAttributes, encodeIndirectData } from '../../../../packaging/formats/authenticode/encode.ts';
import { hex } from '../../../support/hex.ts';

const HASH = new Uint8Array(32).fill(0xab);
const HASH_HEX = 'ab'.repeat(32);

describe('the content of an embedded signature', () => {
  test('of an image is what SignTool writes: no flags, an empty file link', () => {
    expect(encodeIndirectData('pe', 'sha256', HASH)).toEqual(hex`
      30 4c
        30 17 06 0a 2b06010401823702010f          ; SPC_PE_IMAGE_DATAOBJ
              30 09 03 01 00 a0 04 a2 02 80 00    ; no flags, [0] { [2] { [0] "" } }
        30 31 30 0d 06 09 608648016503040201 05 00
              04 20 ${HASH_HEX}`);
  });

  test('of an image with SHA-1 is 16 octets shorter', () => {
    expect(encodeIndirectData('pe', 'sha1', HASH.subarray(0, 20))).toEqual(hex`
      30 3c
        30 17 06 0a 2b06010401823702010f
              30 09 03 01 00 a0 04 a2 02 80 00
        30 21 30 09 06 05 2b0e03021a 05 00
              04 14 ${HASH_HEX.slice(0, 40)}`);
  });

  test('of a cabinet is an empty file link', () => {
    expect(encodeIndirectData('cab', 'sha256', HASH)).toEqual(hex`
      30 45
        30 10 06 0a 2b060104018237020119          ; SPC_CAB_DATA_OBJID
              a2 02 80 00
        30 31 30 0d 06 09 608648016503040201 05 00
              04 20 ${HASH_HEX}`);
  });
});

describe('the attributes of a signature', () => {
  const [opus, statement] = authenticodeAttributes({});

  test('say "individual", as SignTool always does', () => {
    expect(statement).toEqual(hex`
      30 1c 06 0a 2b06010401823702010b 31 0e 30 0c 06 0a 2b060104018237020115`);
  });

  test('have an empty SpcSpOpusInfo when there is nothing to say', () => {
    expect(opus).toEqual(hex`30 10 06 0a 2b06010401823702010c 31 02 30 00`);
  });

  test('name the program in UTF-16BE without a NUL, and the place to read more in ASCII', () => {
    const [full] = authenticodeAttributes({ description: 'xé', url: 'https://x' });
    expect(full).toEqual(hex`
      30 25 06 0a 2b06010401823702010c
        31 17 30 15 a0 06 80 04 0078 00e9          ; [0] { [0] BMPString }
                    a1 0b 80 09 68747470733a2f2f78 ; [1] { [0] IA5String }`);
  });

  test('refuse an address that is not ASCII', () => {
    expect(() => authenticodeAttributes({ url: 'https://exämple.org' })).toThrow(
      expect.objectContaining({ code: 'SIGN_URL_INVALID', exit: 2 }),
    );
  });
});
