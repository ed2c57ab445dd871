import type { ErrorCode } from '../../../core/error-codes.ts';

/** What a code means beyond its title, and what to do about it: a sentence or two each. */
export type Explanation = readonly [means: string, advice: string];

/** The codes that begin with `P_`. */
export type CodesOf<P extends string> = Extract<ErrorCode, `${P}_${string}`>;
