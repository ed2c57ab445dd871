import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './compiled.mjs';
import { releaseFiles } from './rehearsal.mjs';

const root = resolve(fileURLToPath(import.meta.url), '..', '..', '..');
const executable = join(root, 'cli', 'winpv.js');

const CONFIGURATIONS = 2000;
const MILLION = 1_000_000;

/** A label for each driver, with rows for 0001 and 0002 and for what the bus lists: everybody competes. */
const labelOf = (driver, pnps, index) => ({
  id: `bench-${index + 1}`,
  ...{ brand: 'xenproject', driver, signature: 'whql', destination: 'windowsUpdate' },
  publishingSpecifications: { isAutoInstallDuringOSUpgrade: true, isAutoInstallOnApplicableSystems: true },
  targeting: {
    hardwareIds: pnps.flatMap((pnpString) =>
      ['WINDOWS_v100_X64_RS1_FULL', 'WINDOWS_v100_SERVER_X64_RS1_FULL'].map((operatingSystemCode) => ({
        ...{ bundleId: 'bench', infId: `${driver}.inf`, operatingSystemCode, pnpString },
      })),
    ),
  },
});

const idsOf = (files, driver) => {
  const inf = files.find(({ path }) => path === `${driver}/x64/${driver}.inf`);
  const text = new TextDecoder('utf-16le').decode(inf.bytes);
  const ids = (inf.bytes[0] === 0xff ? text : new TextDecoder().decode(inf.bytes)).match(
    /(PCI|XENBUS|XENVIF)\\VEN_[^,\s]+/g,
  );
  return [...new Set(ids.map((id) => id.toLowerCase()))];
};

/** What the command is given: a release as files, labels, and a fleet of so many machines. */
const prepare = async (folder, machines) => {
  const files = releaseFiles();
  for (const { path, bytes } of files) {
    const to = join(folder, 'xenproject', path);
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, bytes);
  }
  const drivers = ['xenbus', 'xenvbd', 'xenvif', 'xennet'];
  const labels = drivers.map((driver, index) => labelOf(driver, idsOf(files, driver), index));
  writeFileSync(join(folder, 'labels.json'), JSON.stringify(labels));
  const { generateFleet, DEFAULT_DISTRIBUTION: distribution } = await measured();
  const fleet = openSync(join(folder, 'fleet.ndjson'), 'w');
  for (const part of generateFleet({ machines, configurations: CONFIGURATIONS, seed: 'bench', distribution }).parts)
    writeSync(fleet, part);
  closeSync(fleet);
};

/** Written by a process that ends: its peak in KiB, and its CPU in microseconds. */
const COST = `process.on('exit', () => {
  const fs = require('node:fs');
  const status = fs.existsSync('/proc/self/status') ? fs.readFileSync('/proc/self/status', 'utf8') : '';
  fs.writeFileSync(process.env.COST_FILE, JSON.stringify({
    peak: Number(/VmHWM:\\s*(\\d+)/.exec(status)?.[1] ?? 0),
    cpu: process.cpuUsage(),
  }));
});`;

/** Simulates a fleet with the command, on one core: seconds of CPU and of the clock, and its peak in MB. */
const simulate = async (machines) => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    await prepare(folder, machines);
    const [preload, cost] = [join(folder, 'cost.cjs'), join(folder, 'cost.json')];
    writeFileSync(preload, COST);
    const args = ['--require', preload, executable, 'fleet', 'simulate'];
    args.push('--fleet', join(folder, 'fleet.ndjson'), '--release', join(folder, 'xenproject'));
    args.push('--labels', join(folder, 'labels.json'), '--out', join(folder, 'out.ndjson'), '--quiet');
    const onOneCore = spawnSync('taskset', ['-c', '0', 'true']).error === undefined ? ['taskset', '-c', '0'] : [];
    const [program, ...rest] = [...onOneCore, process.execPath, ...args];
    const start = process.hrtime.bigint();
    const run = spawnSync(program, rest, {
      ...{ cwd: root, stdio: ['ignore', 'ignore', 'pipe'] },
      env: { ...process.env, COST_FILE: cost },
    });
    const clock = Number(process.hrtime.bigint() - start) / 1e9;
    if (run.status !== 0) throw new Error(`winpv fleet simulate ended with ${run.status}: ${run.stderr}`);
    const { peak, cpu } = JSON.parse(readFileSync(cost, 'utf8'));
    return { seconds: (cpu.user + cpu.system) / 1e6, clock, peak: peak / 1000 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A million machines of two thousand configurations; more than a gigabyte is a miss. */
export const fleetOfAMillion = async () => {
  const { seconds, clock, peak } = await simulate(MILLION);
  const detail = `${MILLION} machines of ${CONFIGURATIONS} configurations on one core, ${clock.toFixed(1)} s by the clock, peak ${peak.toFixed(0)} MB`;
  return { value: peak > 1000 ? Number.POSITIVE_INFINITY : seconds, detail };
};

/** Ten times the machines. */
export const fleetGrowth = async () => {
  const [few, many] = [await simulate(MILLION / 10), await simulate(MILLION)];
  return {
    value: many.seconds / few.seconds,
    detail: `${many.seconds.toFixed(1)} s against ${few.seconds.toFixed(1)} s`,
  };
};
