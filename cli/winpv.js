#!/usr/bin/env node
// The executable. It answers --version by itself, so that the answer costs little more than starting node.
import { existsSync, readFileSync } from 'node:fs';

const version = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version;
const [first, ...rest] = process.argv.slice(2);
const compiled = new URL('../build/main.js', import.meta.url);

if ((first === '--version' || first === '-V') && rest.length === 0) {
  process.stdout.on('error', (error) => {
    if (error.code === 'EPIPE') return;
    process.stderr.write(`error FILE_UNWRITABLE  The result cannot be written to standard output: ${error.code}.\n`);
    process.exitCode = 8;
  });
  process.stdout.write(`${version}\n`);
} else if (!existsSync(compiled)) {
  process.stderr.write('error: winpv is not compiled yet. Run `npm ci` in its folder.\n');
  process.exitCode = 8;
} else {
  const { main } = await import(compiled.href);
  const { runProcess } = await import(new URL('../build/process.js', import.meta.url).href);
  await runProcess(main, version);
}
