import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InfMode, RuleFinding } from '../../../../../packaging/formats/inf/rules/contract.ts';
import { DATA_GROUPS } from '../../../../../packaging/formats/inf/rules/data-groups.ts';
import { RULE_ROWS } from '../../../../../packaging/formats/inf/rules/table.ts';
import { findingsIn } from '../../../../support/rule-findings.ts';

const MODES: readonly InfMode[] = ['none', 'h', 'u', 'w', 'k'];

const findings = (text: string, mode: InfMode): readonly RuleFinding[] =>
  DATA_GROUPS.flatMap((group) => findingsIn(group, text, { mode }));

const CLEAN = `[Install]
CopyFiles=Files
[Install.HW]
AddReg=Hardware
[Install.Services]
AddService=acme,2,Service,Events
[Install.Interfaces]
AddInterface={65A9A6CF-64CD-480B-843E-32C86E1BA19F}
[Service]
ServiceType=1
StartType=3
ErrorControl=1
ServiceBinary=%13%\\acme.sys
AddReg=Parameters
[Hardware]
HKR,,Exclusive,0x00010001,1
[Parameters]
HKR,Parameters,Level,0x00010001,3
[Events]
AddReg=EventLog
[EventLog]
HKR,,EventMessageFile,0x00020000,"%%SystemRoot%%\\System32\\netevent.dll"
HKR,,TypesSupported,0x00010001,7
[Files]
acme.sys
[DestinationDirs]
Files=13
[SourceDisksFiles]
acme.sys=1
[SourceDisksNames]
1="Disk"`;

describe('the rules about what an INF writes and copies', () => {
  test.each(MODES)('have nothing to say about a clean INF in mode %s', (mode) => {
    expect(findings(CLEAN, mode)).toEqual([]);
  });

  /** Pieces that lines are made of, among them those that rules look for. */
  const piece = fc.constantFrom(
    ...[
      '',
      ' ',
      ',',
      '=',
      '"',
      '%',
      '%13%',
      '%11%',
      '@',
      '\\',
      '[',
      ']',
      '|',
      '..',
      '{',
      '-1',
      '0x00010001',
      '0x18002',
    ],
    ...[
      'HKR',
      'HKLM',
      'Install',
      'Install.Services',
      'Files',
      'Service',
      'AddService',
      'AddReg',
      'CopyFiles',
      'acme.sys',
    ],
    ...['SourceDisksFiles', 'DestinationDirs', 'Install.Filters', 'AddFilter', 'Install.Events', 'AddEventProvider'],
  );
  const line = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));
  const damage = fc.record({ at: fc.nat(), line, drop: fc.boolean() });

  test('take whatever stands in an INF, and report lines that it has', () => {
    const readable = (text: string): boolean => !/^\s*\[[^\]]*$/m.test(text);
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 8 }), fc.constantFrom(...MODES), (damages, mode) => {
        const lines = CLEAN.split('\n');
        for (const { at, line: text, drop } of damages) lines.splice(at % lines.length, drop ? 1 : 0, text);
        fc.pre(readable(lines.join('\n')));
        for (const { code, line: reported = 1 } of findings(lines.join('\n'), mode)) {
          expect(RULE_ROWS.has(code)).toBe(true);
          expect(reported).toBeGreaterThan(0);
          expect(reported).toBeLessThan(lines.length + 40);
        }
      }),
      { numRuns: 400 },
    );
  });
});
