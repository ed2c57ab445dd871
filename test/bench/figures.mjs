import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const executable = join(root, 'cli', 'winpv.js');

const timed = (args, options = {}) => {
  const start = process.hrtime.bigint();
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], ...options });
  const ms = Number(process.hrtime.bigint() - start) / 1e6;
  if (run.status !== 0) throw new Error(`node ${args.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return ms;
};

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** Medians of two commands run in turn, and their ratio. */
const alternating = (runs, a, b) => {
  timed(a);
  timed(b);
  const times = Array.from({ length: runs }, () => [timed(a), timed(b)]);
  const [first, second] = [median(times.map((t) => t[0])), median(times.map((t) => t[1]))];
  return { value: first / second, detail: `${first.toFixed(0)} ms against ${second.toFixed(0)} ms of a bare node` };
};

const quickStart = () => {
  const command = [
    executable,
    'release',
    '-C',
    'examples/quickstart',
    '--out',
    'dist/bench-quickstart',
    '--clean',
    '--quiet',
  ];
  timed(command);
  const times = [timed(command), timed(command), timed(command)];
  return {
    value: median(times) / 1000,
    detail: `2 brands x 4 packages x 2 architectures, keys made; runs ${times.map((t) => t.toFixed(0)).join(', ')} ms`,
  };
};

/** A program of the system, timed; undefined when it is not installed. */
const peer = (program, args) => {
  const start = process.hrtime.bigint();
  const run = spawnSync(program, args, { stdio: 'ignore' });
  if (run.error !== undefined) return undefined;
  if (run.status !== 0) throw new Error(`${program} ended with ${run.status}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
};

const CAB_BYTES = 50_000_000;

/** Machine code: the first bytes of the node that runs this. */
const binaryInput = () => {
  const bytes = Buffer.alloc(CAB_BYTES);
  const file = openSync(process.execPath, 'r');
  const read = readSync(file, bytes, 0, CAB_BYTES, 0);
  closeSync(file);
  return bytes.subarray(0, read);
};

/** Text like a symbol dump: hex digits that no dictionary helps with, the same in each run. */
const hexInput = () => {
  const parts = [];
  for (let i = 0, length = 0; length < CAB_BYTES; i += 1, length += 64)
    parts.push(createHash('sha256').update(String(i)).digest('hex'));
  return Buffer.from(parts.join('').slice(0, CAB_BYTES));
};

/** A 50 MB MSZIP cabinet against gcab, in turn. The value is the time ratio; a larger cabinet than gcab's is a miss. */
const cabinet = (makeInput) => () => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    const [input, ours, theirs] = ['input.bin', 'ours.cab', 'theirs.cab'].map((name) => join(folder, name));
    writeFileSync(input, makeInput());
    const times = [];
    for (let i = 0; i < 3; i += 1) {
      const b = peer('gcab', ['-c', '-z', '-n', theirs, input]);
      if (b === undefined) return { value: 0, detail: 'not compared: gcab is not installed' };
      times.push([timed([executable, 'cab', 'create', ours, input, '--quiet']), b]);
    }
    const [a, b] = [median(times.map((t) => t[0])), median(times.map((t) => t[1]))];
    const [oursSize, theirsSize] = [statSync(ours).size, statSync(theirs).size];
    const detail = `${a.toFixed(0)} ms and ${oursSize} bytes against ${b.toFixed(0)} ms and ${theirsSize} bytes of gcab`;
    return { value: oursSize > theirsSize ? Number.POSITIVE_INFINITY : a / b, detail };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const figures = [
  {
    name: 'start',
    unit: 'x bare node',
    limit: 1.6,
    measure: () => alternating(20, [executable, '--version'], ['-e', '0']),
  },
  { name: 'cab-binary', unit: 'x gcab', limit: 0.7, measure: cabinet(binaryInput) },
  { name: 'cab-hex', unit: 'x gcab', limit: 0.7, measure: cabinet(hexInput) },
  { name: 'quickstart', unit: 's', limit: 3, measure: quickStart },
];
