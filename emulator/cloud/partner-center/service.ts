import { concatBytes } from '../../../core/bytes.ts';
import type { Clock } from '../../../core/ports.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import type { StandInPublisher } from '../../../packaging/signing/publisher-stand-in.ts';
import { isScan, readScan } from '../windows-update/controls.ts';
import { type StoredPackage, type StoredPackages, storedPackages } from '../windows-update/packages.ts';
import { openScan, type ScanAnswer, type ScanQuestion } from '../windows-update/scan.ts';
import { type CloudRequest, type CloudResponse, jsonText, type Outcome } from './answers.ts';
import { partOf } from './blobs.ts';
import { journalLines } from './journal.ts';
import { accountOf, type CloudState, type ContentPart, clockOf } from './state.ts';
import { transition } from './transition.ts';
import { doWork } from './work.ts';
import { advance, moveClock, nextWorkflowAt } from './workflow.ts';

/** Where bytes stay: by their SHA-256, in lower-case hex. What is there stays there. */
export interface ContentStore {
  put(sha256: string, bytes: Uint8Array): Promise<void>;
  get(sha256: string): Promise<Uint8Array>;
}

/** Where the state stays: text is added at the end, whole or not at all as far as a reader can tell. */
export interface Journal {
  append(text: string): Promise<void>;
}

export interface ServiceOptions {
  readonly state: CloudState;
  /** What the journal holds already. */
  readonly written?: CloudState | undefined;
  readonly publisher: StandInPublisher;
  readonly clock: Clock;
  readonly content: ContentStore;
  readonly journal?: Journal;
  /** Moves the clock to the next event at each call of the API. */
  readonly fast?: boolean;
}

/** One request, for a test to look at; nothing secret is in it. */
export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly correlationId?: string;
  readonly requestId?: string;
}

/** An answer with its bytes. */
export interface ServedResponse extends Omit<CloudResponse, 'body' | 'range'> {
  readonly body: Uint8Array;
}

export interface PartnerCenter {
  /** Writes down what stands in memory only: an account that was just made. */
  begin(): Promise<void>;
  handle(request: CloudRequest): Promise<ServedResponse>;
  /** What Windows Update has for machines now, in this process. */
  scan(questions: readonly ScanQuestion[]): Promise<readonly ScanAnswer[]>;
  /** Emulated time. */
  now(): number;
  /** Puts the emulated time ahead, and lets everything happen that is due by then. */
  advance(byMs: number): Promise<void>;
  state(): CloudState;
  log(): readonly LoggedRequest[];
}

const MAX_LOG = 10_000;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const API_CALL = /^\/v2\.0\/my\/hardware\//i;
const WAITS = /\/submissions\/\d+(\/shippingLabels\/\d+)?\/?$|\/preprod\/packages\/[^/]+$/i;

/** The emulated Partner Center: requests one after the other, each with everything that was due before it. */
export const openPartnerCenter = (options: ServiceOptions): PartnerCenter => {
  const { clock, content, journal, publisher, fast = false } = options;
  let state = options.state;
  let { written } = options;
  const log: LoggedRequest[] = [];
  const now = (): number => clock.now() + clockOf(state).aheadMs;

  const keep = async (writes: readonly Uint8Array[]): Promise<void> => {
    for (const bytes of writes) await content.put(partOf(bytes).sha256, bytes);
  };
  const bytesOf = async (parts: readonly ContentPart[]): Promise<Uint8Array> =>
    concatBytes(...(await Promise.all(parts.map(({ sha256 }) => content.get(sha256)))));
  const contentOf = async (of: CloudState, blob: string): Promise<Uint8Array> =>
    bytesOf(of.blobs.get(blob)?.content ?? []);

  /** Everything that is due, and the work on bytes that it waits for. */
  const settle = async (): Promise<void> => {
    for (;;) {
      const advanced = advance(state, now());
      state = advanced.state;
      await keep(advanced.writes);
      const worked = await doWork(state, now(), { contentOf, publisher });
      if (worked === undefined) return;
      await keep(worked.writes);
      state = worked.state;
    }
  };

  /** Content first, then the rows that name it: a state never speaks of bytes that are not there. */
  const save = async (): Promise<void> => {
    if (journal === undefined) return;
    const lines = journalLines(written, state);
    if (lines !== '') await journal.append(lines);
    written = state;
  };

  const serve = async (response: CloudResponse, request: CloudRequest): Promise<ServedResponse> => {
    const { body, range, ...rest } = response;
    const whole = body instanceof Uint8Array ? body : await bytesOf(body);
    const bytes = range === undefined ? whole : whole.subarray(range[0], range[1]);
    const waits = fast && request.method === 'GET' && WAITS.test(request.path);
    const headers = waits ? { 'retry-after': '0', ...rest.headers } : rest.headers;
    return { ...rest, headers, body: response.headOnly === true ? new Uint8Array(0) : bytes };
  };

  /** What a caller may look at besides: the root to trust, and what was asked. */
  const shown = ({ method, path }: CloudRequest): ServedResponse | undefined => {
    if (method !== 'GET') return undefined;
    const answer = (type: string, body: Uint8Array) => ({ status: 200, headers: { 'content-type': type }, body });
    if (path === '/emulator/trust/root.cer') return answer('application/pkix-cert', publisher.root);
    if (path === '/emulator/trust/root.pem') {
      return answer('application/x-pem-file', encode(encodePem('CERTIFICATE', publisher.root)));
    }
    return path === '/emulator/requests'
      ? answer('application/json', encode(JSON.stringify({ requests: log })))
      : undefined;
  };

  const packages = new Map<string, readonly StoredPackage[]>();
  /** Signed packages stay as they are: each is read once. */
  const offered = async (): Promise<StoredPackages> => {
    const published = new Set([...state.labels.values()].map(({ submissionId }) => submissionId));
    const stored = new Map<string, readonly StoredPackage[]>();
    for (const { id, productId, signed } of state.submissions.values()) {
      if (signed === undefined || !published.has(id)) continue;
      const brand = state.products.get(productId)?.settings.productName ?? '';
      const known = packages.get(signed);
      const read = known ?? storedPackages({ submissionId: id, brand, bytes: await contentOf(state, signed) });
      packages.set(signed, read);
      stored.set(id, read);
    }
    return stored;
  };

  const scan = async (questions: readonly ScanQuestion[]): Promise<readonly ScanAnswer[]> => {
    const ask = openScan({ state, now: now(), stored: await offered() });
    return questions.map(ask);
  };

  /** A machine that asks needs packages; everything else is a matter of rows. */
  const outcomeOf = async (request: CloudRequest): Promise<Outcome> => {
    if (!isScan(request)) return transition(state, request, now());
    const question = readScan({ state, now: now(), request, ids: {} });
    if ('refused' in question) return question.refused;
    const [answer] = await scan([question]);
    const at = new Date(now()).toISOString();
    return { state, response: jsonText(200, JSON.stringify({ at, ...answer })) };
  };

  const advanceBy = async (byMs: number): Promise<void> => {
    await settle();
    state = moveClock(state, byMs);
    await settle();
    await save();
  };

  const handle = async (request: CloudRequest): Promise<ServedResponse> => {
    const looked = shown(request);
    if (looked !== undefined) return looked;
    const api = API_CALL.test(request.path);
    const next = fast && api ? nextWorkflowAt(state) : undefined;
    if (next !== undefined) state = moveClock(state, next - now());
    await settle();
    const outcome = await outcomeOf(request);
    await keep(outcome.writes ?? []);
    state = outcome.state;
    await settle();
    await save();
    const { 'ms-correlationid': correlationId, 'ms-requestid': requestId } = request.headers;
    log.push({
      method: request.method,
      path: request.path,
      status: outcome.response.status,
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(requestId === undefined ? {} : { requestId }),
    });
    if (log.length > MAX_LOG) log.shift();
    return serve(outcome.response, request);
  };

  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  return {
    begin: () => inTurn(save),
    handle: (request) => inTurn(() => handle(request)),
    scan: (questions) => inTurn(() => scan(questions)),
    now,
    advance: (byMs) => inTurn(() => advanceBy(byMs)),
    state: () => state,
    log: () => log,
  };
};

/** Who may call, for whoever starts a client. */
export const credentialsOf = (state: CloudState) => {
  const { tenant, clientId, clientSecret } = accountOf(state);
  return { tenant, clientId, clientSecret };
};

/** Content that lives as long as the process. */
export const memoryContent = (): ContentStore => {
  const kept = new Map<string, Uint8Array>();
  return {
    put: async (sha256, bytes) => {
      kept.set(sha256, bytes);
    },
    get: async (sha256) => {
      const bytes = kept.get(sha256);
      if (bytes === undefined) throw new TypeError('content that the state names is missing');
      return bytes;
    },
  };
};
