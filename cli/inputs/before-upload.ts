import { ERROR_CODES } from '../../core/error-codes.ts';
import type { Diagnostic } from '../../core/errors.ts';
import type { Destination } from '../../publishing/refusals/contract.ts';
import type { SubmissionPlan } from '../../publishing/submission/plan.ts';
import type { SubmittedRelease } from '../../release/reading/submission-facts.ts';
import type { Io } from '../io.ts';
import { sentDrivers } from './sent-drivers.ts';

export interface BeforeUpload {
  readonly out: string;
  readonly plan: SubmissionPlan;
  readonly release: SubmittedRelease;
  readonly content: Uint8Array;
  readonly emulated: boolean;
  readonly destination?: Destination;
  readonly cert?: readonly string[];
}

const CHECK_EXIT = 5;

/** What Partner Center or Windows Update would refuse; what is no fault of a format leads, and decides the exit code. */
export const beforeUpload = async (io: Io, request: BeforeUpload): Promise<readonly Diagnostic[]> => {
  const { out, plan, release, content, emulated, destination, cert = [] } = request;
  const { brand, architecture } = plan;
  const { checkBeforeUpload } = await import('../../publishing/refusals/check.ts');
  const { path } = plan.package;
  const isCabinet = /\.cab$/i.test(path);
  const found = checkBeforeUpload({
    file: io.files.join(out, path),
    bytes: content,
    product: 'create' in plan.product ? plan.product.create : undefined,
    submissionType: plan.submission.type,
    drivers: isCabinet ? [] : await sentDrivers(io, { out, brand, architecture, path, content }),
    thumbprints: cert.length === 0 ? [] : await (await import('./hlk-inputs.ts')).readThumbprints(io, cert),
    known: { standIns: release.standIns, testSigned: release.testSigned },
    ...{ destination, emulated, nowMs: io.clock.now() },
  });
  const leads = ({ code, severity }: Diagnostic): boolean =>
    severity === 'error' && ERROR_CODES[code].exit === CHECK_EXIT;
  return [...found.filter(leads), ...found.filter((one) => !leads(one))];
};
