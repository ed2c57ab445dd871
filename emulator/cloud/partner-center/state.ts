import { createHash } from 'node:crypto';
import type { CreateProduct, SubmissionStep } from '../../../publishing/partner-center/contract.ts';
import type { CreateShippingLabel } from '../../../publishing/partner-center/label-contract.ts';
import type { DriverMetadata } from '../../../publishing/partner-center/other-contract.ts';
import type { RolloutCurve } from '../windows-update/availability.ts';
import type { InstallReport } from '../windows-update/measures.ts';

/** What the emulated Partner Center knows: tables of rows by id. It survives JSON; bytes stand in a store of their own. */

/** Who may call, and what everything secret and every id is derived from. */
export interface AccountRow {
  readonly tenant: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly sellerId: string;
  /** Hex. Tokens, upload links and identifiers follow from it. */
  readonly seed: string;
  /** What it signs with: PKCS#8 DER in base64. For tests only. */
  readonly keys: { readonly root: string; readonly publisher: string };
  readonly createdAt: number;
}

export interface ClockRow {
  /** How far the emulated time is ahead of the machine's, in milliseconds. */
  readonly aheadMs: number;
  /** How many ids were given out. */
  readonly sequence: number;
}

export interface FaultRow {
  /** How often it still strikes; undefined until it is switched off. */
  readonly times?: number | undefined;
}

/** Bytes in the store: what they hash to, and how many they are. */
export interface ContentPart {
  readonly sha256: string;
  readonly size: number;
}

export interface BlockRow extends ContentPart {
  /** Base64, as the client chose it. */
  readonly id: string;
}

export interface BlobRow {
  /** What a browser would call the file. */
  readonly fileName: string;
  readonly contentType: string;
  /** Undefined before the first upload is complete. */
  readonly content?: readonly BlockRow[] | undefined;
  readonly uncommitted: readonly BlockRow[];
  /** Base64, when the store computed it or was told. */
  readonly md5?: string | undefined;
  readonly changedAt: number;
  /** Nothing can be written any more: the submission was committed. */
  readonly sealed: boolean;
}

export interface ReceivedFrom {
  readonly publisherId: string;
  readonly productId: string;
}

export interface ProductRow {
  readonly id: string;
  readonly sharedProductId: string;
  readonly settings: CreateProduct;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What another company shared with us. */
  readonly receivedFrom?: ReceivedFrom | undefined;
}

export type RunState = 'notStarted' | 'started' | 'failed' | 'completed';

export interface Run {
  readonly step: string;
  readonly state: RunState;
  readonly messages: readonly string[];
  /** The blob of the error report. */
  readonly report?: string | undefined;
}

export interface Complaint {
  readonly step: SubmissionStep;
  readonly message: string;
}

/** What ingestion learned from the package. */
export interface Inspection {
  readonly complaints: readonly Complaint[];
  readonly isExtensionInf: boolean;
  readonly isUniversal: boolean;
  readonly isDeclarativeInf: boolean;
}

export interface SubmissionRow {
  readonly id: string;
  readonly productId: string;
  readonly name: string;
  readonly type: 'initial' | 'derived';
  readonly createdAt: number;
  readonly commitStatus: 'commitPending' | 'commitReceived' | 'commitComplete' | 'commitFailed';
  /** The blob of the package; what another company shared has none. */
  readonly upload?: string | undefined;
  readonly shell?: string | undefined;
  readonly run?: Run | undefined;
  /** When the run goes on, in emulated time; undefined when it is over or has not begun. */
  readonly dueAt?: number | undefined;
  /** When the driver metadata appears. */
  readonly metadataAt?: number | undefined;
  /** What has to be done to the package's bytes before the run can go on. */
  readonly work?: 'inspect' | 'sign' | 'describe' | undefined;
  readonly inspection?: Inspection | undefined;
  readonly signed?: string | undefined;
  readonly metadata?: string | undefined;
  /** What the metadata says. */
  readonly described?: DriverMetadata | undefined;
  /** In which submission of the other company it has its origin. */
  readonly receivedSubmissionId?: string | undefined;
}

export type LabelTargeting = NonNullable<CreateShippingLabel['targeting']>;

/** What Windows Update offers of a label since its workflow ended; a change of the label leaves it until its own has. */
export interface PublishedLabel {
  /** With the rows that are offered; the last ones when it has expired. */
  readonly targeting: LabelTargeting;
  readonly approvedAt: number;
  readonly at: number;
  readonly curve: RolloutCurve;
  readonly pausedAt?: number | undefined;
  /** How long it was paused before. */
  readonly heldMs?: number | undefined;
  readonly stoppedAt?: number | undefined;
  readonly finalizedAt?: number | undefined;
  readonly expiredAt?: number | undefined;
  /** Why it is paused or stopped. */
  readonly because?: string | undefined;
  /** A fault: rows that were removed are offered until then. */
  readonly lingering?: { readonly targeting: LabelTargeting; readonly until: number } | undefined;
}

export interface LabelRow {
  readonly id: string;
  readonly productId: string;
  readonly submissionId: string;
  readonly settings: Omit<CreateShippingLabel, 'targeting'>;
  readonly targeting: LabelTargeting;
  readonly createdAt: number;
  readonly run: Run;
  readonly dueAt?: number | undefined;
  readonly cancelAt?: number | undefined;
  /** When the running workflow came to Microsoft's approval, and when it was given. */
  readonly reviewedAt?: number | undefined;
  readonly approvedAt?: number | undefined;
  readonly published?: PublishedLabel | undefined;
}

/** What a machine reported of a label. */
export interface InstallRow extends InstallReport {
  readonly label: string;
  readonly machine: string;
}

export interface AudienceRow {
  readonly audienceName: string;
  readonly description: string;
}

export interface PreprodRow {
  readonly id: string;
  readonly upload: string;
  readonly status: 'Processing' | 'Succeeded' | 'Failed';
  readonly changedAt: number;
  readonly dueAt?: number | undefined;
  readonly work?: 'sign' | undefined;
  readonly problem?: string | undefined;
  readonly asset?: string | undefined;
}

interface Rows {
  readonly account: AccountRow;
  readonly clock: ClockRow;
  readonly faults: FaultRow;
  readonly products: ProductRow;
  readonly submissions: SubmissionRow;
  readonly labels: LabelRow;
  readonly blobs: BlobRow;
  readonly audiences: AudienceRow;
  readonly preprod: PreprodRow;
  readonly installs: InstallRow;
}

export type TableName = keyof Rows;
export type CloudState = { readonly [T in TableName]: ReadonlyMap<string, Rows[T]> };

export const TABLE_NAMES = [
  'account',
  'clock',
  'faults',
  'products',
  'submissions',
  'labels',
  'blobs',
  'audiences',
  'preprod',
  'installs',
] as const satisfies readonly TableName[];

/** The one row of `account` and of `clock`. */
export const ONLY = 'this';

export const withRow = <T extends TableName>(state: CloudState, table: T, id: string, row: Rows[T]): CloudState => ({
  ...state,
  [table]: new Map<string, Rows[T]>(state[table] as ReadonlyMap<string, Rows[T]>).set(id, row),
});

export const withoutRow = (state: CloudState, table: TableName, id: string): CloudState => {
  const rows = new Map<string, Rows[TableName]>(state[table]);
  rows.delete(id);
  return { ...state, [table]: rows };
};

const only = <T>(rows: ReadonlyMap<string, T>): T => {
  const row = rows.get(ONLY);
  if (row === undefined) throw new TypeError('the state has no account or no clock');
  return row;
};
export const accountOf = (state: CloudState): AccountRow => only(state.account);
export const clockOf = (state: CloudState): ClockRow => only(state.clock);

const derived = (state: CloudState, what: string): string =>
  createHash('sha256')
    .update(`${accountOf(state).seed}\n${what}`)
    .digest('hex');

const asGuid = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');

const counted = (state: CloudState): { readonly state: CloudState; readonly n: number } => {
  const clock = clockOf(state);
  const n = clock.sequence + 1;
  return { state: withRow(state, 'clock', ONLY, { ...clock, sequence: n }), n };
};

/**
 * Doubles near 2^60 are 256 apart: ids 1536 apart never round to the same one, and the odd first one keeps each from
 * being a double itself, so that whoever rounds is noticed.
 */
const FIRST_ID = 1_152_921_504_621_465_125n;
const ID_STEP = 1536n;

export const newId = (before: CloudState): { readonly state: CloudState; readonly id: string } => {
  const { state, n } = counted(before);
  return { state, id: (FIRST_ID + ID_STEP * BigInt(n)).toString() };
};

export const newGuid = (before: CloudState): { readonly state: CloudState; readonly id: string } => {
  const { state, n } = counted(before);
  return { state, id: asGuid(derived(state, `guid ${n}`)) };
};

/** The same identifier for the same words, in one account. */
export const guidOf = (state: CloudState, words: string): string => asGuid(derived(state, words));

const AUDIENCES = [
  ['Test Registry Key', 'Machines with the registry value for test publications'],
  ['CoDev', 'Co-development'],
] as const;

/** An account in which nothing happened yet. */
export const emptyState = (account: AccountRow): CloudState => {
  const state: CloudState = {
    account: new Map([[ONLY, account]]),
    clock: new Map([[ONLY, { aheadMs: 0, sequence: 0 }]]),
    faults: new Map(),
    products: new Map(),
    submissions: new Map(),
    labels: new Map(),
    blobs: new Map(),
    audiences: new Map(),
    preprod: new Map(),
    installs: new Map(),
  };
  return AUDIENCES.reduce(
    (before, [audienceName, description]) =>
      withRow(before, 'audiences', guidOf(before, `audience ${audienceName}`), { audienceName, description }),
    state,
  );
};
