import { spawnSync } from 'node:child_process';
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
  const command = [executable, 'release', '-C', 'examples/quickstart', '--out', 'dist/bench-quickstart', '--clean', '--quiet'];
  timed(command);
  const times = [timed(command), timed(command), timed(command)];
  return { value: median(times) / 1000, detail: `2 brands x 4 packages x 2 architectures, keys made; runs ${times.map((t) => t.toFixed(0)).join(', ')} ms` };
};

export const figures = [
  {
    name: 'start',
    unit: 'x bare node',
    limit: 1.6,
    measure: () => alternating(20, [executable, '--version'], ['-e', '0']),
  },
  { name: 'quickstart', unit: 's', limit: 3, measure: quickStart },
];
