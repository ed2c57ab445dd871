import type { ErrorCode } from '../../core/error-codes.ts';
import { type Diagnostic, type DiagnosticDetail, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import type { Audience } from '../partner-center/other-contract.ts';
import { parseServiceTime } from '../partner-center/wire.ts';
import type { ResolvedLabel } from './contract.ts';
import { needsRestart } from './resolve.ts';

/** What a label says of how it installs, for whom and from when (spec hardware-api 8.2, windows-update 2 and 5). */

type Say = (code: ErrorCode, message: string, detail?: DiagnosticDetail) => Diagnostic;

export const saying =
  ({ label, at }: ResolvedLabel): Say =>
  (code, message, detail = {}) =>
    problem(code, `"${shownText(label.id)}": ${message}`, { ...at, ...detail });

/** Flags that speak of installing by itself. */
const isAutomatic = ({ label: { publishingSpecifications: how } }: ResolvedLabel): boolean =>
  how?.isAutoInstallDuringOSUpgrade === true || how?.isAutoInstallOnApplicableSystems === true;

const isExtension = ({ submission, rows }: ResolvedLabel): boolean =>
  Object.values(submission?.metadata?.BundleInfoMap ?? {})
    .flatMap(({ InfInfoMap }) => Object.entries(InfInfoMap))
    .some(([inf, { ExtensionId }]) => rows.some(({ infId }) => infId === inf) && (ExtensionId ?? '') !== '');

const specifications = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const say = saying(resolved);
  const { destination, publishingSpecifications: how, recipientSpecifications: to } = resolved.label;
  const wrong = (message: string): Diagnostic => say('LABEL_SPECIFICATIONS', message);
  if (destination === 'notSet') return [wrong('the destination is not set.')];
  if (destination === 'anotherPartner') {
    return (to ?? undefined) === undefined ? [wrong('a label for a partner names its recipient.')] : [];
  }
  if (how === undefined || how === null) return [wrong('a label for Windows Update has publishingSpecifications.')];
  const automatic = isAutomatic(resolved);
  return [
    ...(automatic && how.manualAcquisition === true
      ? [wrong('what installs by itself is not acquired by hand: manualAcquisition has to be false.')]
      : []),
    ...(!automatic && how.manualAcquisition !== true
      ? [wrong('what does not install by itself is acquired by hand: manualAcquisition has to be true.')]
      : []),
    ...(!automatic && isExtension(resolved) ? [wrong('an extension INF has to install by itself.')] : []),
    ...(automatic && (how.additionalInfoForMsApproval ?? undefined) === undefined
      ? [
          say(
            'LABEL_APPROVAL',
            'what installs by itself needs additionalInfoForMsApproval, for Microsoft to approve it.',
            APPROVAL,
          ),
        ]
      : []),
  ];
};

const APPROVAL = {
  hint: 'Say whom at Microsoft you told, how the driver was tested, and why it should install by itself.',
};
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

const approval = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const info = resolved.label.publishingSpecifications?.additionalInfoForMsApproval;
  if (resolved.label.destination !== 'windowsUpdate' || info === undefined || info === null) return [];
  const say = saying(resolved);
  const lacks = (what: string): Diagnostic =>
    say('LABEL_APPROVAL', `the information for Microsoft's approval ${what}.`, APPROVAL);
  const blank = (text: string | null | undefined): boolean => (text ?? '').trim() === '';
  const automatic = isAutomatic(resolved);
  const contact = info.microsoftContact ?? '';
  return [
    ...(automatic && blank(contact) ? [lacks('names no contact at Microsoft')] : []),
    ...(blank(contact) || MAIL.test(contact.trim())
      ? []
      : [lacks(`has a contact that is no mail address: ${shownText(contact)}`)]),
    ...(automatic && blank(info.validationsPerformed) ? [lacks('does not say how the driver was tested')] : []),
    ...(automatic && blank(info.businessJustification) ? [lacks('gives no reason')] : []),
    ...restart(resolved, info.isRebootRequired),
  ];
};

const restart = (resolved: ResolvedLabel, said: boolean | null | undefined): readonly Diagnostic[] => {
  const { driver } = resolved.label;
  if (said === true || !needsRestart(driver)) return [];
  const message = `${shownText(driver)} starts with Windows and needs a restart, and isRebootRequired is ${said === false ? 'false' : 'not set'}.`;
  const severity = said === false ? 'error' : 'warning';
  return [saying(resolved)('LABEL_RESTART', message, { severity, hint: 'Set it to true.' })];
};

/** @param isLive the label is there, with this date: it may have begun since */
const goLive = (resolved: ResolvedLabel, nowMs: number, isLive: boolean): readonly Diagnostic[] => {
  const text = resolved.label.publishingSpecifications?.goLiveDate;
  if (text === undefined || text === null) return [];
  const say = saying(resolved);
  const ms = parseServiceTime(text);
  if (ms === undefined || !isCalendarDay(text)) {
    return [say('LABEL_GO_LIVE', `goLiveDate is no date and time of ISO 8601: ${shownText(text)}.`)];
  }
  if (ms >= nowMs) {
    const message =
      'goLiveDate is "not before": when Microsoft approves, and whether it heeds the date, is not promised.';
    return [say('LABEL_GO_LIVE', message, { severity: 'info' })];
  }
  if (isLive) return [];
  return [
    say('LABEL_GO_LIVE', `goLiveDate is past: ${text}.`, {
      hint: 'Leave it out: the label begins once it is approved.',
    }),
  ];
};

/** Dates that roll over are none: 30 February is a day of March to a lenient reader. */
const isCalendarDay = (text: string): boolean => {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return date.getUTCMonth() === (month ?? 0) - 1 && date.getUTCDate() === day;
};

/** The audiences that attested drivers may go to. */
const TEST_AUDIENCES = ['codev', 'test registry key'];

const audienceName = (id: string, audiences: readonly Audience[] | undefined): string | undefined =>
  audiences?.find((one) => one.id.toLowerCase().replace(/[{}]/g, '') === id.toLowerCase().replace(/[{}]/g, ''))
    ?.audienceName ?? undefined;

const signature = (resolved: ResolvedLabel, audiences: readonly Audience[] | undefined): readonly Diagnostic[] => {
  const { label, submission, audienceNames } = resolved;
  const say = saying(resolved);
  const real = submission?.signature ?? label.signature;
  const other =
    submission?.signature !== undefined && submission.signature !== label.signature
      ? [
          say(
            'LABEL_SIGNATURE',
            `the label says ${label.signature}, and the submission is signed by ${submission.signature}.`,
          ),
        ]
      : [];
  if (label.destination !== 'windowsUpdate') return other;
  if (real === 'test')
    return [...other, say('LABEL_SIGNATURE', 'a driver that is signed for tests is never published.')];
  if (real === 'whql') return other;
  const ids = label.targeting.restrictedToAudiences ?? [];
  const names = [...audienceNames, ...ids.map((id) => audienceName(id, audiences) ?? '')];
  const unnamed = audiences === undefined && ids.length > 0;
  if (unnamed || (names.length > 0 && names.every((name) => TEST_AUDIENCES.includes(name.toLowerCase())))) return other;
  const message =
    'an attested driver is published to the audiences CoDev and Test Registry Key only, and the label is for others.';
  return [
    ...other,
    say('LABEL_SIGNATURE', message, { hint: 'Restrict the label to one of these, or have the driver tested (WHQL).' }),
  ];
};

const knownAudiences = (resolved: ResolvedLabel, audiences: readonly Audience[] | undefined): readonly Diagnostic[] => {
  if (audiences === undefined) return [];
  const say = saying(resolved);
  const names = audiences.flatMap(({ audienceName: name }) => name ?? []);
  const there = { hint: `There is ${names.map(shownText).join(', ')}.` };
  return [
    ...resolved.audienceNames
      .filter((name) => !names.some((one) => one.toLowerCase() === name.toLowerCase()))
      .map((name) => say('LABEL_AUDIENCE', `the account has no audience "${shownText(name)}".`, there)),
    ...(resolved.label.targeting.restrictedToAudiences ?? [])
      .filter((id) => audienceName(id, audiences) === undefined)
      .map((id) => say('LABEL_AUDIENCE', `the account has no audience of the id ${shownText(id)}.`, there)),
  ];
};

export const checkSettings = (
  resolved: ResolvedLabel,
  facts: { readonly nowMs: number; readonly audiences: readonly Audience[] | undefined; readonly isLive: boolean },
): readonly Diagnostic[] => [
  ...specifications(resolved),
  ...approval(resolved),
  ...goLive(resolved, facts.nowMs, facts.isLive),
  ...signature(resolved, facts.audiences),
  ...knownAudiences(resolved, facts.audiences),
];
