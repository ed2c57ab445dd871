import type { Diagnostic } from '../../core/errors.ts';
import { closestName, shownText } from '../../core/spelling.ts';
import type { CreateProduct } from '../partner-center/contract.ts';
import { OS_FAMILIES, osFamilyOf } from '../partner-center/os-codes.ts';
import { isProductType, PRODUCT_TYPES } from '../partner-center/product-types.ts';
import type { UploadRequest } from './contract.ts';
import type { Upload } from './read-upload.ts';
import { refusal } from './table.ts';

/** The fields of the product and of the submission (get-product-data.md). */
export const checkProduct = (request: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  const { product, file } = request;
  const at = { file };
  return [
    ...checkDerived(request, upload),
    ...checkDestination(request, upload),
    ...(product === undefined
      ? []
      : [
          ...(product.productName.trim() === ''
            ? [refusal('REFUSAL_PRODUCT_NAME', 'The product has no name.', { at })]
            : []),
          ...(upload.programme === 'whql' ? [...checkTypes(product, request), ...checkAttributes(product, file)] : []),
        ]),
  ];
};

const EXTENSION_CLASS = '{e2f84ce7-8efa-411c-aa69-97454ca4cb57}';

const checkDerived = ({ submissionType, product, file }: UploadRequest, upload: Upload): readonly Diagnostic[] => {
  if (submissionType !== 'derived') return [];
  const extension = upload.view.infs.some(({ model }) => model.version.classGuid.toLowerCase() === EXTENSION_CLASS);
  const why =
    upload.programme === 'attestation'
      ? 'An attested product'
      : product?.isTestSign === true
        ? 'A test-signed product'
        : extension
          ? 'An extension INF'
          : undefined;
  const at = { file };
  if (why !== undefined) return [refusal('REFUSAL_DERIVED', `${why} has no derived submissions.`, { at })];
  if (product === undefined) return [];
  const message = 'A new product begins with an initial submission, which a derived one then goes on from.';
  const hint = 'Name the product that has one: `--product ID`.';
  return [refusal('REFUSAL_DERIVED', message, { at, hint })];
};

const checkDestination = (
  { destination, product, file }: UploadRequest,
  { programme }: Upload,
): readonly Diagnostic[] => {
  const at = { file };
  const attested = programme === 'attestation';
  const kind =
    product?.isTestSign === true
      ? 'A test signature'
      : product?.isFlightSign === true
        ? 'A signature for Insiders'
        : attested
          ? 'An attested driver'
          : undefined;
  const retail = destination === 'windows-update' || (destination === undefined && !attested);
  if (kind !== undefined && retail) {
    const message = `${kind} is not published to everybody by Windows Update.`;
    return [refusal('REFUSAL_NOT_RETAIL', message, { at })];
  }
  if (!attested || destination !== undefined) return [];
  const message = 'Attested drivers reach the test audiences of Windows Update only, not everybody.';
  return [refusal('REFUSAL_TEST_AUDIENCE', message, { at })];
};

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const checkTypes = (
  { selectedProductTypes, requestedSignatures }: CreateProduct,
  { file, destination }: UploadRequest,
): readonly Diagnostic[] => {
  const at = { file };
  const types = Object.entries(selectedProductTypes ?? {});
  const families = [...new Set(requestedSignatures.flatMap((code) => osFamilyOf(code) ?? []))];
  const missing = families.filter((family) => !types.some(([key]) => same(key, family)));
  const unknown = types.filter(([, type]) => !isProductType(type));
  const strange = types.filter(([key]) => !OS_FAMILIES.some((known) => same(key, known)));
  const unclassified = types.some(([, type]) => same(type, 'Unclassified')) && destination !== 'signature';
  return [
    ...(missing.length === 0
      ? []
      : [refusal('REFUSAL_FAMILY_MISSING', `No product type is chosen for ${missing.join(', ')}.`, { at })]),
    ...strange.map(([family]) => refusal('REFUSAL_FAMILY_UNKNOWN', unknownFamily(family), { at })),
    ...unknown.map(([family, type]) => refusal('REFUSAL_PRODUCT_TYPE', unknownType(family, type), { at })),
    ...(unclassified
      ? [refusal('REFUSAL_UNCLASSIFIED', 'The product is unclassified: Microsoft reviews its labels.', { at })]
      : []),
  ];
};

const unknownFamily = (family: string): string => {
  const near = closestName(family, OS_FAMILIES);
  const meant = near === undefined ? '' : ` "${near}" is.`;
  return `"${shownText(family)}" is no family of Windows that Microsoft lists.${meant}`;
};

const unknownType = (family: string, type: string): string => {
  const near = closestName(type, PRODUCT_TYPES);
  const meant = near === undefined ? '' : ` "${near}" is.`;
  return `"${shownText(type)}", of ${shownText(family)}, is none of the ${PRODUCT_TYPES.length} product types that Microsoft lists.${meant}`;
};

/** Fields of additionalAttributes by the product type that they go with. */
const ATTRIBUTES_OF = [
  ['Storage Controller', 'storageController'],
  ['Server Virtualization Validation Program', 'svvp'],
] as const;

/** A mark of a controller, and what has to be told with it. */
const TOLD_WITH: readonly (readonly [mark: string, fields: readonly string[]])[] = [
  ['usedProprietary', ['proprietaryName', 'proprietaryVersion']],
  ['usedMicrosoft', ['microsoftName', 'microsoftVersion']],
  ['usedBetterBoot', ['uefiVersion', 'acpiVersion']],
];

const checkAttributes = (
  { selectedProductTypes, additionalAttributes: given }: CreateProduct,
  file: string,
): readonly Diagnostic[] => {
  const at = { file };
  const types = Object.values(selectedProductTypes ?? {});
  const missing = ATTRIBUTES_OF.filter(
    ([type, field]) => types.some((one) => same(one, type)) && (given?.[field] ?? undefined) === undefined,
  ).map(([type, field]) =>
    refusal('REFUSAL_ATTRIBUTES', `The type ${type} needs additionalAttributes.${field}.`, { at }),
  );
  const controllers = (['storageController', 'raidController'] as const).flatMap((name) => {
    const values: Readonly<Record<string, unknown>> = given?.[name] ?? {};
    const isBlank = (field: string): boolean => (values[field] ?? '') === '';
    return TOLD_WITH.flatMap(([mark, fields]) => {
      const blank = values[mark] === true ? fields.filter(isBlank) : [];
      if (blank.length === 0) return [];
      const message = `additionalAttributes.${name} has ${mark}, and no ${blank.join(' and no ')}.`;
      return [refusal('REFUSAL_ATTRIBUTES', message, { at })];
    });
  });
  const named = Object.entries(given ?? {}).flatMap(([name, values]) =>
    (values ?? undefined) === undefined ? [] : [name],
  );
  const several =
    named.length < 2
      ? []
      : [refusal('REFUSAL_ATTRIBUTES', `additionalAttributes has ${named.join(' and ')}; a product has one.`, { at })];
  return [...missing, ...controllers, ...several];
};
