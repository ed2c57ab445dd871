import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { writeMatrix } from './matrix-project.mjs';

const executable = resolve(fileURLToPath(import.meta.url), '..', '..', '..', 'cli', 'winpv.js');

/** Brands; fewer for a look on a busy machine. */
const BRANDS = Number(process.env.WINPV_BENCH_BRANDS ?? '100');
const MB = 1e6;

/** Milliseconds that one call takes, on one thread. */
const each = (times, work) => {
  work();
  const start = process.hrtime.bigint();
  for (let i = 0; i < times; i += 1) work();
  return Number(process.hrtime.bigint() - start) / 1e6 / times;
};

/** What signing, hashing and deflating alone would take: one signature of each file, each input byte once. */
const limitMs = (folder, { bytes, signatures }) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 3072 });
  const message = Buffer.alloc(256);
  const images = readdirSync(join(folder, 'bin', 'x64')).map((name) => readFileSync(join(folder, 'bin', 'x64', name)));
  const size = images.reduce((sum, image) => sum + image.length, 0);
  const signing = each(100, () => sign('sha256', message, privateKey));
  const hashing = each(5, () => images.map((image) => createHash('sha256').update(image).digest())) / size;
  const deflating = each(3, () => images.map((image) => deflateRawSync(image, { level: 6 }))) / size;
  return signatures * signing + bytes * (hashing + deflating);
};

const PEAK = `process.on('exit', () => {
  const fs = require('node:fs');
  const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
  fs.writeFileSync(process.env.RSS_FILE, /VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? '0');
});`;

/** A release of a project: its time, its peak of memory in bytes, and what it says of itself. */
const released = (folder, out, more = []) => {
  const preload = join(folder, 'rss.cjs');
  writeFileSync(preload, PEAK);
  const args = ['--require', preload, executable, 'release', '-C', folder, '--out', out, '--date', '2026-09-01'];
  const start = process.hrtime.bigint();
  const run = spawnSync(process.execPath, [...args, '--json', ...more], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, RSS_FILE: join(folder, 'rss') },
  });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (run.status !== 0) throw new Error(`winpv release ended with ${run.status}: ${run.stderr}`);
  return { ms, peak: Number(readFileSync(join(folder, 'rss'), 'utf8')) * 1024, record: JSON.parse(run.stdout).result };
};

/** Files with a signature: images, catalogs and cabinets. Their time stamps and statements, signed too, are not counted. */
const signaturesOf = (record) =>
  record.brands.reduce(
    (sum, { packages, cabinets }) =>
      sum + cabinets.length + packages.flatMap(({ files }) => files).filter(({ path }) => !/\.inf$/i.test(path)).length,
    0,
  );

const measureOnce = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  const [large, small] = [join(folder, 'large'), join(folder, 'small')];
  try {
    const few = Math.max(1, Math.round(BRANDS / 10));
    await writeMatrix(small, few);
    // Makes the keys, which no later release has to.
    released(small, join(folder, 'keys'));
    const tenth = released(small, join(folder, 'tenth'));
    const bytes = await writeMatrix(large, BRANDS);
    const out = join(folder, 'out');
    released(large, join(folder, 'one'), ['--brand', 'brand-000']);
    const whole = released(large, out);
    const again = released(large, out, ['--clean']);
    const limit = limitMs(large, { bytes, signatures: signaturesOf(whole.record) });
    return { tenth, whole, again, limit };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let once;
/** One run gives all four figures. */
const measure = () => {
  once ??= measureOnce();
  return once;
};

const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;

/** Against half of four times what the arithmetic alone takes on one core. */
export const matrixEach = async () => {
  const { whole, limit } = await measure();
  const detail = `${BRANDS} brands x 4 packages x 2 architectures in ${seconds(whole.ms)}; sign, hash and deflate alone ${seconds(limit)}`;
  return { value: (whole.ms * 2) / limit, detail };
};

export const matrixGrowth = async () => {
  const { whole, tenth } = await measure();
  return { value: whole.ms / tenth.ms, detail: `${seconds(whole.ms)} against ${seconds(tenth.ms)} of a tenth` };
};

export const matrixMemory = async () => {
  const { whole } = await measure();
  return { value: whole.peak / MB, detail: `peak of the process with its threads` };
};

export const rebuild = async () => {
  const { again } = await measure();
  return { value: again.ms / 1000, detail: `${BRANDS} brands, each file held to its hash` };
};
