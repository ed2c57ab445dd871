import type { InfLine } from '../document.ts';
import { parseInfNumber } from '../numbers.ts';
import { REGISTRY_FLAGS } from '../registry.ts';
import type { RuleContext, RuleSection, SectionKind } from './contract.ts';
import { fieldOf, isOpen } from './line-facts.ts';

/** A line of an AddReg section. */
export interface RegistryLine {
  readonly role: RuleSection;
  readonly line: InfLine;
  /** In upper case. */
  readonly root: string;
  /** Without backslashes at its ends. */
  readonly subkey: string;
  /** Empty for the default value. */
  readonly name: string;
  /** Undefined when it is no number. */
  readonly flags: number | undefined;
  readonly values: readonly string[];
}

const flagsOf = (text: string): number | undefined => {
  const number = parseInfNumber(text);
  return number === undefined ? undefined : number >>> 0;
};

const lineOfRegistry = (role: RuleSection, line: InfLine): RegistryLine => ({
  role,
  line,
  root: fieldOf(line, 0).toUpperCase(),
  subkey: fieldOf(line, 1).replace(/^\\+|\\+$/g, ''),
  name: fieldOf(line, 2),
  flags: flagsOf(fieldOf(line, 3)),
  values: line.fields.slice(4),
});

const knownLines = new WeakMap<RuleContext, readonly RegistryLine[]>();

/** All lines of AddReg sections that count: those marked as DelReg's only are left out. */
export const registryLines = (context: RuleContext): readonly RegistryLine[] => {
  const known = knownLines.get(context);
  if (known !== undefined) return known;
  const lines = context
    .of('add-reg')
    .flatMap((role) => role.section.lines.map((line) => lineOfRegistry(role, line)))
    .filter(({ flags }) => ((flags ?? 0) & REGISTRY_FLAGS.delRegOnly) === 0);
  knownLines.set(context, lines);
  return lines;
};

/** Whether a line makes or deletes a key, or deletes a value: it has no data. */
export const hasNoData = ({ flags = 0 }: RegistryLine): boolean =>
  (flags & (REGISTRY_FLAGS.keyOnly | REGISTRY_FLAGS.keyOnlyCommon | REGISTRY_FLAGS.deleteValue)) !== 0;

/** Root and subkey as people write them. */
export const keyOf = ({ root, subkey }: RegistryLine): string => (subkey === '' ? root : `${root}\\${subkey}`);

/** How a message calls the value of a line. */
export const valueName = ({ name }: RegistryLine): string =>
  name === '' ? 'the default value' : `the value "${name}"`;

/** Whether one of the sections that name the AddReg section is of a kind. */
export const isUsedBy = ({ role }: RegistryLine, ...kinds: readonly SectionKind[]): boolean =>
  role.uses.some(({ from }) => from !== undefined && kinds.includes(from.kind));

/** Whether root or subkey hold a token that is not filled in. */
export const isKeyOpen = ({ root, subkey }: RegistryLine): boolean => isOpen(root) || isOpen(subkey);
