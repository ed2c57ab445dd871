import { planCatalogs } from '../../packaging/bundle/catalog.ts';
import { encodeUnsignedCatalog } from '../../packaging/formats/cat/encode.ts';
import { printInf } from '../../packaging/formats/inf/document.ts';
import { encodeStandIn, type StandIn } from '../../packaging/formats/pe/stand-in.ts';
import { signCatalog, signPe } from '../../packaging/signing/sign.ts';
import type { FileBytes } from '../../packaging/signing/verify.ts';
import { demo, request } from './catalog-sample.ts';
import { sharedHierarchy, signingParts } from './test-keys.ts';

/** A small driver; `changes` make it another one. */
export const standIn = (changes: Partial<StandIn> = {}): Uint8Array =>
  encodeStandIn({
    name: 'demo.sys',
    machine: 'x64',
    kind: 'driver',
    imports: [{ module: 'ntoskrnl.exe', names: ['KeBugCheckEx'] }],
    exports: [],
    version: {
      fixed: {
        fileVersion: [1, 2, 3, 4],
        productVersion: [1, 2, 3, 4],
        fileType: 3,
        fileSubtype: 7,
        fileFlags: 0,
        fileOs: 0x4_0004,
      },
      strings: [],
    },
    strings: ['demo'],
    timeDateStamp: 1_700_000_000,
    ...changes,
  });

export interface SignedPackage {
  readonly files: readonly FileBytes[];
  readonly root: Uint8Array;
}

/** A package of winpv's own making for Windows 10 x64 and x86: INF, a signed driver for each, a DLL, a signed catalog. */
export const signedPackage = async (): Promise<SignedPackage> => {
  const hierarchy = await sharedHierarchy();
  const { signer, timestamper } = signingParts(hierarchy);
  const options = { signer, timestamper };
  const contents = {
    'x64/demo.sys': await signPe(standIn(), 'demo.sys', options),
    'x86/demo.sys': await signPe(standIn({ machine: 'x86' }), 'demo.sys', options),
    'extra.dll': await signPe(standIn({ timeDateStamp: 2 }), 'extra.dll', options),
  };
  const inf = demo();
  const [plan] = planCatalogs(request('10_VB_X64,10_NI_X64,10_VB_X86', [inf], contents));
  if (plan === undefined) throw new Error('no catalog was planned');
  const catalog = await signCatalog(encodeUnsignedCatalog(plan.content), plan.name, options);
  return {
    files: [
      { path: 'Demo.inf', bytes: printInf(inf.document) },
      { path: plan.name, bytes: catalog },
      ...Object.entries(contents).map(([path, bytes]) => ({ path, bytes })),
    ],
    root: hierarchy.root.certificate,
  };
};
