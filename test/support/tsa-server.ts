import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Signer } from '../../packaging/signing/signer.ts';
import { answerTimestampRequest, type TsaFault } from '../../packaging/signing/tsa-responder.ts';

/** What goes wrong around the answer, beside the lies in it: never answers, stops half-way, never ends. */
export type ServerFault = TsaFault | 'hangs' | 'stalls' | 'endless' | 'cuts' | `redirect:${string}`;

export interface TsaServerOptions {
  readonly tsa: Signer;
  readonly genTimeMs: number;
  /** For the n-th request, from 0. */
  readonly faults?: (request: number) => readonly ServerFault[];
}

export interface TsaServer {
  readonly url: string;
  /** Requests seen so far. */
  readonly seen: readonly { readonly path: string; readonly contentType: string }[];
}

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
};

const misbehave = (faults: readonly ServerFault[], response: ServerResponse): boolean => {
  const redirect = faults.find((fault) => fault.startsWith('redirect:'));
  if (redirect !== undefined) {
    response.writeHead(307, { location: redirect.slice('redirect:'.length) }).end();
    return true;
  }
  if (faults.includes('cuts')) response.destroy();
  else if (faults.includes('stalls')) response.writeHead(200, { 'content-length': '5000' }).write('a beginning');
  else if (faults.includes('endless')) {
    response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) {
        // as long as the other side reads
      }
    };
    response.on('drain', more);
    more();
  } else return faults.includes('hangs');
  return true;
};

/** A time-stamp authority on loopback, with faults that can be switched on for each request; closed after `body`. */
export const withTsaServer = async <T>(
  options: TsaServerOptions,
  body: (server: TsaServer) => Promise<T>,
): Promise<T> => {
  const seen: { path: string; contentType: string }[] = [];
  const server = createServer(async (request, response) => {
    const faults = options.faults?.(seen.length) ?? [];
    const contentType = request.headers['content-type'] ?? '';
    seen.push({ path: request.url ?? '', contentType });
    const received = await bodyOf(request);
    if (misbehave(faults, response)) return;
    const answer = await answerTimestampRequest(
      { contentType, body: received },
      { tsa: options.tsa, genTimeMs: options.genTimeMs, faults: faults as readonly TsaFault[] },
    );
    response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  try {
    return await body({ url: `http://127.0.0.1:${port}`, seen });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  }
};
