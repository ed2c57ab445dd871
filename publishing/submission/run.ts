import type { Diagnostic } from '../../core/errors.ts';
import type { Clock, Files, Http, Reporter, Timer } from '../../core/ports.ts';
import type { PartnerCenter } from '../partner-center/client.ts';
import type { LedgerEvent, SubmissionKey, SubmissionState, SubmissionStore } from './state.ts';

export interface ApplyPorts {
  readonly http: Http;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly files: Files;
  readonly reporter: Reporter;
}

/** A file of the package that came back; paths as in the ZIP. */
export interface ReturnedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ApplyTask {
  readonly key: SubmissionKey;
  readonly center: PartnerCenter;
  readonly store: SubmissionStore;
  readonly state: SubmissionState;
  /** The package's bytes; asked for only when something is to be uploaded. */
  readonly content: () => Promise<Uint8Array>;
  readonly wait: boolean;
  /** How long to wait for the service altogether. */
  readonly maxWaitMs: number;
  /** Compares what came back with what was built; findings of severity error stop it. */
  readonly checkReturned: (files: readonly ReturnedFile[]) => Promise<readonly Diagnostic[]>;
}

/** A task on its way. The state is replaced when it was written, never before. */
export interface Run extends Omit<ApplyTask, 'state'> {
  readonly ports: ApplyPorts;
  state: SubmissionState;
}

export const save = async (run: Run, change: Partial<SubmissionState>, event: LedgerEvent): Promise<void> => {
  const { correlationId } = run.center;
  const correlationIds = run.state.correlationIds.includes(correlationId)
    ? run.state.correlationIds
    : [...run.state.correlationIds, correlationId];
  const next = { ...run.state, ...change, correlationIds };
  await run.store.save(next, { ...event, correlationId });
  run.state = next;
};

export const note = (run: Run, message: string): void => run.ports.reporter.emit({ kind: 'note', message });
