import type { Settings } from '../../branding/settings.ts';
import { ERROR_CODES } from '../../core/error-codes.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { closestName } from '../../core/spelling.ts';
import { FAILURE_MODES } from '../../packaging/formats/inf/pv/failure-modes.ts';
import type { ProjectSettings } from './project.ts';

/** A finding that the project accepts, and why. */
export interface Waiver {
  readonly finding: string;
  /** Only when it stands for this one. */
  readonly failureMode?: string;
  readonly reason: string;
}

/** Exit codes of findings about packages: the others are about the project, keys and machines. */
const ABOUT_PACKAGES: ReadonlySet<number> = new Set([4, 5]);
const WAIVABLE = /^(EMULATOR|PV|INF|BUNDLE|CAT|PE)_/;

/** Codes of findings that can be waived: those of the rehearsal, and of the judgement of packages. What is not signed rightly never is. */
const waivable = (): readonly string[] =>
  Object.entries(ERROR_CODES).flatMap(([code, { exit }]) =>
    ABOUT_PACKAGES.has(exit) && WAIVABLE.test(code) ? [code] : [],
  );

/** Waivers of what is never found. */
export const waiverFlaws = (settings: Settings<ProjectSettings>): readonly Diagnostic[] =>
  (settings.value.waivers ?? []).flatMap(({ finding, failureMode }, index): readonly Diagnostic[] => {
    const codes = waivable();
    const meant = closestName(finding, codes);
    const hint = meant === undefined ? '`winpv explain` lists the codes.' : `Did you mean \`${meant}\`?`;
    const unknown = Object.hasOwn(ERROR_CODES, finding)
      ? `"${finding}" cannot be waived: it is no finding about a package.`
      : `There is no finding "${finding}".`;
    const place = settings.point(['waivers', index, 'finding']);
    const mode = settings.point(['waivers', index, 'failureMode']);
    const modes = Object.keys(FAILURE_MODES);
    return [
      ...(codes.includes(finding) ? [] : [problem('CONFIG_INVALID', unknown, { ...place, hint })]),
      ...(failureMode === undefined || modes.includes(failureMode)
        ? []
        : [
            problem('CONFIG_INVALID', `There is no failure mode "${failureMode}".`, {
              ...mode,
              hint: `They are ${modes[0]} to ${modes.at(-1)}.`,
            }),
          ]),
    ];
  });

/** The waiver of a finding; only errors need one. */
export const waiverOf = (
  waivers: readonly Waiver[],
  { code, failureMode, severity }: Pick<Diagnostic, 'code' | 'failureMode' | 'severity'>,
): Waiver | undefined =>
  severity === 'error'
    ? waivers.find((one) => one.finding === code && (one.failureMode === undefined || one.failureMode === failureMode))
    : undefined;

const reasonOf = ({ reason }: Waiver): string => `The project waives it: ${reason}`;

/** A finding, as a warning that says why when the project accepts it. */
export const applyWaiver = (waivers: readonly Waiver[], finding: Diagnostic): Diagnostic => {
  const waiver = waiverOf(waivers, finding);
  return waiver === undefined ? finding : { ...finding, severity: 'warning', hint: reasonOf(waiver) };
};

/** Findings with those that the project accepts as warnings that say why. */
export const applyWaivers = (waivers: readonly Waiver[], findings: readonly Diagnostic[]): readonly Diagnostic[] =>
  waivers.length === 0 ? findings : findings.map((finding) => applyWaiver(waivers, finding));

/** Waivers that nothing of a release needed: what they were for is mended, or was never there. */
export const unusedWaivers = (
  settings: Settings<ProjectSettings>,
  waivers: readonly Waiver[],
  findings: readonly Diagnostic[],
): readonly Diagnostic[] =>
  waivers.flatMap((waiver, index) => {
    const isUsed = findings.some(({ code, hint }) => code === waiver.finding && hint === reasonOf(waiver));
    if (isUsed) return [];
    const mode = waiver.failureMode === undefined ? '' : ` (${waiver.failureMode})`;
    return [
      problem('RELEASE_WAIVER_UNUSED', `Nothing in the release is ${waiver.finding}${mode}.`, {
        severity: 'warning',
        ...settings.point(['waivers', index]),
        hint: 'Remove the waiver, so that it does not hide what comes later.',
      }),
    ];
  });
