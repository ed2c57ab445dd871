import type { SubmissionState } from '../../../publishing/submission/state.ts';
import type { SignatureFileReport } from '../../../release/making/signature-report.ts';
import type { ReleaseRecord } from '../../../release/record.ts';

/** What a page tells of a release. */
export interface ReleaseFacts {
  readonly record: ReleaseRecord;
  readonly signatures: SignatureFileReport;
  /** Of each submission that was begun; none while the release is made. */
  readonly submissions: readonly SubmissionState[];
}

export const hidden = (text: string): string => `<span class="vh">${text}</span>`;

export const section = (id: string, title: string, lines: readonly string[]): readonly string[] => [
  `<section id="${id}" aria-labelledby="${id}-title">`,
  `<h2 id="${id}-title">${title}</h2>`,
  ...lines,
  '</section>',
];

/** A table that may be wider than the screen. */
export const table = (
  label: string,
  heads: readonly string[],
  rows: readonly string[],
  kind = 'plain',
): readonly string[] => [
  `<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table class="${kind}">`,
  `<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>`,
  ...rows,
  '</tbody></table></div>',
];
