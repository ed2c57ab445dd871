import { describe, expect, test } from 'vitest';
import { verifyInf } from '../../../../../packaging/formats/inf/rules/verify.ts';
import { changed, GOOD_INF, infBytes } from '../../../../support/inf-rules.ts';

const MODELS = `%Vendor% = Models,NTamd64.10.0...17763

[Models.NTamd64.10.0...17763]
%DeviceName% = Disk,ACME\\Disk
`;

/** The INF for several decorations, each with its own install section that writes one value. */
const forDecorations = (lines: string, decorations: readonly string[], value: string): string =>
  changed(
    GOOD_INF,
    [
      MODELS,
      `${lines}\n${decorations.map((os, index) => `[Models.${os}]\n%DeviceName% = Disk${index},ACME\\Disk\n`).join('')}`,
    ],
    [
      '[Strings]',
      `${decorations
        .map((os, index) => {
          const section = `Disk${index}.NT`;
          return `[${section}]\nNeeds = Disk.NT\nAddReg = Reg${index}\n[${section}.Services]\nNeeds = Disk.NT.Services\n[Reg${index}]\n${value} ; ${os}\n`;
        })
        .join('')}[Strings]`,
    ],
  );

/** The decorations whose install sections a rule of mode h finds fault with. */
const faulty = (text: string, code: number, ruleVersion?: string): readonly string[] =>
  verifyInf(infBytes(text), { mode: 'h', ...(ruleVersion === undefined ? {} : { ruleVersion }) })
    .findings.filter(({ rule, severity }) => rule === code && severity === 'error')
    .map(({ excerpt = '' }) => excerpt.replace(/^.*; /, ''));

const GLOBAL = 'HKLM,SOFTWARE\\Acme,A,,B';

describe('mode h judges a Models section by the rules of the newest Windows that uses it', () => {
  const both = ['NTamd64', 'NTamd64.10.0...22000'];
  const oneLine = `%Vendor% = Models,${both.join(',')}`;

  test('a section that a newer one replaces before the rule came is left alone', () => {
    expect(faulty(forDecorations(oneLine, both, GLOBAL), 1321)).toEqual(['NTamd64.10.0...22000']);
  });

  test('a section that is replaced after the rule came is judged too', () => {
    const late = ['NTamd64', 'NTamd64.10.0...26200'];
    expect(faulty(forDecorations(`%Vendor% = Models,${late.join(',')}`, late, GLOBAL), 1321)).toEqual(late);
  });

  test('a section of another manufacturer replaces nothing', () => {
    const lines = '%Vendor% = Models,NTamd64\n%DeviceName% = Models,NTamd64.10.0...22000';
    expect(faulty(forDecorations(lines, both, GLOBAL), 1321)).toEqual(both);
  });

  test('a section for servers alone replaces none for all', () => {
    const server = ['NTamd64', 'NTamd64.10.0.3..22000'];
    expect(faulty(forDecorations(`%Vendor% = Models,${server.join(',')}`, server, GLOBAL), 1321)).toEqual(server);
  });

  test('a section of another architecture replaces none', () => {
    const archs = ['NTamd64', 'NTarm64.10.0...22000'];
    expect(faulty(forDecorations(`%Vendor% = Models,${archs.join(',')}`, archs, GLOBAL), 1321)).toEqual(archs);
  });

  test('rules of an older build find what they have, and leave newer sections out', () => {
    const text = forDecorations(oneLine, both, GLOBAL);
    expect(faulty(text, 1321, '10.0.26100')).toEqual(['NTamd64.10.0...22000']);
    expect(faulty(text, 1321, '10.0.22621')).toEqual([]);
    const broken = forDecorations(oneLine, both, 'HKXX,,A,,B');
    expect(faulty(broken, 1224)).toEqual(both);
    expect(faulty(broken, 1224, '10.0.17763')).toEqual(['NTamd64']);
    expect(faulty(broken, 1224, 'NTAMD64.10.0...17763')).toEqual(['NTamd64']);
    expect(faulty(broken, 1224, 'vnext')).toEqual(both);
  });
});

describe('mode h and services', () => {
  const outside = changed(
    GOOD_INF,
    ['ErrorControl = 1', 'ErrorControl = 1\nAddReg = Service.Reg'],
    ['[Strings]', '[Service.Reg]\nHKR,,TextModeFlags,0x00010001,1 ; outside\nHKR,Parameters,A,,B\n[Strings]'],
  );

  test('1323: since Windows 11 25H2 a service writes below Parameters only', () => {
    expect(faulty(outside, 1323)).toEqual(['outside']);
    expect(faulty(outside, 1323, '10.0.26200')).toEqual(['outside']);
  });

  test('1323: before, it might write elsewhere', () => {
    expect(faulty(outside, 1323, '10.0.26100')).toEqual([]);
  });
});
