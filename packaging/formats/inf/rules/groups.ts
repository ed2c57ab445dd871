import type { RuleGroup } from './contract.ts';
import { stringRules } from './strings.ts';
import { versionRules } from './version.ts';

/** Every rule that winpv has, by what it is about. */
export const RULE_GROUPS: readonly RuleGroup[] = [versionRules, stringRules];
