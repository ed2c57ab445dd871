import type { z } from 'zod';
import * as contract from './contract.ts';
import * as label from './label-contract.ts';
import * as other from './other-contract.ts';

export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT';
  /** After the base (`…/v2.0/my/hardware`); `{p}` product, `{s}` submission, `{l}` label, and so on. */
  readonly path: string;
  /** The form of the body; undefined when it has none, or is bytes. */
  readonly request?: z.ZodType;
  /** The form of a good answer; undefined when it is empty, or is bytes. */
  readonly answer?: z.ZodType;
  /** The status of a good answer. */
  readonly success: 200 | 201 | 202 | 204;
}

const SUBMISSION = '/products/{p}/submissions/{s}';
const LABEL = `${SUBMISSION}/shippingLabels/{l}`;

/** Every endpoint of the API. Nothing can be deleted, and there is no search. */
export const ENDPOINTS = {
  listProducts: { method: 'GET', path: '/products', answer: contract.productPage, success: 200 },
  createProduct: {
    method: 'POST',
    path: '/products',
    request: contract.createProduct,
    answer: contract.product,
    success: 201,
  },
  getProduct: { method: 'GET', path: '/products/{p}', answer: contract.product, success: 200 },
  patchProduct: { method: 'PATCH', path: '/products/{p}', request: contract.patchProduct, success: 204 },
  listSubmissions: {
    method: 'GET',
    path: '/products/{p}/submissions',
    answer: contract.submissionPage,
    success: 200,
  },
  createSubmission: {
    method: 'POST',
    path: '/products/{p}/submissions',
    request: contract.createSubmission,
    answer: contract.submission,
    success: 201,
  },
  getSubmission: { method: 'GET', path: SUBMISSION, answer: contract.submission, success: 200 },
  patchSubmission: { method: 'PATCH', path: SUBMISSION, request: contract.patchSubmission, success: 204 },
  commitSubmission: { method: 'POST', path: `${SUBMISSION}/commit`, success: 202 },
  createPublisherMetadata: { method: 'POST', path: `${SUBMISSION}/createpublishermetadata`, success: 202 },
  listShippingLabels: {
    method: 'GET',
    path: `${SUBMISSION}/shippingLabels`,
    answer: label.shippingLabelPage,
    success: 200,
  },
  createShippingLabel: {
    method: 'POST',
    path: `${SUBMISSION}/shippingLabels`,
    request: label.createShippingLabel,
    answer: label.shippingLabel,
    success: 201,
  },
  /** The query `includeTargetingInfo=true` adds `targeting`. */
  getShippingLabel: { method: 'GET', path: LABEL, answer: label.shippingLabel, success: 200 },
  patchShippingLabel: { method: 'PATCH', path: LABEL, request: label.patchShippingLabel, success: 204 },
  cancelShippingLabel: { method: 'PUT', path: `${LABEL}/cancel`, success: 204 },
  listAudiences: { method: 'GET', path: '/audiences', answer: other.audiencePage, success: 200 },
  /** observed: "publiher" is misspelt on the wire. */
  translateIds: {
    method: 'GET',
    path: '/products/relationships/sourcepubliherid/{pub}/sourceproductid/{p}/sourcesubmissionid/{s}',
    answer: other.relationship,
    success: 200,
  },
  /** The body is the CAB, `application/octet-stream`. */
  putPreprodPackage: { method: 'PUT', path: '/preprod/packages/', answer: other.preprodPackage, success: 200 },
  getPreprodPackage: { method: 'GET', path: '/preprod/packages/{id}', answer: other.preprodPackage, success: 200 },
  listPreprodAssets: {
    method: 'GET',
    path: '/preprod/packages/{id}/assets',
    answer: other.preprodAssets,
    success: 200,
  },
  getPreprodAsset: {
    method: 'GET',
    path: '/preprod/packages/{id}/assets/{aid}',
    answer: other.preprodAsset,
    success: 200,
  },
  /** The answer is the bytes of a zip. */
  downloadPreprodAsset: { method: 'GET', path: '/preprod/packages/{id}/assets/{aid}/download', success: 200 },
} as const satisfies Record<string, Endpoint>;

export type EndpointName = keyof typeof ENDPOINTS;

/** Puts the ids into a path, each escaped. */
export const fillPath = (path: string, ids: Readonly<Record<string, string>>): string =>
  path.replace(/\{([a-z]+)\}/g, (whole, name: string) => {
    const id = ids[name];
    return id === undefined ? whole : encodeURIComponent(id);
  });
