/** An attribute as it stands in a tag, before prefixes are looked up. */
export interface RawAttribute {
  readonly prefix: string;
  readonly local: string;
  readonly value: string;
  readonly at: number;
}

/** Whether it declares a namespace (`xmlns`, `xmlns:p`). */
export const isDeclaration = ({ prefix, local }: RawAttribute): boolean =>
  prefix === 'xmlns' || (prefix === '' && local === 'xmlns');

/** What is in scope below an element that declares these. */
export const withDeclared = (
  above: ReadonlyMap<string, string>,
  declared: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> => {
  const all = new Map(above);
  for (const [prefix, name] of declared) {
    if (name === '') all.delete(prefix);
    else all.set(prefix, name);
  }
  return all;
};
