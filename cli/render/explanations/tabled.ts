import type { InfRuleCode } from '../../../core/inf-rule-codes.ts';
import type { PvRuleCode } from '../../../core/pv-rule-codes.ts';
import type { RefusalCode, ReturnedCode } from '../../../core/refusal-codes.ts';
import { FINDING_TEXTS } from '../../../emulator/finding-texts.ts';
import { PV_RULE_TABLE } from '../../../packaging/formats/inf/pv/table.ts';
import type { InfMode, RuleLevel, RuleRow } from '../../../packaging/formats/inf/rules/contract.ts';
import { RULE_TABLE } from '../../../packaging/formats/inf/rules/table.ts';
import { REFUSAL_RULES } from '../../../publishing/refusals/table.ts';
import { RETURNED_ADVICE, RETURNED_RULES } from '../../../publishing/returned/contract.ts';
import type { CodesOf, Explanation } from './contract.ts';

/** Codes whose texts are rows of tables elsewhere. */
export type TabledCode =
  | InfRuleCode
  | PvRuleCode
  | RefusalCode
  | ReturnedCode
  | CodesOf<'EMULATOR'>
  | 'BRAND_ID_LIST_TOO_LONG'
  | 'BRAND_DEVICE_ID_RESERVED';

const MODES: readonly InfMode[] = ['none', 'h', 'u', 'w', 'k'];

const inModes = (rule: RuleRow, level: RuleLevel, word: string): readonly string[] => {
  const modes = MODES.filter((mode) => rule.level[mode] === level);
  if (modes.length === 0) return [];
  if (modes.length === MODES.length) return [`${word} in every mode`];
  return [`${word} ${modes.map((mode) => (mode === 'none' ? 'without a mode' : `in mode ${mode}`)).join(', ')}`];
};

/** How the rule is numbered, and how hard it is in which mode. */
const infRuleText = (rule: RuleRow): string => {
  const levels = [
    ...inModes(rule, 'E', 'an error'),
    ...inModes(rule, 'W', 'a warning'),
    ...inModes(rule, '-', 'not reported'),
  ];
  const { since, notPossible } = rule;
  return [
    `Rule ${rule.code} of Microsoft's INF checker: ${levels.join('; ')}.`,
    ...(since === undefined ? [] : [`Its rules have it since build ${since}.`]),
    ...(notPossible === undefined ? [] : [`winpv does not report it: ${notPossible}.`]),
  ].join(' ');
};

const has = (checks: string): string => `What has to hold: ${checks}`;

/** By code; whether every code is there is for a test to say, for the tables are lists. */
export const tabledTexts = (): ReadonlyMap<string, Explanation> =>
  new Map<string, Explanation>([
    ...RULE_TABLE.map((rule): [string, Explanation] => [`INF_${rule.code}`, [infRuleText(rule), rule.fix]]),
    ...PV_RULE_TABLE.map(({ code, checks, fix }): [string, Explanation] => [code, [has(checks), fix]]),
    ...REFUSAL_RULES.map(({ id, checks, fix }): [string, Explanation] => [id, [has(checks), fix]]),
    ...RETURNED_RULES.map(({ id, checks }): [string, Explanation] => [id, [has(checks), RETURNED_ADVICE]]),
    ...Object.entries(FINDING_TEXTS).map(([code, { means, advice }]): [string, Explanation] => [code, [means, advice]]),
  ]);
