import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { keyStanding } from '../../packaging/signing/public-keys.ts';
import { isTestSigner } from '../../packaging/signing/test-names.ts';
import { dayOf, type EvidenceRequest } from './evidence.ts';
import { checkDevices } from './gate-devices.ts';
import { checkSystems } from './gate-systems.ts';
import { checkTests } from './gate-tests.ts';
import type { HlkPackage } from './package.ts';
import { timeOf } from './results.ts';

const DAY_MS = 86_400_000;
/** Clocks of laboratories are wrong by hours and by time zones, not by days. */
const CLOCK_TOLERANCE_MS = DAY_MS;

/**
 * The gate: whether the evidence covers the release. Every target and Windows has to be covered by a pass, every device
 * has to be one of this brand, nothing may have failed or not run without a named erratum.
 * @returns all that was found; the evidence is good when nothing is an error
 */
export const checkEvidence = (request: EvidenceRequest): readonly Diagnostic[] => [
  ...request.packages.flatMap((one) => [
    ...one.diagnostics,
    ...checkSignature(one, request),
    ...checkTimes(one, request),
    ...checkContents(one),
    ...checkUpdate(one, request),
  ]),
  ...checkSystems(request),
  ...checkDevices(request),
  ...checkTests(request),
];

const checkSignature = ({ file, signature }: HlkPackage, request: EvidenceRequest): readonly Diagnostic[] => {
  if (signature.verdict === 'unsigned') {
    const refused = request.unsigned === 'refused';
    return [
      problem('OPC_UNSIGNED', `${shownText(file)} is not signed.`, {
        at: { file },
        severity: refused ? 'error' : 'info',
        hint: 'Sign it with `winpv hlk sign`; merging packages comes before signing.',
      }),
    ];
  }
  const known = new Set(request.thumbprints.map((one) => one.replaceAll(':', '').toLowerCase()));
  const foreign = signature.signatures.filter(
    ({ certificate }) => known.size > 0 && certificate !== undefined && !known.has(certificate.thumbprint),
  );
  return [
    ...signature.diagnostics,
    ...checkTestKeys(file, signature.signatures, request),
    ...foreign.map(({ certificate }) =>
      problem('OPC_CERTIFICATE', `"${certificate?.subjectText ?? ''}" is none of the certificates that were named.`, {
        at: { file },
        hint: 'Partner Center takes packages that a certificate of the account signed.',
      }),
    ),
  ];
};

/** A certificate that machines take which were told to, and nobody else. */
const checkTestKeys = (
  file: string,
  signatures: HlkPackage['signature']['signatures'],
  { testKeys = 'told' }: EvidenceRequest,
): readonly Diagnostic[] =>
  signatures
    .flatMap(({ certificate }) => certificate ?? [])
    .filter((certificate) => isTestSigner(certificate) || keyStanding(certificate)?.kind === 'test')
    .map(({ subjectText }) =>
      problem('OPC_CERTIFICATE', `"${shownText(subjectText)}" is a certificate for test machines.`, {
        ...{ at: { file }, severity: testKeys === 'refused' ? ('error' as const) : ('info' as const) },
        hint: 'Partner Center takes the certificates that are registered with the account.',
      }),
    );

/** Nothing was tested before it was made, or tomorrow. */
const checkTimes = (
  { file, info, signature }: HlkPackage,
  { release, nowMs }: EvidenceRequest,
): readonly Diagnostic[] => {
  const madeMs = Date.parse(`${release.date}T00:00:00Z`);
  const times = [
    ...info.projects.map(({ name, created }) => ({ what: `The project "${shownText(name)}"`, text: created })),
    { what: 'The package', text: info.created },
  ];
  const late = [...times, ...signature.signatures.map(({ signedAt }) => ({ what: 'The signature', text: signedAt }))];
  const ends = timeOf(info.created) ?? timeOf(info.projects[0]?.created);
  return [
    ...(ends !== undefined && ends + DAY_MS < madeMs
      ? [
          problem('HLK_OLDER_THAN_RELEASE', `The package is of ${dayOf(ends)}, and the drivers of ${release.date}.`, {
            at: { file },
            hint: 'The tests ran on an earlier build. Run them again, or date the release as what was tested.',
          }),
        ]
      : []),
    ...late.flatMap(({ what, text }) => {
      const time = timeOf(text);
      if (time === undefined || time <= nowMs) return [];
      const severity = time > nowMs + CLOCK_TOLERANCE_MS ? 'error' : 'warning';
      return [
        problem('HLK_CLOCK', `${what} is of ${shownText(text ?? '')}, which is still to come.`, {
          at: { file },
          severity,
        }),
      ];
    }),
  ];
};

/** Each device has one driver a language and system; without drivers a package is results only (spec hlk 2). */
const checkContents = ({ file, info }: HlkPackage): readonly Diagnostic[] => {
  const found: Diagnostic[] = [];
  const targets = info.projects.flatMap(({ instances }) => instances.flatMap((one) => one.targets));
  for (const { key, drivers } of targets) {
    const at = { file };
    if (drivers.length === 0)
      found.push(
        problem('HLK_DRIVER_MISSING', `The package has no driver for ${shownText(key)}.`, {
          at,
          hint: 'Add the drivers in HLK Studio before signing; merging packages leaves them behind.',
        }),
      );
    const seen = new Set<string>();
    for (const driver of drivers) {
      const rows = driver.systems.length === 0 ? [undefined] : driver.systems;
      const locales = driver.locales.length === 0 ? [''] : driver.locales;
      const keys = new Set(
        rows.flatMap((row) =>
          locales.map((locale) => `${row?.code ?? row?.architecture ?? ''} ${locale}`.toLowerCase()),
        ),
      );
      const twice = [...keys].find((one) => seen.has(one));
      if (twice !== undefined)
        found.push(
          problem('HLK_DRIVER_TWICE', `${shownText(key)} has two drivers for ${shownText(twice.trim())}.`, { at }),
        );
      for (const one of keys) seen.add(one);
    }
  }
  if (targets.some(({ drivers }) => drivers.length > 0))
    found.push(
      problem(
        'HLK_DRIVER_DEFERRED',
        'An HLK package does not show its drivers: whether they are those of the release is compared when the signed package comes back.',
        { at: { file }, severity: 'info' },
      ),
    );
  return found;
};

/** An update (DUA) comes in the shell of a submission, with one driver that takes the place of another (spec hlk 2). */
const checkUpdate = (
  { file, info }: HlkPackage,
  { submissionType }: Pick<EvidenceRequest, 'submissionType'>,
): readonly Diagnostic[] => {
  const drivers = info.projects.flatMap(({ instances }) =>
    instances.flatMap(({ targets }) => targets.flatMap((one) => one.drivers)),
  );
  const replacing = drivers.filter(({ replaces }) => replaces !== undefined);
  const ids = new Set(replacing.flatMap(({ id }) => id ?? []));
  const said = (message: string): readonly Diagnostic[] => [
    problem('HLK_UPDATE', message, { at: { file }, severity: 'warning' }),
  ];
  if (submissionType === 'initial' && replacing.length > 0)
    return said('The package updates a driver, which a derived submission is for; this one is initial.');
  if (submissionType !== 'derived' || drivers.length === 0) return [];
  if (replacing.length === 0) return said('No driver of the package takes the place of another, as in an update.');
  return ids.size > 1 ? said(`The package updates ${ids.size} drivers; an update is of one.`) : [];
};
