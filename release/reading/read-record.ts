import { z } from 'zod';
import { parseJson } from '../../core/json.ts';
import type { Files } from '../../core/ports.ts';
import { SIGNATURE_REPORT, type SignatureFileReport } from '../making/signature-report.ts';
import { RECORD_NAME } from '../output.ts';
import type { ReleaseRecord } from '../record.ts';

/** `release.json` and `signatures.json` as files that anyone may have changed: what is shown of them has to be there. */
const text = z.string().max(100_000);
const texts = z.array(text);

const recordedFile = z.looseObject({
  path: text,
  bytes: z.number(),
  sha256: text,
  authenticode: text.optional(),
  standIn: z.literal(true).optional(),
  prebuilt: text.optional(),
});
const recordedPackage = z.looseObject({
  ...{ driver: text, architecture: text, version: text, folder: text, source: text, sourceRevision: text.optional() },
  ...{ windows: texts, hardwareIds: texts, infModes: texts, files: z.array(recordedFile) },
  patches: z.array(z.looseObject({ name: text, state: text, kind: text })).optional(),
});
const recordedRehearsal = z.looseObject({
  verdict: z.enum(['pass', 'waived']),
  ...{ guests: texts, scenarios: texts, before: texts, runs: z.number(), boots: z.number() },
  cells: z.record(text, z.record(text, z.enum(['pass', 'warn', 'fail']))).default({}),
  findings: z.array(
    z.looseObject({
      ...{ code: text, severity: z.enum(['error', 'warning']), failureMode: text.optional(), message: text },
      ...{ runs: z.number(), waived: text.optional() },
    }),
  ),
});
const recordSchema = z.looseObject({
  tool: z.looseObject({ name: text, version: text }),
  date: text,
  signing: z.looseObject({ kind: text, subject: text, thumbprint: text }),
  waivers: z.array(z.looseObject({ finding: text, failureMode: text.optional(), reason: text })).optional(),
  standIns: z.boolean(),
  inputs: z.array(z.looseObject({ path: text, sha256: text })),
  brands: z.array(
    z.looseObject({
      ...{ id: text, packages: z.array(recordedPackage), cabinets: z.array(recordedFile), zip: recordedFile },
      rehearsal: recordedRehearsal.optional(),
    }),
  ),
});

const signaturesSchema = z.looseObject({
  tables: z.array(
    z.looseObject({
      files: texts,
      explanation: z.looseObject({ id: text, why: text, todo: text }).optional(),
      answers: z.array(
        z.looseObject({ loads: z.enum(['yes', 'no', 'depends']), reason: text, source: text, machines: texts }),
      ),
    }),
  ),
});

const MAX_BYTES = 256 * 1024 * 1024;

export interface ReadRelease {
  readonly record: ReleaseRecord;
  readonly signatures: SignatureFileReport;
}

/** What a folder says of the release in it. @throws WinpvError FILE_*, CONFIG_SYNTAX, CONFIG_INVALID */
export const readRelease = async (files: Files, out: string): Promise<ReadRelease> => {
  const read = async <S extends z.ZodType>(name: string, schema: S): Promise<z.output<S>> => {
    const path = files.join(out, name);
    return parseJson(await files.read(path, { maxBytes: MAX_BYTES }), path, schema);
  };
  // Of the shape that is shown; further keys are left as they are.
  return {
    record: (await read(RECORD_NAME, recordSchema)) as unknown as ReleaseRecord,
    signatures: (await read(SIGNATURE_REPORT, signaturesSchema)) as unknown as SignatureFileReport,
  };
};
