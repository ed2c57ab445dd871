import type { Diagnostic } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { saying } from './check-settings.ts';
import type { ResolvedLabel } from './contract.ts';
import { buildOf, ceilingOf, familyOf, floorOf, isKnownCode, isWindows10, shownCode } from './systems.ts';

/** Which releases of Windows and which computers a label reaches (spec windows-update 4, 3.3). */

const given = (text: string | null | undefined): text is string => typeof text === 'string' && text !== '';

/** The builds of the rows, lowest and highest; undefined when a code is not known. */
const span = ({ rows }: ResolvedLabel) => {
  const builds = rows.map(({ operatingSystemCode }) => buildOf(operatingSystemCode));
  const known = builds.filter((build) => build !== undefined);
  if (known.length === 0 || known.length < builds.length) return undefined;
  return { lowest: Math.min(...known), highest: Math.max(...known) };
};

const ASSUMED = ' (assumed: not in the list of the documentation)';

const floor = (resolved: ResolvedLabel, name: string): readonly Diagnostic[] => {
  const say = saying(resolved);
  const bound = floorOf(name);
  if (bound === 'unknown')
    return [say('LABEL_RANGE', `the floor ${shownText(name)} is no release that the service knows.`)];
  if (bound === 'unreleased') {
    const message = `the floor ${name} is the name of a Windows that was not released (assumed).`;
    return [say('LABEL_RANGE', message, { severity: 'warning' })];
  }
  const rows = span(resolved);
  const below =
    rows !== undefined && bound.build < rows.lowest && !(name.toUpperCase() === 'TH' && rows.lowest <= 10586);
  return [
    ...(below
      ? [say('LABEL_RANGE', `the floor ${name} is below the lowest Windows of its rows: a floor only raises.`, RAISE)]
      : []),
    ...(bound.assumed
      ? [say('LABEL_RANGE', `the floor ${name} is taken for the release of that name${ASSUMED}.`, { severity: 'info' })]
      : []),
  ];
};
const RAISE = { hint: 'Leave it out, or name the release that the offer is to begin with.' };

const ceiling = (
  resolved: ResolvedLabel,
  name: string,
  floorName: string | null | undefined,
): readonly Diagnostic[] => {
  const say = saying(resolved);
  const bound = ceilingOf(name);
  if (typeof bound !== 'object') {
    return [say('LABEL_RANGE', `the ceiling ${shownText(name)} is none that the service knows: they go up to CO.`)];
  }
  const rows = span(resolved);
  const low = given(floorName) ? floorOf(floorName) : undefined;
  return [
    ...(rows !== undefined && bound.build > rows.highest
      ? [say('LABEL_RANGE', `the ceiling ${name} is above the highest Windows of its rows.`)]
      : []),
    ...(rows !== undefined && bound.build < rows.lowest
      ? [say('LABEL_RANGE', `the ceiling ${name} is below every Windows of its rows: nothing would be offered.`)]
      : []),
    ...(typeof low === 'object' && low.build > bound.build
      ? [say('LABEL_RANGE', `the floor ${floorName} is above the ceiling ${name}.`)]
      : []),
    say('LABEL_RANGE', 'ceilings are for accounts that Microsoft gave them to; others are refused.', {
      severity: 'warning',
    }),
  ];
};

const ranges = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const { inServicePublishInfo: range, coEngDriverPublishInfo: builds } = resolved.label.targeting;
  const say = saying(resolved);
  const co = (builds ?? undefined) !== undefined;
  const [low, high] = [builds?.flooringBuildNumber ?? undefined, builds?.ceilingBuildNumber ?? undefined];
  return [
    ...(given(range?.flooring) ? floor(resolved, range.flooring) : []),
    ...(given(range?.ceiling) ? ceiling(resolved, range.ceiling, range.flooring) : []),
    ...(co && (given(range?.flooring) || given(range?.ceiling))
      ? [say('LABEL_RANGE', 'coEngDriverPublishInfo is not given together with inServicePublishInfo.')]
      : []),
    ...(low !== undefined && high !== undefined && low > high
      ? [say('LABEL_RANGE', `the floor of build ${low} is above the ceiling of build ${high}.`)]
      : []),
    ...(co
      ? [
          say('LABEL_RANGE', "build numbers are for partners in Microsoft's co-engineering only.", {
            severity: 'warning',
          }),
        ]
      : []),
  ];
};

const codesOf = ({ rows }: ResolvedLabel): readonly string[] => [
  ...new Set(rows.map(({ operatingSystemCode }) => operatingSystemCode)),
];

/** Codes of Windows 8.1 and earlier; of codes that nobody knows, only the form tells. */
const earlier = (resolved: ResolvedLabel): readonly string[] =>
  codesOf(resolved).filter((code) => isKnownCode(code) && !isWindows10(code));

const mixed = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const old = earlier(resolved);
  const later = codesOf(resolved).find(isWindows10);
  if (old.length === 0 || later === undefined) return [];
  const message = `the label has rows for ${old.join(', ')} together with ${later}: Windows 10 and later have labels of their own.`;
  return [saying(resolved)('LABEL_SYSTEMS_MIXED', message, { hint: 'Make two labels.' })];
};

const GUID = /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i;
const FIRMWARE_CLASS = 'f2e7dd72-6468-4e36-b6f1-6488f42c1b52';
const DISPLAY_CLASS = '4d36e968-e325-11ce-bfc1-08002be10318';

const classesOf = ({ submission, rows }: ResolvedLabel): readonly string[] =>
  Object.values(submission?.metadata?.BundleInfoMap ?? {})
    .flatMap(({ InfInfoMap }) => Object.entries(InfInfoMap))
    .filter(([inf]) => rows.some(({ infId }) => infId.toLowerCase() === inf.toLowerCase()))
    .map(([, { ClassGuid }]) => (ClassGuid ?? '').replace(/[{}]/g, '').toLowerCase());

const computers = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  const say = saying(resolved);
  const chids = (resolved.label.targeting.chids ?? [])
    .filter(({ action }) => action !== 'remove')
    .map(({ chid }) => chid);
  const classes = classesOf(resolved);
  if (chids.length === 0) {
    return classes.includes(FIRMWARE_CLASS)
      ? [say('LABEL_CHID', 'firmware is published to named computers only, and the label has no CHIDs.')]
      : [];
  }
  const [old] = earlier(resolved);
  return [
    ...chids
      .filter((chid) => !GUID.test(chid))
      .map((chid) => say('LABEL_CHID', `the CHID ${shownText(chid)} is no GUID.`)),
    ...(old === undefined
      ? []
      : [say('LABEL_CHID', `CHIDs begin with Windows 10, and the label has rows for ${old}.`)]),
    ...(classes.includes(DISPLAY_CLASS) ? [say('LABEL_CHID', 'display drivers are not published by CHIDs.')] : []),
    say(
      'LABEL_CHID',
      "a CHID is of a maker's computers: one of another company needs its consent, told to Microsoft by mail.",
      {
        severity: 'info',
      },
    ),
  ];
};

/** Rows go on to every later release; what is more than the lowest is the same offer again. */
const forward = (resolved: ResolvedLabel): readonly Diagnostic[] => {
  if (resolved.label.destination !== 'windowsUpdate') return [];
  const families = new Map<string, string[]>();
  for (const code of codesOf(resolved).filter((one) => buildOf(one) !== undefined)) {
    const family = familyOf(code);
    families.set(family, [...(families.get(family) ?? []), code]);
  }
  const ceilingName = resolved.label.targeting.inServicePublishInfo?.ceiling;
  const until = given(ceilingName) ? `up to ${ceilingName}` : 'and every later release';
  const offers = [...families.values()].map((codes) =>
    [...codes].sort((a, b) => (buildOf(a) ?? 0) - (buildOf(b) ?? 0)),
  );
  if (offers.length === 0) return [];
  const lowest = offers.map(([code]) => shownCode(code ?? '')).join(', ');
  const more = offers.flatMap(([, ...others]) => others);
  const rest = more.length === 0 ? '' : `; its rows for ${more.map(shownCode).join(', ')} change nothing`;
  return [saying(resolved)('LABEL_FORWARD', `it is offered to ${lowest} ${until}${rest}.`, { severity: 'info' })];
};

export const checkTargets = (resolved: ResolvedLabel): readonly Diagnostic[] => [
  ...mixed(resolved),
  ...ranges(resolved),
  ...computers(resolved),
  ...forward(resolved),
];
