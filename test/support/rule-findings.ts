import { expect } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { parseInf } from '../../packaging/formats/inf/document.ts';
import { infModel } from '../../packaging/formats/inf/model.ts';
import { ruleContext } from '../../packaging/formats/inf/rules/context.ts';
import type { InfMode, RuleFinding, RuleGroup, RuleOptions } from '../../packaging/formats/inf/rules/contract.ts';
import { INF_VARIANTS } from './inf-variants.ts';

/** Stands in a comment on the line that a finding must be about. */
const MARK = '; here';

const VERSION = `[Version]
Signature="$Windows NT$"
Class=System
ClassGuid={4D36E97D-E325-11CE-BFC1-08002BE10318}
Provider=%Maker%
DriverVer=01/02/2024,1.0.0.0
CatalogFile=driver.cat
PnpLockdown=1`;

const DEVICE = `[Manufacturer]
%Maker%=Models,NTamd64
[Models.NTamd64]
%Device%=Install,ROOT\\DEVICE
[Strings]
Maker="Acme"
Device="Acme device"`;

/** An INF of a device; `version` replaces [Version], `device` all from [Manufacturer] to [Strings]. */
export interface SampleInf {
  readonly version?: string;
  readonly device?: string;
  readonly mode?: InfMode;
}

const textOf = (text: string, { version = VERSION, device = DEVICE }: SampleInf): string =>
  `${version}\n${device}\n${text.trim()}\n`;

const findingsOf = (group: RuleGroup, bytes: Uint8Array, { mode = 'none' }: SampleInf): readonly RuleFinding[] => {
  const document = parseInf(bytes, 'sample.inf');
  const options: RuleOptions = {
    mode,
    ruleBuild: undefined,
    isolationBuild: 17763,
    stampinf: false,
    osver: undefined,
    provider: undefined,
  };
  return group(ruleContext(document, infModel(document), options, { library: new Map(), unstampedLines: [] }));
};

export const findingsIn = (group: RuleGroup, text: string, sample: SampleInf = {}): readonly RuleFinding[] =>
  findingsOf(group, utf8(textOf(text, sample)), sample);

const markedLines = (text: string): readonly number[] =>
  text.split('\n').flatMap((line, index) => (line.includes(MARK) ? [index + 1] : []));

const linesOf = (code: number, findings: readonly RuleFinding[]): readonly number[] =>
  findings
    .filter((finding) => finding.code === code)
    .map(({ line }) => line ?? 0)
    .sort((a, b) => a - b);

/** The lines that a rule reports, in order. */
export const reportedLines = (
  group: RuleGroup,
  code: number,
  text: string,
  sample: SampleInf = {},
): readonly number[] => linesOf(code, findingsIn(group, text, sample));

/** A rule reports the lines marked in `bad`, once each, and nothing in `good`; in every way to write the two. */
export const expectRule = (
  group: RuleGroup,
  code: number,
  texts: { readonly bad: string; readonly good: string },
  sample: SampleInf = {},
): void => {
  const [bad, good] = [textOf(texts.bad, sample), textOf(texts.good, sample)];
  expect(markedLines(bad).length, 'a line of the bad text is marked').toBeGreaterThan(0);
  expect(reportedLines(group, code, texts.bad, sample), 'what the bad text has').toEqual(markedLines(bad));
  expect(reportedLines(group, code, texts.good, sample), 'what the good text has').toEqual([]);
  for (const { name, apply, bytes, not } of INF_VARIANTS) {
    if (not.includes(code)) continue;
    const found = (text: string) => linesOf(code, findingsOf(group, bytes(apply(text)), sample));
    expect([name, found(bad)]).toEqual([name, markedLines(apply(bad))]);
    expect([name, found(good)]).toEqual([name, []]);
  }
};
