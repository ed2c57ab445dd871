import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './compiled.mjs';
import { gigabyteOfIo } from './disk-io.mjs';
import { fleetGrowth, fleetOfAMillion } from './fleet.mjs';
import { matrixEach, matrixGrowth, matrixMemory, rebuild } from './matrix.mjs';
import { rehearseEach, rehearseGrowth, rehearseMemory } from './rehearsal.mjs';
import { submission } from './submission.mjs';

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

const SMALL_INF = `[Version]
Signature="$Windows NT$"
Class=System
ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
Provider=%P%
DriverVer=01/01/2026,1.0.0.0
CatalogFile=a.cat
PnpLockdown=1
[Manufacturer]
%P%=M,NTamd64
[M.NTamd64]
%D%=I,ROOT\\BENCH
[I.NT]
[I.NT.Services]
AddService=,2
[Strings]
P="Bench"
D="Bench device"
`;

/** One small INF, so that starting and loading is nearly all of it. */
const startInf = () =>
  inFolder((folder) => {
    const inf = join(folder, 'small.inf');
    writeFileSync(inf, SMALL_INF.replaceAll('\n', '\r\n'));
    return alternating(10, [executable, 'inf', 'verify', inf], ['-e', '0']);
  });

/** One small signed image. */
const startVerify = async () => {
  if (!has('openssl', 'version')) return { value: 0, detail: 'not measured: openssl is not installed' };
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    const { key, cert } = makeKey(folder);
    const [image] = await makeImages(join(folder, 'in'), 1, 10_000);
    timed([executable, 'sign', image, '--key', key, '--cert', cert, '--no-timestamp']);
    return alternating(10, [executable, 'verify', image, '--ca', cert], ['-e', '0']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
    '--fresh',
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

/** A folder for one figure, removed afterwards. */
const inFolder = (body) => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    return body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A 50 MB MSZIP cabinet against gcab, in turn. The value is the time ratio; a larger cabinet than gcab's is a miss. */
const cabinet = (makeInput) => () =>
  inFolder((folder) => {
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
  });

const has = (program, arg) => spawnSync(program, [arg], { stdio: 'ignore' }).error === undefined;

/** A self-signed RSA 2048 certificate for code signing, made by openssl. */
const makeKey = (folder) => {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const extensions = ['-addext', 'extendedKeyUsage=codeSigning', '-addext', 'keyUsage=digitalSignature'];
  const made = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '30',
    '-subj',
    '/CN=bench',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  if (spawnSync('openssl', [...made, ...extensions], { stdio: 'ignore' }).status !== 0)
    throw new Error('openssl made no key');
  return { key, cert };
};

/** Stand-in drivers, each with its own text, grown to about `size` bytes. */
const makeImages = async (folder, count, size) => {
  const { encodeStandIn } = await measured();
  const version = {
    fixed: {
      fileVersion: [1, 0, 0, 0],
      productVersion: [1, 0, 0, 0],
      fileType: 3,
      fileSubtype: 7,
      fileFlags: 0,
      fileOs: 0x40004,
    },
    strings: [],
  };
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: count }, (_, i) => {
    // Each text is stored as bytes and as UTF-16: three bytes a character.
    const text = createHash('sha256')
      .update(String(i))
      .digest('hex')
      .repeat(Math.ceil(size / 3 / 64));
    const image = encodeStandIn({
      name: 'a.sys',
      machine: 'x64',
      kind: 'driver',
      imports: [],
      exports: [],
      strings: [text],
      timeDateStamp: 0,
      version,
    });
    const path = join(folder, `${i}.sys`);
    writeFileSync(path, image);
    return path;
  });
};

/** One call of ours for many files against one call of osslsigncode for each. */
const againstOsslsigncode =
  (what, { count, size }) =>
  async () => {
    if (!has('osslsigncode', '--version') || !has('openssl', 'version'))
      return { value: 0, detail: 'not compared: osslsigncode or openssl is not installed' };
    const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
    try {
      const { key, cert } = makeKey(folder);
      const images = await makeImages(join(folder, 'in'), count, size);
      const [ours, theirs] = [join(folder, 'ours'), join(folder, 'theirs')];
      mkdirSync(theirs);
      const sign = () =>
        timed([
          executable,
          'sign',
          // Many as a folder, one by its name.
          count === 1 ? images[0] : join(folder, 'in'),
          '--key',
          key,
          '--cert',
          cert,
          '--no-timestamp',
          '--out',
          ours,
          '--quiet',
        ]);
      const signPeer = () =>
        images.reduce(
          (sum, path, i) =>
            sum +
            peer('osslsigncode', [
              'sign',
              '-certs',
              cert,
              '-key',
              key,
              '-h',
              'sha256',
              '-in',
              path,
              '-out',
              join(theirs, `${i}.sys`),
            ]),
          0,
        );
      const verify = () => timed([executable, 'verify', ours, '--ca', cert, '--quiet']);
      const verifyPeer = () =>
        images.reduce(
          (sum, _path, i) => sum + peer('osslsigncode', ['verify', '-in', join(theirs, `${i}.sys`), '-CAfile', cert]),
          0,
        );
      // A single call is short, and what else the machine does shows in it.
      const times = Array.from({ length: count === 1 ? 7 : 3 }, () => {
        // Neither replaces a file: freeing the old one takes time, which osslsigncode cannot be asked to spend.
        rmSync(ours, { recursive: true, force: true });
        rmSync(theirs, { recursive: true, force: true });
        mkdirSync(theirs);
        const signing = [sign(), signPeer()];
        return what === 'sign' ? signing : [verify(), verifyPeer()];
      });
      const [a, b] = [median(times.map((t) => t[0])), median(times.map((t) => t[1]))];
      return {
        value: a / b,
        detail: `${a.toFixed(0)} ms against ${b.toFixed(0)} ms of osslsigncode, ${count} x ${(size / 1000).toFixed(0)} KB`,
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };

/**
 * Written by a process that ends: its peak in KiB. `maxRSS` would not do, for Linux begins it at what the process had that
 * started this one.
 */
const PEAK = `process.on('exit', () => {
  const fs = require('node:fs');
  const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
  fs.writeFileSync(process.env.RSS_FILE, /VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? '0');
});`;

/** Peak memory of signing one large image, over its own limit: 150 MB plus three times the file. */
const signingMemory = async () => {
  const size = 100_000_000;
  if (!has('openssl', 'version')) return { value: 0, detail: 'not measured: openssl is not installed' };
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    const { key, cert } = makeKey(folder);
    const [path] = await makeImages(join(folder, 'in'), 1, size);
    const preload = join(folder, 'rss.cjs');
    writeFileSync(preload, PEAK);
    const rss = join(folder, 'rss');
    const args = [
      '--require',
      preload,
      executable,
      'sign',
      path,
      '--key',
      key,
      '--cert',
      cert,
      '--no-timestamp',
      '--out',
      join(folder, 'out.sys'),
      '--quiet',
    ];
    timed(args, { env: { ...process.env, RSS_FILE: rss } });
    const peak = Number(readFileSync(rss, 'utf8')) * 1024;
    if (!(peak > 0)) return { value: 0, detail: 'not measured: this system has no /proc' };
    return {
      value: peak / (150e6 + 3 * statSync(path).size),
      detail: `${(peak / 1e6).toFixed(0)} MB for an image of ${(statSync(path).size / 1e6).toFixed(0)} MB`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const verifier = async () => (await measured()).verifyInf;

const cpuMs = (body) => {
  const before = process.cpuUsage();
  body();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
};

/** CPU to parse and judge the INFs of the corpus in mode h, in one process, on average; our own templates without one. */
const infsEach = async () => {
  const verifyInf = await verifier();
  const corpus = resolve(root, '..', 'shared', 'corpus');
  const folder = existsSync(corpus) ? corpus : join(root, 'drivers');
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.(inf|inx|inf\.in)$/i.test(name));
  const read = files.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]);
  const ms = cpuMs(() => {
    for (const [file, bytes] of read) verifyInf(bytes, { mode: 'h', file });
  });
  return { value: ms / read.length, detail: `${read.length} INFs, warm-up included` };
};

/** A 10 MB INF against a 1 MB one, both a template again and again. */
const infGrowth = async () => {
  const verifyInf = await verifier();
  const template = readFileSync(join(root, 'drivers', 'xenbus', '9.1.inf'));
  const grown = (bytes) =>
    new Uint8Array(Buffer.concat(Array.from({ length: Math.ceil(bytes / template.length) }, () => template)));
  const [small, large] = [grown(1_000_000), grown(10_000_000)];
  verifyInf(small, { mode: 'h', file: 'warm-up.inf' });
  const [a, b] = [
    cpuMs(() => verifyInf(small, { mode: 'h', file: 's.inf' })),
    cpuMs(() => verifyInf(large, { mode: 'h', file: 'l.inf' })),
  ];
  return { value: b / a, detail: `${b.toFixed(0)} ms against ${a.toFixed(0)} ms of CPU` };
};

export const figures = [
  { name: 'inf-each', unit: 'ms of CPU', limit: 3, measure: infsEach },
  { name: 'inf-growth', unit: 'x the time of 1 MB', limit: 12, measure: infGrowth },
  {
    name: 'start',
    unit: 'x bare node',
    limit: 1.6,
    measure: () => alternating(20, [executable, '--version'], ['-e', '0']),
  },
  { name: 'start-inf', unit: 'x bare node', limit: 4, measure: startInf },
  { name: 'start-verify', unit: 'x bare node', limit: 4, measure: startVerify },
  {
    name: 'sign-200',
    unit: 'x osslsigncode',
    limit: 0.25,
    measure: againstOsslsigncode('sign', { count: 200, size: 125_000 }),
  },
  {
    name: 'verify-200',
    unit: 'x osslsigncode',
    limit: 0.25,
    measure: againstOsslsigncode('verify', { count: 200, size: 125_000 }),
  },
  {
    name: 'sign-100MB',
    unit: 'x osslsigncode',
    limit: 1.5,
    measure: againstOsslsigncode('sign', { count: 1, size: 100_000_000 }),
  },
  { name: 'sign-memory', unit: 'x (150 MB + 3 x file)', limit: 1, measure: signingMemory },
  { name: 'cab-binary', unit: 'x gcab', limit: 0.7, measure: cabinet(binaryInput) },
  { name: 'cab-hex', unit: 'x gcab', limit: 0.7, measure: cabinet(hexInput) },
  { name: 'quickstart', unit: 's', limit: 3, measure: quickStart },
  { name: 'rehearse-each', unit: 'ms of CPU', limit: 5, measure: rehearseEach },
  { name: 'rehearse-growth', unit: 'x a tenth of the runs', limit: 11, measure: rehearseGrowth },
  { name: 'io-1gb', unit: 's of CPU', limit: 5, measure: gigabyteOfIo },
  { name: 'rehearse-memory', unit: 'x the heap of a tenth', limit: 1.3, measure: rehearseMemory },
  { name: 'matrix-each', unit: 'x (sign + hash + deflate) / 2', limit: 4, measure: matrixEach },
  { name: 'matrix-growth', unit: 'x a tenth of the brands', limit: 11, measure: matrixGrowth },
  { name: 'matrix-memory', unit: 'MB', limit: 1500, measure: matrixMemory },
  { name: 'rebuild', unit: 's', limit: 1, measure: rebuild },
  { name: 'submission', unit: 's', limit: 3, measure: submission },
  { name: 'fleet-1m', unit: 's of CPU', limit: 20, measure: fleetOfAMillion },
  { name: 'fleet-growth', unit: 'x a tenth of the machines', limit: 11, measure: fleetGrowth },
];
