import { z } from 'zod';
import type { Settings } from '../../branding/settings.ts';
import { fileName } from '../../branding/text-rules.ts';
import { type Diagnostic, problem } from '../../core/errors.ts';
import { addressFlaw, isAddress } from '../../packaging/bundle/import/address.ts';
import type { SourceSettings } from '../../packaging/bundle/source.ts';
import type { ProjectSettings } from './project.ts';

/** One entry of `sources` in winpv.yaml. */
export const sourceSchema = z.union([
  z.literal('stand-in'),
  z
    .strictObject({
      template: z.string().min(1).optional(),
      binaries: z.string().min(1).optional(),
      tree: z.string().min(1).optional(),
      prebuilt: z.string().min(1).optional(),
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'has to be 64 lower-case hex digits')
        .optional(),
      ignore: z.array(fileName).min(1).max(64).optional(),
    })
    .superRefine((source, context) => {
      if ((source.tree === undefined) === (source.binaries === undefined)) {
        context.addIssue({ code: 'custom', message: 'has to have either `tree` or `binaries`' });
      } else if (source.tree !== undefined && source.template !== undefined) {
        context.addIssue({ code: 'custom', message: 'has a `tree`, which brings its own INF, and a `template`' });
      }
    }),
]);

/** What a source names by address is held to a hash; files that the project brings itself are not fetched. */
export const sourceFlaws = (settings: Settings<ProjectSettings>): readonly Diagnostic[] =>
  Object.entries(settings.value.sources).flatMap(([name, source]) => {
    if (source === 'stand-in') return [];
    const placeOf = (key: 'tree' | 'binaries' | 'template' | 'prebuilt') => settings.point(['sources', name, key]);
    const local = (['template', 'prebuilt'] as const).flatMap((key) =>
      isAddress(source[key] ?? '')
        ? [problem('SOURCE_ADDRESS', `\`${key}\` has to be a path, not an address.`, placeOf(key))]
        : [],
    );
    const key = source.tree === undefined ? 'binaries' : 'tree';
    const place = source[key] ?? '';
    if (!isAddress(place)) return local;
    const flaw = addressFlaw(place);
    if (flaw !== undefined) return [...local, problem('SOURCE_ADDRESS', `The address ${flaw}.`, placeOf(key))];
    if (source.sha256 !== undefined) return local;
    const hint = 'Add `sha256: …` with the digits that its maker publishes, or those of a copy that you checked.';
    return [
      ...local,
      problem('SOURCE_NOT_PINNED', 'A source with an address needs its `sha256`.', { ...placeOf(key), hint }),
    ];
  });

/** The settings of one entry, its paths resolved; undefined when there is none by that name. */
export const sourceSettings = (
  settings: Settings<ProjectSettings>,
  name: string,
  path: (path: string) => string,
): SourceSettings | undefined => {
  const source = settings.value.sources[name];
  if (source === undefined) return undefined;
  if (source === 'stand-in') return { kind: 'stand-in' };
  const place = (named: string): string => (isAddress(named) ? named : path(named));
  const { ignore, sha256, prebuilt } = source;
  const { at } = settings.point(['sources', name, source.tree === undefined ? 'binaries' : 'tree']);
  const rest = {
    ...(ignore === undefined ? {} : { ignore }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(prebuilt === undefined ? {} : { prebuilt: path(prebuilt) }),
    ...(at === undefined ? {} : { at }),
  };
  if (source.tree !== undefined) return { ...rest, kind: 'tree', tree: place(source.tree) };
  return {
    ...rest,
    kind: 'template',
    binaries: place(source.binaries ?? ''),
    ...(source.template === undefined ? {} : { template: path(source.template) }),
  };
};

/** A driver that ships inside another's package has that one's binaries, and an INF of its own. */
export const binariesOnly = (source: SourceSettings): SourceSettings => {
  if (source.kind === 'stand-in') return source;
  const { ignore, sha256, at } = source;
  const binaries = source.kind === 'tree' ? source.tree : source.binaries;
  return {
    kind: 'template',
    binaries,
    ...(ignore === undefined ? {} : { ignore }),
    ...(sha256 === undefined ? {} : { sha256 }),
    ...(at === undefined ? {} : { at }),
  };
};
