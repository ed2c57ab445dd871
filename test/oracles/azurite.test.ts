import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemHttp } from '../../cli/adapters/http.ts';
import type { Http, HttpRequest } from '../../core/ports.ts';
import type { BlobPorts } from '../../publishing/partner-center/blob.ts';
import { downloadFile } from '../../publishing/partner-center/download.ts';
import { uploadPackage } from '../../publishing/partner-center/upload.ts';

/** Azurite, the blob store that Microsoft gives for tests: not ours. `WINPV_AZURITE` is the folder it is installed in. */
const script = join(process.env.WINPV_AZURITE ?? '/none', 'node_modules/azurite/dist/src/blob/main.js');
const there = existsSync(script);
const required = process.env.WINPV_REQUIRE_OUTSIDE === '1';

/** Azurite's one account, whose key its documentation prints. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const VERSION = '2020-10-02';

const sign = (text: string): string => createHmac('sha256', Buffer.from(KEY, 'base64')).update(text).digest('base64');

/** A service SAS of one blob (create-service-sas.md, version 2018-11-09 and later). */
const linkTo = (origin: string, blob: string, permission: string): string => {
  const expiry = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const disposition = 'attachment; filename="initial.cab"';
  const resource = `/blob/${ACCOUNT}/ingestion/${blob}`;
  const fields = [permission, '', expiry, resource, '', '', '', VERSION, 'b', '', '', disposition, '', '', ''];
  const query = new URLSearchParams({ sv: VERSION, sr: 'b', sp: permission, se: expiry, rscd: disposition });
  query.set('sig', sign(fields.join('\n')));
  return `${origin}/${ACCOUNT}/ingestion/${blob}?${query}`;
};

/** Makes the container, as the owner of the account. */
const makeContainer = async (origin: string): Promise<number> => {
  const date = new Date().toUTCString();
  const headers = `x-ms-date:${date}\nx-ms-version:${VERSION}`;
  const resource = `/${ACCOUNT}/${ACCOUNT}/ingestion\nrestype:container`;
  const signed = sign(`PUT\n\n\n\n\n\n\n\n\n\n\n\n${headers}\n${resource}`);
  const { status } = await fetch(`${origin}/${ACCOUNT}/ingestion?restype=container`, {
    method: 'PUT',
    headers: { 'x-ms-date': date, 'x-ms-version': VERSION, authorization: `SharedKey ${ACCOUNT}:${signed}` },
  });
  return status;
};

const content = new Uint8Array(createHash('sha512').update('a package').digest());
const large = Uint8Array.from({ length: 300_000 }, (_, index) => content[index % 64] ?? 0);

describe('a blob server that is not ours', () => {
  let server: ChildProcess | undefined;
  let folder = '';
  let origin = '';
  const ports: BlobPorts = {
    http: systemHttp,
    clock: { now: () => Date.now() },
    timer: { wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
  };

  beforeAll(async () => {
    if (!there) return;
    folder = mkdtempSync(join(tmpdir(), 'winpv-azurite-'));
    const args = [script, '--blobPort', '0', '--location', folder, '--skipApiVersionCheck', '--disableTelemetry'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    server = child;
    origin = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        const match = /listens on (http:\/\/[\d.]+:\d+)/i.exec(said);
        if (match?.[1] !== undefined) resolve(match[1]);
      });
      child.on('exit', () => reject(new Error(`Azurite ended: ${said}`)));
    });
    expect(await makeContainer(origin)).toBe(201);
  });
  afterAll(() => {
    server?.kill();
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  test.runIf(required)('is there', () => {
    expect(there, 'WINPV_AZURITE names no folder with Azurite').toBe(true);
  });

  test.runIf(there)('takes an upload in blocks, and gives the same bytes back', async () => {
    const link = linkTo(origin, 'one', 'rwl');
    expect(await uploadPackage(ports, link, large, { blockBytes: 65_536 })).toEqual({ sentBlocks: 5 });
    const options = { what: 'It', maxBytes: 1e6, partBytes: 70_000 };
    expect(await downloadFile(ports, link, options)).toEqual(large);
    expect(await uploadPackage(ports, link, large, { blockBytes: 65_536 })).toEqual({ sentBlocks: 0 });
  });

  test.runIf(there)('goes on where an upload stopped', async () => {
    const link = linkTo(origin, 'two', 'rwl');
    const seen: HttpRequest[] = [];
    const dying: Http = {
      send: async (request) => {
        seen.push(request);
        if (seen.length === 4) throw new Error('killed');
        return systemHttp.send(request);
      },
    };
    await expect(uploadPackage({ ...ports, http: dying }, link, large, { blockBytes: 65_536 })).rejects.toThrow(
      'killed',
    );
    expect(await uploadPackage(ports, link, large, { blockBytes: 65_536 })).toEqual({ sentBlocks: 3 });
    expect(await downloadFile(ports, link, { what: 'It', maxBytes: 1e6 })).toEqual(large);
  });

  test.runIf(there)('refuses a link whose signature is another, which asks for a new link', async () => {
    const link = linkTo(origin, 'three', 'rwl').replace(/sig=[^&]{4}/, 'sig=AAAA');
    await expect(uploadPackage(ports, link, large)).rejects.toMatchObject({ code: 'PUBLISH_DOWNLOAD_FAILED' });
  });
});
