import type { InfMode } from './contract.ts';

/** Every mode, in the order of tables: syntax alone, then the sets of rules. */
export const INF_MODES = ['none', 'k', 'u', 'w', 'h'] as const satisfies readonly InfMode[];
