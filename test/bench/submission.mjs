import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const executable = resolve(fileURLToPath(import.meta.url), '..', '..', '..', 'cli', 'winpv.js');

const PROJECT = `brands: [example-vendor]
sources: { default: stand-in }
drivers: [xenbus, xenvbd, xendisk, xencrsh]
architectures: [x64]
`;

const winpv = (args, env = {}) => {
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(process.execPath, [executable, ...args], { env: { ...process.env, ...env }, stdio });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise((done) => {
    child.on('close', (exit, signal) => done({ exit, signal, stderr }));
  });
  return { child, ended };
};

const succeeded = async ({ ended }, what) => {
  const { exit, stderr } = await ended;
  if (exit !== 0) throw new Error(`winpv ${what} ended with ${exit}: ${stderr}`);
};

/** An emulator of its own, until it says where it is. */
const startEmulator = async () => {
  const { child, ended } = winpv(['emulator', 'serve', '--fast']);
  const line = new Promise((done) => {
    child.stdout.once('data', (text) => done(JSON.parse(String(text))));
  });
  const failed = ended.then(({ stderr }) => {
    throw new Error(`winpv emulator serve ended: ${stderr}`);
  });
  failed.catch(() => {});
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  return { account: await Promise.race([line, failed]), stop };
};

const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;

/** From nothing running to the signed package, compared: both processes are started anew, with new keys. */
const rehearsedOnce = async (out) => {
  const begun = process.hrtime.bigint();
  const { account, stop } = await startEmulator();
  const started = seconds(begun);
  try {
    const args = ['submit', out, '--brand', 'example-vendor', '--arch', 'x64', '--endpoint', account.url, '--quiet'];
    const env = {
      WINPV_TENANT: account.tenant,
      WINPV_CLIENT_ID: account.clientId,
      WINPV_CLIENT_SECRET: account.clientSecret,
    };
    await succeeded(winpv(args, env), 'submit');
    const all = seconds(begun);
    return { all, started, submitted: all - started };
  } finally {
    await stop();
  }
};

/** A rehearsed submission of a release of four drivers; the release itself is not counted. */
export const submission = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'winpv-bench-'));
  try {
    writeFileSync(join(folder, 'winpv.yaml'), PROJECT);
    const out = join(folder, 'dist');
    await succeeded(winpv(['release', '-C', folder, '--out', out, '--date', '2026-09-01', '--quiet']), 'release');
    const runs = [];
    for (let n = 0; n < 3; n += 1) {
      const copy = join(folder, `dist-${n}`);
      cpSync(out, copy, { recursive: true });
      runs.push(await rehearsedOnce(copy));
    }
    const [, middle] = runs.sort((a, b) => a.all - b.all);
    const parts = `${middle.started.toFixed(2)} s until the emulator serves, ${middle.submitted.toFixed(2)} s to submit`;
    return { value: middle.all, detail: `four drivers; ${parts}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
