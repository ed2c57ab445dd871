import { audioRules } from './audio.ts';
import type { RuleGroup } from './contract.ts';
import { DATA_GROUPS } from './data-groups.ts';
import { defaultInstallRules } from './default-install.ts';
import { directiveRules } from './directives.ts';
import { encodingRules } from './encoding.ts';
import { extensionRules } from './extension.ts';
import { introductionRules } from './introductions.ts';
import { legacyRules } from './legacy.ts';
import { modelRules } from './models.ts';
import { needsRules } from './needs.ts';
import { networkRules } from './network.ts';
import { reservedRules } from './reserved.ts';
import { sectionRules } from './sections.ts';
import { stringRules } from './strings.ts';
import { versionRules } from './version.ts';
import { wdfRules } from './wdf.ts';

/** Every rule that winpv has, by what it is about. */
export const RULE_GROUPS: readonly RuleGroup[] = [
  encodingRules,
  versionRules,
  stringRules,
  sectionRules,
  modelRules,
  needsRules,
  directiveRules,
  introductionRules,
  defaultInstallRules,
  extensionRules,
  legacyRules,
  wdfRules,
  networkRules,
  audioRules,
  reservedRules,
  ...DATA_GROUPS,
];
