import { createHash } from 'node:crypto';
import type { Clock, Http, HttpResponse, Random } from '../../core/ports.ts';
import { accountWith, publisherOf } from '../../emulator/cloud/partner-center/account.ts';
import {
  credentialsOf,
  memoryContent,
  openPartnerCenter,
  type PartnerCenter,
} from '../../emulator/cloud/partner-center/service.ts';
import { emptyState } from '../../emulator/cloud/partner-center/state.ts';
import { inProcessHttp } from '../../emulator/http/in-process.ts';
import { encodeCab } from '../../packaging/formats/cab/encode.ts';
import { encodeOpc } from '../../packaging/formats/opc/encode.ts';
import { signOpc } from '../../packaging/signing/opc-sign.ts';
import { makeStandInKeys, type StandInKeys } from '../../packaging/signing/publisher-stand-in.ts';
import { signCab, signPe } from '../../packaging/signing/sign.ts';
import { parseWireJson } from '../../publishing/partner-center/json.ts';
import { demoImage } from './demo-image.ts';
import { sharedHierarchy, signingParts, testKeyMaker } from './test-keys.ts';

/** An emulated Partner Center in this process, and the shortest words to call it. */
export const ORIGIN = 'http://127.0.0.1:7070';
export const API = `${ORIGIN}/v2.0/my/hardware`;
export const START_MS = Date.UTC(2026, 10, 24, 12);

/** The same numbers each time. */
export const countedRandom = (): Random => {
  let n = 0;
  return {
    bytes: (length) => {
      n += 1;
      const block = createHash('sha512').update(`random ${n}`).digest();
      return new Uint8Array(block.subarray(0, length));
    },
  };
};

/** Keys take time: the same for all tests of one file. */
let cachedKeys: Promise<StandInKeys> | undefined;

export interface TestCenter {
  readonly service: PartnerCenter;
  readonly http: Http;
  /** The machine's clock, to be moved by hand. */
  readonly time: { nowMs: number };
  readonly tokenBody: string;
  readonly tokenUrl: string;
}

export const openTestCenter = async (options: { readonly fast?: boolean } = {}): Promise<TestCenter> => {
  cachedKeys ??= makeStandInKeys(testKeyMaker);
  const state = emptyState(accountWith(await cachedKeys, countedRandom(), START_MS));
  const time = { nowMs: START_MS };
  const clock: Clock = { now: () => time.nowMs };
  const publisher = await publisherOf(state);
  const service = openPartnerCenter({ state, publisher, clock, content: memoryContent(), ...options });
  const { tenant, clientId, clientSecret } = credentialsOf(state);
  const form = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    resource: 'https://manage.devcenter.microsoft.com',
  };
  return {
    service,
    http: inProcessHttp(service),
    time,
    tokenBody: new URLSearchParams(form).toString(),
    tokenUrl: `${ORIGIN}/${tenant}/oauth2/token`,
  };
};

export const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body;
export const textOf = (response: HttpResponse): string => new TextDecoder().decode(response.body);
/** The body as it stands on the wire: ids are bigint. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many forms
export const wireOf = (response: HttpResponse): any => parseWireJson(response.body, 'the answer');

export const send = (
  http: Http,
  method: string,
  url: string,
  request: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Uint8Array } = {},
): Promise<HttpResponse> =>
  http.send({
    method,
    url,
    headers: request.headers ?? {},
    ...(request.body === undefined ? {} : { body: bytesOf(request.body) }),
    timeoutMs: 60_000,
  });

export const getToken = async ({ http, tokenUrl, tokenBody }: TestCenter): Promise<string> => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return wireOf(await send(http, 'POST', tokenUrl, { headers, body: tokenBody })).access_token;
};

/** Calls the API with a good token. */
export const caller = async (center: TestCenter) => {
  const token = await getToken(center);
  return (method: string, path: string, body?: unknown): Promise<HttpResponse> =>
    send(center.http, method, path.startsWith('http') ? path : `${API}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
};

export const control = (center: TestCenter, path: string, body: unknown): Promise<HttpResponse> =>
  send(center.http, 'POST', `${ORIGIN}/emulator/${path}`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

export type Caller = Awaited<ReturnType<typeof caller>>;

/** Lets time go by. */
export const advance = ({ time }: TestCenter, ms: number): void => {
  time.nowMs += ms;
};

interface ProductRequest {
  readonly productName: string;
  readonly testHarness: string;
  readonly requestedSignatures: readonly string[];
  readonly selectedProductTypes: Readonly<Record<string, string>>;
}

export const attested: ProductRequest = {
  productName: 'Demo 1.0.0.1 x64',
  testHarness: 'attestation',
  requestedSignatures: ['WINDOWS_v100_X64_RS5_FULL', 'WINDOWS_v100_X64_GE_FULL'],
  selectedProductTypes: {},
};

export const tested: ProductRequest = {
  ...attested,
  testHarness: 'hlk',
  selectedProductTypes: { windows_v100_RS5: 'Unclassified', Windows_v100_GE: 'Unclassified' },
};

/** A product with a submission whose package is uploaded. @returns the submission's path */
export const submit = async (
  center: TestCenter,
  call: Caller,
  bytes: Uint8Array,
  asked = attested,
): Promise<string> => {
  const product = wireOf(await call('POST', '/products', asked)).id;
  const made = wireOf(await call('POST', `/products/${product}/submissions`, { name: 'Demo', type: 'initial' }));
  const headers = { 'x-ms-blob-type': 'BlockBlob' };
  const put = await send(center.http, 'PUT', made.downloads.items[0].url, { headers, body: bytes });
  if (put.status !== 201) throw new Error(`upload: ${put.status}`);
  return `/products/${product}/submissions/${made.id}`;
};

const DEMO_INF = `; demo
[Version]
Signature="$WINDOWS NT$"
Class=System
ClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}
Provider=%V%
DriverVer=11/24/2026,1.0.0.1
CatalogFile=demo.cat
PnpLockdown=1
[SourceDisksNames]
1=%V%
[SourceDisksFiles]
demo.sys=1
[DestinationDirs]
DefaultDestDir=13
[Manufacturer]
%V%=Models,NTamd64.10.0...16299
[Models.NTamd64.10.0...16299]
%D%=Install,PCI\\VEN_5853&DEV_C8DE
[Install.NT]
CopyFiles=@demo.sys
[Install.NT.Services]
AddService=demo,2,Service
[Service]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%13%\\demo.sys
[Strings]
V="Demo"
D="Demo device"
`;

export interface Sample {
  /** A package of the lab kit, as rehearsals make them: the drivers in the place of the stream data. */
  readonly hlkx: Uint8Array;
  readonly unsignedHlkx: Uint8Array;
  readonly cab: Uint8Array;
  readonly unsigned: Uint8Array;
  readonly rootFiles: Uint8Array;
  readonly noInf: Uint8Array;
  /** Its INF is UTF-16 in the order that Windows does not read. */
  readonly unreadInf: Uint8Array;
  readonly inf: Uint8Array;
  readonly image: Uint8Array;
}

const KIT = 'http://microsoft.com/schemas/windows/kits/hardware/2010';

const kitPackage = (drivers: Uint8Array): Promise<Uint8Array> => {
  const parts = [
    [
      'packageinfo',
      '/hck/data/PackageInfo.xml',
      bytesOf('<Package Type="SubmissionPackage" KitVersion="10.1.26100.1"/>'),
    ],
    ['coredata', '/hck/data/11111111-1111-4111-8111-111111111111', bytesOf('core')],
    ['streamdata', '/hck/data/22222222-2222-4222-8222-222222222222', drivers],
  ] as const;
  const rows = parts.map(([kind, name], index) => ({
    ...{ id: `R${index}`, type: `${KIT}/${kind}`, target: name, mode: 'Internal' as const, part: name },
  }));
  return encodeOpc(
    {
      parts: parts.map(([, name, bytes]) => ({ name, contentType: 'application/octet', bytes })),
      relationships: new Map([['/', rows]]),
    },
    START_MS,
  );
};

/** A small driver package as it is uploaded, and what is wrong with others. */
export const sampleUpload = async (): Promise<Sample> => {
  const { signer } = signingParts(await sharedHierarchy());
  const inf = bytesOf(DEMO_INF.replaceAll('\n', '\r\n'));
  const image = await signPe(demoImage(), 'demo.sys', { signer });
  const pack = (files: Readonly<Record<string, Uint8Array>>): Uint8Array =>
    encodeCab(
      Object.entries(files).map(([name, bytes]) => ({ name, bytes, modified: START_MS })),
      { compress: 'mszip' },
    );
  const good = { 'demo/demo.inf': inf, 'demo/demo.sys': image, 'demo/demo.pdb': bytesOf('symbols') };
  const unsigned = pack(good);
  const signed = (bytes: Uint8Array): Promise<Uint8Array> => signCab(bytes, 'upload.cab', { signer });
  const unsignedHlkx = await kitPackage(unsigned);
  return {
    hlkx: await signOpc(unsignedHlkx, 'demo.hlkx', { signer, signedAtMs: START_MS }),
    unsignedHlkx,
    inf,
    image,
    unsigned,
    cab: await signed(unsigned),
    rootFiles: await signed(pack({ ...good, 'readme.txt': bytesOf('hello') })),
    unreadInf: await signed(pack({ ...good, 'demo/demo.inf': new Uint8Array([0xfe, 0xff, 0, 0x5b, 0, 0x56]) })),
    noInf: await signed(pack({ 'demo/demo.sys': image })),
  };
};
