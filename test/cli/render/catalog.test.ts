import { describe, expect, test } from 'vitest';
import { catalogLines, type ShownSigner } from '../../../cli/render/catalog.ts';
import { parseCatalog } from '../../../packaging/formats/cat/parse.ts';
import { type ShownCatalog, type ShownMember, showCatalog } from '../../../packaging/formats/cat/show.ts';
import { describeCorpus } from '../../support/outside.ts';
import { filesBelow } from '../../support/project.ts';

const MEMBER: ShownMember = {
  ...{ tag: '00'.repeat(32), digest: 'ab'.repeat(32), algorithm: 'sha256', kind: 'pe', tagFormat: 'hash' },
  ...{ pageHashes: false, attributes: { File: 'xenbus.sys', OSAttr: '2:10.0' } },
};

const CATALOG: ShownCatalog = {
  ...{ version: 2, digestAlgorithm: 'sha256', listIdentifier: 'c1'.repeat(16), thisUpdate: '2026-05-04T00:00:00Z' },
  ...{ attributes: {}, osAttributes: [], operatingSystems: [], hardwareIds: [], members: [MEMBER] },
};

const SIGNER: ShownSigner = {
  subject: 'CN=Acme\\, Inc.,O=Acme\\, Inc.,C=US',
  issuer: 'CN=Acme CA,O=Acme',
  digestAlgorithm: 'sha256',
  ekus: ['1.3.6.1.4.1.311.10.3.5.1'],
};

const linesOf = (
  shown: Partial<ShownCatalog>,
  signers: readonly ShownSigner[] = [],
  extent: 'all' | 'short' = 'short',
) => catalogLines({ file: 'a.cat', shown: { ...CATALOG, ...shown }, signers, extent });

describe('a catalog for people', () => {
  test('says who signed it, by the names that matter, for what, and when', () => {
    expect(linesOf({}, [{ ...SIGNER, timestamp: '2026-05-04T01:02:03.456Z', programName: 'Acme drivers' }])).toEqual(
      expect.arrayContaining([
        '  signed by  Acme, Inc.',
        '             for Acme drivers',
        '             certified by Acme CA (Acme)',
        '  purpose    attestation',
        '  stamped    2026-05-04 01:02:03 UTC',
      ]),
    );
    expect(linesOf({}, [SIGNER])).toContain('  stamped    no time stamp');
    expect(linesOf({})).toContain('  signed     no');
  });

  test('puts the members of a file under its name, and says once what all are for', () => {
    const compat = { ...MEMBER, algorithm: 'sha1', digest: 'cd'.repeat(20), tag: 'cd'.repeat(20) };
    const inf: ShownMember = { ...MEMBER, kind: 'flat', attributes: { File: 'xenbus.inf', OSAttr: '2:10.0' } };
    expect(linesOf({ members: [MEMBER, inf, compat] }).slice(-7)).toEqual([
      '  files for  10 and later',
      '  lists      3 members',
      '    image   xenbus.sys',
      `      sha256  ${'ab'.repeat(32)}`,
      `      sha1    ${'cd'.repeat(20)}`,
      '    file    xenbus.inf',
      `      sha256  ${'ab'.repeat(32)}`,
    ]);
  });

  test('says at a file what is not said of all: systems, attributes, page hashes', () => {
    const paged: ShownMember = {
      ...{ ...MEMBER, pageHashes: true, pageHashAlgorithm: 'sha256' },
      attributes: { File: 'xen.sys', OSAttr: '2:6.1,2:6.2', PETrusted: '1' },
    };
    expect(linesOf({ members: [MEMBER, paged] }).slice(-5)).toEqual([
      `      sha256  ${'ab'.repeat(32)}`,
      '    image   xen.sys',
      '      for 7 and Server 2008 R2, 8 and Server 2012',
      '      PETrusted = 1',
      `      sha256  ${'ab'.repeat(32)}  + page hashes (sha256)`,
    ]);
  });

  test('shows an OS code that it does not know as it is', () => {
    const operatingSystems = [
      { code: '_v100_X64', name: '10_X64', windows: 'Windows 10 and later (x64)' },
      { code: '_v120', name: null, windows: null },
    ];
    expect(linesOf({ operatingSystems })).toEqual(
      expect.arrayContaining([
        '  Windows    _v100_X64  10_X64  Windows 10 and later (x64)',
        '             _v120              not in the vocabulary that winpv knows',
      ]),
    );
  });

  test('cuts long lists unless all is asked for', () => {
    const hardwareIds = Array.from({ length: 128 }, (_, i) => `xenbus\\${i}`);
    const members = Array.from({ length: 3000 }, (_, i) => ({ ...MEMBER, attributes: { File: `${i}.sys` } }));
    const short = linesOf({ hardwareIds, members });
    expect(short.length).toBeLessThan(250);
    expect(short.join('\n')).toContain('and 116 more ids');
    expect(short.join('\n')).toContain('and 2900 more files');
    const all = linesOf({ hardwareIds, members }, [], 'all').join('\n');
    expect(all).toContain('xenbus\\127');
    expect(all).toContain('2999.sys');
  });

  test('lets nothing in a catalog act on the terminal', () => {
    const evil = '\u001b[2J\u202e\nx';
    const lines = linesOf(
      {
        ...{
          attributes: { [evil]: evil },
          hardwareIds: [evil],
          operatingSystems: [{ code: evil, name: null, windows: null }],
        },
        members: [
          { ...MEMBER, attributes: { File: evil, [evil]: evil } },
          { ...MEMBER, tagFormat: 'label', tag: evil, attributes: {} },
        ],
      },
      [{ ...SIGNER, subject: `CN=${evil}`, programName: evil }],
    );
    for (const character of evil.slice(0, 1) + evil.slice(4, 6)) expect(lines.join('')).not.toContain(character);
  });
});

describeCorpus('every real catalog', (corpus) => {
  const catalogs = filesBelow(corpus.path('signed')).filter(
    (path) => path.endsWith('.cat') && !path.includes('tampered'),
  );

  test.each(catalogs)('%s fits a screen', (path) => {
    const shown = showCatalog(parseCatalog(corpus.file(`signed/${path}`), path));
    const lines = catalogLines({ file: 'a.cat', shown, signers: [SIGNER], extent: 'all' });
    expect(lines.filter((line) => line.length > 106)).toEqual([]);
    for (const { digest } of shown.members) expect(lines.some((line) => line.includes(digest))).toBe(true);
  });
});
