import { utf8 } from '../../core/bytes.ts';
import type { CatalogInf, CatalogRequest } from '../../packaging/bundle/catalog.ts';
import { parseOsList } from '../../packaging/formats/cat/os.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';

/** An INF from its lines. */
export const inf = (name: string, lines: string): CatalogInf => {
  const document = parseInf(utf8(lines.replace(/^\s+/gm, '').replaceAll('\n', '\r\n')), name);
  return { document, model: infModel(document) };
};

/** An INF for x86, x64 and arm64 with one binary for each, and a DLL that x64 has twice. */
export const demo = (changes: { readonly version?: string; readonly more?: string } = {}): CatalogInf =>
  inf(
    'Demo.inf',
    `[Version]
     Signature="$Windows NT$"
     ${changes.version ?? 'CatalogFile=Demo.cat\nDriverVer=11/24/2026,1.2.3.4'}
     [Manufacturer]
     %V%=Models,NTx86,NTamd64,NTamd64.10.0...22000,NTarm64
     [Models.NTx86]
     "Demo"=Install, PCI\\VEN_5853&DEV_0001, PCI\\VEN_5853
     [Models.NTamd64]
     "Demo"=Install, PCI\\VEN_5853&DEV_0001
     [Models.NTamd64.10.0...22000]
     "Demo"=Install11, PCI\\VEN_5853&DEV_0002
     [Models.NTarm64]
     "Demo"=Install, PCI\\VEN_5853&DEV_0001
     [Install]
     CopyFiles=Drivers
     [Install11]
     CopyFiles=Drivers,Extra
     [Drivers]
     Demo.sys
     [Extra]
     Renamed.dll,extra.dll
     [SourceDisksNames]
     1="disk"
     [SourceDisksFiles.x86]
     demo.sys=1,x86
     [SourceDisksFiles.amd64]
     demo.sys=1,x64
     extra.dll=1
     [SourceDisksFiles.arm64]
     demo.sys=1,arm64
     [DestinationDirs]
     DefaultDestDir=12
     ${changes.more ?? ''}
     [Strings]
     V="Example"`,
  );

const CONTENTS: Readonly<Record<string, string>> = {
  'x86/demo.sys': 'code for x86',
  'x64/demo.sys': 'code for x64',
  'arm64/demo.sys': 'code for arm64',
  'extra.dll': 'a library',
};

export const NOW = Date.UTC(2026, 10, 24, 12);

export const request = (
  osList: string,
  infs: readonly CatalogInf[] = [demo()],
  contents: Readonly<Record<string, Uint8Array | string>> = CONTENTS,
): CatalogRequest => ({
  infs,
  osList: parseOsList(osList.split(',')),
  thisUpdate: NOW,
  files: (path) => {
    const found = contents[path.toLowerCase()];
    return typeof found === 'string' ? utf8(found) : found;
  },
});
