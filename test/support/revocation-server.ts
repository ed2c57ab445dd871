import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Served {
  readonly status?: number;
  readonly type?: string;
  readonly location?: string;
  readonly body?: Uint8Array | string;
  /** Never answers, or never ends. */
  readonly fault?: 'hangs' | 'endless' | 'cuts';
}

export interface RevocationServer {
  readonly url: string;
  /** `METHOD path`, in order. */
  readonly seen: readonly string[];
}

const bodyOf = async (request: IncomingMessage): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
};

const endless = (response: ServerResponse): void => {
  response.writeHead(200);
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536))) {
      // as long as the other side reads
    }
  };
  response.on('drain', more);
  more();
};

/** A place on loopback that tells about revocation, or fails to; closed after `body`. */
export const withRevocationServer = async <T>(
  serve: (path: string, request: Uint8Array) => Served | Promise<Served>,
  body: (server: RevocationServer) => Promise<T>,
): Promise<T> => {
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    seen.push(`${request.method ?? ''} ${path}`);
    const { status = 200, type, location, body: content = '', fault } = await serve(path, await bodyOf(request));
    if (fault === 'hangs') return;
    if (fault === 'cuts') response.destroy();
    else if (fault === 'endless') endless(response);
    else {
      const headers = {
        ...(type === undefined ? {} : { 'content-type': type }),
        ...(location === undefined ? {} : { location }),
      };
      response.writeHead(status, headers).end(content);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    return await body({ url: `http://127.0.0.1:${port}`, seen });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
};
