import { z } from 'zod';
import { type FourPartVersion, parseVersion } from '../core/version.ts';

/** Where the version of a brand comes from when it is not written down. */
export type VersionRule =
  /** The newest tag of this form in the project's checkout, and the commits since: `v9.1.0` and 42 give 9.1.0.42. */
  | { readonly git: string }
  /** Three numbers; the fourth counts the releases of the brand that the ledger knows. */
  | { readonly counter: readonly [number, number, number] };

const fixed = z
  .string({ error: () => 'has to be four numbers, for example 9.1.0.0' })
  .transform((text, context): FourPartVersion => {
    const parsed = parseVersion(text);
    if (parsed !== undefined) return parsed;
    const message = 'has to be four numbers from 0 to 65535, not all of them 0, for example 9.1.0.0';
    context.addIssue({ code: 'custom', message, input: text });
    return z.NEVER;
  });

const threeNumbers = z
  .string({ error: () => 'has to be three numbers, for example 9.1.0' })
  .transform((text, context): readonly [number, number, number] => {
    const version = parseVersion(`${text}.1`);
    if (version !== undefined) return [version[0], version[1], version[2]];
    context.addIssue({ code: 'custom', message: 'has to be three numbers, for example 9.1.0', input: text });
    return z.NEVER;
  });

const tagGlob = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9*?][A-Za-z0-9*?._/-]*$/, 'has to be the form of a tag, for example v*');

/** A version written down, for a driver of its own. */
export const fixedVersion = fixed;

/** A version of a brand: written down, or where it comes from. */
export const brandVersion = z.union(
  [fixed, z.strictObject({ git: tagGlob }), z.strictObject({ counter: threeNumbers })],
  { error: () => 'has to be four numbers, for example 9.1.0.0, or `{ git: "v*" }` or `{ counter: 9.1.0 }`' },
);

export const isRule = (version: FourPartVersion | VersionRule): version is VersionRule => !Array.isArray(version);

/** `v9.1.0-42-gabcdef0`, as `git describe --long` says it; the numbers of the tag, then the commits since. */
const DESCRIBED = /^[^0-9]*(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:\.(\d{1,5}))?-(\d{1,9})-g[0-9a-f]{4,64}$/;

/**
 * The version that a description of git's stands for: the commits since the tag are added to its fourth number.
 * Undefined when the tag has no version in it, or a number grows beyond 65535.
 */
export const describedVersion = (description: string): FourPartVersion | undefined => {
  const [, major, minor, micro = '0', build = '0', commits] = DESCRIBED.exec(description.trim()) ?? [];
  if (commits === undefined) return undefined;
  return parseVersion(`${major}.${minor}.${micro}.${Number(build) + Number(commits)}`);
};
