import {
  type CreateProduct,
  createProduct,
  type Product,
  patchProduct,
  product,
  productPage,
} from '../../../publishing/partner-center/contract.ts';
import { OS_CODES, OS_FAMILIES, osFamilyOf } from '../../../publishing/partner-center/os-codes.ts';
import { answer, type Call, empty, functional, isoTime, type Outcome, readBody } from './answers.ts';
import { linkTo, pageOf, submissionsOf } from './pages.ts';
import { accountOf, newId, type ProductRow, withRow } from './state.ts';

const viewOf = (call: Call, row: ProductRow): Product => {
  const path = `/products/${row.id}`;
  const submissions = submissionsOf(call.state, row.id);
  const { receivedFrom, settings } = row;
  return {
    id: row.id,
    sharedProductId: row.sharedProductId,
    links: [linkTo(call, path, 'self'), linkTo(call, `${path}/submissions`, 'get_submissions')],
    isCommitted: submissions.some(({ commitStatus }) => commitStatus === 'commitComplete'),
    isExtensionInf: submissions.some(({ inspection }) => inspection?.isExtensionInf === true),
    originType: receivedFrom === undefined ? 'author' : 'partner',
    sourceProductId: receivedFrom?.productId ?? '0',
    sourcePublisherId: receivedFrom?.publisherId ?? '0',
    isRetpolineCompiled: true,
    message: '',
    ...settings,
    createdBy: accountOf(call.state).clientId,
    updatedBy: accountOf(call.state).clientId,
    createdDateTime: isoTime(row.createdAt),
    updatedDateTime: isoTime(row.updatedAt),
  };
};

export const findProduct = ({ state, ids }: Call): ProductRow | undefined => state.products.get(ids.p ?? '');
export const noProduct = ({ state }: Call): Outcome => ({
  state,
  response: functional('entityNotFound', 'The product was not found.'),
});

export const listProducts = (call: Call): Outcome => {
  const page = pageOf(call, '/products', [...call.state.products.values()]);
  if ('refusal' in page) return { state: call.state, response: page.refusal };
  const value = page.items.map((row) => viewOf(call, row));
  return { state: call.state, response: answer(call.state, productPage, { value, links: page.links }) };
};

export const getProduct = (call: Call): Outcome => {
  const row = findProduct(call);
  return row === undefined
    ? noProduct(call)
    : { state: call.state, response: answer(call.state, product, viewOf(call, row)) };
};

interface FieldFlaw {
  readonly target: string;
  readonly message: string;
}

const sameFamily = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** What the tables of the documentation refuse; which of it the service itself refuses is not known. */
const flawsOf = (asked: CreateProduct): readonly FieldFlaw[] => {
  const flaws: FieldFlaw[] = [];
  const wrong = (target: string, message: string): void => {
    flaws.push({ target, message });
  };
  if (asked.productName.trim() === '') wrong('productName', 'A product needs a name.');
  if (asked.testHarness === 'notset') wrong('testHarness', 'The test harness is not set.');
  if (asked.requestedSignatures.length === 0)
    wrong('requestedSignatures', 'At least one signature is to be requested.');
  for (const code of asked.requestedSignatures) {
    if (!OS_CODES.includes(code)) wrong('requestedSignatures', 'An operating system code is not known.');
  }
  const types = Object.entries(asked.selectedProductTypes ?? {});
  for (const [family, type] of types) {
    if (!OS_FAMILIES.some((known) => sameFamily(known, family))) {
      wrong('selectedProductTypes', 'An operating system family is not known.');
    }
    if (type.trim() === '') wrong('selectedProductTypes', 'A product type is empty.');
  }
  if (asked.testHarness === 'hlk') {
    const missing = asked.requestedSignatures
      .map(osFamilyOf)
      .filter((family) => family !== undefined && !types.some(([given]) => sameFamily(given, family)));
    if (missing.length > 0) wrong('selectedProductTypes', 'A requested operating system has no product type.');
  }
  return [...flaws, ...attributeFlaws(asked)];
};

/** `usedProprietary` and its like ask for the fields that name what was used. */
const attributeFlaws = ({ additionalAttributes }: CreateProduct): readonly FieldFlaw[] => {
  const { storageController: storage, raidController: raid } = additionalAttributes ?? {};
  const needs: readonly (readonly [boolean | null | undefined, readonly (string | null | undefined)[], string])[] = [
    [
      storage?.usedProprietary,
      [storage?.proprietaryName, storage?.proprietaryVersion],
      'storageController.proprietaryName',
    ],
    [storage?.usedMicrosoft, [storage?.microsoftName, storage?.microsoftVersion], 'storageController.microsoftName'],
    [storage?.usedBetterBoot, [storage?.uefiVersion, storage?.acpiVersion], 'storageController.uefiVersion'],
    [raid?.usedProprietary, [raid?.proprietaryName, raid?.proprietaryVersion], 'raidController.proprietaryName'],
    [raid?.usedMicrosoft, [raid?.microsoftName, raid?.microsoftVersion], 'raidController.microsoftName'],
  ];
  return needs
    .filter(
      ([used, fields]) =>
        used === true && fields.some((field) => field === null || field === undefined || field === ''),
    )
    .map(([, , field]) => ({ target: `additionalAttributes.${field}`, message: 'Name and version are needed.' }));
};

export const addProduct = (call: Call): Outcome => {
  const body = readBody(call.request, createProduct);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const flaws = flawsOf(body.value);
  if (flaws.length > 0) return { state: call.state, response: functional('invalidInput', 'Validation Failed.', flaws) };
  const first = newId(call.state);
  const second = newId(first.state);
  const row: ProductRow = {
    id: first.id,
    sharedProductId: second.id,
    settings: body.value,
    createdAt: call.now,
    updatedAt: call.now,
  };
  const state = withRow(second.state, 'products', row.id, row);
  return { state, response: answer(state, product, viewOf({ ...call, state }, row), 201) };
};

export const changeProduct = (call: Call): Outcome => {
  const row = findProduct(call);
  if (row === undefined) return noProduct(call);
  const refuse = (message: string): Outcome => ({
    state: call.state,
    response: functional('updateUnauthorized', message),
  });
  if (row.receivedFrom !== undefined) return refuse('A product that was shared cannot be changed.');
  const submissions = submissionsOf(call.state, row.id);
  if (submissions.length === 0) return refuse('A product without an initial submission cannot be changed.');
  if (submissions.some(({ run }) => run?.state === 'failed')) return refuse('The workflow of the submission failed.');
  const body = readBody(call.request, patchProduct);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const ingested = submissions.some(({ signed, run }) => signed !== undefined && run?.step === 'finalizeIngestion');
  if (ingested && body.value.announcementDate !== undefined)
    return refuse('The announcement date is final after ingestion.');
  const { productName, marketingNames, announcementDate } = body.value;
  const settings: CreateProduct = {
    ...row.settings,
    ...(productName === undefined ? {} : { productName }),
    ...(marketingNames === undefined ? {} : { marketingNames }),
    ...(announcementDate === undefined ? {} : { announcementDate }),
  };
  const state = withRow(call.state, 'products', row.id, { ...row, settings, updatedAt: call.now });
  return { state, response: empty(204) };
};
