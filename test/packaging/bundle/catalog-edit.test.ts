import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '../../../core/bytes.ts';
import { WinpvError } from '../../../core/errors.ts';
import { addMembers, catalogStyle, removeMembers } from '../../../packaging/bundle/catalog-edit.ts';
import { encodeCtl } from '../../../packaging/formats/cat/encode.ts';
import {
  attributeText,
  type CatalogContent,
  type CatalogMember,
  findText,
  formatTag,
  memberKind,
  textAttribute,
} from '../../../packaging/formats/cat/model.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { hasPageHashes } from '../../../packaging/formats/cat/show.ts';
import { type CatalogSubject, flatSubjectOf, subjectOf } from '../../../packaging/formats/cat/subject.ts';
import { type DerNode, parseDer } from '../../../packaging/formats/der/parse.ts';
import { fileVectors, publishedSubject } from '../../support/catalog-vectors.ts';
import { describeCorpus } from '../../support/outside.ts';

const trustList = (content: CatalogContent): string => toHex(encodeCtl(content));
const tagsOf = (members: readonly CatalogMember[]): readonly string[] => members.map(({ tag }) => formatTag(tag));

/** The innermost value of what stands beside a hash: a table of page hashes, or a cabinet's second hash. */
const innermost = (node: DerNode): Uint8Array => {
  const last = (node.tag & 0x20) === 0 ? undefined : node.children.at(-1);
  return last === undefined ? node.value : innermost(last);
};

/** A file as its members tell it; the files themselves are not in the corpus. */
const subjectOfMembers = (main: CatalogMember, compat: CatalogMember | undefined): CatalogSubject => {
  const inner = (): Uint8Array => {
    const data = parseDer(main.indirectData?.data ?? new Uint8Array(), { file: 'data' });
    const serialized = innermost(data);
    return innermost(parseDer(serialized, { file: 'serialized' }));
  };
  const kind = memberKind(main);
  return {
    kind,
    digest: (algorithm) =>
      (algorithm === 'sha1' ? (compat?.tag ?? main.indirectData?.digest) : main.indirectData?.digest) ??
      new Uint8Array(),
    ...(hasPageHashes(main) ? { pageHashes: inner } : {}),
    ...(kind === 'cab' ? { enhancedHash: inner } : {}),
  };
};

/** A SHA-1 member that may be of the file: where a catalog does not tell, any that says part of what the file's says. */
const compatOf = (from: readonly CatalogMember[], main: CatalogMember): CatalogMember | undefined => {
  const values = main.attributes.map((item) => `${item.name} ${toHex(item.value)}`);
  return from
    .filter((other) => other.indirectData === undefined && memberKind(other) === memberKind(main))
    .filter(({ attributes }) => attributes.every((item) => values.includes(`${item.name} ${toHex(item.value)}`)))
    .sort((a, b) => b.attributes.length - a.attributes.length)[0];
};

describeCorpus('taking a member out of a real catalog and adding it back', (corpus) => {
  const vectors = fileVectors(corpus);
  const names = readdirSync(corpus.path('signed'), { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.cat') && !name.startsWith('tampered/'))
    .sort();
  const read = (name: string): CatalogContent => parseCatalog(corpus.file(`signed/${name}`), name).content;

  test('is tried on all 25 of the corpus', () => {
    expect(names).toHaveLength(25);
  });

  test.each(names)('%s: the same trust list for every file, with the attributes that it had', (name) => {
    const content = read(name);
    const compats = content.members.filter(({ indirectData }) => indirectData === undefined);
    // The SHA-256 members of the one hybrid are of version 1, where winpv writes SHA-1.
    const mains = content.members.filter((main) => {
      const hybrid = content.version === 1 && formatTag(main.tag).length === 64;
      return main.indirectData !== undefined && !hybrid;
    });
    expect(mains.length).toBeGreaterThan(0);
    for (const main of mains) {
      const compat = content.version === 2 ? compatOf(compats, main) : undefined;
      const pair = compat === undefined ? [main] : [main, compat];
      const removed = removeMembers(
        content,
        tagsOf(pair).map((text) => ({ text })),
      );
      expect(tagsOf(removed.changed)).toEqual(expect.arrayContaining([...tagsOf(pair)]));
      expect(removed.diagnostics).toEqual([]);
      expect(removed.content.members).toHaveLength(content.members.length - pair.length);
      const subject = subjectOfMembers(main, compat);
      const added = addMembers(removed.content, [
        {
          ...{ name: 'file', subject, attributes: main.attributes, pageHashes: hasPageHashes(main) },
          ...(compat === undefined ? {} : { compat: compat.attributes }),
        },
      ]);
      expect(trustList(added.content)).toBe(trustList(content));
    }
  });

  test('by content, with nothing said but the name, gives the same trust list where the other members show how', () => {
    const others: string[] = [];
    let same = 0;
    for (const name of names) {
      const content = read(name);
      const tags = new Set(tagsOf(content.members));
      for (const [path, vector] of Object.entries(vectors)) {
        const hashes = vector.authenticode ?? vector.flat;
        if (hashes === undefined || !(tags.has(hashes.sha1) || tags.has(hashes.sha256))) continue;
        const there = existsSync(corpus.path(`signed/${path}`));
        const subject = there ? subjectOf(corpus.file(`signed/${path}`), path) : publishedSubject(vector);
        const removed = removeMembers(content, [{ text: path, subject }]);
        expect(removed.diagnostics).toEqual([]);
        expect(removed.changed).toHaveLength(content.version === 1 && !name.includes('hybrid') ? 1 : 2);
        const stored = removed.changed.flatMap(({ attributes }) => findText(attributes, 'File') ?? [])[0];
        const file = stored ?? path.slice(path.lastIndexOf('/') + 1);
        const added = addMembers(removed.content, [{ name: file, subject }]);
        if (trustList(added.content) === trustList(content)) same += 1;
        else others.push(`${name.slice(name.lastIndexOf('/') + 1)} ${file}`);
      }
    }
    // The name in base64; the page hashes of the only image; the second, SHA-256 member of a version 1 hybrid.
    expect(others.sort()).toEqual([
      'stmcdc.cat stmcdc.inf',
      'unsigned-signed.cat unsigned.exe',
      'unsigned-signed.cat unsigned.msi',
      'unsigned.cat unsigned.exe',
      'unsigned.cat unsigned.msi',
    ]);
    expect(same).toBe(28);
  });

  test('by tag takes the other member of the file along where the catalog tells it, and else says that it does not', () => {
    const told: Record<string, readonly [number, number]> = {};
    for (const name of names) {
      const content = read(name);
      if (content.version === 1) continue;
      const edits = tagsOf(content.members).map((text) => removeMembers(content, [{ text }]));
      const unknown = edits.filter(({ diagnostics }) => diagnostics.some(({ code }) => code === 'CAT_PARTNER_UNKNOWN'));
      const both = edits.filter(({ changed }) => changed.length === 2);
      expect(unknown.every(({ changed }) => changed.length === 1)).toBe(true);
      told[name.slice(name.lastIndexOf('/') + 1)] = [both.length, unknown.length];
    }
    const { 'unsigned.cat': makecat, 'unsigned-signed.cat': same, '115fe864.cat': windows, ...inf2cat } = told;
    expect([makecat, same, windows]).toEqual([
      [4, 10],
      [4, 10],
      [0, 20],
    ]);
    for (const [both, unknown] of Object.values(inf2cat)) expect([both > 0, unknown]).toEqual([true, 0]);
  });

  test('by name takes out every member of that name, and the SHA-1 ones', () => {
    const content = read('inf2cat-v2/virtio-win8-amd64-viofs/viofs.cat');
    const { changed } = removeMembers(content, [{ text: 'somewhere\\VIOFS.INF' }]);
    expect(changed.map(({ attributes }) => findText(attributes, 'File'))).toEqual(['viofs.inf', 'viofs.inf']);
    const { members } = removeMembers(
      content,
      tagsOf(content.members).map((text) => ({ text })),
    ).content;
    expect(members).toEqual([]);
  });
});

describe('editing a catalog', () => {
  const file = (text: string): CatalogSubject => flatSubjectOf(utf8(text));
  const empty = (attributes: CatalogContent['attributes'], version: 1 | 2 = 2): CatalogContent => ({
    ...{ version, listIdentifier: new Uint8Array(16), thisUpdate: 0, members: [], attributes, otherExtensions: [] },
  });
  const texts = ({ members }: CatalogContent): readonly string[] =>
    members.map(({ attributes }) => attributes.map((item) => `${item.name}=${attributeText(item)}`).join(' '));

  test('that has no members is done as Inf2Cat when it names systems, and as MakeCat when it does not', () => {
    const systems = empty([textAttribute('OS', '8X64,_v100_X64')]);
    expect(texts(addMembers(systems, [{ name: 'A.Sys', subject: file('a') }]).content)).toEqual([
      'File=a.sys OSAttr=2:6.2,2:10.0',
      'File=a.sys OSAttr=2:6.2,2:10.0',
    ]);
    expect(texts(addMembers(empty([]), [{ name: 'A.Sys', subject: file('a') }]).content)).toEqual(['', '']);
    expect(catalogStyle(empty([])).compat).toBe('bare');
  });

  test('takes the value of a named attribute over the usual one', () => {
    const systems = empty([textAttribute('OS', '_v100_X64')], 1);
    const more = [textAttribute('OSAttr', '2:6.3'), textAttribute('PETrusted', '1')];
    expect(texts(addMembers(systems, [{ name: 'a.sys', subject: file('a'), more }]).content)).toEqual([
      'File=a.sys OSAttr=2:6.3 PETrusted=1',
    ]);
  });

  test('keeps the way that names are spelled', () => {
    const once = addMembers(empty([textAttribute('OS', '_v100_X64')], 1), [
      { name: 'x', subject: file('a'), attributes: [textAttribute('File', 'Upper.SYS')] },
    ]).content;
    expect(texts(addMembers(once, [{ name: 'Other.DLL', subject: file('b') }]).content)).toEqual([
      'File=Upper.SYS',
      'File=Other.DLL',
    ]);
  });

  test('adds what is listed already once, with a warning, and what is half there to the full', () => {
    const one = addMembers(empty([]), [{ name: 'a', subject: file('a') }]).content;
    const again = addMembers(one, [
      { name: 'a', subject: file('a') },
      { name: 'b', subject: file('b') },
      { name: 'copy of b', subject: file('b') },
    ]);
    expect(again.content.members).toHaveLength(4);
    expect(again.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ['CAT_DUPLICATE', 'warning'],
      ['CAT_DUPLICATE', 'warning'],
    ]);
    const half = { ...one, members: one.members.slice(0, 1) };
    expect(addMembers(half, [{ name: 'a', subject: file('a') }]).changed).toHaveLength(1);
  });

  test('finds a label that is no hash, and stops with everything that it did not find', () => {
    const [member] = addMembers(empty([], 1), [{ name: 'a', subject: file('a') }]).changed;
    const labelled = { ...empty([], 1), members: member === undefined ? [] : [{ ...member, tag: utf8('L\0\0\0') }] };
    expect(removeMembers(labelled, [{ text: 'l' }]).content.members).toEqual([]);
    expect(removeMembers(labelled, [{ text: 'a', subject: file('a') }]).content.members).toEqual([]);
    const wrong = () => removeMembers(labelled, [{ text: 'l' }, { text: 'm' }, { text: 'n', subject: file('n') }]);
    expect(wrong).toThrowError(WinpvError);
    try {
      wrong();
    } catch (error) {
      expect(error instanceof WinpvError && error.diagnostics.map(({ code }) => code)).toEqual([
        'CAT_MEMBER_MISSING',
        'CAT_MEMBER_MISSING',
      ]);
    }
  });
});
