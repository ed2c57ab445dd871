import { describe, expect, test } from 'vitest';
import { archiveNameFlaw, repeatedName } from '../../../packaging/formats/archive-names.ts';

describe('a name inside an archive', () => {
  test.each(['xenbus.inf', 'xenbus\\xenbus.sys', 'a/b/c.txt', 'über.inf', '.hidden', 'con-troller.sys', 'a b.txt'])(
    'may be %j',
    (name) => {
      expect(archiveNameFlaw(name)).toBeUndefined();
    },
  );

  test.each([
    ['', 'empty'],
    ['/etc/passwd', 'absolute'],
    ['\\Windows\\x.sys', 'absolute'],
    ['\\\\server\\share\\x', 'absolute'],
    ['C:\\x.sys', 'character'],
    ['C:x.sys', 'character'],
    ['x.sys:stream', 'character'],
    ['..\\x.sys', '".."'],
    ['a/../../x', '".."'],
    ['a/./b', '"."'],
    ['a//b', 'empty part'],
    ['a\\', 'empty part'],
    ['a\\b/c', 'slashes'],
    ['a\0b', 'control'],
    ['a\nb', 'control'],
    ['x.sys.', 'dot or a blank'],
    ['x /y', 'dot or a blank'],
    ['NUL', 'device'],
    ['a\\com1.txt', 'device'],
    ['what?.txt', 'character'],
    ['\ud800.txt', 'Unicode'],
    ['a/'.repeat(40), 'too deep'],
    ['a'.repeat(2000), 'too long'],
  ])('must not be %j', (name, why) => {
    expect(archiveNameFlaw(name)).toContain(why);
  });

  test('clashes with one that differs in case only, for Windows sees one file', () => {
    expect(repeatedName(['a/X.sys', 'b/x.sys', 'A\\x.SYS'])).toBe('A\\x.SYS');
  });

  test('clashes with a folder of the same name, whichever comes first', () => {
    expect(repeatedName(['pkg', 'pkg/x.inf'])).toBe('pkg');
    expect(repeatedName(['pkg/x.inf', 'PKG'])).toBe('PKG');
    expect(repeatedName(['pkg'], ['Pkg'])).toBe('pkg');
    expect(repeatedName(['pkg/x.inf'], ['pkg', 'pkg'])).toBeUndefined();
  });
});
