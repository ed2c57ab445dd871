import { describe, expect, test } from 'vitest';
import { testSigningScripts } from '../../../publishing/delivery/scripts.ts';

const scripts = new Map(
  testSigningScripts({
    brand: 'acme',
    drivers: new Map([
      ['x64', ['xenbus', 'xenvbd']],
      ['x86', ['xenbus']],
    ]),
    root: { file: 'root.cer', thumbprint: 'aa11' },
    signer: { file: 'signer.cer', thumbprint: 'bb22' },
  }).map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]),
);
const lines = (name: string): readonly string[] => (scripts.get(name) ?? '').split('\r\n');
const at = (name: string, text: string): number => lines(name).findIndex((line) => line.includes(text));

describe('scripts for test signing', () => {
  test.each([...scripts.keys()])('%s is ASCII with CRLF, and ends with one', (name) => {
    const text = scripts.get(name) ?? '';
    expect(text).toMatch(/^[\r\n -~]*\r\n$/);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test.each(['install.cmd', 'undo.cmd'])('%s jumps only to labels that it has, each there once', (name) => {
    const labels = lines(name).flatMap((line) => /^:(\w+)$/.exec(line)?.[1] ?? []);
    expect(new Set(labels).size).toBe(labels.length);
    const jumps = [...(scripts.get(name) ?? '').matchAll(/\b(?:goto |call :)(\w+)/g)].map(([, label]) => label);
    expect(jumps.filter((label) => !labels.includes(label ?? ''))).toEqual([]);
  });

  test('installing switches test signing on before any driver is added', () => {
    expect(at('install.cmd', '/set testsigning on >nul')).toBeGreaterThan(0);
    expect(at('install.cmd', '/set testsigning on >nul')).toBeLessThan(at('install.cmd', 'call :add xenbus'));
    expect(at('install.cmd', 'call :add xenbus')).toBeLessThan(at('install.cmd', 'call :add xenvbd'));
  });

  test('undoing removes the bus last, and switches test signing off after every driver', () => {
    const bus = lines('undo.cmd').indexOf('call :remove xenbus');
    expect(lines('undo.cmd').indexOf('call :remove xenvbd')).toBeLessThan(bus);
    expect(bus).toBeLessThan(at('undo.cmd', '/set testsigning off >nul'));
  });

  test('no program of Windows is taken to have succeeded for a negative exit code', () => {
    for (const name of ['install.cmd', 'undo.cmd']) expect(scripts.get(name)).not.toMatch(/if (not )?errorlevel/i);
  });
});
