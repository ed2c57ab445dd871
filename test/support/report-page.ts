import { diskFiles } from '../../cli/adapters/files.ts';
import { checkPageLines } from '../../cli/render/check-html/page.ts';
import { recordStories, type StoryRecorder } from '../../cli/render/check-html/stories.ts';
import type { CheckReport } from '../../cli/render/check-report.ts';
import { type ReportAssets, readReportAssets } from '../../cli/render/report/assets.ts';
import type { RunResult } from '../../emulator/scenarios/contract.ts';
import type { CheckedFile } from '../../packaging/bundle/check.ts';
import { projectRoot } from './outside.ts';
import { bundleOf, guestNamed, type Played, played, releaseFiles, scenarioNamed } from './rehearsal.ts';

/** A release whose xenvbd does not start at boot: the machine stops (F30). */
export const releaseThatDoesNotBoot = (): readonly CheckedFile[] =>
  releaseFiles().map((file) => {
    if (!file.path.endsWith('/xenvbd.inf')) return file;
    const text = Buffer.from(file.bytes).toString('latin1');
    return { ...file, bytes: new Uint8Array(Buffer.from(text.replaceAll('StartType = 0', 'StartType = 3'), 'latin1')) };
  });

/** Plays scenarios in guests, as `winpv check` does. */
export const playedIn = (
  files: readonly CheckedFile[],
  { guests, scenarios }: { readonly guests: readonly string[]; readonly scenarios: readonly string[] },
): readonly Played[] => {
  const specs = guests.map(guestNamed);
  const { bundle, library } = bundleOf(files, specs);
  return specs.flatMap((guest) =>
    scenarios.map(scenarioNamed).flatMap((scenario) => {
      const input = { guest, guests: specs, library, bundle, before: [] };
      return scenario.applies(input) ? played(scenario, input) : [];
    }),
  );
};

export const reportAssets = (): Promise<ReportAssets> =>
  readReportAssets({ files: diskFiles, packageRoot: projectRoot });

export const reportOf = (runs: readonly RunResult[], more: Partial<CheckReport> = {}): CheckReport => ({
  title: 'dist/acme',
  verdict: runs.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'pass',
  runs,
  findings: [],
  ...more,
});

/** The page of runs that were played. */
export const pageOf = async (
  runs: readonly Played[],
  more: Partial<CheckReport> & { readonly stories?: StoryRecorder } = {},
): Promise<string> => {
  const { stories = recordStories(), ...report } = more;
  for (const one of runs) stories.add(one);
  const lines = checkPageLines(
    reportOf(
      runs.map(({ result }) => result),
      report,
    ),
    stories,
    await reportAssets(),
  );
  return `${lines.join('\n')}\n`;
};
