import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, type DiagnosticDetail, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { parsePvId } from '../../packaging/formats/inf/pv/ids.ts';
import { idFlaw, isTwoPart } from '../refusals/hardware-ids.ts';
import type { LabelRelease, LabelRow, ResolvedLabel } from './contract.ts';
import { asciiLower } from './glob.ts';
import { foreignTo, ownIdsOf } from './own-ids.ts';
import { metadataRows, rowKey } from './resolve.ts';
import { isKnownCode } from './systems.ts';

/** What is wrong with single rows of a label: whose ids they are, and whether the service has them. */

/** `"storage-x64", xenvbd.inf, WINDOWS_v100_X64_RS5_FULL and 2 more, pci\…` */
const shownRow = ({ label }: ResolvedLabel, rows: readonly LabelRow[]): string => {
  const [first] = rows;
  const more = rows.length > 1 ? ` and ${rows.length - 1} more` : '';
  const bundle = first === undefined || first.bundleId === '' ? '' : ` of bundle ${shownText(first.bundleId)}`;
  const where = `${shownText(first?.infId ?? '')}${bundle}, ${shownText(first?.operatingSystemCode ?? '')}${more}`;
  return `"${shownText(label.id)}", ${where}, ${shownText(first?.pnpString ?? '')}`;
};

/** Findings about ids, each id once with the systems that it has it for. */
const eachId = (resolved: ResolvedLabel, find: (rows: readonly LabelRow[], id: string) => readonly Diagnostic[]) => {
  const byId = new Map<string, LabelRow[]>();
  for (const row of resolved.rows) {
    const rows = byId.get(row.pnpString);
    if (rows === undefined) byId.set(row.pnpString, [row]);
    else rows.push(row);
  }
  return [...byId].flatMap(([id, rows]) => find(rows, id));
};

const WRITTEN = /^[\x21-\x7e][\x20-\x7e]*$/;

const spellingOf = (id: string): string | undefined => {
  if (!WRITTEN.test(id)) return 'has characters that are no plain ASCII: it is another id than it looks';
  return id === asciiLower(id) ? undefined : 'has capital letters: the service writes ids in small ones';
};

export const namesOf = ({ label, submission }: ResolvedLabel): string => {
  const infs = Object.values(submission?.metadata?.BundleInfoMap ?? {}).flatMap(({ InfInfoMap }) =>
    Object.values(InfInfoMap),
  );
  return [label.brand, ...infs.flatMap(({ Provider }) => Provider ?? [])].join('\n');
};

const ownership = (resolved: ResolvedLabel, release: LabelRelease): readonly Diagnostic[] => {
  const own = ownIdsOf(release.brands.find(({ id }) => id === resolved.label.brand));
  const names = namesOf(resolved);
  // Sharing offers nothing: what becomes of it is the receiver's label.
  const severity = resolved.label.destination === 'windowsUpdate' ? 'error' : 'warning';
  const about = (code: ErrorCode, rows: readonly LabelRow[], what: string, detail: DiagnosticDetail): Diagnostic =>
    problem(code, `${shownRow(resolved, rows)} ${what}.`, { ...resolved.at, ...detail });
  return eachId(resolved, (rows, id) => {
    const spelling = spellingOf(id);
    if (spelling !== undefined) {
      return [about('LABEL_PNP_STRING', rows, spelling, { hint: 'Copy it from the driver metadata.' })];
    }
    const foreign = foreignTo(own, id, names);
    if (foreign === undefined) return [];
    return [
      about('LABEL_FOREIGN_ID', rows, foreign, {
        severity,
        hint: "Take the row out: a label names the brand's own ids only.",
      }),
    ];
  });
};

const knownRows = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const { submission, rows, at } = resolved;
  if (submission?.metadata === undefined) return [];
  const known = new Set(metadataRows(submission.metadata).map(rowKey));
  const unknown = rows.filter((row) => !known.has(rowKey(row)));
  const [first] = unknown;
  if (first === undefined) return [];
  return eachId({ ...resolved, rows: unknown }, (some) => [
    problem(
      'LABEL_ROW_UNKNOWN',
      `${shownRow(resolved, some)} is not in the driver metadata of submission ${submission.ids.s}.`,
      {
        ...at,
        hint: '`winpv label plan` shows the rows that there are.',
      },
    ),
  ]);
};

const otherInf = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const { driver } = resolved.label;
  const others = resolved.rows.filter(({ infId }) => asciiLower(infId) !== `${asciiLower(driver)}.inf`);
  const [first] = others;
  if (first === undefined) return [];
  const message = `${shownRow(resolved, others)} is of another driver than ${shownText(driver)}, which the label says it is for.`;
  return [problem('LABEL_FOREIGN_ID', message, { ...resolved.at, hint: 'Give each driver a label of its own.' })];
};

/** Restrictions that make Microsoft look at a label by hand (publishing-restrictions.md); it can be made nevertheless. */
const reviewed = (resolved: ResolvedLabel, { brands }: LabelRelease): readonly Diagnostic[] => {
  if (resolved.label.destination !== 'windowsUpdate') return [];
  const warn = (what: string, hint: string): Diagnostic =>
    problem('LABEL_REVIEWED', what, { ...resolved.at, severity: 'warning', hint });
  const own = ownIdsOf(brands.find(({ id }) => id === resolved.label.brand));
  const names = namesOf(resolved);
  const ids = eachId(resolved, (rows, id) => {
    if (spellingOf(id) !== undefined || foreignTo(own, id, names) !== undefined) return [];
    const flaw = isTwoPart(id) ? 'names no subsystem, and is reviewed' : idFlaw(id);
    return flaw === undefined
      ? []
      : [warn(`${shownRow(resolved, rows)} ${flaw}.`, 'Where the INF has a longer id, take that one.')];
  });
  const consent =
    !OWNERS.test(names) && resolved.rows.some(({ pnpString }) => parsePvId(pnpString)?.bus === 'PCI')
      ? [
          warn(
            `"${shownText(resolved.label.id)}": PCI ids of vendor 5853 belong to XenSource; Microsoft asks for its consent (assumed for device ids of one's own).`,
            'The owner tells Microsoft by mail, with your publisher id and the ids.',
          ),
        ]
      : [];
  const unclassified =
    resolved.submission?.unclassified === true
      ? [
          warn(
            `"${shownText(resolved.label.id)}": the product is Unclassified, and such products are always reviewed.`,
            'Tell Microsoft of it early.',
          ),
        ]
      : [];
  return [...ids, ...consent, ...unclassified];
};

/** Who has vendor 5853, and the names that its drivers go by. */
const OWNERS = /xensource|xenserver|citrix|cloud software group/i;

const unknownCodes = ({ label, rows, at }: ResolvedLabel): readonly Diagnostic[] =>
  [...new Set(rows.map(({ operatingSystemCode }) => operatingSystemCode))]
    .filter((code) => !isKnownCode(code))
    .map((code) =>
      problem('LABEL_OS_CODE', `"${shownText(label.id)}": the OS code ${shownText(code)} is not known to winpv.`, {
        ...at,
        severity: 'warning',
        hint: 'The list grows with Windows; see whether it is spelt as the metadata has it.',
      }),
    );

export const checkOwnDevice = (resolved: ResolvedLabel, release: LabelRelease): readonly Diagnostic[] => {
  const { label, at } = resolved;
  const brand = release.brands.find(({ id }) => id === label.brand);
  if (brand === undefined || label.destination !== 'windowsUpdate' || ownIdsOf(brand).functions.size > 0) return [];
  const message =
    `"${shownText(label.id)}": ${shownText(label.brand)} has no PV device id of its own: its drivers bind devices that ` +
    'every Xen guest has, and would be offered to the guests of every vendor.';
  const hint =
    'Reserve a device id, set `vendorDeviceId` in the brand, and release again. Without one there is no label.';
  return [problem('LABEL_NO_OWN_DEVICE', message, { ...at, hint })];
};

export const checkRows = (resolved: ResolvedLabel, release: LabelRelease): readonly Diagnostic[] => [
  ...checkOwnDevice(resolved, release),
  ...ownership(resolved, release),
  ...otherInf(resolved),
  ...knownRows(resolved),
  ...reviewed(resolved, release),
  ...unknownCodes(resolved),
];
