import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type EvidenceRequest, evidenceOf } from './evidence.ts';
import type { Filter, FilterSet } from './filters.ts';
import { codeOfPlatform, sameCode } from './platforms.ts';

const DAY_MS = 86_400_000;
/** Microsoft makes a new set in most weeks. */
const OLD_DAYS = 30;
const SHOWN = 5;

/** A result that a filter turned into a pass counts as long as the filter does. */
export const checkFilters = (request: EvidenceRequest): readonly Diagnostic[] => {
  const filtered = request.results.flatMap((set) =>
    set.results.filter((one) => one.filtered && one.status === 'passed').map(({ name }) => ({ name, file: set.file })),
  );
  return [
    ...filtered.map(({ name, file }) =>
      problem('HLK_FILTERED', `"${shownText(name)}" passed by a filter.`, { at: { file }, severity: 'info' }),
    ),
    ...request.filters.flatMap((set) => checkSet(set, request, filtered.length)),
  ];
};

const checkSet = (set: FilterSet, { nowMs, packages }: EvidenceRequest, filtered: number): readonly Diagnostic[] => {
  const at = { file: set.file };
  const codes = evidenceOf(packages).map(({ code }) => code);
  const own = set.filters.filter(({ platforms }) => applies(platforms, codes));
  const expired = own.filter(({ expiresMs }) => expiresMs !== undefined && expiresMs < nowMs);
  // Which filter helped which test is not told; when none of them holds any more, none does.
  const none = expired.length === own.length ? 'error' : 'warning';
  const days = set.madeMs === undefined ? undefined : Math.floor((nowMs - set.madeMs) / DAY_MS);
  return [
    ...(days !== undefined && days > OLD_DAYS
      ? [problem('HLK_FILTERS_OLD', `The filters are ${days} days old.`, { at, severity: 'warning' })]
      : []),
    ...(expired.length > 0
      ? [
          problem('HLK_FILTER_EXPIRED', `${expired.length} filters for these systems have ended: ${shown(expired)}.`, {
            at,
            severity: filtered > 0 ? none : 'info',
            hint: 'What they turned into a pass may be refused now. Apply the newest filters and pack again.',
          }),
        ]
      : []),
  ];
};

const applies = (platforms: readonly string[], codes: readonly string[]): boolean =>
  platforms.length === 0 ||
  platforms.some((platform) => codes.some((code) => sameCode(codeOfPlatform(platform) ?? '', code)));

const shown = (filters: readonly Filter[]): string => {
  const listed = filters.slice(0, SHOWN).map(({ number, version }) => `${number} v${version}`);
  return filters.length > SHOWN ? `${listed.join(', ')} and ${filters.length - SHOWN} more` : listed.join(', ');
};
