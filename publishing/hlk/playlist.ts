import { WinpvError } from '../../core/errors.ts';
import { parseXml } from '../../packaging/formats/xml/parse.ts';
import { attributeOf, childrenNamed, type XmlElement } from '../../packaging/formats/xml/tree.ts';
import { codeOfPlatform, sameCode } from './platforms.ts';

/** The tests that count for a release of Windows. Microsoft's own are confidential: the user gives the file (spec hlk 3). */
export interface Playlist {
  readonly file: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly tests: readonly PlaylistTest[];
}

export interface PlaylistTest {
  readonly id: string;
  readonly name: string;
  /** `Windows v10.0 Server x64 GE Full` */
  readonly platforms: readonly string[];
  /** Only older playlists say which features of a device a test belongs to. */
  readonly features: readonly string[];
}

const NAMESPACE = /^http:\/\/schemas\.microsoft\.com\/(hlk|hck)\/playlist\/\d{4}$/i;

/** @throws WinpvError XML_*, HLK_PLAYLIST */
export const parsePlaylist = (bytes: Uint8Array, file: string): Playlist => {
  const { root } = parseXml(bytes, file);
  if (root.local !== 'Playlist' || !NAMESPACE.test(root.namespace)) {
    throw new WinpvError('HLK_PLAYLIST', 'The file is no playlist.', {
      at: { file, line: root.line, column: root.column },
      hint: 'A playlist is XML that begins with <Playlist> of http://schemas.microsoft.com/hlk/playlist/2014.',
    });
  }
  const tests = childrenNamed(root, 'Test').map((test) => readTest(test, file));
  if (tests.length === 0) throw new WinpvError('HLK_PLAYLIST', 'The playlist has no test.', { at: { file } });
  return { file, name: attributeOf(root, 'Name'), version: attributeOf(root, 'Version'), tests };
};

const readTest = (element: XmlElement, file: string): PlaylistTest => {
  const id = attributeOf(element, 'Id');
  const name = attributeOf(element, 'Name');
  if (id === undefined || name === undefined) {
    throw new WinpvError('HLK_PLAYLIST', 'A test of the playlist has no id or no name.', {
      at: { file, line: element.line, column: element.column },
    });
  }
  const names = (kind: string): readonly string[] =>
    childrenNamed(element, kind).flatMap((child) => attributeOf(child, 'Name') ?? []);
  return { id, name, platforms: names('OSPlatform'), features: names('Feature') };
};

/** The tests that count on one of these systems; a test without platforms counts everywhere. */
export const testsFor = ({ tests }: Playlist, codes: readonly string[]): readonly PlaylistTest[] =>
  tests.filter(
    ({ platforms }) =>
      platforms.length === 0 ||
      platforms.some((platform) => {
        const code = codeOfPlatform(platform);
        return code !== undefined && codes.some((one) => sameCode(one, code));
      }),
  );
