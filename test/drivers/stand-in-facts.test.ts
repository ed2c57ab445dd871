import { describe, expect, test } from 'vitest';
import type { DriverFile } from '../../drivers/contract.ts';
import { DRIVERS, driverNamed } from '../../drivers/index.ts';
import { renderText } from '../../packaging/bundle/render-template.ts';
import { describeData } from '../support/outside.ts';
import { tokensFor, WITH_EVERYTHING, XEN_PROJECT } from './render.ts';

const files: readonly DriverFile[] = [
  ...new Set(DRIVERS.flatMap(({ generations }) => generations.flatMap((generation) => generation.files))),
];

const exportsIn = (packageName: string, module: string): readonly string[] | undefined =>
  driverNamed(packageName).generations[0].files.find(({ name }) => name === module)?.standIn.exports;

describe('what stand-ins import', () => {
  test.each([
    { packageName: 'xenbus', file: 'xenbus.sys', from: 'xen.sys' },
    { packageName: 'xenbus', file: 'xenfilt.sys', from: 'xen.sys' },
    { packageName: 'xenvbd', file: 'xenvbd.sys', from: 'xencrsh.sys' },
  ])('$file needs $from, which its package carries and which exports every name (F24, F37)', (row) => {
    const importer = driverNamed(row.packageName).generations[0].files.find(({ name }) => name === row.file);
    const names = importer?.standIn.imports.find(({ module }) => module === row.from)?.names ?? [];
    expect(names.length).toBeGreaterThan(0);
    const offered = exportsIn(row.packageName, row.from) ?? [];
    expect(names.filter((name) => !offered.includes(name))).toEqual([]);
  });

  test('names each module once, and each name once', () => {
    for (const { standIn } of files) {
      const modules = standIn.imports.map(({ module }) => module.toLowerCase());
      expect(new Set(modules).size).toBe(modules.length);
      for (const { names } of standIn.imports) expect(new Set(names).size).toBe(names.length);
      expect(new Set(standIn.exports).size).toBe(standIn.exports.length);
    }
  });

  test('exports are what export drivers and co-installers have, and nothing else', () => {
    const exporting = files.filter(({ standIn }) => standIn.exports.length > 0).map(({ name }) => name);
    expect([...exporting].sort()).toEqual([
      'xen.sys',
      'xenbus_coinst.dll',
      'xencrsh.sys',
      'xeniface_coinst.dll',
      'xennet_coinst.dll',
      'xenvbd_coinst.dll',
      'xenvif_coinst.dll',
    ]);
    expect(files.filter(({ kind }) => kind === 'export-driver').map(({ name }) => name)).toEqual([
      'xen.sys',
      'xencrsh.sys',
    ]);
  });
});

type ExportTable = Readonly<Record<string, Readonly<Record<string, readonly [min: string | null, ...unknown[]]>>>>;

const isInWindows7 = (min: string | null): boolean => min !== null && /^(<=)?(5\.|6\.[01])/.test(min);

const kernelNames = (module: string): readonly string[] => [
  ...new Set(
    files.flatMap(({ standIn }) =>
      standIn.imports.filter((entry) => entry.module.toLowerCase() === module).flatMap(({ names }) => names),
    ),
  ),
];

describeData('the kernel names that stand-ins import', 'ntoskrnl-exports.json', (json) => {
  const { modules } = json as { readonly modules: ExportTable };
  test.each(['ntoskrnl.exe', 'hal.dll'])(
    'from %s are there since Windows 7, the oldest system of the 8.2 line',
    (module) => {
      const missing = kernelNames(module).filter((name) => !isInWindows7(modules[module]?.[name]?.[0] ?? null));
      expect(missing).toEqual([]);
      expect(kernelNames(module).length).toBeGreaterThan(0);
    },
  );
});

describeData('the names of port and class drivers that stand-ins import', 'kernel-module-exports.json', (json) => {
  const { modules } = json as { readonly modules: ExportTable };
  test.each(['storport.sys', 'ndis.sys', 'hidclass.sys', 'wmilib.sys'])(
    'are real exports of %s since Windows 7, not inlines of its header',
    (module) => {
      const rows = kernelNames(module).map((name) => [name, modules[module]?.[name]] as const);
      expect(rows.length).toBeGreaterThan(0);
      const wrong = rows.filter(([, row]) => row === undefined || JSON.stringify(row).includes('inline'));
      expect(wrong).toEqual([]);
      expect(rows.filter(([, row]) => !isInWindows7(row?.[0] ?? null))).toEqual([]);
    },
  );
});

describe('the strings of stand-ins', () => {
  const filled = (name: string, brand: typeof XEN_PROJECT): readonly string[] =>
    files
      .filter((file) => file.name === name)
      .flatMap(({ standIn }) => standIn.strings)
      .map((text) => renderText(text, name, tokensFor(brand, 'x64')).text)
      .filter((text) => text !== '');

  test('give the prefix away in the bus, where children take it from (F01)', () => {
    expect(filled('xenbus.sys', XEN_PROJECT)).toEqual(
      expect.arrayContaining(['XP', 'XENBUS\\VEN_XP', 'Xen Project', 'Xen', '9.1.0.30']),
    );
  });

  test.each([
    { bus: 'xenvif', enumerator: 'XENVIF' },
    { bus: 'xenvkbd', enumerator: 'XENVKBD' },
  ])('and so in $bus, which is a bus too', ({ bus, enumerator }) => {
    expect(filled(`${bus}.sys`, XEN_PROJECT)).toEqual(expect.arrayContaining(['XP', `${enumerator}\\VEN_XP`]));
    expect(filled(`${bus}.sys`, WITH_EVERYTHING)).toEqual(expect.arrayContaining(['XZ', `${enumerator}\\VEN_XZ`]));
  });

  test('name the WMI classes of xeniface by the object prefix, when there is one', () => {
    expect(filled('xeniface.sys', XEN_PROJECT)).toContain('XenProjectXenStoreBase');
    expect(filled('xeniface.sys', WITH_EVERYTHING).join('\n')).not.toContain('XenStore');
  });

  test('name the vendor function only when there is one', () => {
    const own = 'PCI\\VEN_5853&DEV_C1F0&SUBSYS_C1F05853&REV_01';
    for (const name of ['xen.sys', 'xenbus.sys', 'xenfilt.sys']) {
      expect(filled(name, WITH_EVERYTHING)).toContain(own);
      expect(filled(name, XEN_PROJECT).join('\n')).not.toContain('PCI\\');
    }
  });

  test('carry the version in every binary', () => {
    for (const { name } of files) expect(filled(name, WITH_EVERYTHING)).toContain('9.1.0.31');
  });
});
