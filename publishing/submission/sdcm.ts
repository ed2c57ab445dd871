import { z } from 'zod';
import { WinpvError } from '../../core/errors.ts';
import { createProduct, createSubmission, readWire } from '../partner-center/contract.ts';
import { parseWireJson, type WireJson } from '../partner-center/json.ts';
import { createShippingLabel } from '../partner-center/label-contract.ts';

/** The JSON files that users of Microsoft's SDCM have: one for what is to be made, one for who they are. */
const creation = z.looseObject({
  createType: z.string(),
  createProduct: z.unknown().optional(),
  createSubmission: z.unknown().optional(),
  createShippingLabel: z.unknown().optional(),
});

export type SdcmCreation =
  | { readonly kind: 'product'; readonly product: z.output<typeof createProduct> }
  | { readonly kind: 'submission'; readonly submission: z.output<typeof createSubmission> }
  | { readonly kind: 'shippingLabel'; readonly label: z.output<typeof createShippingLabel> };

const invalid = (file: string, why: string): WinpvError =>
  new WinpvError('CONFIG_INVALID', `${why}.`, { at: { file } });

const inner = <S extends z.ZodType>(schema: S, value: unknown, name: string, file: string): z.output<S> => {
  if (value === undefined) throw invalid(file, `\`${name}\` is missing`);
  try {
    return readWire(schema, value as WireJson, { what: name, unknownFields: 'refuse' }).value;
  } catch (error) {
    if (error instanceof WinpvError) throw invalid(file, error.message.replace(/\.$/, ''));
    throw error;
  }
};

/** @throws WinpvError CONFIG_SYNTAX, CONFIG_INVALID with the field */
export const parseSdcmCreation = (bytes: Uint8Array, file: string): SdcmCreation => {
  const read = creation.safeParse(parseWireJson(bytes, file, 'CONFIG_SYNTAX'));
  if (!read.success) throw invalid(file, 'It has no `createType`');
  const { createType, ...parts } = read.data;
  const extra = Object.keys(parts).find((key) => !/^create(Product|Submission|ShippingLabel)$/.test(key));
  if (extra !== undefined) throw new WinpvError('CONFIG_UNKNOWN_KEY', `There is no \`${extra}\`.`, { at: { file } });
  switch (createType.toLowerCase()) {
    case 'product':
      return { kind: 'product', product: inner(createProduct, parts.createProduct, 'createProduct', file) };
    case 'submission':
      return {
        kind: 'submission',
        submission: inner(createSubmission, parts.createSubmission, 'createSubmission', file),
      };
    case 'shippinglabel':
      return {
        kind: 'shippingLabel',
        label: inner(createShippingLabel, parts.createShippingLabel, 'createShippingLabel', file),
      };
    default:
      throw invalid(file, '`createType` is none of product, submission and shippingLabel');
  }
};

const accounts = z.array(
  z.strictObject({
    tenantId: z.string().min(1),
    clientId: z.string().min(1),
    key: z.string().optional(),
    url: z.string().optional(),
    urlPrefix: z.string().optional(),
    managedIdentityClientId: z.string().optional(),
    scope: z.string().optional(),
  }),
);
export type SdcmAccount = z.output<typeof accounts>[number];

/**
 * One entry of `authconfig.json`.
 * @param index from 0
 * @throws WinpvError PUBLISH_CREDENTIALS_INVALID; no message has a value of the file, for it holds a secret
 */
export const parseSdcmAccount = (bytes: Uint8Array, file: string, index: number): SdcmAccount => {
  const read = accounts.safeParse(parseWireJson(bytes, file, 'PUBLISH_CREDENTIALS_INVALID'));
  const why = read.success ? undefined : read.error.issues[0];
  if (!read.success) {
    const where = why === undefined || why.path.length === 0 ? 'It' : `\`${why.path.join('.')}\``;
    throw new WinpvError('PUBLISH_CREDENTIALS_INVALID', `${where} has another form than SDCM's authconfig.json.`, {
      at: { file },
    });
  }
  const account = read.data[index];
  if (account !== undefined) return account;
  throw new WinpvError('PUBLISH_CREDENTIALS_INVALID', `It has no account number ${index}.`, {
    at: { file },
    hint: `It has ${read.data.length}, counted from 0.`,
  });
};
