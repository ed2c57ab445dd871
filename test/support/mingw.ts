import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A small program of MinGW's that prints a line and exits with 7, with the resources of a script. */
const PROGRAM = `
#include <stdio.h>
int main(void) { printf("alive\\n"); return 7; }
`;

/** One table of strings: `040904b0`, and what it says. */
export interface RcTable {
  readonly key: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface RcVersion {
  /** As `LANGUAGE` has it: 9 and 1 for English of the United States. */
  readonly language: readonly [primary: number, sub: number];
  readonly tables: readonly RcTable[];
}

const wide = (text: string): string =>
  `L"${[...text].map((char) => (char === '"' ? '""' : /^[ -~]$/.test(char) && char !== '\\' ? char : [...Array(char.length).keys()].map((i) => `\\x${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''))).join('')}"`;

/** A resource script with other resources around version information. */
export const versionScript = (versions: readonly RcVersion[]): string => `
100 RCDATA { "what stands before", 0 }
${versions
  .map(
    ({ language: [primary, sub], tables }) => `
LANGUAGE ${primary}, ${sub}
1 VERSIONINFO
FILEVERSION 9,1,0,30
PRODUCTVERSION 9,1,0,30
FILEFLAGSMASK 0x3f
FILEFLAGS 0x8
FILEOS 0x40004
FILETYPE 3
FILESUBTYPE 7
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
${tables
  .map(
    ({ key, values }) => `    BLOCK "${key}"
    BEGIN
${Object.entries(values)
  .map(([name, value]) => `      VALUE "${name}", ${wide(value)}`)
  .join('\n')}
    END`,
  )
  .join('\n')}
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", ${tables.map(({ key }) => `0x${key.slice(0, 4)}, 0x${key.slice(4)}`).join(', ')}
  END
END`,
  )
  .join('\n')}
24 RCDATA { "what stands behind", 0 }
`;

const run = (tool: string, args: readonly string[]): string => {
  const { status, stderr, stdout, error } = spawnSync(tool, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0) throw new Error(`${tool}: ${error?.message ?? stderr}`);
  return stdout;
};

export interface MingwOptions {
  /** More words for the linker: `-s`, `-Wl,…`. */
  readonly flags?: readonly string[];
  readonly script?: string;
}

/** Compiles the program; every call makes a new file in the folder. */
export const mingwImage = (folder: string, { flags = [], script }: MingwOptions): Uint8Array => {
  const [source, out] = [join(folder, 'program.c'), join(folder, 'program.exe')];
  writeFileSync(source, PROGRAM);
  const objects: string[] = [];
  if (script !== undefined) {
    writeFileSync(join(folder, 'program.rc'), script);
    run('x86_64-w64-mingw32-windres', [join(folder, 'program.rc'), join(folder, 'resources.o')]);
    objects.push(join(folder, 'resources.o'));
  }
  run('x86_64-w64-mingw32-gcc', [source, ...objects, '-o', out, ...flags]);
  return new Uint8Array(readFileSync(out));
};

/** What MinGW's resource compiler reads out of an image, as a script. */
export const decompiled = (folder: string, image: Uint8Array): string => {
  const path = join(folder, 'read.exe');
  writeFileSync(path, image);
  return run('x86_64-w64-mingw32-windres', ['-I', 'pe', '-O', 'rc', path]);
};
