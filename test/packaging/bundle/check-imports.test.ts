import { describe, expect, test } from 'vitest';
import { xenvbd } from '../../../drivers/xenvbd/definition.ts';
import { briefly, demo } from '../../support/demo-package.ts';
import { checked, driverPackage, exchanged, image, withCatalogs } from '../../support/pv-package.ts';

describe('imports of kernel binaries', () => {
  const importing = (module: string, ...names: string[]) => demo({ imports: [{ module, names }] });
  const messages = (files: Parameters<typeof checked>[0]) =>
    checked(files).map(({ severity, code, message }) => [severity, code, message]);

  test('a name that the oldest Windows of the INF lacks is an error', () => {
    expect(messages(importing('ntoskrnl.exe', 'ExAllocatePool2', 'ExFreePoolWithTag'))).toEqual([
      [
        'error',
        'BUNDLE_IMPORT_NEWER',
        'demo.sys imports ExAllocatePool2 from ntoskrnl.exe, which Windows has since 10.0.19041; the INF is for 10.0.17763 and later.',
      ],
    ]);
  });

  test('the catalog says the oldest Windows when the decoration does not', () => {
    const files = demo(
      { imports: [{ module: 'ntoskrnl.exe', names: ['ExAllocatePool2'] }] },
      { decoration: 'NTamd64' },
    );
    expect(briefly(files)).toEqual(['error BUNDLE_IMPORT_NEWER demo.sys']);
    const newer = withCatalogs(files.slice(0, -1), '10_VB_X64');
    expect(briefly(newer)).toEqual([]);
  });

  test('without any oldest Windows, nothing is too new', () => {
    const files = demo(
      { imports: [{ module: 'ntoskrnl.exe', names: ['ExAllocatePool2'] }] },
      { decoration: 'NTamd64' },
    );
    expect(briefly(files.slice(0, -1))).toEqual(['warning BUNDLE_CATALOG_MISSING demo.inf:6']);
  });

  test('a name that the tables do not have is a note', () => {
    expect(messages(importing('ntoskrnl.exe', 'ZwMadeUp', 'ExMadeUp'))).toEqual([
      [
        'info',
        'BUNDLE_IMPORT_UNKNOWN',
        'demo.sys imports ZwMadeUp, ExMadeUp from ntoskrnl.exe; winpv does not know since when Windows has them.',
      ],
    ]);
  });

  test('so is a module that is neither in the package nor known', () => {
    expect(briefly(importing('vendorlib.sys', 'VendorCall'))).toEqual(['info BUNDLE_IMPORT_UNKNOWN demo.sys']);
  });

  test('the driver framework, ordinals and names of either half of the kernel are known', () => {
    expect(briefly(importing('WDFLDR.SYS', 'WdfVersionBind', 'WdfVersionUnbind'))).toEqual([]);
    expect(briefly(importing('ntoskrnl.exe', '#17'))).toEqual([]);
    expect(briefly(importing('HAL.dll', 'KeQueryPerformanceCounter'))).toEqual([]);
    // Only since Windows 10 2004 does the other half answer.
    expect(briefly(importing('HAL.dll', 'IofCompleteRequest'))).toEqual(['warning BUNDLE_IMPORT_NEWER demo.sys']);
  });

  test('a function of the package that has a name may be imported by its ordinal as well', () => {
    const linked = (ordinal: string) =>
      checked(
        exchanged(
          driverPackage(xenvbd),
          'xenvbd.sys',
          image({ name: 'xenvbd.sys', imports: [{ module: 'xencrsh.sys', names: [ordinal] }] }),
        ),
      )
        .filter(({ code }) => code === 'BUNDLE_IMPORT_MISSING')
        .map(({ failureMode, message }) => `${failureMode} ${message}`);
    expect(linked('#1')).toEqual([]);
    expect(linked('#4711')).toEqual([
      'F37 xenvbd.sys imports #4711 from xencrsh.sys, and the one in the package does not export it.',
    ]);
  });

  test('a program may import what it likes', () => {
    const files = exchanged(
      demo().slice(0, -1),
      'demoagent.exe',
      image({ kind: 'program', imports: [{ module: 'nowhere.dll', names: ['X'] }] }),
    );
    expect(briefly(withCatalogs(files, 'ServerRS5_X64'))).toEqual([]);
  });
});
