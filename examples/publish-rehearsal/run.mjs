// Rehearses submissions against the emulated Partner Center, and kills winpv before and after each request in turn. See README.md.
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openKillingProxy } from './killing-proxy.mjs';
import { rehearseLabels } from './labels.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    winpv: { type: 'string' },
    report: { type: 'string' },
  },
});

const here = fileURLToPath(new URL('.', import.meta.url));
const winpv = resolve(options.winpv ?? join(here, '..', '..', 'cli', 'winpv.js'));
const folder = mkdtempSync(join(tmpdir(), 'winpv-publish-'));
const out = join(folder, 'dist');
const begun = Date.now();
const facts = { kills: {}, refused: undefined, products: [], tampered: {}, labels: {} };

const say = (text) => console.log(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}`);
/** Everything that has to hold goes through here: what does not ends the rehearsal with exit 1. */
const holds = (condition, what, evidence = '') => {
  if (!condition) throw new Error(`It does not hold that ${what}.${evidence === '' ? '' : `\n${evidence}`}`);
};

const running = new Set();
let proxy;
const start = (args, env = {}) => {
  const child = spawn(process.execPath, [winpv, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (part) => {
      text[stream] += part;
    });
  }
  const ended = new Promise((done) => {
    child.on('close', (exit, signal) => {
      running.delete(child);
      done({ exit, signal, ...text });
    });
  });
  return { child, ended, text };
};
const run = (...args) => start(args).ended;
const shown = ({ exit, signal, stderr }) => `exit ${exit ?? signal}\n${stderr.trim()}`;

/** The emulator, in a process of its own; its first line says where it is and who may call. */
const startEmulator = async () => {
  const emulator = start(['emulator', 'serve', '--fast', '--state', join(folder, 'cloud.jsonl')]);
  const failed = emulator.ended.then((end) => {
    throw new Error(`The emulator ended: ${shown(end)}`);
  });
  failed.catch(() => {});
  const line = new Promise((done) => {
    emulator.child.stdout.on('data', () => {
      if (emulator.text.stdout.includes('\n')) done(emulator.text.stdout);
    });
  });
  return JSON.parse(await Promise.race([line, failed]));
};

/** Runs winpv as the account of the emulator. */
const asAccount = (account, endpoint, ...args) =>
  start([...args, '--endpoint', endpoint], {
    WINPV_TENANT: account.tenant,
    WINPV_CLIENT_ID: account.clientId,
    WINPV_CLIENT_SECRET: account.clientSecret,
  });
const submission = ({ brand, endpoint, account }, ...more) =>
  asAccount(account, endpoint, 'submit', out, '--brand', brand, '--arch', 'x64', '--resume', ...more);

/** Runs winpv again and again, each time killed at one more request, until nothing is left to be killed at. */
const killedAtEach = async (what, launch, proxy, atEach) => {
  const done = new Set();
  for (let runs = 0; ; runs += 1) {
    holds(runs < 400, `${what} comes to an end`);
    const client = launch();
    let point;
    proxy.during(
      {
        wanted: (name, when) => {
          if (!atEach(name) || done.has(`${when} ${name}`)) return false;
          point = `${when} ${name}`;
          return true;
        },
        kill: async () => {
          client.child.kill('SIGKILL');
          await client.ended;
        },
      },
      { fresh: runs === 0 },
    );
    const end = await client.ended;
    if (point === undefined) {
      holds(end.exit === 0, `${what} ends well after all kills`, shown(end));
      return [...done];
    }
    holds(end.signal === 'SIGKILL', `winpv was killed ${point}`, shown(end));
    done.add(point);
  }
};

const filesBelow = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** What the service has, as it says itself. */
const askService = async ({ url, tenant, clientId, clientSecret }) => {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    resource: 'https://manage.devcenter.microsoft.com',
  });
  // Time goes by in the emulator with each request, so that a token may be too old for the next one.
  const signIn = async () =>
    (await (await fetch(`${url}/${tenant}/oauth2/token`, { method: 'POST', body })).json()).access_token;
  // Ids are larger than a JavaScript number can be.
  const list = async (path) => {
    const ask = async () =>
      fetch(`${url}/v2.0/my/hardware${path}`, { headers: { authorization: `Bearer ${await signIn()}` } });
    const first = await ask();
    const answer = first.status === 401 ? await ask() : first;
    holds(answer.status === 200, `the emulator lists ${path}`);
    const exact = (await answer.text()).replace(/("(?:id|productId)"\s*:\s*)(\d+)/g, '$1"$2"');
    return JSON.parse(exact).value;
  };
  const products = [];
  for (const { id, productName } of await list('/products')) {
    const submissions = await list(`/products/${id}/submissions`);
    const labels = await Promise.all(
      submissions.map((one) => list(`/products/${id}/submissions/${one.id}/shippingLabels`)),
    );
    products.push({
      id,
      name: productName,
      submissions: submissions.map((one) => one.id),
      labels: labels.flat().map((one) => one.name),
    });
  }
  return products;
};

const verifySigned = async (brand, root) => {
  const signed = join(out, `${brand}-x64-signed`);
  const verified = await run('verify', signed, '--ca', root, '--quiet');
  holds(verified.exit === 0, `what came back for ${brand} verifies`, shown(verified));
  const built = filesBelow(join(out, brand)).filter((path) => path.endsWith('.inf'));
  for (const inf of filesBelow(signed).filter((path) => path.endsWith('.inf'))) {
    const same = built.some((path) => readFileSync(path).equals(readFileSync(inf)));
    holds(same, `${inf} is an INF of the release`);
  }
  return signed;
};

/** One byte of a signed image is another, in a copy: it is no longer valid. */
const tamperAfterwards = async (signed, root) => {
  const copy = join(folder, 'tampered');
  cpSync(signed, copy, { recursive: true });
  const image = filesBelow(copy).find((path) => path.endsWith('xenbus.sys'));
  const bytes = readFileSync(image);
  bytes[0x400] ^= 1;
  writeFileSync(image, bytes);
  const { exit } = await run('verify', copy, '--ca', root, '--quiet');
  holds(exit === 5, 'an image that was changed afterwards is caught', `exit ${exit}`);
  facts.tampered.afterwards = exit;
};

const refuseXenProject = async (account) => {
  const what = { brand: 'xenproject', endpoint: account.url, account };
  const end = await submission(what, '--destination', 'windows-update').ended;
  holds(
    end.exit === 5 && end.stderr.includes('REFUSAL_NO_OWN_DEVICE'),
    'XenProject is refused for Windows Update with exit 5 and its reason',
    shown(end),
  );
  facts.refused = { exit: end.exit, reason: 'REFUSAL_NO_OWN_DEVICE' };
  say('xenproject: refused for Windows Update, exit 5. The reason:');
  const lines = end.stderr.split('\n');
  const first = lines.findIndex((line) => line.includes('REFUSAL_NO_OWN_DEVICE'));
  for (const line of lines.slice(first, first + 2)) console.log(`            ${line.trim().replace(folder, '…')}`);
};

/** The service itself hands out a changed image: nothing of it is taken over. */
const tamperOnTheWay = async (account) => {
  const body = JSON.stringify({ name: 'tamper-image' });
  await fetch(`${account.url}/emulator/faults`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });
  const what = { brand: 'xenproject', endpoint: account.url, account };
  const end = await submission(what, '--destination', 'signature').ended;
  holds(
    end.exit === 5 && end.stderr.includes('RETURNED_CHANGED'),
    'a signed package with a changed image is caught',
    shown(end),
  );
  holds(!existsSync(join(out, 'xenproject-x64-signed')), 'nothing of a changed package is handed on');
  facts.tampered.onTheWay = end.exit;
};

const MAKES = (name) => /^(POST|PUT) (?!token)/.test(name);

const rehearse = async () => {
  cpSync(join(here, 'winpv.yaml'), join(folder, 'winpv.yaml'));
  const [released, account] = await Promise.all([
    run('release', '-C', folder, '--out', out, '--quiet'),
    startEmulator(),
  ]);
  holds(released.exit === 0, 'the release is made', shown(released));
  say(`Four drivers of three brands were released; the emulated Partner Center is at ${account.url}.`);
  const root = join(folder, 'emulator-root.pem');
  writeFileSync(root, await (await fetch(`${account.url}/emulator/trust/root.pem`)).text());
  await refuseXenProject(account);
  holds((await askService(account)).length === 0, 'nothing was sent for what was refused');

  proxy = await openKillingProxy(account.url);
  const plans = [
    { brand: 'example-vendor', atEach: options.quick ? MAKES : () => true },
    { brand: 'example-xs', atEach: options.quick ? () => false : MAKES },
  ];
  for (const { brand, atEach } of plans) {
    const launch = () => submission({ brand, account, endpoint: proxy.url });
    const killed = await killedAtEach(`the submission of ${brand}`, launch, proxy, atEach);
    facts.kills[brand] = killed;
    const requests = new Set(killed.map((point) => point.replace(/^\w+ /, ''))).size;
    say(`${brand}: killed ${killed.length} times, before and after ${requests} requests, and resumed; signed.`);
    const signed = await verifySigned(brand, root);
    say(`${brand}: what came back is what was sent, and verifies.`);
    if (brand === 'example-vendor') await tamperAfterwards(signed, root);
  }
  facts.products = await askService(account);
  for (const { name, id, submissions } of facts.products) {
    say(`The service has product ${id}, ${name}, with submission ${submissions.join(', ')}.`);
  }
  holds(facts.products.length === 2, 'there is one product for each vendor', JSON.stringify(facts.products));
  for (const { name, submissions } of facts.products) holds(submissions.length === 1, `${name} has one submission`);
  const client = (endpoint, ...args) => asAccount(account, endpoint, ...args);
  facts.labels = await rehearseLabels({
    ...{ folder, out, here, account, proxy, client, say, holds, shown, killedAtEach },
    atEach: options.quick ? MAKES : () => true,
    made: async () => (await askService(account)).flatMap(({ labels }) => labels),
  });
  await tamperOnTheWay(account);
  say(
    'A signed package with a changed image was caught twice: on its way (exit 5, nothing handed on), and afterwards.',
  );
};

try {
  await rehearse();
  say('All of it holds.');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  proxy?.close();
  for (const child of running) child.kill('SIGKILL');
  if (options.report !== undefined) writeFileSync(options.report, `${JSON.stringify(facts, undefined, 2)}\n`);
  if (options.keep || process.exitCode === 1) console.error(`The files are in ${folder}.`);
  else rmSync(folder, { recursive: true, force: true });
}
