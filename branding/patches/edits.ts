import { z } from 'zod';
import { parseSettings, type Settings } from '../settings.ts';
import { treePath } from './series-meta.ts';

const section = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\]\r\n\0]+$/, 'has to be the name of a section, without brackets');
const line = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^(?:\t|\P{Cc})+$/u, 'has to be one line without control characters');
const key = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^\r\n\0=]+$/, 'has to be the key of a line');

const place = { file: treePath, section };

const edit = z.union([
  z.strictObject({
    ...place,
    set: key,
    to: z
      .string()
      .max(4096)
      .regex(/^(?:\t|\P{Cc})*$/u, 'has to be one line without control characters'),
  }),
  z.strictObject({ ...place, add: line, after: line.exactOptional() }),
  z.strictObject({ ...place, remove: line }),
  z.strictObject({ ...place, replace: line, with: line }),
  z.strictObject({ ...place, addSection: z.array(line).min(1).max(1000).readonly(), after: section.exactOptional() }),
  z.strictObject({ ...place, removeSection: z.literal(true) }),
]);

const editsSchema = z
  .strictObject({
    subject: z.string().min(1).max(255).exactOptional(),
    edits: z.array(edit).min(1).max(1000).readonly(),
  })
  .meta({ title: 'edits' });

/**
 * A change to an INF said by what stands in it, not by line numbers. An existing line is named by its text; blanks
 * around `=` and `,` and a comment at its end do not count, and what is named has to be there exactly once:
 * - `set`, `to`: the value of the line with a key;
 * - `add`: a line at the end of the section, or after the line `after`;
 * - `remove`: a line; `replace`, `with`: a line by another;
 * - `addSection`: a new section with these lines, at the end of the file or after the section `after`;
 * - `removeSection`: a section with all its lines.
 */
export type InfPatchEdit = Readonly<z.output<typeof edit>>;

export interface InfEdits {
  readonly subject?: string;
  readonly edits: readonly InfPatchEdit[];
}

/** @throws WinpvError CONFIG_*, PATCH_PATH_REFUSED with every complaint, positioned */
export const parseInfEdits = (source: string | Uint8Array, file: string): Settings<InfEdits> =>
  parseSettings(source, file, editsSchema);
