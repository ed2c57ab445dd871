import type { Io } from './io.ts';
import type { StoryRecorder } from './render/check-html/stories.ts';
import type { CheckReport } from './render/check-report.ts';

/** Takes down what a page tells of runs, when one is asked for. */
export const storiesFor = async ({
  html,
  format,
}: {
  readonly html?: string;
  readonly format: string;
}): Promise<StoryRecorder | undefined> =>
  html === undefined && format !== 'html'
    ? undefined
    : (await import('./render/check-html/stories.ts')).recordStories();

/** The lines of a rehearsal as a page. */
export const checkPage = async (
  io: Io,
  report: CheckReport,
  stories: StoryRecorder | undefined,
): Promise<readonly string[] | undefined> => {
  if (stories === undefined) return undefined;
  const { checkPageLines } = await import('./render/check-html/page.ts');
  const { readReportAssets } = await import('./render/report/assets.ts');
  return checkPageLines(report, stories, await readReportAssets(io));
};
