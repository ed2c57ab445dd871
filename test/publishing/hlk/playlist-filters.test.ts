import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../core/bytes.ts';
import { encodeCab } from '../../../packaging/formats/cab/encode.ts';
import { parseErrata } from '../../../publishing/hlk/errata.ts';
import { type FilterSet, parseFilters } from '../../../publishing/hlk/filters.ts';
import { checkEvidence } from '../../../publishing/hlk/gate.ts';
import { codeOfPlatform, kitBuildOf, kitBuilds, requiredByCatalog } from '../../../publishing/hlk/platforms.ts';
import { type Playlist, parsePlaylist, testsFor } from '../../../publishing/hlk/playlist.ts';
import { parseToolsHck } from '../../../publishing/hlk/toolshck.ts';
import { evidence, GE, HLK_NOW, hlkPackage } from '../../support/hlk-sample.ts';

const NAMESPACE = 'http://schemas.microsoft.com/hlk/playlist/2014';
const platform = '<OSPlatform Name="Windows v10.0 Client x64 GE Full"/>';
const playlist = (tests: string): Playlist =>
  parsePlaylist(
    utf8(
      `\ufeff<?xml version="1.0"?><Playlist xmlns="${NAMESPACE}" Id="x" Name="made up" Version="1">${tests}</Playlist>`,
    ),
    'p.xml',
  );
const row = (name: string, inside = platform): string =>
  `<Test Id="${name}-id" Name="${name}" Version="1">${inside}</Test>`;

const results = (...names: readonly string[]) =>
  parseToolsHck(
    utf8(JSON.stringify(names.map((name) => ({ name, status: 'Passed', arefiltersapplied: name === 'filtered' })))),
    'r.json',
  );
const found = async (request: Parameters<typeof evidence>[1], severity: string): Promise<readonly string[]> =>
  checkEvidence(evidence([await hlkPackage({ rollup: { passed: 1, failed: 0, notRun: 0 } })], request))
    .filter((one) => one.severity === severity)
    .map(({ code }) => code);

describe('a playlist', () => {
  test('counts the tests of a platform', () => {
    const list = playlist(
      `${row('a')}${row('b', '<OSPlatform Name="Windows v10.0 Server x64 FE Full"/>')}${row('c', '')}`,
    );
    expect(testsFor(list, [GE]).map(({ name }) => name)).toEqual(['a', 'c']);
  });
  test.each([
    ['another root', '<Package/>'],
    ['another namespace', '<Playlist xmlns="urn:x"><Test Id="1" Name="a"/></Playlist>'],
    ['no test', `<Playlist xmlns="${NAMESPACE}"/>`],
    ['a test without a name', `<Playlist xmlns="${NAMESPACE}"><Test Id="1"/></Playlist>`],
  ])('is refused with %s', (_what, xml) => {
    expect(() => parsePlaylist(utf8(xml), 'p.xml')).toThrow(expect.objectContaining({ code: 'HLK_PLAYLIST' }));
  });
  test('needs results, for a package does not name its tests', async () => {
    expect(await found({ playlists: [playlist(row('a'))] }, 'warning')).toEqual(['HLK_PLAYLIST_GAP']);
  });
  test('of another Windows is no playlist for this evidence', async () => {
    const other = playlist(row('a', '<OSPlatform Name="Windows v10.0 Server x64 FE Full"/>'));
    expect(await found({ playlists: [other], results: [results('a')] }, 'error')).toEqual(['HLK_PLAYLIST_GAP']);
  });
  test('has a gap where a test of a feature that the device has is missing, unless an erratum names it', async () => {
    const feature = (name: string) => `${platform}<Feature Name="${name}"/>`;
    const list = playlist(`${row('a')}${row('b', feature('Device.DevFund.All'))}${row('c', feature('Device.Audio'))}`);
    expect(await found({ playlists: [list], results: [results('a')] }, 'error')).toEqual(['HLK_PLAYLIST_GAP']);
    const errata = [parseErrata('errata: [{ id: "1234", test: b, outcome: not-run, reason: none }]', 'e.yaml')];
    expect(await found({ playlists: [list], results: [results('a')], errata }, 'error')).toEqual([]);
  });
  test('does not have a test that was run', async () => {
    expect(await found({ playlists: [playlist(row('a'))], results: [results('a', 'extra')] }, 'warning')).toEqual([
      'HLK_PLAYLIST_OUTSIDE',
    ]);
  });
});

const script = (expires: string, platforms = '["Windows v10.0 Client x64 Ge Full"]'): string => `-- made up
UPDATE Filter SET [Status] = 0
	INSERT INTO TestCommandLine(CommandLine) VALUES('TE.exe%x''y.dll')
IF @FilterId IS NULL
BEGIN
	INSERT INTO Filter(FilterNumber, Version, Type, Status, ShouldFilterNotRuns, TestCommandLineId, Title, ExpirationDate)
	VALUES(47, 2, 1, 1, 0, @TestCommandLineId, 'It''s (known), VALUES(1)', '${expires}')
	SELECT @FilterId = SCOPE_IDENTITY()
	INSERT INTO FilterConstraint(FilterId, Type, Query)
	VALUES(@FilterId, 0, '{"Field":"LogoOSPlatform","MatchType":0,"Values":${platforms}}')
	INSERT INTO FilterLogNode(FilterId, StartTag, EndTag) VALUES(@FilterId, 'a', 'b')
END
ELSE
UPDATE Filter SET [Status] = 1, ExpirationDate = '${expires}' WHERE Id = @FilterId AND [Status] = 0
`;
const filters = (text: string): FilterSet => parseFilters(utf8(text), 'UpdateFilters.sql');

describe('a set of filters', () => {
  test('is read without being run', () => {
    expect(filters(script('2026-06-14T00:00:00')).filters).toEqual([
      {
        ...{
          number: 47,
          version: 2,
          title: "It's (known), VALUES(1)",
          commandLine: "TE.exe%x'y.dll",
          coversNotRun: false,
        },
        ...{ expiresMs: Date.UTC(2026, 5, 14), platforms: ['Windows v10.0 Client x64 Ge Full'], kits: [] },
      },
    ]);
  });
  test('is read from the cabinet too, and in UTF-16', () => {
    const bytes = new Uint8Array(Buffer.from(`\ufeff${script('2027-06-14T00:00:00')}`, 'utf16le'));
    const cab = encodeCab([{ name: 'UpdateFilters.sql', bytes, modified: Date.UTC(2026, 8, 1) }], {
      compress: 'mszip',
    });
    const set = parseFilters(cab, 'HCKFilterUpdates.cab');
    expect(set.filters).toHaveLength(1);
    expect(set.madeMs).toBe(Date.UTC(2026, 8, 1));
  });
  test.each([
    ['no filter', 'SELECT 1'],
    ['fewer values than columns', 'INSERT INTO Filter(FilterNumber, Version, Title) VALUES(1, 2)'],
    ['a quote that is not closed', "INSERT INTO Filter(FilterNumber, Version, Title) VALUES(1, 2, 'a)"],
    ['a filter without a number', "INSERT INTO Filter(FilterNumber, Version, Title) VALUES(@x, 2, 'a')"],
  ])('is refused with %s', (_what, text) => {
    expect(() => filters(text)).toThrow(expect.objectContaining({ code: 'HLK_FILTERS' }));
  });
  test('of four megabytes is read quickly', () => {
    const set = filters(script('2027-06-14T00:00:00').repeat(5000));
    expect(set.filters).toHaveLength(5000);
  });
  test('that have ended are told; a test that passed by one needs a filter that has not', async () => {
    const ended = [filters(script('2026-06-14T00:00:00'))];
    expect(await found({ filters: ended }, 'info')).toContain('HLK_FILTER_EXPIRED');
    expect(await found({ filters: ended, results: [results('filtered')] }, 'error')).toContain('HLK_FILTER_EXPIRED');
    const some = [filters(script('2026-06-14T00:00:00') + script('2027-06-14T00:00:00'))];
    expect(await found({ filters: some, results: [results('filtered')] }, 'error')).toEqual([]);
    expect(await found({ filters: some, results: [results('filtered')] }, 'warning')).toContain('HLK_FILTER_EXPIRED');
    expect(await found({ filters: [filters(script('2027-06-14T00:00:00'))] }, 'info')).not.toContain(
      'HLK_FILTER_EXPIRED',
    );
    const elsewhere = [filters(script('2026-06-14T00:00:00', '["Windows v10.0 Client ARM64 Ge Full"]'))];
    expect(await found({ filters: elsewhere }, 'info')).not.toContain('HLK_FILTER_EXPIRED');
  });
  test('that are old are told', async () => {
    const old: FilterSet = { ...filters(script('2027-06-14T00:00:00')), madeMs: HLK_NOW - 40 * 86_400_000 };
    expect(await found({ filters: [old] }, 'warning')).toEqual(['HLK_FILTERS_OLD']);
  });
});

describe('the names of Windows', () => {
  test.each([
    ['Windows v10.0 Server x64 GE Full', 'WINDOWS_v100_SERVER_X64_GE_FULL'],
    ['Windows v10.0 Client ARM64 Ni Full', 'WINDOWS_v100_ARM64_NI_FULL'],
    ['Windows v10.0 Client x86 RS1 Full', 'WINDOWS_v100_RS1_FULL'],
    ['Windows v10.0 Client x64 Ge OneCore', undefined],
  ])('%s is %s', (name, code) => {
    expect(codeOfPlatform(name)).toBe(code);
  });
  test('each client and server release since 1507 has its kit', () => {
    expect(kitBuilds('WINDOWS_v100_SERVER_X64_FE_FULL')).toEqual([20348]);
    expect(kitBuildOf('10.1.22621.382')).toBe(22621);
    expect(kitBuildOf('22621')).toBeUndefined();
  });
  test.each([
    ['10_X64', 'WINDOWS_v100_X64_GE_FULL', true],
    ['10_X64', 'WINDOWS_v100_SERVER_X64_GE_FULL', false],
    ['10_X64', 'WINDOWS_v100_ARM64_GE_FULL', false],
    ['10_NI_X64', 'WINDOWS_v100_X64_GE_FULL', false],
    ['10_NI_X64', 'WINDOWS_v100_X64_NI_FULL', true],
    ['SERVER2022_X64', 'WINDOWS_v100_SERVER_X64_FE_FULL', true],
    ['10_X64', 'WINDOWS_8_X64', false],
    ['nothing', 'WINDOWS_v100_X64_GE_FULL', false],
  ])('%s is served by %s: %s', (name, code, served) => {
    expect(requiredByCatalog(name).accepts(code)).toBe(served);
  });
});
