import { z } from 'zod';
import { type CalendarDate, parseDate } from '../../core/date.ts';
import type { FourPartVersion } from '../../core/version.ts';
import { parseSettings, type Settings } from '../settings.ts';
import { changedSettings } from '../settings-tree.ts';
import { brandText, webAddress } from '../text-rules.ts';
import { pathComplaint } from './path.ts';

/** What a patch is for (spec xen-pv 7.4). */
export const PATCH_KINDS = ['inf', 'activation', 'security', 'toolchain', 'restart', 'protocol'] as const;
export type PatchKind = (typeof PATCH_KINDS)[number];

/** Where a patch stands with the project that it changes. */
export const UPSTREAM_STATES = ['submitted', 'accepted', 'rejected', 'vendor-only'] as const;
export type UpstreamState = (typeof UPSTREAM_STATES)[number];

/** A path of the tree, `/`-separated. */
export const treePath = z.string().superRefine((path, context) => {
  const complaint = pathComplaint(path);
  if (complaint !== undefined) {
    context.addIssue({ code: 'custom', message: complaint, params: { code: 'PATCH_PATH_REFUSED' } });
  }
});

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'has to be 64 lower-case hex digits');

const day = z
  .string({ error: () => 'has to be a date, for example 2027-01-31' })
  .transform((text, context): CalendarDate => {
    const date = parseDate(text);
    if (date !== undefined) return date;
    context.addIssue({
      code: 'custom',
      message: 'has to be a date of the calendar, for example 2027-01-31',
      input: text,
    });
    return z.NEVER;
  });

const driverName = z.string().regex(/^[a-z][a-z0-9]{0,31}$/, 'has to be a driver name, for example xenvif');

/** `9.1`, `8.2.1`: the numbers that a version begins with. */
const versionStart = z
  .string({ error: () => 'has to be the beginning of a version, for example "9.1"' })
  .regex(/^\d{1,5}(\.\d{1,5}){0,3}$/, 'has to be the beginning of a version, for example "9.1"');

export const patchMetaSchema = z
  .strictObject({
    reason: brandText.meta({ description: 'Why the patch is carried: one sentence for people.' }),
    base: z
      .strictObject({
        ref: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9._/+-]{0,199}$/, 'has to be a tag or a commit')
          .exactOptional(),
        files: z
          .record(treePath, sha256)
          .meta({ description: 'Every file that the patch changes; `{}` when it only adds.' }),
      })
      .meta({ description: 'What it was made against: a tag or commit, and the SHA-256 of each file before.' }),
    drivers: z.array(driverName).min(1).max(64).readonly(),
    versions: z.array(versionStart).min(1).max(64).readonly().exactOptional(),
    kind: z.enum(PATCH_KINDS),
    upstream: z.strictObject({
      state: z.enum(UPSTREAM_STATES),
      in: z.string().min(1).max(200).exactOptional().meta({ description: 'The version or commit that has it.' }),
      link: webAddress.exactOptional(),
    }),
    author: brandText.exactOptional(),
    organisation: brandText.exactOptional(),
    expires: day.exactOptional().meta({ description: 'The last day before somebody has to look at it again.' }),
    fuzz: z.number().int().min(0).max(3).exactOptional().meta({ description: 'Lines of context that may differ.' }),
  })
  .superRefine(({ upstream }, context) => {
    if (upstream.state !== 'accepted' || upstream.in !== undefined) return;
    const message = 'says in which version or commit it was accepted';
    context.addIssue({ code: 'custom', path: ['upstream', 'in'], message });
  });

/** What `series.yaml` says about a patch (contract 6). */
export type PatchMeta = Readonly<z.output<typeof patchMetaSchema>>;

const seriesMetaSchema = z.record(z.string(), patchMetaSchema).meta({ title: 'series' });

/** @throws WinpvError CONFIG_*, PATCH_PATH_REFUSED with every complaint, positioned */
export const parseSeriesMeta = (
  source: string | Uint8Array,
  file: string,
): Settings<Readonly<Record<string, PatchMeta>>> => parseSettings(source, file, seriesMetaSchema);

/** Whether the patch is for a driver in a version; undefined is any. */
export const appliesTo = (
  { drivers, versions }: PatchMeta,
  driver: string | undefined,
  version: FourPartVersion | undefined,
): boolean =>
  (driver === undefined || drivers.includes(driver)) &&
  (version === undefined ||
    versions === undefined ||
    versions.some((start) => start.split('.').every((part, index) => Number(part) === version[index])));

/** The text of `series.yaml` with other bases for some patches; what else stands there, comments included, stays. */
export const withBases = (
  source: string | Uint8Array,
  file: string,
  bases: ReadonlyMap<string, PatchMeta['base']>,
): string =>
  changedSettings(
    source,
    file,
    [...bases].map(([name, base]) => ({ path: [name, 'base'], value: base })),
  );
