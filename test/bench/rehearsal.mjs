import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './compiled.mjs';

const root = resolve(fileURLToPath(import.meta.url), '..', '..', '..');

const PROJECT = `brands: [xenproject]
sources: { default: stand-in }
drivers: [xenbus, xenvbd, xenvif, xennet, xeniface, xenvkbd, xenhid, xencons]
architectures: [x64]
rehearse: false
`;

/** The files of a release of all drivers, made by the executable. */
export const releaseFiles = () => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    writeFileSync(join(folder, 'winpv.yaml'), PROJECT);
    const out = join(folder, 'out');
    const args = [
      join(root, 'cli', 'winpv.js'),
      'release',
      '-C',
      folder,
      '--out',
      out,
      '--date',
      '2026-09-01',
      '--quiet',
    ];
    const run = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`winpv release ended with ${run.status}: ${run.stderr}`);
    const brand = join(out, 'xenproject');
    return readdirSync(brand, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => ({
        path: relative(brand, path).split(sep).join('/'),
        bytes: new Uint8Array(readFileSync(path)),
      }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A function that plays so many runs, one scenario after the other in one guest, each from a cold machine. */
const player = async () => {
  const { compileBundle, asIfSigned, guestById, SCENARIOS, Run, judgeRun } = await measured();
  const guest = guestById('windows-11-24h2-x64');
  const files = releaseFiles();
  const compiled = compileBundle({
    ...{ files, label: 'new', guests: [guest], trust: [], shown: (path) => path },
    nowMs: Date.UTC(2026, 9, 1),
  });
  const library = asIfSigned(compiled.library);
  const input = { guest, guests: [guest], library, bundle: { label: 'new', packages: compiled.packages }, before: [] };
  const runs = SCENARIOS.filter((scenario) => scenario.applies(input)).flatMap((scenario) => scenario.runs(input));
  return (count) => {
    for (let done = 0; done < count; done += 1) {
      const { begin, play } = runs[done % runs.length];
      const run = new Run(input, begin);
      play(run);
      const { verdict } = judgeRun(run, 'bench');
      if (verdict !== 'pass') throw new Error('a good release does not pass');
    }
  };
};

const cpuMs = (work) => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** One guest and one scenario from a cold machine. */
export const rehearseEach = async () => {
  const play = await player();
  play(200);
  const ms = cpuMs(() => play(600)) / 600;
  return { value: ms, detail: `${(1000 / ms).toFixed(0)} runs a second on one core` };
};

/** Ten times the runs. */
export const rehearseGrowth = async () => {
  const play = await player();
  play(200);
  const [few, many] = [cpuMs(() => play(150)), cpuMs(() => play(1500))];
  return { value: many / few, detail: `${many.toFixed(0)} ms against ${few.toFixed(0)} ms of CPU` };
};

/** What is left in memory after ten times the runs. */
export const rehearseMemory = async () => {
  const play = await player();
  const used = () => {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed / 1e6;
  };
  play(200);
  const before = used();
  play(2000);
  const after = used();
  return {
    value: after / before,
    detail: `${after.toFixed(0)} MB after 2,200 runs, ${before.toFixed(0)} MB after 200`,
  };
};
