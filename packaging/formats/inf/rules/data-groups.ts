import { classRules } from './classes.ts';
import { comRules } from './com.ts';
import { componentRules } from './components.ts';
import { conflictRules } from './conflicts.ts';
import type { RuleGroup } from './contract.ts';
import { eventRules } from './events.ts';
import { fileRules } from './files.ts';
import { filterRules } from './filters.ts';
import { isolationRules } from './isolation.ts';
import { numberRules } from './numbers.ts';
import { propertyRules } from './properties.ts';
import { registryRules } from './registry.ts';
import { serviceRules } from './services.ts';

/** The rules about what an INF writes and copies, and where: registry, services, files, filters and the like. */
export const DATA_GROUPS: readonly RuleGroup[] = [
  classRules,
  numberRules,
  registryRules,
  propertyRules,
  serviceRules,
  fileRules,
  filterRules,
  componentRules,
  eventRules,
  comRules,
  isolationRules,
  conflictRules,
];
