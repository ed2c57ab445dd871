import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { utf8 } from '../../../../core/bytes.ts';
import { diffInf, type InfDiff } from '../../../../packaging/formats/inf/diff.ts';
import { parseInf } from '../../../../packaging/formats/inf/document.ts';
import { describeCorpus } from '../../../support/outside.ts';

const INF = `[Version]
Signature="$Windows NT$"
Class=SCSIAdapter
Provider=%V%
CatalogFile=acme.cat
DriverVer=05/29/2026,9.1.0.31
[Manufacturer]
%V%=M,NTamd64,NTx86
[M.NTamd64]
%D%=I,ACME\\DISK
[M.NTx86]
%D%=I,ACME\\DISK
[I]
CopyFiles=L
AddReg=R
[L]
acme.sys
[R]
HKR,Sub,List,0x10000,a,b
HKLM,Software\\Acme,,,one
[I.Services]
AddService=acme,2,S,E
[S]
DisplayName=%D%
ServiceType=1
StartType=0
ErrorControl=1
ServiceBinary=%12%\\acme.sys
AddReg=P
[P]
HKR,Parameters,Size,0x10001,4
[E]
AddReg=ER
[ER]
HKR,,TypesSupported,0x10001,7
[I.Filters]
AddFilter=disk,,F
[F]
FilterLevel=Top
[DestinationDirs]
DefaultDestDir=12
[SourceDisksNames]
1=disk
[SourceDisksFiles]
acme.sys=1
[Strings]
V=Acme
D="Acme disk"
`;

const diff = (from: string, to: string): InfDiff => diffInf(parseInf(utf8(from), 'a.inf'), parseInf(utf8(to), 'b.inf'));
const change = (search: string | RegExp, replacement: string): InfDiff => {
  const to = INF.replace(search, () => replacement);
  expect(to).not.toBe(INF);
  return diff(INF, to);
};
const NOTHING = { gained: [], lost: [] };
const NO_THINGS = { ...NOTHING, changed: [] };

describe('two INFs are the same', () => {
  test('when they are', () => {
    expect(diff(INF, INF)).toEqual({
      same: true,
      ids: NO_THINGS,
      services: NO_THINGS,
      files: NO_THINGS,
      registry: NO_THINGS,
      driverVer: { from: '05/29/2026,9.1.0.31', to: '05/29/2026,9.1.0.31', direction: 'same' },
      os: NOTHING,
      version: [],
      directives: NOTHING,
    });
  });

  test('when comments, blanks, line ends, the order of lines, the case of names or the names of lists differ', () => {
    const other = INF.replaceAll('\n', ' ; x\r\n')
      .replace('AddReg=R ; x', 'addreg = Writes')
      .replace('[R]', '[Writes]')
      .replace(/(StartType=0[^\n]*\n)(ErrorControl=1[^\n]*\n)/, '$2$1')
      .replace('%D%=I,ACME\\DISK', '%D%=I,acme\\disk')
      .replace('Provider=%V%', 'Provider="Acme"');
    expect(diff(INF, other)).toMatchObject({ same: true });
  });
});

describe('what is told', () => {
  test('ids gained and lost', () => {
    const { ids, same } = change(/(\[M\.NTamd64\]\n.*),ACME\\DISK/, '[M.NTamd64]\n%D%=I,ACME\\NEW,ACME\\ANY');
    expect(ids).toEqual({ gained: ['ACME\\NEW', 'ACME\\ANY'], lost: ['ACME\\DISK'], changed: [] });
    expect(same).toBe(false);
  });

  test('a new name of a device, on the architecture that has it', () => {
    const { ids } = change('[M.NTx86]\n%D%=', '[M.NTx86]\nOther=');
    expect(ids.changed).toEqual([
      { name: 'ACME\\DISK', field: 'description', from: ['Acme disk'], to: ['Other'], arch: ['x86'] },
    ]);
  });

  test('services gained, lost and changed', () => {
    expect(change('AddService=acme,2,S,E', 'AddService=acme,2,S,E\nAddService=more,,S').services).toMatchObject({
      gained: ['more'],
      lost: [],
    });
    expect(change('AddService=acme,2,S,E', 'AddService=acmf,2,S,E').services).toMatchObject({
      gained: ['acmf'],
      lost: ['acme'],
    });
    expect(change('StartType=0', 'StartType=3').services.changed).toEqual([
      { name: 'acme', field: 'startType', from: [0], to: [3], arch: ['amd64', 'x86'] },
    ]);
  });

  test('files gained, lost and moved', () => {
    expect(change('[L]\nacme.sys', '[L]\nnew.sys').files).toMatchObject({ gained: ['new.sys'], lost: ['acme.sys'] });
    expect(change('DefaultDestDir=12', 'DefaultDestDir=13').files.changed).toEqual([
      { name: 'acme.sys', field: 'dirid', from: [12], to: [13], arch: ['amd64', 'x86'] },
    ]);
  });

  test('registry values gained, lost and changed, with whose key it is', () => {
    const { registry } = change('HKR,Parameters,Size,0x10001,4', 'HKR,Parameters,Size,0x10001,8\nHKR,Parameters,New');
    expect(registry).toEqual({
      gained: [{ scope: 'service acme', key: 'HKR\\Parameters', name: 'New', type: 'REG_SZ', value: '' }],
      lost: [],
      changed: [
        {
          scope: 'service acme',
          name: 'HKR\\Parameters\\Size',
          field: 'value',
          from: [4],
          to: [8],
          arch: ['amd64', 'x86'],
        },
      ],
    });
    const list = change('0x10000,a,b', '0x10000,b').registry.changed[0];
    expect(list).toMatchObject({ scope: 'software', name: 'HKR\\Sub\\List', from: [['a', 'b']], to: [['b']] });
    expect(change('HKR,,TypesSupported,0x10001,7\n', '').registry.lost).toMatchObject([{ scope: 'event-log acme' }]);
  });

  test('Windows versions and architectures gained and lost; what the rest does is not told again', () => {
    const more = change(
      '%V%=M,NTamd64,NTx86\n',
      '%V%=M,NTamd64,NTx86,NTarm64.10.0...19041\n[M.NTarm64.10.0...19041]\n%D%=I,ACME\\DISK\n',
    );
    expect(more.os).toEqual({ gained: ['NTarm64.10.0...19041'], lost: [] });
    for (const part of [more.ids, more.services, more.files, more.registry]) expect(part).toEqual(NO_THINGS);
    expect(more.same).toBe(false);
    const less = change('%V%=M,NTamd64,NTx86', '%V%=M,NTamd64.10.0,NTx86').os;
    expect(less.lost).toEqual(['NTamd64']);
  });

  test('an id that one architecture alone gains, though another has it', () => {
    const { ids } = change('[M.NTx86]\n%D%=I,ACME\\DISK', '[M.NTx86]\n%D%=I,ACME\\OLD');
    expect(ids).toMatchObject({ gained: ['ACME\\OLD'], lost: ['ACME\\DISK'] });
  });

  test('entries of [Version], with strings put in', () => {
    expect(change('V=Acme\n', 'V=Bcme\n').version).toEqual([{ name: 'Provider', from: 'Acme', to: 'Bcme' }]);
    expect(change('CatalogFile=acme.cat\n', '').version).toEqual([{ name: 'CatalogFile', from: 'acme.cat', to: null }]);
  });

  test('lines that say something else: filters, deletions, what a service depends on', () => {
    expect(change('FilterLevel=Top', 'FilterPosition=Upper').directives).toEqual({
      gained: ['[F] FilterPosition=Upper'],
      lost: ['[F] FilterLevel=Top'],
    });
    expect(change('[I]\n', '[I]\nDelReg=X\n').directives.gained).toEqual(['[I] DelReg=X']);
    expect(change('[S]\n', '[S]\nDependencies=other\n').directives.gained).toEqual(['[S] Dependencies=other']);
  });

  test('of a primitive driver as well', () => {
    const text = INF.replace(/\[Manufacturer\][\s\S]*?\[I\]/, '[DefaultInstall.NTamd64]').replace(
      '[I.Services]',
      '[DefaultInstall.NTamd64.Services]',
    );
    const result = diff(text, text.replace('StartType=0', 'StartType=3'));
    expect(result.services.changed).toMatchObject([{ name: 'acme', from: [0], to: [3], arch: ['amd64'] }]);
  });
});

describe('DriverVer', () => {
  test.each([
    ['05/29/2026,9.1.0.32', 'forward'],
    ['05/30/2026,1.0.0.0', 'forward'],
    ['05/29/2026,9.1.0.30', 'backward'],
    ['05/28/2026,10.0.0.0', 'backward'],
    ['12/31/2025,9.1.0.31', 'backward'],
    ['05-29-2026,9.1.0.31', 'same'],
    ['', 'backward'],
    ['soon', 'backward'],
  ])('05/29/2026,9.1.0.31 to %j is %s: the date ranks before the version', (to, direction) => {
    const result = change('05/29/2026,9.1.0.31', to);
    expect(result.driverVer).toEqual({ from: '05/29/2026,9.1.0.31', to, direction });
    expect(result.same).toBe(direction === 'same');
  });

  test('that one of them lacks is null, and makes a difference', () => {
    const without = INF.replace(/DriverVer.*\n/, '');
    expect(diff(without, INF)).toMatchObject({ same: false, driverVer: { from: null, direction: 'forward' } });
  });
});

describeCorpus('the INFs of the corpus', (corpus) => {
  const names = ['inf', 'xen/templates/xenvbd', 'xen/templates/xenbus'].flatMap((folder) =>
    (readdirSync(corpus.path(folder), { recursive: true }) as string[])
      .filter((name) => /\.(inf|inx|inf\.in)$/i.test(name))
      .map((name) => `${folder}/${name}`),
  );

  test('are each the same as themselves, and no two Xen templates lose what the other does not gain back', () => {
    expect(names.length).toBeGreaterThan(80);
    const documents = names.map((name) => parseInf(corpus.file(name), name));
    for (const document of documents) expect(diffInf(document, document), document.file).toMatchObject({ same: true });
    for (const [index, document] of documents.slice(1).entries()) {
      const before = documents[index];
      if (before === undefined) continue;
      const [there, back] = [diffInf(before, document), diffInf(document, before)];
      for (const part of ['ids', 'services', 'files', 'os'] as const) {
        expect([...there[part].gained].sort(), document.file).toEqual([...back[part].lost].sort());
        expect([...there[part].lost].sort(), document.file).toEqual([...back[part].gained].sort());
      }
      expect(there.registry.gained.length).toBe(back.registry.lost.length);
      expect(there.same).toBe(back.same);
    }
  });
});
