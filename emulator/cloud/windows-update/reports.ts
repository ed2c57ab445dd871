import { z } from 'zod';
import { dateTime, parseServiceTime } from '../../../publishing/partner-center/wire.ts';
import { type Call, functional, jsonText, type Outcome, readBody } from '../partner-center/answers.ts';
import type { CloudState, InstallRow } from '../partner-center/state.ts';
import { pauseFailing, rolloutsOf } from './rollout.ts';

/** What machines report of drivers that they were offered. */

export const REPORT_RESULTS = ['installed', 'failed', 'pnp-error', 'crash', 'live-dump'] as const;

/** An id as the API has it, a bare number, or as text. */
const labelId = z.union([z.string(), z.bigint(), z.int()]);

const reportSchema = z.strictObject({
  machine: z.string().min(1).max(256),
  label: labelId,
  result: z.enum(REPORT_RESULTS),
  /** What the machine is counted with. */
  os: z.string().max(64).optional(),
  hardwareId: z.string().max(512).optional(),
  /** When it happened; now, unless it is said. */
  at: dateTime.optional(),
});
type Report = z.output<typeof reportSchema>;

const MAX_REPORTS = 20_000;
const reportBody = z.union([z.strictObject({ reports: z.array(reportSchema).min(1).max(MAX_REPORTS) }), reportSchema]);

const keyOf = ({ label, machine }: Report): string => `${label}\n${machine}`;

/** A machine tells more than once: how installing ended, and what came later. An error after installing means that it was installed. */
const folded = (before: InstallRow | undefined, report: Report, at: number): InstallRow => {
  const { machine, label, result, os = 'any Windows', hardwareId = 'any id' } = report;
  const cohort = before?.cohort ?? `${hardwareId.toLowerCase()} on ${os}`;
  const row: InstallRow = before ?? { label: String(label), machine, cohort, at, installed: true };
  switch (result) {
    case 'installed':
      return { ...row, at, installed: true };
    case 'failed':
      return { ...row, at, installed: false };
    case 'pnp-error':
      return { ...row, installed: true, pnpErrorAt: at };
    case 'crash':
      return { ...row, installed: true, crashedAt: at };
    case 'live-dump':
      return { ...row, installed: true, liveDumpAt: at };
  }
};

const flawOf = (state: CloudState, report: Report, now: number): string | undefined => {
  const label = String(report.label);
  if (state.labels.get(label)?.settings.destination !== 'windowsUpdate')
    return `There is no shipping label ${label} for Windows Update.`;
  const at = parseServiceTime(report.at ?? '');
  return at !== undefined && at > now ? 'A report is from the future.' : undefined;
};

export const takeReports = (call: Call): Outcome => {
  const { now } = call;
  const body = readBody(call.request, reportBody);
  if ('refusal' in body) return { state: call.state, response: body.refusal };
  const reports = 'reports' in body.value ? body.value.reports : [body.value];
  const flaws = reports.flatMap((report, index) => {
    const message = flawOf(call.state, report, now);
    return message === undefined ? [] : [{ target: `reports[${index}]`, message }];
  });
  if (flaws.length > 0)
    return { state: call.state, response: functional('invalidInput', 'Validation Failed.', flaws.slice(0, 20)) };
  const installs = new Map(call.state.installs);
  for (const report of reports) {
    const at = parseServiceTime(report.at ?? '') ?? now;
    installs.set(keyOf(report), folded(installs.get(keyOf(report)), report, at));
  }
  const touched = new Set(reports.map(({ label }) => String(label)));
  const state = pauseFailing({ ...call.state, installs }, touched, now);
  const labels = rolloutsOf(state, now).filter(({ id }) => touched.has(id));
  return { state, response: jsonText(200, JSON.stringify({ accepted: reports.length, labels })) };
};
