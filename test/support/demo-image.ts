import { encodeStandIn } from '../../packaging/formats/pe/stand-in.ts';

/** A small driver image without a signature; the same bytes each time. */
export const demoImage = (): Uint8Array =>
  encodeStandIn({
    ...{ name: 'a.sys', machine: 'x64', kind: 'driver', imports: [], exports: [], strings: ['text'], timeDateStamp: 0 },
    version: {
      fixed: {
        ...{ fileVersion: [1, 0, 0, 0], productVersion: [1, 0, 0, 0] },
        ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x40004 },
      },
      strings: [{ language: 0x409, codepage: 1200, values: { CompanyName: 'Example' } }],
    },
  });
