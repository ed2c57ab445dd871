import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WinpvError } from '../../core/errors.ts';
import type { LoopbackServer, ServedRequest, ServerOptions, Serving } from '../../core/ports.ts';
import { openAppendLog } from './append-log.ts';
import { errnoOf, systemReason } from './file-errors.ts';
import { stopAtEnd } from './held.ts';

const HOSTS: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  '127.0.0.1': '127.0.0.1',
  '::1': '::1',
  '[::1]': '::1',
};
/** What a browser calls this machine: other names that lead here are somebody else's trick. */
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Reads a body of at most so many bytes. @returns undefined when there is more */
const readBody = async (request: IncomingMessage, maxBytes: number): Promise<Uint8Array | undefined> => {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > maxBytes) return undefined;
    chunks.push(bytes);
  }
  return new Uint8Array(Buffer.concat(chunks));
};

const refuse = (response: ServerResponse, status: number, message: string): void => {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ statusCode: status, message }), () => response.socket?.destroy());
};

const headersOf = (request: IncomingMessage): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );

const answer = async (request: IncomingMessage, response: ServerResponse, options: ServerOptions): Promise<void> => {
  const { host = '', origin } = request.headers;
  if (!OWN_HOST.test(host)) return refuse(response, 421, 'This server answers to the names of this machine only.');
  if (origin !== undefined) return refuse(response, 403, 'This server answers no page of a browser.');
  const target = request.url ?? '/';
  if (!target.startsWith('/')) return refuse(response, 400, 'The target is no path.');
  const head = { method: request.method ?? 'GET', url: `http://${host}${target}`, headers: headersOf(request) };
  const body = await readBody(request, options.maxBodyBytes(head));
  if (body === undefined) return refuse(response, 413, 'The body is too large.');
  const served: ServedRequest = { ...head, body };
  const result = await options.handle(served);
  const { status, headers, cutAfter } = result;
  if (cutAfter === 0) {
    response.socket?.destroy();
    return;
  }
  const sized =
    'content-length' in headers || status === 204
      ? headers
      : { ...headers, 'content-length': String(result.body.length) };
  response.writeHead(status, sized);
  if (cutAfter === undefined) response.end(result.body);
  else response.write(result.body.subarray(0, cutAfter), () => response.socket?.destroy());
};

const listen = (server: Server, host: string, port: number): Promise<AddressInfo> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server.address() as AddressInfo);
    });
  });

/** HTTP on this machine's own address: nobody else reaches it. */
export const systemLoopbackServer: LoopbackServer = {
  async listen(options) {
    const host = HOSTS[options.host.toLowerCase()];
    if (host === undefined) {
      throw new WinpvError('EMUSERVE_NOT_LOOPBACK', 'The emulated services are for this machine only.', {
        hint: 'Leave --host out, or give 127.0.0.1, ::1 or localhost.',
      });
    }
    const server = createServer((request, response) => {
      answer(request, response, options).catch((error: unknown) => {
        options.failed(error);
        if (response.headersSent) response.socket?.destroy();
        else refuse(response, 500, 'Internal server error');
      });
    });
    server.on('clientError', (_error, socket) => socket.destroy());
    let address: AddressInfo;
    try {
      address = await listen(server, host, options.port);
    } catch (cause) {
      const why = errnoOf(cause) === 'EADDRINUSE' ? 'another program has it' : systemReason(cause);
      throw new WinpvError('EMUSERVE_PORT', `Port ${options.port} cannot be had: ${why}.`, { cause });
    }
    const close = async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    stopAtEnd(close);
    return { url: `http://${host === '::1' ? '[::1]' : host}:${address.port}`, close };
  },
};

/** What a server needs of this machine. */
export const systemServing: Serving = { server: systemLoopbackServer, openLog: openAppendLog };
