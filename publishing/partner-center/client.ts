import type { z } from 'zod';
import { type Diagnostic, problem, WinpvError } from '../../core/errors.ts';
import type { HttpResponse } from '../../core/ports.ts';
import type { Account } from './account.ts';
import {
  type CreateProduct,
  type CreateSubmission,
  isWireId,
  type link,
  type PatchProduct,
  type Product,
  readWire,
  type Submission,
  writeWire,
} from './contract.ts';
import { ENDPOINTS, type EndpointName, fillPath } from './endpoints.ts';
import { parseWireJson, type WireJson } from './json.ts';
import type { CreateShippingLabel, PatchShippingLabel, ShippingLabel } from './label-contract.ts';
import type { Audience, PreprodAsset, PreprodPackage, Relationship } from './other-contract.ts';
import type { TokenPorts } from './tokens.ts';
import { jsonBody, openTransport, toldWait } from './transport.ts';

/** The ids of a submission. */
export interface SubmissionIds {
  readonly p: string;
  readonly s: string;
}
export interface LabelIds extends SubmissionIds {
  readonly l: string;
}
/** An answer, and how long the service wants to be left alone, in milliseconds. */
export interface Paced<T> {
  readonly value: T;
  readonly waitMs: number | undefined;
}

/**
 * Every endpoint of the hardware API. Ids are text. What is created is created at most once: an answer that got lost is
 * PUBLISH_ANSWER_LOST, and the caller looks before it asks again.
 */
export interface PartnerCenter {
  readonly account: Account;
  readonly correlationId: string;
  /** Fields that answers had and the contract has not, each once. */
  unknownFields(): readonly Diagnostic[];
  /** Page after page, as they are asked for. */
  products(): AsyncIterable<Product>;
  product(p: string): Promise<Product>;
  createProduct(product: CreateProduct): Promise<Product>;
  patchProduct(p: string, change: PatchProduct): Promise<void>;
  submissions(p: string): AsyncIterable<Submission>;
  submission(ids: SubmissionIds): Promise<Paced<Submission>>;
  createSubmission(p: string, submission: CreateSubmission): Promise<Submission>;
  patchSubmission(ids: SubmissionIds, change: { readonly name: string }): Promise<void>;
  commit(ids: SubmissionIds): Promise<void>;
  createPublisherMetadata(ids: SubmissionIds): Promise<void>;
  labels(ids: SubmissionIds): AsyncIterable<ShippingLabel>;
  /** With its targeting. */
  label(ids: LabelIds): Promise<Paced<ShippingLabel>>;
  createLabel(ids: SubmissionIds, label: CreateShippingLabel): Promise<ShippingLabel>;
  patchLabel(ids: LabelIds, change: PatchShippingLabel): Promise<void>;
  cancelLabel(ids: LabelIds): Promise<void>;
  audiences(): AsyncIterable<Audience>;
  translateIds(source: { readonly pub: string; readonly p: string; readonly s: string }): Promise<Relationship>;
  putPreprod(cabinet: Uint8Array): Promise<PreprodPackage>;
  preprod(id: string): Promise<Paced<PreprodPackage>>;
  preprodAssets(id: string): Promise<readonly PreprodAsset[]>;
  preprodAsset(id: string, aid: string): Promise<PreprodAsset>;
  downloadPreprodAsset(id: string, aid: string): Promise<Uint8Array>;
}

type Ids = Readonly<Record<string, string>>;
type AnswerOf<N extends EndpointName> = (typeof ENDPOINTS)[N] extends { readonly answer: infer S extends z.ZodType }
  ? z.output<S>
  : undefined;

const MAX_PAGES = 1000;
const MAX_ASSET_BYTES = 2 ** 31 - 1;

/** Ids go into paths: what is none is refused before anything is asked. */
const pathWith = (path: string, ids: Ids): string => {
  for (const [name, id] of Object.entries(ids)) {
    const good = name === 'id' || name === 'aid' ? /^[\w-]{1,64}$/.test(id) : isWireId(id);
    if (!good) throw new WinpvError('PUBLISH_NOT_FOUND', `What stands for ${name} is no id of Partner Center.`);
  }
  return fillPath(path, ids);
};

/** Only the query of a `next_link` is used: such links may name another host, which is to see no token. */
const nextPage = (links: readonly z.output<typeof link>[] | null | undefined): string | undefined => {
  const next = links?.find(({ rel }) => rel.toLowerCase() === 'next_link')?.href;
  if (next === undefined) return undefined;
  const query = /\?(.*)$/s.exec(next.trim())?.[1];
  return query === undefined ? undefined : `?${query}`;
};

export const openPartnerCenter = (account: Account, ports: TokenPorts): PartnerCenter => {
  const transport = openTransport(account, ports);
  const unknown = new Set<string>();

  const read = <N extends EndpointName>(name: N, response: HttpResponse): AnswerOf<N> => {
    const endpoint: (typeof ENDPOINTS)[EndpointName] = ENDPOINTS[name];
    if (!('answer' in endpoint)) return undefined as AnswerOf<N>;
    const what = `the answer to ${endpoint.method} ${endpoint.path}`;
    const schema: z.ZodType = endpoint.answer;
    const wire: WireJson = parseWireJson(response.body, what);
    const { value, unknown: extra } = readWire(schema, wire, { what, unknownFields: 'report' });
    for (const field of extra) unknown.add(`${name}: ${field.replace(/\.\d+(?=\.|$)/g, '[]')}`);
    return value as AnswerOf<N>;
  };

  /** Sends and reads; an answer that cannot be read to a request that made something is a lost answer. */
  const call = async <N extends EndpointName>(
    name: N,
    ids: Ids,
    more: { readonly body?: string; readonly query?: string; readonly repeatable?: boolean } = {},
  ): Promise<Paced<AnswerOf<N>>> => {
    const { method, path } = ENDPOINTS[name];
    const response = await transport.send({
      method,
      path: `${pathWith(path, ids)}${more.query ?? ''}`,
      ...(more.body === undefined ? {} : { body: jsonBody(more.body) }),
      repeatable: more.repeatable,
    });
    try {
      return { value: read(name, response), waitMs: toldWait(response, ports.clock.now()) };
    } catch (error) {
      if (!(error instanceof WinpvError) || method !== 'POST') throw error;
      const message = `${method} ${path} may or may not have been done: ${error.message}`;
      throw new WinpvError('PUBLISH_ANSWER_LOST', message, {
        hint: `Go on with --resume. For Microsoft's support: correlation id ${transport.correlationId}.`,
        cause: error,
      });
    }
  };

  async function* list<T>(
    name: 'listProducts' | 'listSubmissions' | 'listShippingLabels' | 'listAudiences',
    ids: Ids,
  ): AsyncGenerator<T> {
    let query: string | undefined = '';
    for (let page = 0; query !== undefined; page += 1) {
      if (page === MAX_PAGES) {
        throw new WinpvError('PUBLISH_ANSWER_INVALID', `A list has more than ${MAX_PAGES} pages.`);
      }
      const { value } = await call(name, ids, { query });
      yield* value.value as unknown as readonly T[];
      const next = nextPage(value.links);
      query = next === query ? undefined : next;
    }
  }

  const value = async <T>(paced: Promise<Paced<T>>): Promise<T> => (await paced).value;
  const done = async (paced: Promise<unknown>): Promise<void> => {
    await paced;
  };
  const bytes = async (name: 'downloadPreprodAsset', ids: Ids): Promise<Uint8Array> => {
    const path = pathWith(ENDPOINTS[name].path, ids);
    return (await transport.send({ method: 'GET', path, maxBytes: MAX_ASSET_BYTES })).body;
  };

  return {
    account,
    correlationId: transport.correlationId,
    unknownFields: () =>
      [...unknown].sort().map((field) =>
        problem('PUBLISH_FIELD_UNKNOWN', `Partner Center answers a field that winpv does not know: ${field}.`, {
          severity: 'info',
        }),
      ),
    products: () => list<Product>('listProducts', {}),
    product: (p) => value(call('getProduct', { p })),
    createProduct: (product) =>
      value(call('createProduct', {}, { body: writeWire(ENDPOINTS.createProduct.request, product) })),
    patchProduct: (p, change) =>
      done(call('patchProduct', { p }, { body: writeWire(ENDPOINTS.patchProduct.request, change), repeatable: true })),
    submissions: (p) => list<Submission>('listSubmissions', { p }),
    submission: (ids) => call('getSubmission', { ...ids }),
    createSubmission: (p, submission) =>
      value(call('createSubmission', { p }, { body: writeWire(ENDPOINTS.createSubmission.request, submission) })),
    patchSubmission: (ids, change) =>
      done(
        call(
          'patchSubmission',
          { ...ids },
          { body: writeWire(ENDPOINTS.patchSubmission.request, change), repeatable: true },
        ),
      ),
    commit: (ids) => done(call('commitSubmission', { ...ids })),
    createPublisherMetadata: (ids) => done(call('createPublisherMetadata', { ...ids })),
    labels: (ids) => list<ShippingLabel>('listShippingLabels', { ...ids }),
    label: (ids) => call('getShippingLabel', { ...ids }, { query: '?includeTargetingInfo=true' }),
    createLabel: (ids, label) =>
      value(call('createShippingLabel', { ...ids }, { body: writeWire(ENDPOINTS.createShippingLabel.request, label) })),
    patchLabel: (ids, change) =>
      done(call('patchShippingLabel', { ...ids }, { body: writeWire(ENDPOINTS.patchShippingLabel.request, change) })),
    cancelLabel: (ids) => done(call('cancelShippingLabel', { ...ids }, { repeatable: true })),
    audiences: () => list<Audience>('listAudiences', {}),
    translateIds: (source) => value(call('translateIds', { ...source })),
    putPreprod: async (cabinet) => {
      const { method, path } = ENDPOINTS.putPreprodPackage;
      const contentType = 'application/octet-stream';
      return read('putPreprodPackage', await transport.send({ method, path, body: cabinet, contentType }));
    },
    preprod: (id) => call('getPreprodPackage', { id }),
    preprodAssets: (id) => value(call('listPreprodAssets', { id })),
    preprodAsset: (id, aid) => value(call('getPreprodAsset', { id, aid })),
    downloadPreprodAsset: (id, aid) => bytes('downloadPreprodAsset', { id, aid }),
  };
};
