import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { DRIVERS } from '../../drivers/index.ts';
import { architectureOfCode } from '../partner-center/os-codes.ts';
import type { DriverMetadata } from '../partner-center/other-contract.ts';
import { signaturesFor } from '../submission/plan.ts';
import type {
  LabelRelease,
  LabelRow,
  ReleasedPackage,
  ResolvedLabel,
  SubmittedBrand,
  WrittenLabel,
} from './contract.ts';
import { type Channel, type FormLabel, isEntry, type LabelEntry, type LabelFile } from './form.ts';
import { asciiLower, matchesGlob } from './glob.ts';
import { isMeant } from './systems.ts';

/** From what a file says to the rows of labels: those of the driver metadata, and nothing else. */
export interface Resolved {
  readonly labels: readonly ResolvedLabel[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A submission, or what a release would submit, as far as one driver goes. */
interface Source {
  readonly architecture: string;
  readonly submission: SubmittedBrand | undefined;
  readonly rows: readonly LabelRow[];
}

const isInfOf = (driver: string, infId: string): boolean => asciiLower(infId) === `${asciiLower(driver)}.inf`;

/** Every combination of the metadata. */
export const metadataRows = (metadata: DriverMetadata): readonly LabelRow[] =>
  Object.entries(metadata.BundleInfoMap).flatMap(([bundleId, { InfInfoMap }]) =>
    Object.entries(InfInfoMap).flatMap(([infId, { OSPnPInfoMap }]) =>
      Object.entries(OSPnPInfoMap).flatMap(([operatingSystemCode, ids]) =>
        Object.keys(ids).map((pnpString) => ({ bundleId, infId, operatingSystemCode, pnpString })),
      ),
    ),
  );

/** What a package would give once it is submitted, to judge its ids before. */
const expectedRows = ({ driver, architecture, windows, hardwareIds }: ReleasedPackage): readonly LabelRow[] => {
  const known = (['x64', 'x86', 'arm64'] as const).find((one) => one === architecture);
  const codes = known === undefined ? [] : signaturesFor(windows, known);
  return codes.flatMap((operatingSystemCode) =>
    hardwareIds.map((id) => ({
      ...{ bundleId: '', infId: `${driver}.inf`, operatingSystemCode, pnpString: asciiLower(id) },
    })),
  );
};

const sourcesOf = (release: LabelRelease, brand: string, driver: string): readonly Source[] => {
  const submitted = release.submissions
    .filter((one) => one.brand === brand)
    .map((submission) => ({
      architecture: submission.architecture,
      submission,
      rows: (submission.metadata === undefined ? [] : metadataRows(submission.metadata)).filter(({ infId }) =>
        isInfOf(driver, infId),
      ),
    }));
  const there = submitted.filter(({ rows }) => rows.length > 0);
  const expected = (release.brands.find(({ id }) => id === brand)?.packages ?? [])
    .filter((one) => asciiLower(one.driver) === asciiLower(driver))
    .filter(({ architecture }) => !there.some((one) => one.architecture === architecture))
    .map((one) => ({ architecture: one.architecture, submission: undefined, rows: expectedRows(one) }));
  return [...there, ...expected];
};

const FLAGS: Readonly<Record<Channel, readonly [automatic: boolean, upgrade: boolean]>> = {
  automatic: [true, false],
  'automatic-and-upgrade': [true, true],
  'during-upgrade': [false, true],
  optional: [false, false],
};

/** Drivers that start with Windows, or filter what does, work after a restart only. */
export const needsRestart = (driver: string): boolean =>
  DRIVERS.find(({ name }) => name === asciiLower(driver))?.generations.some(({ services }) =>
    services.some(({ start }) => start === 'boot'),
  ) === true;

const approvalOf = ({ approval, driver }: LabelEntry) =>
  approval === undefined
    ? {}
    : {
        additionalInfoForMsApproval: {
          microsoftContact: approval.contact,
          validationsPerformed: approval.validations,
          businessJustification: approval.justification,
          affectedOems: approval.affectedOems ?? [],
          isRebootRequired: approval.restart ?? needsRestart(driver),
          isCoEngineered: approval.coEngineered ?? false,
          isForUnreleasedHardware: approval.unreleasedHardware ?? false,
          hasUiSoftware: approval.userInterface ?? false,
        },
      };

const specificationsOf = (
  entry: LabelEntry,
): Pick<WrittenLabel, 'publishingSpecifications' | 'recipientSpecifications'> => {
  if (entry.destination === 'anotherPartner') {
    const { recipient } = entry;
    return recipient === undefined
      ? {}
      : {
          recipientSpecifications: {
            receiverPublisherId: recipient.publisherId,
            enforceChidTargeting: recipient.enforceChids ?? false,
          },
        };
  }
  const [automatic, upgrade] = FLAGS[entry.channel];
  return {
    publishingSpecifications: {
      goLiveDate: entry.goLiveDate ?? null,
      visibleToAccounts: entry.visibleToAccounts ?? [],
      isAutoInstallOnApplicableSystems: automatic,
      isAutoInstallDuringOSUpgrade: upgrade,
      manualAcquisition: !automatic && !upgrade,
      isDisclosureRestricted: entry.disclosureRestricted ?? false,
      publishToWindows10s: entry.sMode ?? false,
      ...approvalOf(entry),
    },
  };
};

const targetingOf = (entry: LabelEntry, rows: readonly LabelRow[]): WrittenLabel['targeting'] => ({
  hardwareIds: rows.map((row) => ({ ...row })),
  ...(entry.chids === undefined ? {} : { chids: entry.chids.map((chid) => ({ chid })) }),
  ...(entry.floor === undefined && entry.ceiling === undefined
    ? {}
    : {
        inServicePublishInfo: {
          ...(entry.floor === undefined ? {} : { flooring: entry.floor.toUpperCase() }),
          ...(entry.ceiling === undefined ? {} : { ceiling: entry.ceiling.toUpperCase() }),
        },
      }),
});

const inOrder = (rows: readonly LabelRow[]): readonly LabelRow[] =>
  [...rows].sort((a, b) => (rowKey(a) < rowKey(b) ? -1 : 1));

/** Two spellings of one row are one. */
export const rowKey = ({ bundleId, infId, operatingSystemCode, pnpString }: LabelRow): string =>
  [infId, operatingSystemCode, pnpString, bundleId].map(asciiLower).join(' ');

const emptyOnes = (
  entry: LabelEntry,
  sources: readonly Source[],
  at: Pick<Diagnostic, 'at'>,
): readonly Diagnostic[] => {
  const all = sources.flatMap(({ rows }) => rows);
  const empty = (what: string, there: readonly string[]): Diagnostic =>
    problem('LABEL_ROWS_EMPTY', `${shownText(entry.name)}: ${what} takes in nothing.`, {
      ...at,
      hint: `There is ${[...new Set(there)].slice(0, 12).join(', ')}.`,
    });
  return [
    ...entry.hardwareIds
      .filter((pattern) => !all.some(({ pnpString }) => matchesGlob(pattern, pnpString)))
      .map((pattern) =>
        empty(
          `the id "${shownText(pattern)}"`,
          all.map(({ pnpString }) => pnpString),
        ),
      ),
    ...entry.windows
      .filter((said) => !all.some(({ operatingSystemCode }) => isMeant(operatingSystemCode, said)))
      .map((said) =>
        empty(
          `the Windows "${shownText(said)}"`,
          all.map(({ operatingSystemCode }) => operatingSystemCode),
        ),
      ),
  ];
};

const entryLabels = (entry: LabelEntry, release: LabelRelease, at: Pick<Diagnostic, 'at'>): Resolved => {
  const sources = sourcesOf(release, entry.brand, entry.driver).filter(
    ({ architecture }) => entry.architectures?.some((one) => one === architecture) ?? true,
  );
  const labels = sources.flatMap((source): readonly ResolvedLabel[] => {
    const rows = inOrder(
      source.rows.filter(
        ({ operatingSystemCode, pnpString }) =>
          entry.windows.some((said) => isMeant(operatingSystemCode, said)) &&
          entry.hardwareIds.some((pattern) => matchesGlob(pattern, pnpString)),
      ),
    );
    if (rows.length === 0) return [];
    const label: WrittenLabel = {
      id: `${entry.name}-${source.architecture}`,
      name: entry.name,
      brand: entry.brand,
      driver: entry.driver,
      signature: source.submission?.signature ?? 'whql',
      destination: entry.destination ?? 'windowsUpdate',
      ...specificationsOf(entry),
      targeting: targetingOf(entry, rows),
    };
    const { architecture, submission } = source;
    return [{ label, rows, submission, architecture, audienceNames: entry.audiences ?? [], at }];
  });
  const found =
    sources.length === 0 ? [nothingSubmitted(entry.name, entry, release, at)] : emptyOnes(entry, sources, at);
  if (labels.length > 0 || found.length > 0) return { labels, diagnostics: found };
  const message = `${shownText(entry.name)}: no id is offered to any of the Windows that are named.`;
  return { labels, diagnostics: [problem('LABEL_ROWS_EMPTY', message, at)] };
};

const nothingSubmitted = (
  name: string,
  { brand, driver }: { readonly brand: string; readonly driver: string },
  release: LabelRelease,
  at: Pick<Diagnostic, 'at'>,
): Diagnostic => {
  const there = release.brands.map(
    ({ id, packages }) => `${id}: ${[...new Set(packages.map((one) => one.driver))].join(', ')}`,
  );
  const message = `${shownText(name)}: the release has no package ${shownText(driver)} of ${shownText(brand)} to publish.`;
  return problem('LABEL_NOT_SUBMITTED', message, { ...at, hint: `It has ${there.join('; ')}.` });
};

const formRows = ({ targeting }: FormLabel): readonly LabelRow[] =>
  (targeting.hardwareIds ?? [])
    .filter(({ action, distributionState }) => action !== 'remove' && distributionState !== 'pendingRemove')
    .map(({ bundleId, infId, operatingSystemCode, pnpString }) => ({
      bundleId,
      infId,
      operatingSystemCode,
      pnpString,
    }));

/** The submission whose bundles a row names; for a bundle of none, the one of the row's processors. */
const sourceOf = (row: LabelRow, release: LabelRelease, brand: string): SubmittedBrand | undefined => {
  const own = release.submissions.filter((one) => one.brand === brand);
  const bundle = asciiLower(row.bundleId);
  const named = own.find(({ metadata }) =>
    Object.keys(metadata?.BundleInfoMap ?? {}).some((one) => asciiLower(one) === bundle),
  );
  return named ?? own.find(({ architecture }) => architecture === architectureOfCode(row.operatingSystemCode));
};

/** A label of rows in two submissions is two labels: the service has them below one submission each. */
const formLabels = (form: FormLabel, release: LabelRelease, at: Pick<Diagnostic, 'at'>): Resolved => {
  const rows = formRows(form);
  const groups = new Map<
    string,
    { submission: SubmittedBrand | undefined; architecture: string | undefined; rows: LabelRow[] }
  >();
  for (const row of rows) {
    const submission = sourceOf(row, release, form.brand);
    const architecture = submission?.architecture ?? architectureOfCode(row.operatingSystemCode);
    const group = groups.get(architecture ?? '') ?? { submission, architecture, rows: [] };
    group.rows.push(row);
    groups.set(architecture ?? '', group);
  }
  const { id, name, ...said } = form;
  const {
    times: _,
    productId: _product,
    submissionId: _submission,
    workflowStatus: _status,
    links: _links,
    ...rest
  } = said;
  const several = groups.size > 1;
  const labels = [...groups.values()].map((group): ResolvedLabel => {
    const architecture = group.architecture ?? '';
    return {
      label: {
        ...rest,
        ...(name == null ? {} : { name }),
        id: several ? `${id}-${architecture}` : String(id),
        targeting: { ...form.targeting, hardwareIds: group.rows.map((row) => ({ ...row })) },
      },
      ...group,
      audienceNames: [],
      at,
    };
  });
  const known = release.brands.find(({ id: one }) => one === form.brand)?.packages ?? [];
  const absent = known.some(({ driver }) => asciiLower(driver) === asciiLower(form.driver))
    ? []
    : [nothingSubmitted(String(id), form, release, at)];
  const message = `${shownText(String(id))}: the label targets no hardware id.`;
  const empty = rows.length === 0 ? [problem('LABEL_ROWS_EMPTY', message, at)] : [];
  return { labels, diagnostics: [...absent, ...empty] };
};

/** The labels that a file asks for, one for each submission they are in. */
export const resolveLabels = ({ labels, place }: LabelFile, release: LabelRelease): Resolved => {
  const each = labels.map((label, index) => {
    const { at } = place(index);
    return isEntry(label) ? entryLabels(label, release, { at }) : formLabels(label, release, { at });
  });
  return { labels: each.flatMap((one) => one.labels), diagnostics: each.flatMap(({ diagnostics }) => diagnostics) };
};
