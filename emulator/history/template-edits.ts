/** When a package was made, as far as the form of its INF goes. */
export interface InfForm {
  /** Of a maintenance branch: no later than what it has of master. */
  readonly day: string;
  readonly line: string;
}

/** Replaces what has to be there: a template of winpv's that lacks it is not the one that the edit was written for. */
export const replaced = (text: string, what: string | RegExp, by: (found: string) => string): string => {
  const there = typeof what === 'string' ? text.includes(what) : text.search(what) >= 0;
  if (!there) throw new TypeError(`the template has no ${what}`);
  return typeof what === 'string' ? text.replaceAll(what, by) : text.replace(what, by);
};

/** Takes away each line with a text, which has to be there. */
export const withoutLines = (text: string, what: string | RegExp): string => {
  const lines = text.split('\n');
  const kept = lines.filter((line) => (typeof what === 'string' ? !line.includes(what) : !what.test(line)));
  if (kept.length === lines.length) throw new TypeError(`no line of the template has ${what}`);
  return kept.join('\n');
};
