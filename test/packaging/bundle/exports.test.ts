import { describe, expect, test } from 'vitest';
import { kernelExport, kernelExports } from '../../../packaging/bundle/exports/lookup.ts';
import { readExports } from '../../../packaging/bundle/exports/table.ts';
import { describeData } from '../../support/outside.ts';

const since = (module: string, name: string): string | undefined => kernelExport(module, name)?.found.since?.join('.');

describe('what kernel modules of Windows export', () => {
  test.each([
    ['ExAllocatePool2', '10.0.19041'],
    ['IoOpenDriverRegistryKey', '10.0.17134'],
    ['IoGetDriverDirectory', '10.0.17134'],
    ['RtlQueryRegistryValueWithFallback', '10.0.17763'],
    ['MmMapIoSpaceEx', '10.0.10240'],
    ['ExSetTimer', '6.3.9600'],
    ['KeQueryInterruptTimePrecise', '6.3.9600'],
    ['KeGetProcessorIndexFromNumber', '6.1.7600'],
    ['PsSetCreateProcessNotifyRoutineEx', '6.0.6001'],
    ['ZwCreateKeyTransacted', '6.0.6000'],
  ])('the frequent traps: %s is in %s and later', (name, version) => {
    expect(since('ntoskrnl.exe', name)).toBe(version);
    expect(kernelExport('NTOSKRNL.EXE', name)?.found.exact).toBe(true);
  });

  test('names that headers turn into other calls, or that one processor has, are marked', () => {
    expect(kernelExport('storport.sys', 'StorPortAcquireMSISpinLock')?.found.inline).toBe(true);
    expect(kernelExport('storport.sys', 'StorPortExtendedFunction')?.found.inline).toBe(false);
    expect(kernelExport('ntoskrnl.exe', 'KeInitializeSpinLock')?.found.only).toEqual(['arm', 'x86']);
  });

  test('a name of the hardware layer is found in the kernel as one of both', () => {
    expect(kernelExport('hal.dll', 'KeStallExecutionProcessor')?.joined).toBe(false);
    expect(kernelExport('ntoskrnl.exe', 'KeStallExecutionProcessor')?.joined).toBe(true);
  });

  test('other modules are not known, whatever they are called', () => {
    for (const name of ['xen.sys', 'toString', '__proto__', '']) expect(kernelExports(name)).toBeUndefined();
    expect(kernelExport('ntoskrnl.exe', 'constructor')).toBeUndefined();
  });

  test('the keys of the compact form', () => {
    const names = readExports({ '<=6.1@x86,amd64': 'A\nB', '?~': 'C', '6.0sp1': 'D' });
    expect(names.get('B')).toEqual({ since: [6, 1, 7600], exact: false, only: ['x86', 'amd64'], inline: false });
    expect(names.get('C')).toEqual({ since: undefined, exact: false, only: undefined, inline: true });
    expect(names.get('D')).toEqual({ since: [6, 0, 6001], exact: true, only: undefined, inline: false });
  });
});

type Row = readonly [min: string | null, basis: string, seen: string | null, flags?: string];
interface Data {
  readonly modules: Readonly<Record<string, Readonly<Record<string, Row>>>>;
}

for (const file of ['ntoskrnl-exports.json', 'kernel-module-exports.json']) {
  describeData(`the tables say what ${file} says`, file, (data) => {
    test.each(Object.entries((data as Data).modules))('%s', (module, rows) => {
      const ours = kernelExports(module);
      expect([...(ours?.keys() ?? [])].sort()).toEqual(Object.keys(rows).sort());
      for (const [name, [min, , , flags = '']] of Object.entries(rows)) {
        const own = ours?.get(name);
        const version = min?.replace('<=', '').replace(/sp\d$/, '');
        expect(own?.since?.join('.') ?? '').toContain(version ?? '');
        expect({ name, exact: own?.exact }).toEqual({ name, exact: min !== null && !min.startsWith('<=') });
        expect({ name, inline: own?.inline }).toEqual({ name, inline: flags.includes('inline') });
        expect({ name, only: own?.only !== undefined }).toEqual({ name, only: flags.includes('arch=') });
      }
    });
  });
}
