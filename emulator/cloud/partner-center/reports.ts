import { utf8 } from '../../../core/bytes.ts';
import { md5Of, newBlob, partOf } from './blobs.ts';
import { type CloudState, type Run, withRow } from './state.ts';

export interface Advanced {
  readonly state: CloudState;
  readonly writes: readonly Uint8Array[];
}

/** A text that a link leads to, in the store. */
export const storeText = (before: CloudState, text: string, now: number): Advanced & { readonly id: string } => {
  const bytes = utf8(text);
  const made = newBlob(before, { fileName: 'report.txt', contentType: 'text/plain; charset=utf-8', now });
  const row = made.state.blobs.get(made.id);
  if (row === undefined) throw new TypeError('the blob was just made');
  const content = [{ id: '', ...partOf(bytes) }];
  return {
    state: withRow(made.state, 'blobs', made.id, { ...row, content, md5: md5Of(bytes), sealed: true }),
    id: made.id,
    writes: [bytes],
  };
};

/** Ends a run with messages and a report of them. */
export const failRun = (
  before: CloudState,
  run: { readonly step: string; readonly messages: readonly string[] },
  now: number,
): Advanced & { readonly run: Run } => {
  const report = storeText(before, `${run.step} failed.\r\n${run.messages.join('\r\n')}\r\n`, now);
  return { ...report, run: { ...run, state: 'failed', report: report.id } };
};
