import { encodeStandIn, type StandIn } from '../../packaging/formats/pe/stand-in.ts';
import type { VersionResource } from '../../packaging/formats/pe/version-resource.ts';

type Numbers = VersionResource['fixed']['fileVersion'];

/** The version resource of a driver; with a CompanyName when there is a company. */
export const driverVersion = (numbers: Numbers, company?: string): VersionResource => ({
  fixed: {
    ...{ fileVersion: numbers, productVersion: numbers },
    ...{ fileType: 3, fileSubtype: 7, fileFlags: 0, fileOs: 0x40004 },
  },
  strings: company === undefined ? [] : [{ language: 0x409, codepage: 1200, values: { CompanyName: company } }],
});

/** A small image without a signature, imports or exports; the same bytes each time. `changes` make it another one. */
export const driverImage = (name: string, changes: Partial<StandIn> = {}): Uint8Array =>
  encodeStandIn({
    ...{ name, machine: 'x64', kind: 'driver', imports: [], exports: [], strings: [], timeDateStamp: 0 },
    version: driverVersion([9, 1, 0, 0]),
    ...changes,
  });

/** One that belongs to no driver of the family. */
export const demoImage = (): Uint8Array =>
  driverImage('a.sys', { strings: ['text'], version: driverVersion([1, 0, 0, 0], 'Example') });
