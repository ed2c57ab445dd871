import { type Diagnostic, problem } from '../../core/errors.ts';
import { shownText } from '../../core/spelling.ts';
import { type EvidenceRequest, errataFor, evidenceOf } from './evidence.ts';
import { type Playlist, testsFor } from './playlist.ts';

const plain = (name: string): string => name.trim().toLowerCase();

/**
 * Every test of the playlist that the device has is passed, or an erratum names it. Which tests a device has is known from
 * the results, and, where the playlist tells features, from those of the package.
 */
export const checkPlaylists = (request: EvidenceRequest): readonly Diagnostic[] =>
  request.playlists.flatMap((playlist) => checkPlaylist(playlist, request));

const checkPlaylist = (playlist: Playlist, request: EvidenceRequest): readonly Diagnostic[] => {
  const at = { file: playlist.file };
  const evidence = evidenceOf(request.packages);
  const counted = testsFor(
    playlist,
    evidence.map(({ code }) => code),
  );
  if (counted.length === 0)
    return [problem('HLK_PLAYLIST_GAP', 'The playlist has no test for any Windows of the evidence.', { at })];
  const results = request.results.flatMap((set) => set.results);
  if (results.length === 0)
    return [
      problem(
        'HLK_PLAYLIST_GAP',
        `An HLK package does not name its tests: the ${counted.length} of the playlist need results.`,
        {
          at,
          severity: 'warning',
          hint: 'Give the results too: --results FOLDER of AutoHCK, or the JSON of toolsHCK.',
        },
      ),
    ];
  const features = new Set(evidence.flatMap(({ instance }) => instance.features.map(plain)));
  const ran = new Map(results.map((result) => [plain(result.name), result]));
  const codes = evidence.map(({ code }) => code);
  const excused = new Set(errataFor(request, codes).map(({ test }) => plain(test)));
  const gaps = counted
    .filter((test) => !ran.has(plain(test.name)) && test.features.some((feature) => features.has(plain(feature))))
    .filter((test) => !excused.has(plain(test.name)));
  const names = new Set(playlist.tests.map(({ name }) => plain(name)));
  const outside = [...ran.values()].filter(({ name }) => !names.has(plain(name)));
  return [
    ...gaps.map(({ name }) =>
      problem('HLK_PLAYLIST_GAP', `"${shownText(name)}" of the playlist has no result.`, { at }),
    ),
    ...outside.map(({ name }) =>
      problem('HLK_PLAYLIST_OUTSIDE', `"${shownText(name)}" is not in the playlist, so it does not count.`, {
        at,
        severity: 'warning',
        hint: 'Load the playlist in HLK Studio before packing: tests outside of it show as not run.',
      }),
    ),
  ];
};
