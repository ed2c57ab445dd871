// Stands between winpv and the emulated Partner Center, tells each request a name, and kills the client at those it is told to.
import { request as ask, createServer } from 'node:http';

const KINDS = [
  [/\/oauth2\//, 'token'],
  [/^\/emulator\//, 'emulator'],
  [/\/commit(\?|$)/, 'commit'],
  [/\/shippingLabels\/\d+(\?|$)/i, 'label'],
  [/\/shippingLabels(\?|$)/i, 'labels'],
  [/\/audiences?(\?|$)/i, 'audiences'],
  [/\/products\/\d+\/submissions\/\d+(\?|$)/, 'submission'],
  [/\/products\/\d+\/submissions(\?|$)/, 'submissions'],
  [/\/products(\?|$)/, 'products'],
  [/[?&]comp=blocklist/i, 'block list'],
  [/[?&]comp=block(&|$)/i, 'block'],
];

const bodyOf = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

/** What the service is asked for. Looks at a submission, and at labels, are told apart by what was known before. */
const nameOf = ({ method, url }, seen) => {
  const kind = KINDS.find(([pattern]) => pattern.test(url))?.[1] ?? 'file';
  const path = kind === 'emulator' ? ` ${url}` : '';
  const told = ['submission', 'file', 'label', 'labels'].includes(kind) ? ` (${seen})` : '';
  return `${method} ${kind}${path}${told}`;
};

const whatIsKnown = (body) => {
  const text = body.toString('utf8');
  const of = (field) => new RegExp(`"${field}"\\s*:\\s*"?([^",}]+)`).exec(text)?.[1] ?? '-';
  const files = ['signedPackage', 'driverMetadata'].filter((type) => text.includes(`"${type}"`)).join('+');
  return [of('commitStatus'), of('currentStep'), of('state'), files].filter((part) => part !== '').join(' ');
};

const forward = ({ method, url, headers }, body, target) =>
  new Promise((resolve, reject) => {
    const out = ask(new URL(url, target), { method, headers }, (answer) => {
      bodyOf(answer).then((whole) => resolve({ answer, whole }), reject);
    });
    out.on('error', reject);
    out.end(body);
  });

/**
 * @param target where the service is
 * @returns `url` to give to the client; `during(client, wanted)` to set whom to kill: `wanted(name, when)` is asked before and
 *   after each request, and true kills
 */
export const openKillingProxy = async (target) => {
  let seen = 'nothing';
  let labels = 0;
  let current = { kill: async () => {}, wanted: () => false };
  let dead = false;
  const names = new Set();
  const serve = async (request, response) => {
    const body = await bodyOf(request);
    const name = nameOf(request, seen);
    names.add(name);
    const strike = async (when) => {
      if (dead || !current.wanted(name, when)) return dead;
      dead = true;
      await current.kill();
      return true;
    };
    if (await strike('before')) return response.destroy();
    const { answer, whole } = await forward(request, body, target);
    if (name.startsWith('GET submission (')) seen = whatIsKnown(whole);
    if (name.startsWith('POST labels (') && answer.statusCode === 201) {
      labels += 1;
      seen = `${labels} made`;
    }
    if (await strike('after')) return response.destroy();
    response.writeHead(answer.statusCode, answer.headers);
    response.end(whole);
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    names,
    /** The next client, and a new submission when `fresh`. */
    during: (next, { fresh = false } = {}) => {
      current = next;
      dead = false;
      if (fresh) seen = 'nothing';
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
