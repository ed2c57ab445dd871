import { z } from 'zod';
import { parseSettings } from '../../branding/settings.ts';

/** A waiver that Microsoft gave for one test: the user names each, with its id (spec hlk 5). */
export interface Erratum {
  /** Microsoft's; it has to be cited in the package's readme. */
  readonly id: string;
  /** The test's name, as the kit has it. */
  readonly test: string;
  readonly outcome: 'failed' | 'not-run';
  readonly reason: string;
  /** OS codes; everywhere when it names none. */
  readonly systems: readonly string[];
  /** `2027-01-31`: the last day on which it holds. */
  readonly expires: string | undefined;
}

export interface ErrataList {
  readonly file: string;
  readonly errata: readonly Erratum[];
}

const erratum = z.strictObject({
  id: z
    .string()
    .regex(
      /^[A-Za-z#: _-]{0,40}\d{2,12}[A-Za-z0-9._-]{0,20}$/,
      'has to be the id that Microsoft gave, with its number',
    ),
  test: z.string().min(1).max(500),
  outcome: z.enum(['failed', 'not-run']).default('failed'),
  reason: z.string().min(1).max(4000),
  systems: z
    .array(z.string().regex(/^WINDOWS_\w+$/i, 'has to be an OS code of Partner Center'))
    .max(200)
    .default([]),
  expires: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'has to be a date, for example 2027-01-31')
    .optional(),
});
const schema = z.strictObject({ errata: z.array(erratum).max(1000) });

/** Reads `errata: [{ id, test, outcome, reason, systems, expires }]`, YAML or JSON. @throws WinpvError CONFIG_* */
export const parseErrata = (text: string | Uint8Array, file: string): ErrataList => {
  const { value } = parseSettings(text, file, schema);
  return { file, errata: value.errata.map(({ expires, ...rest }) => ({ ...rest, expires })) };
};

/** Whether the waiver holds on that day, `2026-11-24`. */
export const holdsOn = ({ expires }: Erratum, day: string): boolean => expires === undefined || day <= expires;
