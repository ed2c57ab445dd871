import { groupFindings, whereOf } from '../../emulator/finding-groups.ts';
import type { CheckReport } from './check-report.ts';
import { githubAnnotation, githubAnnotations } from './github.ts';

/** Findings of the packages at their lines, and those of the runs: one for all that come from one thing. */
export const checkAnnotations = ({ runs, findings }: CheckReport): readonly string[] => [
  ...githubAnnotations(findings),
  ...groupFindings(runs).map((group) => {
    const { severity, code, failureMode, hint, event, messages } = group;
    const told = [`${whereOf(group)}:`, ...messages.keys(), ...(event === undefined ? [] : [`event: ${event}`])];
    const message = `${failureMode === undefined ? '' : `${failureMode}, `}${told.slice(0, 6).join('\n')}`;
    return githubAnnotation({ code, severity, message, ...(hint === undefined ? {} : { hint }) });
  }),
];
