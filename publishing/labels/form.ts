import { z } from 'zod';
import type { Settings } from '../../branding/settings.ts';
import { ARCHITECTURES } from '../../core/architecture.ts';
import { LABEL_DESTINATIONS } from '../partner-center/contract.ts';
import { publishingSpecifications, recipientSpecifications, targeting } from '../partner-center/label-contract.ts';
import { caseless, wireId } from '../partner-center/wire.ts';
import { type LabelRow, SIGNATURES } from './contract.ts';
import { readLabelSettings } from './file.ts';

/** Files of labels: chosen by patterns, or row by row in the form that `winpv fleet simulate` takes (contract 8). */

export const CHANNELS = ['automatic', 'automatic-and-upgrade', 'during-upgrade', 'optional'] as const;
export type Channel = (typeof CHANNELS)[number];

const word = z.string().min(1).max(128);
const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;

/** The text before the first wildcard has to name an enumerator and something of it: no label takes all there is. */
const NARROW = /^[^*?\\]+\\[^*?]{3}/;

const pattern = z
  .string()
  .max(200)
  .refine((text) => NARROW.test(text), {
    message: 'has to name an enumerator and a device before any wildcard: a label never takes every id',
  });

const approval = z.strictObject({
  contact: z.string().meta({ description: 'Mail address of the person at Microsoft who was told.' }),
  validations: z.string().meta({ description: 'How the driver was tested.' }),
  justification: z.string().meta({ description: 'Why it should install by itself.' }),
  affectedOems: z.array(z.string()).optional(),
  restart: z
    .boolean()
    .optional()
    .meta({ description: 'Whether a restart is needed; by default what the driver is known for.' }),
  coEngineered: z.boolean().optional(),
  unreleasedHardware: z.boolean().optional(),
  userInterface: z.boolean().optional(),
});

const entry = z.strictObject({
  name: word,
  brand: word,
  driver: word,
  architectures: z.array(z.enum(ARCHITECTURES)).min(1).optional(),
  hardwareIds: z.array(pattern).min(1).meta({ description: 'Ids, or patterns of them with * and ?.' }),
  windows: z.array(word).min(1).meta({ description: 'OS codes, or releases: RS5, SERVER_RS5.' }),
  channel: z.enum(CHANNELS),
  destination: z.enum(['windowsUpdate', 'anotherPartner']).optional(),
  recipient: z.strictObject({ publisherId: z.string(), enforceChids: z.boolean().optional() }).optional(),
  floor: word.optional(),
  ceiling: word.optional(),
  chids: z.array(z.string().regex(GUID, 'has to be a GUID')).optional(),
  audiences: z.array(word).optional(),
  goLiveDate: z.string().optional(),
  disclosureRestricted: z.boolean().optional(),
  sMode: z.boolean().optional(),
  visibleToAccounts: z.array(z.string().regex(/^\d{1,19}$/, 'has to be a seller id')).optional(),
  approval: approval.optional(),
});
export type LabelEntry = z.output<typeof entry>;

/** Fields of the service are taken as they are, so that what is wrong with them is said by a rule, with the row. */
const written = z.strictObject({
  id: z.union([word, wireId]),
  productId: wireId.nullish(),
  submissionId: wireId.nullish(),
  name: word.nullish(),
  brand: word,
  driver: word,
  version: z.string().optional(),
  signature: z.enum(SIGNATURES),
  destination: caseless(LABEL_DESTINATIONS),
  publishingSpecifications: z
    .strictObject({ ...publishingSpecifications.shape, goLiveDate: z.string().nullish() })
    .nullish(),
  recipientSpecifications: recipientSpecifications.nullish(),
  targeting: targeting.extend({ restrictedToAudiences: z.array(z.string()).nullish() }).strict(),
  /** What the service says beside a label, and nothing here rests on. */
  workflowStatus: z.unknown().optional(),
  links: z.unknown().optional(),
  times: z.looseObject({}).nullish(),
});
export type FormLabel = z.output<typeof written>;

const row = z.strictObject({
  bundleId: z.string(),
  infId: z.string(),
  operatingSystemCode: z.string(),
  pnpString: z.string(),
}) satisfies z.ZodType<LabelRow>;

/** What is live, as far as a plan rests on it. */
const liveLabel = z.strictObject({
  id: z.string(),
  name: z.string(),
  submission: z.string(),
  rows: z.array(row),
  chids: z.array(z.string()),
  audiences: z.array(z.string()),
  floor: z.string(),
  ceiling: z.string(),
});
export type PlannedOn = z.output<typeof liveLabel>;

export const PLAN_FORMAT = 1;
const plan = z.strictObject({
  formatVersion: z.literal(PLAN_FORMAT),
  /** SHA-256 of what was live. */
  fingerprint: z.string().regex(/^[0-9a-f]{64}$/),
  made: z.string(),
  live: z.array(liveLabel),
});
export type LabelPlan = z.output<typeof plan>;

const one = z.union([entry, written]);
export const labelsSchema = z
  .union([z.array(one), z.strictObject({ labels: z.array(one), plan: plan.optional() })])
  .meta({ title: 'labels' });

export interface LabelFile {
  readonly file: string;
  readonly labels: readonly (LabelEntry | FormLabel)[];
  /** When the file is a plan. */
  readonly plan: LabelPlan | undefined;
  /** Where a label stands. */
  readonly place: (index: number) => ReturnType<Settings<unknown>['point']>;
}

export const isEntry = (label: LabelEntry | FormLabel): label is LabelEntry => 'channel' in label;

/**
 * Reads labels or a plan of them, YAML or JSON: a list, or a list under `labels`.
 * @throws WinpvError CONFIG_*, with places
 */
export const parseLabelFile = (bytes: Uint8Array, file: string): LabelFile => {
  const settings = readLabelSettings(bytes, file, labelsSchema);
  const { value } = settings;
  const list = Array.isArray(value);
  return {
    file,
    labels: list ? value : value.labels,
    plan: list ? undefined : value.plan,
    place: (index) => settings.point(list ? [index] : ['labels', index]),
  };
};
